"""Faults from outside: a full disk, missing rights, Ctrl-C, a power failure. The last good site stays."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from conftest import SmallBook, assert_fails

# Root may write anywhere unless it gives that capability up
NO_RIGHTS = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
NOBODY += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]  # this Python may lie in root's home
LOOPBACK = """import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14x", b"lo", 0x49))  # SIOCSIFFLAGS: up, running
os.execv(sys.argv[1], sys.argv[1:])"""


def build_under(prefix: list[str], book: SmallBook, command: str = "book") -> subprocess.CompletedProcess:
    """Run a command of the book under another one."""
    line = [*prefix, sys.executable, "-m", "book.cli", command]
    return subprocess.run(line, cwd=book.root, capture_output=True, text=True)


def may(*command: str) -> bool:
    """Whether this machine lets us run a command, such as one that needs namespaces of one's own."""
    return bool(shutil.which(command[0])) and subprocess.run([*command, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full, the file on a full disk")
def test_a_full_disk_is_said(built_book):
    page = built_book.root / "_build" / "work" / "en" / "html" / "pages" / "second.html"
    page.unlink()
    page.symlink_to("/dev/full")
    built_book.add("pages/second.md", "\nOne more paragraph.\n")
    assert_fails(built_book, "No space left on device", "disk is full")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full, the file on a full disk")
@pytest.mark.parametrize("command", ["book", "help"])
def test_standard_output_on_a_full_disk_is_said_as_such(small_book, command):
    line = [sys.executable, "-m", "book.cli", command]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(line, cwd=small_book.root, stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert "standard output: No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    assert "clean" not in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are texts")
def test_a_file_whose_name_is_no_text_is_a_file(built_book):
    name = os.fsencode(built_book.root / "pages") + b"/caf\xe9.csv"
    Path(os.fsdecode(name)).write_text("1")
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "2 of 2 notebooks executed" in result.stdout, "they may read it"


@pytest.mark.skipif(not may("unshare", "-rm"), reason="no file systems of one's own here")
def test_a_disk_that_is_really_full_is_said_and_costs_nothing(built_book, tmp_path_factory):
    """In each of its sizes another step of the build is the first that finds no room."""
    kept = tmp_path_factory.mktemp("kept")
    before = built_book.site()
    built_book.add_cell("print('new')")
    for size in (100, 2000, 3500):  # KB
        script = f"mount -t tmpfs -o size={size}k none {kept} && cp -r _build/html {kept} 2>/dev/null"
        script += f"; mount --bind {kept} _build && exec {sys.executable} -m book.cli book"
        result = build_under(["unshare", "-rm", "sh", "-c", script], built_book)
        assert result.returncode == 1, result.stdout + result.stderr
        assert "No space left on device" in result.stderr
        assert "The disk is full: free some space" in result.stderr
        assert "Traceback" not in result.stderr
    assert built_book.site() == before
    assert built_book.run("book").returncode == 0


def test_no_right_to_write_is_said(built_book):
    folder = built_book.root / "_build"
    before = built_book.site()
    folder.chmod(0o555)
    built_book.add("pages/second.md", "\nOne more paragraph.\n")
    result = build_under(NO_RIGHTS, built_book)
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


def test_what_is_built_is_removed_when_nobody_builds(built_book):
    built_book.add_cell("import time\ntime.sleep(2)")
    first = built_book.start("book", PYTHONUNBUFFERED="1")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not busy(first.pid, "ipykernel"):
        time.sleep(0.05)
    second = built_book.run("clean", PYTHONUNBUFFERED="1")
    _, err = first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0), err + second.stderr
    assert "Waiting for another build" in second.stdout
    assert [path.name for path in (built_book.root / "_build").iterdir()] == [".lock"]


@pytest.mark.parametrize("command", ["book", "translations"])
@pytest.mark.parametrize("state", ["new", "built"])
def test_a_book_that_may_only_be_read_is_said(small_book, built_once, state, command):
    if state == "built":
        shutil.copytree(built_once.root / "_build", small_book.root / "_build", symlinks=True)
    folders = [path for path in [small_book.root, *small_book.root.rglob("*")] if not path.is_symlink()]
    for path in folders:
        path.chmod(path.stat().st_mode & ~0o222)
    result = build_under(NO_RIGHTS, small_book, command)
    for path in folders:
        path.chmod(path.stat().st_mode | 0o200)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{small_book.root}/_build" in result.stderr
    assert "may not write there" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_builds_a_book_of_his_own_and_is_told_of_anothers(built_once):
    with tempfile.TemporaryDirectory() as folder:  # one of pytest's would be closed to him
        Path(folder).chmod(0o755)
        book = SmallBook.existing(Path(folder, "book"))
        shutil.copytree(built_once.root, book.root, symlinks=True)
        book.add_cell("import os\nprint('user', os.getuid())")
        result = build_under(NOBODY, book)
        assert result.returncode == 1
        assert "may not write there" in result.stderr
        assert "Traceback" not in result.stderr
        for path in [book.root, *book.root.rglob("*")]:
            shutil.chown(path, "nobody", "nogroup")
        result = build_under([*NOBODY, "env", "-u", "HOME"], book)
        assert result.returncode == 0, result.stderr
        assert b"user 65534" in book.site()["pages/second.html"]


@pytest.mark.skipif(not may("unshare", "-rn"), reason="no networks of one's own here")
def test_after_the_setup_no_network_is_needed(small_book):
    reach = "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), 5)\nexcept OSError as problem:\n"
    small_book.add_cell(f"{reach}    print('alone:', problem.strerror)")
    result = build_under(["unshare", "-rn", sys.executable, "-c", LOOPBACK], small_book)
    assert result.returncode == 0, result.stderr
    assert b"alone: Network is unreachable" in small_book.site()["pages/second.html"]


def test_what_is_kept_between_builds_and_cut_off_is_made_anew(built_book, tmp_path_factory):
    clean = SmallBook.existing(tmp_path_factory.mktemp("clean") / "book")
    shutil.copytree(built_book.root, clean.root, ignore=shutil.ignore_patterns("_build"))
    for book in (built_book, clean):
        book.write("pages/first.md", book.read("pages/first.md").replace("# The first page", "# Another title"))
    build = built_book.root / "_build"
    published = ("html", "notebooks", "notebook", "_static")
    for path in [path for path in build.rglob("*") if path.is_file() and not {*published} & {*path.parts}]:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    results = [book.run("book") for book in (built_book, clean)]
    assert [result.returncode for result in results] == [0, 0], results[0].stderr
    assert built_book.site() == clean.site()


@pytest.mark.parametrize("name", ["a b", "it's", 'the "new" one', "Größe ñ 書 😀", "a;b $HOME `c` & (d) [e]*", "-x"])
def test_a_book_that_was_moved_to_a_folder_of_any_name_builds_there(built_once, changed_once, tmp_path, name):
    """Copied with what was built, and built again by a program that knows neither a home nor letters but ASCII's."""
    book = SmallBook.existing(tmp_path / name / "book")
    shutil.copytree(built_once.root, book.root, symlinks=True)
    change(book)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "LANG": "C"}
    line = [sys.executable, "-m", "book.cli", "book"]
    result = subprocess.run(line, cwd=book.root, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    assert "1 of 2 notebooks executed" in result.stdout
    assert book.site() == changed_once.site()


def change(book: SmallBook) -> None:
    book.add("pages/first.md", "\nÜber 😀\n")
    book.add_cell("print('Größe 😀')")


@pytest.fixture(scope="module")
def changed_once(tmp_path_factory) -> SmallBook:
    """The small book with another paragraph and another cell, built from nothing."""
    book = SmallBook(tmp_path_factory.mktemp("changed") / "book")
    change(book)
    assert book.run("book").returncode == 0
    return book


@pytest.mark.parametrize("name", ["what?", "50%20off"])
def test_a_folder_where_the_cache_would_be_elsewhere_is_refused(small_book, tmp_path, name):
    book = SmallBook.existing(tmp_path / name)
    shutil.copytree(small_book.root, book.root, ignore=shutil.ignore_patterns(name))
    before = sorted(tmp_path.iterdir())
    assert_fails(book, "has ? or % in its path", "Rename the folder")
    assert sorted(tmp_path.iterdir()) == before
