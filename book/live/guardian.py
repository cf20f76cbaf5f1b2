"""What ends with what: `make live` with the `make` that started it, and with the server whatever it has started.

A server that is killed cannot tidy up, and a kernel that computes in C, or that somebody has stopped, does not notice.
So a process of its own waits for the end of the server, however it comes: it holds the reading end of a pipe whose
other end only the server has.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from book.execute import limits

MARK = "BOOK_LIVE"  # in the environment of kernels, and so of what their cells start: the folder of their server
STARTED_BY = "BOOK_STARTED_BY"  # in that of a command: its own number and its parent's; a child's number is another
OWNER = ".owner"  # in a folder of a server: a file that is locked as long as the server runs


@contextmanager
def folder(place: Path) -> Iterator[Path]:
    """A new folder in `place`, closed to other users, for the time of the block.

    Those of servers that were killed, with their guardians, are removed first.
    """
    for owner in place.glob(f"live-*/{OWNER}"):
        with suppress(OSError, Timeout):
            if owner.parent.lstat().st_uid == getattr(os, "geteuid", int)():
                with FileLock(owner, timeout=0):
                    pass
                clear(owner.parent)
    made = tempfile.TemporaryDirectory(prefix="live-", dir=place, ignore_cleanup_errors=True)
    with made as name, FileLock(Path(name, OWNER)):
        yield Path(name)


@contextmanager
def guarded(*folders: Path) -> Iterator[None]:
    """At the end of the block, even when this process is killed in it, `clear` these folders."""
    command = [sys.executable, "-m", "book.live.guardian", *map(str, folders)]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    # In a session of its own: neither Ctrl-C nor the end of the terminal is meant for it
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, **silent):
        yield


def mark(of: Path) -> dict[str, str]:
    """What a process has in its environment that ends with the server of this folder."""
    return {MARK: str(of)}


def clear(*folders: Path) -> None:
    """End the processes that the first of these folders marks, and remove the folders."""
    for _ in range(2):  # one may have started another meanwhile
        if not (found := marked(folders[0])):
            break
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=2)
    for one in folders:
        shutil.rmtree(one, ignore_errors=True)


def marked(of: Path) -> set[psutil.Process]:
    """Those with the mark of a folder, in whatever group and session, and their children, with or without it."""
    found = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # another user's, or ended meanwhile
            if limits.has_mark(process, str(of)) or process.environ().get(MARK) == str(of):
                found |= {process, *process.children(recursive=True)}
    return found


def end_with_make() -> None:
    """From now on, end as by a polite `kill` when the `make` that started this command is killed."""
    if "MAKELEVEL" not in os.environ:
        return
    own, _, parent = os.environ.pop(STARTED_BY, "").partition(" ")
    threading.Thread(
        target=wait_for_orphanage, args=[int(parent) if own == str(os.getpid()) else os.getppid()], daemon=True
    ).start()


def wait_for_orphanage(parent: int) -> None:
    """Wait until the parent of this process is another one, then end this one."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Wait for the end of the server, then clear its folders."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    sys.stdin.buffer.read()
    clear(*map(Path, sys.argv[1:]))


if __name__ == "__main__":
    main()
