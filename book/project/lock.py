"""One builder at a time: a second command that writes to `_build` waits for the first, and says for whom."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

LOCK, OWNER = ".lock", ".builder"


@contextmanager
def only_builder(root: Path) -> Iterator[None]:
    """Hold the lock of `root/_build` while the block runs; wait while another process has it.

    The system gives the lock back when its process ends, however it ends.
    """
    folder = root / "_build"
    folder.mkdir(exist_ok=True)
    lock, owner = FileLock(folder / LOCK, thread_local=False), folder / OWNER
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"Waiting for another build in this folder to end: {who(owner)}. Ctrl-C gives up.", flush=True)
        lock.acquire()
    try:
        owner.write_text(f"process {os.getpid()}, {' '.join(['book', *sys.argv[1:]])}", "utf8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def remove_built(root: Path) -> None:
    """Remove what was built, once nobody builds; what tells builders of each other stays, for who waits meanwhile."""
    folder = root / "_build"
    if not folder.is_dir():
        return
    with only_builder(root):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name not in (LOCK, OWNER):
                path.unlink()


def who(owner: Path) -> str:
    """The process that builds, as it has said itself."""
    with suppress(OSError):
        return owner.read_text("utf8")
    return "it has just begun"
