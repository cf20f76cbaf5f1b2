"""Errors that people will meet: a clear message, exit status 1, and the last good site untouched."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from book.execute.run import NOT_STARTED, Run
from book.project.errors import BuildError
from conftest import ROOT


def assert_fails(book, *words: str, command: tuple = ("book",), **environment: str) -> str:
    """Build; assert status 1, every word in the message, no traceback, the old site as it was."""
    before = book.site()
    result = book.run(*command, **environment)
    assert result.returncode == 1, result.stdout + result.stderr
    for word in words:
        assert word in result.stderr
    assert "Traceback" not in result.stderr
    assert "→" in result.stderr, "the message shows no way out"
    assert book.site() == before
    return result.stderr


def test_a_failing_cell_stops_the_build_and_keeps_the_old_site(built_book):
    built_book.add_cell("prices = [1, 2]\nprices[5]")
    assert_fails(
        built_book, "pages/second.md, code cell 2 (line 22)", "IndexError: list index out of range", "raises-exception"
    )


def test_every_failing_page_is_named_and_a_good_page_stays_cached(built_book):
    built_book.add_cell("print('good')", "pages/first.md")
    built_book.add_cell("1 / 0")
    assert_fails(built_book, "ZeroDivisionError")
    built_book.write("pages/second.md", built_book.read("pages/second.md").replace("1 / 0", "1 / 1"))
    assert "1 of 2 notebooks executed" in built_book.run("book").stdout


def test_a_cell_past_its_time_limit_is_stopped(built_book):
    built_book.write("_config.yml", built_book.read("_config.yml").replace("timeout: 120", "timeout: 2"))
    built_book.add_cell("import time\ntime.sleep(60)")
    assert_fails(built_book, "pages/second.md, code cell 2", "more than 2 s", "timeout:")


def test_a_dead_kernel_is_said(built_book):
    built_book.add_cell("import os\nos._exit(1)")
    assert_fails(built_book, "pages/second.md, code cell 2", "the kernel died")


def test_an_unknown_kernel_is_said(built_book):
    built_book.write("pages/second.md", built_book.read("pages/second.md").replace("name: python3", "name: julia9"))
    assert_fails(built_book, "pages/second.md, front matter", "julia9", "python3")


LEADS_NOWHERE = [  # a text, and what the message says of it
    ("\nSee {ref}`nowhere`.\n", ["nowhere"]),
    ("\nSee [that](missing.md).\n", ["missing.md"]),
    ("\nSee [that](first.md#no-such-place).\n", ["no-such-place"]),
    ("\n```{figure} figures/missing.svg\n:alt: x\n\nCaption.\n```\n", ["figures/missing.svg"]),
    ("\nBad formula $\\nosuchcommand$.\n", ["formula"]),
    ("\n```{nodirective}\n```\n", ["nodirective"]),
]


def test_what_leads_nowhere_stops_the_build_with_its_line_and_does_so_again(built_book):
    wanted = []
    for text, words in LEADS_NOWHERE:
        line = built_book.read("pages/second.md").count("\n") + 2
        built_book.add("pages/second.md", text)
        wanted += [f"pages/second.md:{line}", *words]
    assert_fails(built_book, *wanted)
    assert_fails(built_book, *wanted)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("_toc.yml", "format: jb-book\nroot: [\n", ["_toc.yml, line"]),
        ("_toc.yml", "- a list\n", ["_toc.yml"]),
        ("_toc.yml", "format: jb-book\nroot: pages/first\nchapters:\n- fil: pages/second\n", ["_toc.yml"]),
        (
            "_toc.yml",
            "format: jb-book\nroot: pages/first\nchapters:\n- file: pages/third\n",
            ["_toc.yml", "pages/third.md", "does not exist"],
        ),
        ("_config.yml", "title: [\n", ["_config.yml, line"]),
        ("_config.yml", "execute:\n  timeout: soon\n", ["_config.yml", "soon"]),
        ("editions.yml", "code: en\n", ["editions.yml", "list"]),
        ("editions.yml", "- code: en\n", ["editions.yml, entry 1", "fields"]),
        ("editions.yml", "- code: [\n", ["editions.yml, line"]),
        ("pages/second.md", "---\nkernelspec: [\n---\n# Title\n", ["pages/second.md, front matter, line"]),
        ("pages/second.md", "---\nkernelspec: x\n", ["pages/second.md, front matter", "does not end"]),
    ],
)
def test_a_malformed_file_is_named_with_its_line(built_book, name, text, words):
    built_book.write(name, text)
    assert_fails(built_book, *words)


@pytest.mark.parametrize("name", ["_toc.yml", "_config.yml", "editions.yml"])
def test_a_missing_file_is_named(built_book, name):
    (built_book.root / name).unlink()
    assert_fails(built_book, f"{name}: is missing")


@pytest.mark.parametrize("damage", ["database", "notebook"])
def test_a_damaged_cache_is_rebuilt_with_a_note(built_book, damage):
    cache = built_book.root / "_build" / ".jupyter_cache"
    damaged = [cache / "global.db"] if damage == "database" else cache.rglob("*.ipynb")
    for path in damaged:
        path.write_bytes(b"not what it was" * 100)
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "cache of executions is damaged" in result.stdout
    assert "2 of 2 notebooks executed" in result.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full, the file on a full disk")
def test_a_full_disk_is_said(built_book):
    page = built_book.root / "_build" / "work" / "en" / "html" / "pages" / "second.html"
    page.unlink()
    page.symlink_to("/dev/full")
    built_book.add("pages/second.md", "\nOne more paragraph.\n")
    assert_fails(built_book, "No space left on device", "disk is full")


def test_no_right_to_write_is_said(built_book):
    folder = built_book.root / "_build"
    before = built_book.site()
    folder.chmod(0o555)
    # root may write anywhere unless it gives that capability up
    prefix = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    built_book.add("pages/second.md", "\nOne more paragraph.\n")
    result = subprocess.run(
        [*prefix, sys.executable, "-m", "book.cli", "book"], cwd=built_book.root, capture_output=True, text=True
    )
    folder.chmod(0o755)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "_build" in result.stderr
    assert "may not write there" in result.stderr
    assert "Traceback" not in result.stderr
    assert built_book.site() == before


def test_a_file_in_the_place_of_the_build_folder_is_said(small_book):
    small_book.write("_build", "")
    result = small_book.run("book")
    assert result.returncode == 1
    assert "_build" in result.stderr
    assert "→" in result.stderr


@pytest.mark.parametrize("phase", ["executing", "writing"])
def test_ctrl_c_stops_cleanly_and_keeps_the_old_site(built_book, phase):
    before = built_book.site()
    if phase == "executing":
        built_book.add_cell("import time\ntime.sleep(60)")
    else:
        built_book.add("pages/second.md", "\nOne more paragraph.\n")
    process = built_book.start("book", PYTHONUNBUFFERED="1")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not busy(process.pid, "ipykernel" if phase == "executing" else "sphinx_run"):
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert not psutil.wait_procs(children, timeout=10)[1], "a process was left behind"
    assert built_book.site() == before
    assert built_book.run("clean").returncode == 0


def busy(pid: int, word: str) -> bool:
    """Whether a child of the process has this word in its command line."""
    try:
        return any(word in " ".join(child.cmdline()) for child in psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return False


def test_a_swap_cut_off_in_the_middle_is_undone(built_book):
    before = built_book.site()
    (built_book.root / "_build/html").rename(built_book.root / "_build/html.old")
    built_book.add_cell("1 / 0")
    assert built_book.run("book").returncode == 1
    assert built_book.site() == before


def test_a_repository_that_is_none_is_said(built_book):
    assert_fails(built_book, "BOOK_REPOSITORY", "owner/name", BOOK_REPOSITORY="https://example.org/book")


def test_an_address_that_is_none_is_said(built_book):
    assert_fails(built_book, "BOOK_URL", "https://", BOOK_URL="example.org/book")


@pytest.mark.fast
def test_too_old_a_python_gets_a_sentence():
    code = "import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_module('book', run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "needs Python 3.11 or later" in result.stderr
    assert "PYTHON=" in result.stderr


def test_a_failed_installation_says_what_to_do_and_is_tried_again(tmp_path):
    shutil.copytree(ROOT / "book", tmp_path / "book")
    (tmp_path / "requirements.txt").write_text("no-such-package-for-this-book==0\n")
    (tmp_path / "constraints.txt").write_text("")
    for _ in range(2):
        result = subprocess.run(
            [sys.executable, "-m", "book", "book"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""},
        )
        assert result.returncode == 1
        assert "failed with exit status 1. See pip's lines above" in result.stderr


@pytest.mark.fast
def test_the_wrong_folder_is_said(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "book", "book"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 1
    assert "run this in the folder of the book" in result.stderr


@pytest.mark.fast
def test_a_kernel_that_did_not_start_is_tried_once_more(monkeypatch):
    """Another program may have taken its ports; a kernel that dies later has itself to blame."""
    late, early = (BuildError("a.md", f"died ({when})", "") for when in ("in a cell", f"x {NOT_STARTED}"))
    for answers, outcome in (([early, None], None), ([early, early], early), ([late], late), ([None], None)):
        left = list(answers)

        async def attempt(self, page, left=left):
            return left.pop(0)

        monkeypatch.setattr(Run, "attempt", attempt)
        with ThreadPoolExecutor(1) as pool:  # a browser of other tests has this thread's event loop
            assert pool.submit(lambda: asyncio.run(Run(None, 1, None, "").page(None))).result() is outcome
        assert left == []
