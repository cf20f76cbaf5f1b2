"""What cells may take of the machine: how much they may show and hold, and what of them outlives their page."""

import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from book.execute import limits
from book.execute.execution import nbclient
from book.project.errors import BuildError
from conftest import assert_fails

SECOND_CELL = "pages/second.md, code cell 2 (line 22)"


@pytest.mark.parametrize(
    "code", ["print('x' * 100_000_000)", "while True:\n    print('x' * 99)", "from IPython.display import HTML\n"
    "HTML('x' * 11_000_000)"], ids=["100 MB at once", "without end", "an object"],
)  # fmt: skip
def test_a_cell_that_shows_too_much_is_stopped(built_book, code):
    built_book.add_cell(code)
    assert_fails(built_book, SECOND_CELL, "showed more than 10 MB", "BOOK_OUTPUT_LIMIT=20 (MB a cell)")


def test_a_limit_is_of_one_cell_and_can_be_chosen(built_book):
    for _ in range(3):
        built_book.add_cell("print('x' * 900_000)")
    result = built_book.run("book", BOOK_OUTPUT_LIMIT="1")
    assert result.returncode == 0, result.stderr
    built_book.add_cell("print('x' * 1_100_000)")
    assert_fails(built_book, "code cell 5", "more than 1 MB", BOOK_OUTPUT_LIMIT="1")
    assert_fails(built_book, "BOOK_OUTPUT_LIMIT", "'much' is not a number above 0", BOOK_OUTPUT_LIMIT="much")


HOLD = "held = []\nwhile True:\n    held.append(b'x' * 10**8)"


@pytest.mark.parametrize(
    "code",
    [HOLD, f"import os\nif os.fork() == 0:\n    {HOLD.replace(chr(10), chr(10) + '    ')}\nos.wait()"],
    ids=["the kernel", "its child"],
)
def test_a_cell_that_takes_all_memory_is_stopped(built_book, code):
    built_book.add_cell(code)
    assert_fails(built_book, SECOND_CELL, "of the 1.0 GB that all kernels may hold", BOOK_MEMORY_LIMIT="1")


@pytest.mark.fast
def test_where_the_system_tells_no_share_of_a_process_all_of_it_counts(monkeypatch):
    """macOS tells it of one's own process only."""

    def refused(_process):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "memory_full_info", refused)
    own = psutil.Process()
    assert limits.one(own, exact=True) > own.memory_info().rss / 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how many processes share memory")
def test_what_forked_children_share_counts_once(built_book):
    built_book.add_cell("""import os, time
held = b"x" * 7 * 10**8
for _ in range(3):
    if os.fork() == 0:
        time.sleep(2)
        os._exit(0)
for _ in range(3):
    os.wait()""")
    result = built_book.run("book", BOOK_MEMORY_LIMIT="1")
    assert result.returncode == 0, result.stderr


@pytest.mark.fast
def test_the_limit_of_memory_follows_the_machine_and_a_container(monkeypatch, tmp_path):
    monkeypatch.delenv(limits.MEMORY, raising=False)
    container = tmp_path / "memory.max"
    monkeypatch.setattr(limits, "OF_CONTAINER", [str(container)])
    container.write_text("max\n")
    for free, whole, allowed in ((16, 32, 12), (2, 16, 4), (1, 6, 3)):
        machine = SimpleNamespace(available=free * limits.GB, total=whole * limits.GB)
        monkeypatch.setattr(psutil, "virtual_memory", lambda machine=machine: machine)
        assert limits.of_memory() == allowed * limits.GB
    container.write_text(f"{limits.GB}\n")
    assert limits.of_memory() == limits.GB * 0.75
    monkeypatch.setenv(limits.MEMORY, "0.5")
    assert limits.of_memory() == limits.GB / 2
    for wrong in ("0", "-1", "inf", "nan", "8 GB"):
        monkeypatch.setenv(limits.MEMORY, wrong)
        with pytest.raises(BuildError, match=limits.MEMORY):
            limits.of_memory()


@pytest.mark.parametrize("end", ["", "\nimport os\nos._exit(1)"], ids=["at its end", "as the kernel dies"])
def test_what_a_cell_has_started_ends_with_its_page(built_book, tmp_path_factory, end):
    """A child, one in a session of its own, two that nobody is the parent of, one without environment, and a thread."""
    notes = tmp_path_factory.mktemp("notes") / "pids"
    built_book.add_cell(f"""import subprocess, threading, time
one = subprocess.Popen(["sleep", "300"])
two = subprocess.Popen(["sleep", "300"], start_new_session=True)
three = subprocess.run("setsid sleep 300 >/dev/null 2>&1 & echo $!", shell=True, capture_output=True, text=True)
four = subprocess.run("env -i setsid sleep 300 >/dev/null 2>&1 & echo $!", shell=True, capture_output=True, text=True)
threading.Thread(target=time.sleep, args=(300,)).start()
open({str(notes)!r}, "w").write(f"{{one.pid}} {{two.pid}} {{three.stdout}} {{four.stdout}}"){end}""")
    result = built_book.run("book")
    assert result.returncode == (1 if end else 0), result.stderr
    pids = [int(pid) for pid in notes.read_text().split()]
    assert len(pids) == 4
    deadline = time.monotonic() + 5
    while (left := [pid for pid in pids if lives(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_cell_that_asks_for_input_is_told_at_once(built_book):
    built_book.add_cell("name = input('Your name? ')")
    started = time.monotonic()
    assert_fails(built_book, SECOND_CELL, "asks for input, and nobody answers", "Write the answer into the cell")
    assert time.monotonic() - started < 60, "not by its limit of time"


def test_a_cell_that_changes_its_folder_changes_that_of_no_other_page(built_book):
    built_book.add_cell("import os\nos.chdir('/')", "pages/first.md")
    built_book.add_cell("print('now in', os.getcwd())", "pages/first.md")
    built_book.add_cell("from pathlib import Path\nprint('still in', Path.cwd().name)")
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert b"now in /\n" in built_book.site()["pages/first.html"]
    assert b"still in pages" in built_book.site()["pages/second.html"]


def test_a_cell_that_forks_shows_what_both_print(built_book):
    built_book.add_cell("""import os
if os.fork() == 0:
    os.write(1, b"of the child\\n")
    os._exit(0)
os.wait()
print("of both")""")
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    page = Path(built_book.root / "_build/html/pages/second.html").read_text("utf8")
    assert "of the child" in page
    assert "of both" in page


@pytest.mark.fast
@pytest.mark.parametrize(
    "text",
    ["a\rb", "a\r", "a\r\nb", "1 %\r2 %\r3 %\nend", "a\r\r", "\r\ra", "x\n\ry", "a\rb\rc\r\nd\re\r", "é\r\u2028b"],
)
def test_a_line_that_is_written_again_is_as_nbclient_has_it(text):
    own = nbclient.client._RGX_CARRIAGERETURN
    assert own.sub("", text) == re.sub(r".*\r(?=[^\n])", "", text)


@pytest.mark.fast
def test_a_long_line_takes_no_time():
    started = time.monotonic()
    nbclient.client._RGX_CARRIAGERETURN.sub("", "x" * 3_000_000)
    assert time.monotonic() - started < 5, "nbclient's own takes an hour"
