"""Faults from outside: a full disk, missing rights, Ctrl-C, a power failure. The last good site stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from conftest import assert_fails


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
    while time.monotonic() < deadline and not busy(process.pid, "ipykernel" if phase == "executing" else "book.cli"):
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


def test_what_an_interrupted_build_has_made_is_not_taken_for_the_truth(built_book):
    """Killed at a moment when Sphinx has stored the page: the next build, of the text as it was, is as before."""
    before, text = built_book.site(), built_book.read("pages/second.md")
    built_book.write("pages/second.md", text.replace("# The second page", "# Another title"))
    process = built_book.start("book")
    stored, deadline = built_book.root / "_build/work/en/doctrees/environment.pickle", time.monotonic() + 60
    known = stored.stat().st_mtime_ns
    while time.monotonic() < deadline and stored.exists() and stored.stat().st_mtime_ns == known:
        time.sleep(0.002)
    for child in [*psutil.Process(process.pid).children(recursive=True), process]:
        child.kill()
    process.communicate()
    built_book.write("pages/second.md", text)
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert built_book.site() == before


def test_two_builders_take_turns_and_the_second_says_for_whom_it_waits(built_book):
    built_book.add_cell("import time\ntime.sleep(3)")
    first = built_book.start("book", PYTHONUNBUFFERED="1")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not busy(first.pid, "ipykernel"):
        time.sleep(0.05)
    second = built_book.run("book", PYTHONUNBUFFERED="1")
    out, err = first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0), err + second.stderr
    assert "1 of 2 notebooks executed" in out
    assert f"Waiting for another build in this folder to end: process {first.pid}" in second.stdout
    assert "0 of 2 notebooks executed" in second.stdout
