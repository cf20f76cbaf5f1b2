"""`make translations` changes all catalogs or none, whatever comes between: a full disk, Ctrl-C, a kill, a build."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from book.project.errors import BuildError
from book.project.source import Edition
from book.translate import catalogs
from book.translate.read import load
from conftest import SmallBook

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: de\\n"\n'
ENTRY = '\nmsgid "The first page"\nmsgstr "Die erste Seite: ä"\n'
FOLDER = "locale/de/LC_MESSAGES"
UNSHARE = ["unshare", "-rm", "sh", "-c"]


@pytest.fixture
def german(small_book) -> SmallBook:
    """A small book with a second language, of which only one page has a catalog, and that only one entry."""
    small_book.add("editions.yml", "- code: de\n  path: de\n  notebooks: de\n  title: Ein Buch\n  name: Deutsch\n")
    (small_book.root / FOLDER / "pages").mkdir(parents=True)
    small_book.write(f"{FOLDER}/pages/first.po", HEAD + ENTRY)
    return small_book


def files(folder: Path) -> dict[str, bytes]:
    """The bytes of every file in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def wait_until(process: subprocess.Popen, done) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def may_mount() -> bool:
    return bool(shutil.which("unshare")) and subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="no file systems of one's own here")
def test_a_full_disk_costs_no_translation(german):
    """There is room for some of the new catalogs, not for all."""
    script = "cp -r locale _build/before && mount -t tmpfs -o size=16k none locale && cp -r _build/before/* locale"
    script += f"; {sys.executable} -m book.cli translations; status=$?; cp -r locale _build/after; exit $status"
    (german.root / "_build").mkdir()
    result = subprocess.run([*UNSHARE, script], cwd=german.root, capture_output=True, text=True)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "No space left on device\n  → The disk is full" in result.stderr
    assert "Traceback" not in result.stderr
    before, after = (files(german.root / "_build" / name) for name in ("before", "after"))
    assert list(before) == ["de/LC_MESSAGES/pages/first.po"]
    assert after == before


@pytest.mark.parametrize("phase", ["waiting", "reading"])
def test_ctrl_c_ends_it_as_any_command(german, phase):
    """While a build has the lock, and while Sphinx reads the book."""
    before, build = files(german.root / "locale"), german.root / "_build"
    build.mkdir()
    with FileLock(build / ".lock") as lock:
        process = german.start("translations", PYTHONUNBUFFERED="1")
        assert "Waiting for another build" in process.stdout.readline()
        if phase == "reading":
            lock.release()
            wait_until(process, (build / "work/gettext").exists)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (130, "Interrupted; the last good site is as it was.")
    assert files(german.root / "locale") == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_kill_leaves_every_catalog_whole_and_the_next_run_all_in_step(german):
    """Killed while it writes: the new catalog of the second page is a pipe that nobody reads."""
    link, before = german.root / FOLDER / "pages/first.po", files(german.root / "locale")
    link.rename(german.root / "first.po")
    link.symlink_to("../../../../first.po")
    process = german.start("translations")
    wait_until(process, (german.root / "_build/gettext").exists)
    os.mkfifo(german.root / FOLDER / "pages/second.partial")
    wait_until(process, (german.root / "first.partial").exists)
    time.sleep(0.2)
    process.kill()
    process.communicate()
    assert {name: data for name, data in files(german.root / "locale").items() if name.endswith(".po")} == before
    german.write("_build/gettext/gone.pot", HEAD)  # of a page that the book had
    result = german.run("translations")
    assert result.returncode == 0, result.stderr
    assert list(german.root.rglob("*.partial")) == []
    names = ["book.po", "figures.po", "pages/first.po", "pages/second.po"]
    assert sorted(files(german.root / FOLDER)) == names
    assert link.is_symlink()
    assert load(link, "de")["The first page"].string == "Die erste Seite: ä"
    assert "Back to {doc}`first`." in load(german.root / FOLDER / "pages/second.po", "de")


@pytest.mark.fast
def test_what_is_saved_meanwhile_is_not_overwritten(tmp_path, monkeypatch):
    path = tmp_path / FOLDER / "book.po"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + ENTRY, "utf8")
    german = Edition("de", "de", "de", "Ein Buch", "Deutsch")

    def extract(root: Path) -> Path:
        path.write_text(HEAD + ENTRY.replace("erste", "1."), "utf8")
        return root / "none"

    monkeypatch.setattr(catalogs, "extract", extract)
    with pytest.raises(BuildError, match=r"book\.po: was saved while this command ran"):
        catalogs.refresh(tmp_path, [german, german])
    assert "Die 1. Seite" in path.read_text("utf8")
