"""Promises of `make matrix`: it runs what a reader runs, names what fails, and keeps what it knows."""

import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from conftest import ENGLISH, ROOT
from tools import matrix

# A Python 3.14 that needs no network: its environments are itself, its pip knows two versions, its kernels are ours.
STAND_IN = """#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip") [ "$3" = index ] && printf 'torch (2.15.0)\\nAvailable versions: 2.15.0, 2.13.0+cpu, 2.13.0\\n' || exit 0 ;;
*PRETTY_NAME*) echo '{"version": "3.14.9", "minor": [3, 14], "system": "Stand-in 1",
  "kind": "Linux x86_64", "sees": true, "venv": true}' ;;
*) exec %s "$@" ;;
esac
"""
README = "# A book\n\nBefore.\n\n<!-- matrix -->\n<!-- /matrix -->\n\nAfter.\n"
OLD = {
    "3.11": {
        "Python": "3.11",
        "torch 2.5.0": "9 of 9",
        "torch 2.6.0": "9 of 9",
        "torch 2.13.0": "8 of 9",
        "when and where": "2026-01-02, Python 3.11.7, Debian 12",
    },
    "3.12": {"Python": "3.12", "torch 2.6.0": "9 of 9", "when and where": "2026-01-02, Python 3.12.1, Debian 12"},
}


def write_notebook(path: Path, *cells: tuple[str, list[str]]) -> None:
    """A notebook of code cells, each with its tags."""
    made = [nbformat.v4.new_code_cell(code, metadata={"tags": tags}) for code, tags in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)


def write_stand_in(path: Path, text: str) -> None:
    """A program for the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def book(tmp_path) -> Path:
    """A built book of three notebooks, and a Python that stands in for 3.14."""
    folder = tmp_path / "book"
    notebooks = folder / "_build" / "notebooks" / "en" / "chapter"
    write_notebook(notebooks / "good.ipynb", ("x = 1", []), ("assert x == 1", []))
    write_notebook(notebooks / "allowed.ipynb", ("1 / 0", ["raises-exception"]), ("print('on')", []))
    write_notebook(notebooks / "bad.ipynb", ("y = 2", []), ("y.missing\nprint('z')", []), ("never = 1", []))
    (folder / "editions.yml").write_text(ENGLISH)
    (folder / "requirements.txt").write_text("torch==2.13.0\n")
    (folder / "README.md").write_text(README)
    write_stand_in(tmp_path / "path" / "python3.14", STAND_IN % sys.executable)
    return folder


def start_matrix(folder: Path, **environment: str) -> subprocess.Popen:
    """Start `python -m tools.matrix` on the book in `folder`, with the stand-in first on PATH."""
    path = os.pathsep.join([str(folder.parent / "path"), "/usr/bin", "/bin"])
    clean = {name: value for name, value in os.environ.items() if name not in ("TORCH", "EDITION", "PYTHONS", "KEEP")}
    return subprocess.Popen(
        [sys.executable, "-m", "tools.matrix"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean | {"PYTHONPATH": str(ROOT), "PATH": path, "ONLY": "3.14"} | environment,
    )


def run_matrix(folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """The same, to its end."""
    with start_matrix(folder, **environment) as process:
        out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def test_a_raising_cell_is_named_an_allowed_one_passes_and_a_missing_build_is_marked(book):
    result = run_matrix(book)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "en/good.ipynb ran in" in result.stdout
    assert "en/allowed.ipynb ran in" in result.stdout
    assert "3 of 3 tried, 1 failed" in result.stdout
    said = "Python 3.14.9, torch 2.15.0, en/bad.ipynb, code cell 2: AttributeError: 'int' object has no attribute"
    assert said in result.stdout
    assert "    y.missing\n    print('z')" in result.stdout
    assert "torch 2.6.0: there is no such build of torch" in result.stdout
    assert "–: torch has no build of that version for that Python." in result.stdout
    readme = (book / "README.md").read_text()
    assert readme.startswith("# A book\n\nBefore.\n\n<!-- matrix -->\n| Python | torch 2.6.0 |"), readme
    assert readme.endswith("|\n<!-- /matrix -->\n\nAfter.\n"), readme
    # a column in which no Python has a build stays, marked
    assert "| 3.14 | – | 2 of 3 | 2 of 3 |" in readme
    assert not list((book / "_build" / "matrix").iterdir()), "environments are removed"


def test_all_that_runs_is_a_success_and_keep_leaves_the_environment(book):
    (book / "_build/notebooks/en/chapter/bad.ipynb").unlink()
    result = run_matrix(book, TORCH="pinned", EDITION="en", KEEP="1")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "| 3.14 | 2 of 2, en |" in (book / "README.md").read_text()
    assert (book / "_build" / "matrix" / "3.14-torch-2.13.0").is_dir()


def test_a_kernel_that_dies_and_a_readme_without_marks_are_said(book):
    write_notebook(book / "_build/notebooks/en/chapter/bad.ipynb", ("import os", []), ("os._exit(3)", []))
    (book / "README.md").write_text("# A book\n")
    result = run_matrix(book, TORCH="2.13.0")
    assert result.returncode == 1
    assert "en/bad.ipynb, code cell 2: DeadKernelError" in result.stdout
    assert "README.md has no lines <!-- matrix --> and <!-- /matrix -->" in result.stdout


def test_what_failed_on_windows_is_said_in_its_letters_and_has_a_row_of_its_own(book):
    write_stand_in(
        book.parent / "path" / "python3.14", STAND_IN.replace("Linux x86_64", "Windows AMD64") % sys.executable
    )
    write_notebook(book / "_build/notebooks/en/chapter/bad.ipynb", ("raise ValueError('no way → out ✗')", []))
    row = "| 3.14 | 9 of 9 | 9 of 9 | 2026-01-02, Python 3.14.1, Debian 13 |\n"
    table = (
        f"{matrix.MARKS[0]}\n| Python | torch 2.6.0 | torch 2.13.0 | when and where |\n| --- | --- | --- | --- |\n{row}"
    )
    (book / "README.md").write_text(README.replace(f"{matrix.MARKS[0]}\n", table))
    result = run_matrix(book, TORCH="pinned", PYTHONIOENCODING="ascii")
    assert result.returncode == 1
    assert "code cell 1: ValueError: no way \\u2192 out \\u2717" in result.stdout
    assert "Traceback" not in result.stderr
    assert f"{row}| 3.14, Windows AMD64 |  | 2 of 3 | " in (book / "README.md").read_text()


def test_an_interruption_stops_the_kernels_and_removes_the_environment(book):
    waiting = "import os, time, pathlib\npathlib.Path({!r}).write_text(str(os.getpid()))\ntime.sleep(500)"
    notes = [book.parent / "first", book.parent / "second"]
    for note in notes:
        write_notebook(book / f"_build/notebooks/en/chapter/a-{note.name}.ipynb", (waiting.format(str(note)), []))
    with start_matrix(book, TORCH="pinned") as process:
        end = time.monotonic() + 60
        while not all(note.exists() and note.read_text() for note in notes):
            assert time.monotonic() < end, "the kernels do not start"
            time.sleep(0.1)
        process.terminate()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "FAILED" not in out, "an interruption is no failure of the notebook"
    assert err.strip() == "Interrupted; what was finished is in the table."
    assert not any(psutil.pid_exists(int(note.read_text())) for note in notes)
    assert not list((book / "_build" / "matrix").iterdir())


# nbclient's question whether the kernel lives, asked once more when there is none left to ask
STRAY = """
import asyncio, os, signal
from tools import matrix

async def stray(stopped):
    await stopped.wait()
    raise AssertionError

async def work():
    stopped = asyncio.Event()
    asyncio.create_task(stray(stopped))
    os.kill(os.getpid(), signal.SIGINT)
    try:
        await asyncio.sleep(60)
    finally:
        stopped.set()
        await asyncio.sleep(0.1)

try:
    matrix.in_a_thread(work())
except KeyboardInterrupt:
    print("interrupted")
"""


def test_what_an_interruption_leaves_behind_in_nbclient_is_not_told():
    result = subprocess.run([sys.executable, "-c", STRAY], cwd=ROOT, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("interrupted\n", "")


def test_a_chroot_that_does_not_see_the_folder_is_said_with_the_way_out(book):
    write_stand_in(book.parent / "chroot", f'#!/bin/sh\nshift\nexec {sys.executable} "$1" "$2" /no/such/folder\n')
    result = run_matrix(book, PYTHONS=f"{book.parent / 'chroot'} python3.14")
    assert result.returncode == 1
    assert f"does not see the folder {book / '_build' / 'matrix'}" in result.stderr
    assert f"Bind-mount {book} at the same path" in result.stderr


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PYTHONS": "no-such-program python3"}, "PYTHONS: no-such-program python3 does not run"),
        ({"TORCH": "latest"}, "TORCH: 'latest' is no version such as 2.6.0, nor one of oldest, pinned, newest."),
        ({"ONLY": "3.2"}, "There is no Python to try"),
        ({"EDITION": "xx"}, "the book has no edition 'xx'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_cannot_be_tried_is_said(book, variables, said):
    result = run_matrix(book, **variables)
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.fast
def test_rows_are_merged_and_each_cell_keeps_its_date():
    new = {
        "3.11": {"Python": "3.11", "torch 2.13.0": "9 of 9", "when and where": "2026-03-04, Python 3.11.8, Debian 13"}
    }
    merged = matrix.merge(OLD, new, ["2.6.0", "2.13.0", "2.15.0"])
    assert merged["3.12"] == OLD["3.12"], "not tried: as it was"
    assert merged["3.11"] == {
        "Python": "3.11",
        "torch 2.6.0": "9 of 9 (2026-01-02)",
        "torch 2.13.0": "9 of 9",
        "when and where": "2026-03-04, Python 3.11.8, Debian 13",
    }
    again = matrix.merge(merged, new, ["2.6.0", "2.13.0", "2.15.0"])
    assert again == merged


@pytest.mark.fast
@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("Linux x86_64", "3.11"),
        ("Linux aarch64", "3.11, Linux aarch64"),
        ("Darwin arm64", "3.11, macOS arm64"),
        ("Windows AMD64", "3.11, Windows AMD64"),
    ],
)
def test_a_row_is_of_one_kind_of_system(kind, row):
    python = matrix.Python(["python3"], "3.11.7", "Some System 1", kind)
    assert python.row == row
    new = {row: {"Python": row, "torch 2.6.0": "1 of 9", "when and where": "2026-03-04, Python 3.11.7, Some System 1"}}
    merged = matrix.merge(OLD, new, ["2.6.0", "2.13.0"])
    assert list(merged) == list(dict.fromkeys(["3.11", "3.12", row]))
    assert ("torch 2.13.0" in merged[row]) == (row == "3.11"), "another kind lends nothing"
    lines = matrix.markdown(merged).splitlines()[2:]
    assert [line.split(" | ")[0] for line in lines] == [f"| {key}" for key in dict.fromkeys(["3.11", row, "3.12"])]


@pytest.mark.fast
@pytest.mark.skipif(os.name == "nt", reason="simulated elsewhere")
def test_a_python_is_named_as_its_system_writes_paths(monkeypatch):
    assert matrix.split("chroot '/srv/a b' python3") == ["chroot", "/srv/a b", "python3"]
    with monkeypatch.context() as patched:
        patched.setattr(os, "name", "nt")
        words = matrix.split(r'"C:\Program Files\Python313\python.exe" -X utf8')
    assert words == [r"C:\Program Files\Python313\python.exe", "-X", "utf8"]


@pytest.mark.fast
def test_the_table_is_read_as_it_is_written(tmp_path):
    (readme := tmp_path / "README.md").write_text(README)
    assert matrix.read_table(README) == {}
    assert matrix.keep(readme, OLD, ["2.6.0"])
    assert matrix.read_table(readme.read_text())["3.11"] == OLD["3.11"]
    assert "| 3.12 |  | 9 of 9 |  | 2026-01-02," in readme.read_text()


@pytest.mark.fast
def test_the_oldest_torch_is_the_one_that_the_readme_promises():
    promised = ".".join(matrix.OLDEST_TORCH.split(".")[:2])
    assert f"torch ({promised} or later)" in (ROOT / "README.md").read_text("utf8")
    assert matrix.pinned(ROOT) in (ROOT / "requirements.txt").read_text("utf8")
