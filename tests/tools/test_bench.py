"""Promises of `make bench`: it measures what it says, in copies, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import psutil
import pytest
import yaml

from conftest import ROOT, SmallBook
from tools import bench, build_times, copies, generated_book, growth
from tools.measure import Failed, Measured, measure
from tools.watched import LIMIT, SAVES, saved_while_watched

BURN = "import time; end = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
EDITIONS = [
    {"code": code, "path": path, "notebooks": code, "title": "A book", "name": code}
    for code, path in (("en", ""), ("tr", "tr"), ("de", "de"))
]


def python(code: str) -> list[str]:
    """The command that runs this code."""
    return [sys.executable, "-c", code]


def start_bench(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen:
    """Start `python -m tools.bench` on the book in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-m", "tools.bench", *arguments],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )


@pytest.mark.fast
def test_a_command_that_waits_takes_time_and_no_processor(tmp_path):
    measured = measure(python("import time; time.sleep(0.6); print('awake')"), tmp_path)
    assert measured.wall >= 0.6
    assert measured.cpu < 0.5
    [(when, text)] = measured.lines
    assert text == "awake"
    assert 0.6 <= when <= measured.wall


@pytest.mark.fast
def test_where_nothing_can_be_measured_that_is_said(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "wait4")  # as on Windows
    with pytest.raises(click.ClickException, match="on Linux and macOS only"):
        measure(python("print('never')"), tmp_path)


@pytest.mark.fast
def test_the_processor_and_the_memory_of_every_process_below_count(tmp_path):
    below = f"memory = bytearray(200 * 2**20)\n{BURN}"
    commands = [python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {below!r}])"), python("pass")]
    # in a process of its own: what this one has counts for a command as well, and tests before may have filled it
    code = f"""
from pathlib import Path
from tools.measure import measure
for command in {commands!r}:
    measured = measure(command, Path({str(tmp_path)!r}))
    print(measured.cpu, measured.largest)
"""
    run = subprocess.run(python(code), cwd=ROOT, capture_output=True, text=True, check=True)
    (cpu, largest), (_, largest_of_the_next) = (map(float, line.split()) for line in run.stdout.splitlines())
    assert cpu >= 0.5
    assert 200 <= largest < 300
    assert largest_of_the_next < 200, "each command has a figure of its own"


@pytest.mark.fast
def test_a_command_that_fails_says_what_it_printed(tmp_path):
    with pytest.raises(Failed, match=r"status 3:\n  no such paragraph"):
        measure(python("import sys; print('no such paragraph', file=sys.stderr); sys.exit(3)"), tmp_path)


@pytest.mark.fast
def test_executions_are_read_from_the_output_of_the_build():
    said = ["executed a/first in 1.5 s", "executed a/second in 3.0 s", "2 of 9 notebooks executed; built in 9 s."]
    measured = Measured(wall=9, lines=list(enumerate(said)))
    assert measured.executed == 2
    assert measured.executions == {"a/first": 1.5, "a/second": 3.0}
    assert measured.execution == 1, "when the last one was done"
    plain = Measured(lines=[(0, "a/first: Executing notebook using local CWD [mystnb]"), (1, "build succeeded.")])
    assert plain.executed == 1


@pytest.fixture
def measured_commands(monkeypatch) -> list:
    """Commands are noted with what they would build, and not run."""
    noted = []

    def note(command: list[str], folder: Path) -> Measured:
        if command in (build_times.BOOK, build_times.PLAIN):
            page = copies.first_section(folder).read_text("utf8")
            editions = len(copies.editions(folder))
            noted.append((command, folder, editions, "This sentence is new." in page, "bench_edit = True" in page))
        return Measured(wall=30.0 * len(noted), cpu=2.0, largest=100.0)

    for module in (build_times, growth):
        monkeypatch.setattr(module, "measure", note)
    monkeypatch.setattr(build_times, "ROWS", [step for step in build_times.ROWS if step is not saved_while_watched])
    return noted


@pytest.mark.fast
def test_the_build_is_measured_back_to_back_in_one_edition_and_in_all(tmp_path, measured_commands):
    generated_book.write(ROOT, tmp_path / "book", 2)
    (tmp_path / "book" / "editions.yml").write_text(yaml.safe_dump(EDITIONS))
    rows = build_times.rows(tmp_path / "book")
    assert [row[0] for row in rows] == [
        *(
            f"{step}, {editions}"
            for editions in ("1 edition", "3 editions")
            for step in ("cold", "nothing changed", "paragraph edited", "cell edited")
        ),
        "cold, plain jupyter-book build .",
        "cold, 3 editions : plain",
    ]
    assert all(len(row) == len(build_times.COLUMNS) for row in rows)
    assert rows[-1][1] == f"{5 / 9:.1f} ×", "the fifth command beside the ninth"
    edits = [(False, False), (False, False), (True, False), (True, True)]
    assert [note[2:] for note in measured_commands[:8]] == [(count, *edit) for count in (1, 3) for edit in edits]
    folders = [note[1] for note in measured_commands]
    assert len(set(folders[:4])) == len(set(folders[4:8])) == 1
    assert len(set(folders)) == 3
    assert measured_commands[8][0] == build_times.PLAIN
    assert not any(folder.exists() for folder in folders), "copies are temporary"


@pytest.mark.fast
def test_growth_has_a_column_a_size_and_the_difference(measured_commands):
    rows = dict((row[0], row[1:]) for row in growth.rows(ROOT, [2, 4]))
    assert growth.columns([2, 4]) == ["measure", "2 sections", "4 sections", "from 2 to 4"]
    assert rows["cold, s"] == ("30.0", "120.0", "+300%")
    assert rows["cold, s a section"] == ("15.00", "30.00", "+100%")
    assert rows["  execution, s a section"] == ("–", "–", "–"), "these commands do not say it"
    assert rows["one paragraph edited, s"] == ("90.0", "180.0", "+100%")
    assert len({note[1] for note in measured_commands}) == 2


@pytest.mark.fast
def test_the_real_book_can_be_edited(tmp_path):
    copies.copy(ROOT, 1)(tmp_path / "book")
    assert len(copies.editions(tmp_path / "book")) == 1
    page = copies.first_section(tmp_path / "book")
    before = page.read_text("utf8").splitlines()
    copies.edit_paragraph(page)
    copies.edit_cell(page)
    after = page.read_text("utf8").splitlines()
    assert len(after) == len(before) + 1
    assert sum(line not in before for line in after) == 2
    assert not (tmp_path / "book" / "_build").exists()


@pytest.mark.fast
def test_a_longer_generated_book_begins_with_the_shorter_one(tmp_path):
    short, long = (generated_book.write(ROOT, tmp_path / str(size), size) for size in (2, 5))
    texts = [page.read_text("utf8") for page in long]
    assert [page.read_text("utf8") for page in short] == texts[:2]
    assert len(set(texts)) == 5
    assert all(2500 <= len(text.split()) <= 5000 for text in texts)


def test_a_generated_book_builds_has_what_a_section_has_and_is_watched(tmp_path):
    generated_book.write(ROOT, tmp_path / "book", 2)
    book = SmallBook.existing(tmp_path / "book")
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    assert "2 of 2 notebooks executed" in result.stdout
    page = book.read("_build/html/stations/section-002.html")
    for part in ("<math", "<img", '<div class="drawing">', "hours_above", "✗ Not yet", "✓ Solved", "IndexError"):
        assert part in page, part
    # in a process of its own: Playwright may run in this one, and does not twice
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; from tools.watched import *; "
    code += f"print(saved_while_watched(Path({str(book.root)!r})).wall)"
    run = subprocess.run(python(code), cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert 0 < float(run.stdout) < LIMIT
    assert copies.SENTENCE * SAVES in copies.first_section(book.root).read_text("utf8")


def test_pages_are_weighed_as_a_host_sends_them(built_once):
    site = built_once.root / "_build" / "html"
    process = start_bench(built_once.root, "pages", "--no-lighthouse", "--site", str(site))
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in out.splitlines() if "pages/" in line]
    assert [row[0] for row in rows] == ["pages/first", "pages/second"]
    for name, html, gzip, requests, beside, kib in rows:
        assert float(html) == pytest.approx((site / f"{name}.html").stat().st_size / 1024, abs=0.05)
        assert 1 < float(gzip) < float(html) / 2
        assert 0 < int(beside) < int(requests) <= 9
        assert 1 < float(kib) < 100


def test_a_build_that_fails_stops_the_measurement(small_book, tmp_path_factory):
    small_book.add_cell("prices = [1, 2]\nprices[5]")
    temporary = tmp_path_factory.mktemp("failing")
    process = start_bench(small_book.root, "pages", "--no-lighthouse", TMPDIR=str(temporary))
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1, out + err
    assert "pages/second.md, code cell 2 (line 22)" in err
    assert "IndexError" in err
    assert "Traceback" not in err
    assert list(temporary.glob("book-bench-*")) == []


def test_ctrl_c_stops_the_build_and_removes_the_copies(small_book, tmp_path_factory):
    small_book.add_cell("import time\ntime.sleep(60)")
    temporary = tmp_path_factory.mktemp("interrupted")
    process = start_bench(small_book.root, "pages", TMPDIR=str(temporary))
    bench_process, below = psutil.Process(process.pid), []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any("ipykernel" in " ".join(child.cmdline()) for child in below):
        time.sleep(0.1)
        below = bench_process.children(recursive=True)
    assert list(temporary.glob("book-bench-*"))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert not psutil.wait_procs(below, timeout=10)[1], "a process was left behind"
    assert list(temporary.glob("book-bench-*")) == []


@pytest.mark.fast
def test_the_parts_can_be_run_alone():
    assert set(bench.commands.commands) == {"build", "growth", "pages"}
