"""A build that is killed at any moment: the site stays whole, and the next build is byte for byte a clean one's."""

import os
import random
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from test_rebuilds import Book, copy, differences

KILLS = int(os.environ.get("KILLS", "3"))  # KILLS=20: as often as you like
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1, 10**6)


def edit(book: Book, number: int, code: bool = True) -> None:
    """Change a title, a word of a catalog and, for a build that executes, a cell and a label in a catalog."""
    for name, pattern, new in (
        ("pages/errors.md", r"# Errors.*", f"# Errors {number}"),
        ("locale/tr/LC_MESSAGES/pages/second.po", r"İkinci sayfa[^\"]*", f"İkinci sayfa {number}"),
        ("pages/second.md", r"\[1, 2\]\[\d+\]", f"[1, 2][{number}]"),
        ("locale/tr/LC_MESSAGES/pages/first.po", r"yükselen çizgi[^\"]*", f"yükselen çizgi {number}"),
    )[: 4 if code else 2]:
        text, times = re.subn(pattern, new, book.read(name))
        assert times == 1, name
        book.write(name, text)


def phase(root: Path, process: subprocess.Popen, children: list[psutil.Process]) -> str:
    """What a build is busy with, by its processes and by what it has put on the disk."""
    if process.poll() is not None:
        return "ended"
    if any("ipykernel_launcher" in command_line(child) for child in children):
        return "executing"
    if (root / "_build/html.new").exists():
        return "putting together"
    keys = [(root / "_build" / "work" / edition / "keys.json").exists() for edition in ("en", "tr")]
    return "starting, or between two steps" if all(keys) else "rendering"


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def seconds_of_a_build(book: Book) -> float:
    """How long a build takes that comes to its end."""
    started = time.monotonic()
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    return time.monotonic() - started


@pytest.fixture
def book(tmp_path) -> Book:
    book = Book(tmp_path / "book")
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    return book


def test_a_build_that_is_killed_leaves_the_site_whole_and_the_next_is_a_clean_one(book, tmp_path):
    draw = random.Random(SEED)
    edit(book, 10)
    length = seconds_of_a_build(book)
    print(f"SEED={SEED}")
    for number in range(11, 11 + KILLS):
        before, moment, everything = book.result(), draw.uniform(0, length), draw.random() < 0.5
        edit(book, number, code=draw.random() < 0.5)
        process = book.start("book")
        time.sleep(moment)
        builder = psutil.Process(process.pid)
        children = builder.children(recursive=True)
        at = phase(book.root, process, children)
        for one in [*children, builder] if everything else [builder]:  # a power failure, or `kill -9`
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.communicate(timeout=60)  # what outlives it holds its pipes
        assert psutil.wait_procs(children, timeout=20)[1] == [], f"kill {number}: a process lives on"
        after = book.result()
        clean = copy(book, tmp_path / f"clean-{number}", "_build")
        assert clean.run("book").returncode == 0
        which = "old" if after == before else "new" if after == clean.result() else "neither"
        length = seconds_of_a_build(book)
        different = differences(book, clean)
        how = "with all children" if everything else "alone"
        said = f"{number}: killed {how} after {moment:.2f} of {length:.2f} s, {at}; site {which}"
        print(f"{said}; the next build differs in {different}")
        assert which in ("old", "new")
        assert different == []
