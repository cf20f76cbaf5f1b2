"""The cache of executions when it cannot be written after a page ran: that is said, and the outputs are kept."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import SmallBook, assert_fails

CACHE = "_build/.jupyter_cache"
FULL = f"mount -t tmpfs -o size=300k none {CACHE} && cp -r kept/. {CACHE}/ && "
FILL = """import os
with open("../_build/.jupyter_cache/fill", "wb", 0) as file:
    try:
        while file.write(b"x" * 1024): pass
    except OSError:
        pass
    file.truncate(os.fstat(file.fileno()).st_size // 1024 * 1024 - 4096)  # room for one page"""
# Root may write anywhere unless it gives that capability up
NO_RIGHTS = "setpriv --inh-caps=-all --bounding-set=-all " if os.geteuid() == 0 else ""
LIMIT = "import os, psutil\npsutil.Process(os.getppid()).rlimit(psutil.RLIMIT_FSIZE, (8192, -1))"
CASES = {
    "a full disk": (FULL, FILL, "The disk is full: free some space"),
    "a read-only folder": (NO_RIGHTS, f"!chmod -R a-w ../{CACHE}", "You may not write there"),
    "a limit of files": ("", LIMIT, "ulimit -f"),
}


def new_output(book: SmallBook) -> bool:
    """Whether the output of the new cell is laid ready."""
    return "new\\n" in json.dumps(json.loads(book.read("_build/executed/pages/second.json"))["outputs"])


@pytest.mark.skipif(sys.platform != "linux", reason="another system's ways to break a disk")
@pytest.mark.parametrize("case", CASES)
def test_what_keeps_the_cache_from_being_written_is_said(built_book, case):
    before, (prefix, code, way_out) = built_book.site(), CASES[case]
    built_book.add_cell(f"{code}\nprint('new')")
    line = f"{prefix}{sys.executable} -m book.cli book"
    if prefix == FULL:
        if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
            pytest.skip("no file systems of one's own here")
        shutil.copytree(built_book.root / CACHE, built_book.root / "kept")
        line = f"unshare -rm sh -c '{line}'"
    result = subprocess.run(line, shell=True, cwd=built_book.root, capture_output=True, text=True)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{CACHE}/" in result.stderr
    assert way_out in result.stderr
    assert "Traceback" not in result.stderr
    assert new_output(built_book), "the page need not run once more"
    assert built_book.site() == before


def test_a_cache_that_another_program_locks_while_a_page_runs(built_book):
    built_book.add_cell("""import time
from pathlib import Path
Path("runs").touch()
while not Path("locked").exists():
    time.sleep(0.02)
print("new")""")
    process, pages = built_book.start("book"), built_book.root / "pages"
    wait_for(pages / "runs")
    with sqlite3.connect(built_book.root / CACHE / "global.db") as other:
        other.execute("BEGIN EXCLUSIVE")
        (pages / "locked").touch()
        _out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "locked by another program" in err and "run the command again" in err
    assert "Traceback" not in err
    assert new_output(built_book)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_cache_that_is_removed_while_a_page_runs_begins_anew(built_book):
    built_book.add_cell(f"import shutil\nshutil.rmtree('../{CACHE}')\nprint('new')")
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "cache of executions is damaged" in result.stdout
    assert new_output(built_book)


def test_a_folder_of_the_authors_in_the_place_of_the_cache_is_left_to_him(built_book):
    database = built_book.root / CACHE / "global.db"
    database.unlink()
    database.mkdir()
    (database / "mine.txt").write_text("of the author")
    built_book.add_cell("print('new')")
    assert_fails(built_book, "global.db: is a folder, where the cache has its database", "Move it away")
    assert (database / "mine.txt").exists()
