"""What the cells of a page may take of the machine: how much they may say, and how much memory they may hold.

Needs psutil, which ipykernel brings.
"""

import hashlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil

from book.project.errors import BuildError

MB, GB = 10**6, 10**9
OUTPUT, MEMORY = "BOOK_OUTPUT_LIMIT", "BOOK_MEMORY_LIMIT"
MOST_OUTPUT = 10  # MB a cell
# Of the memory that is free; where others hold most of it, half of all, which a system makes room for, up to 4 GB
FREE_SHARE, WHOLE_SHARE, LEAST_MEMORY = 0.75, 0.5, 4 * GB
PAUSE = 0.2  # seconds between two looks at the memory of the kernels
OF_CONTAINER = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


class Kernel(Protocol):
    """What is watched: a kernel, its process while it runs, and what to do when it is too large."""

    pid: int | None

    def give_up(self, what: str, way_out: str) -> None: ...


def chosen(variable: str) -> float | None:
    """The number in an environment variable; None when it is not set. BuildError when it is none above 0."""
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    with suppress(ValueError):
        if 0 < (number := float(text)) < float("inf"):
            return number
    raise BuildError(variable, f"{text!r} is not a number above 0", f"Write {variable}=20, or leave it out.")


def of_output() -> int:
    """The bytes that a cell may show."""
    return int((chosen(OUTPUT) or MOST_OUTPUT) * MB)


def of_memory() -> int:
    """The bytes that all kernels together may hold."""
    if number := chosen(MEMORY):
        return int(number * GB)
    free, whole = memory()
    return int(max(FREE_SHARE * free, min(LEAST_MEMORY, WHOLE_SHARE * whole)))


def memory() -> tuple[int, int]:
    """The bytes that programs can have without taking them from others, and all; in a container, what it may use."""
    found = psutil.virtual_memory()
    free, whole = found.available, found.total
    for path in OF_CONTAINER:
        with suppress(OSError, ValueError):  # "max" when there is no limit
            limit = int(Path(path).read_text("utf8"))
            free, whole = min(free, limit), min(whole, limit)
    return free, whole


def size(content: object) -> int:
    """How many characters and bytes a message of a kernel shows."""
    if isinstance(content, str | bytes | memoryview):
        return len(content)
    if isinstance(content, dict):
        return sum(map(size, content.values()))
    return sum(map(size, content)) if isinstance(content, list) else 0


def too_much_output(limit: int) -> tuple[str, str]:
    """What to say of a cell that shows more than `limit` bytes, and the way out."""
    way_out = f"Let the cell show less, or allow more: {OUTPUT}={limit / MB * 2:g} (MB a cell)."
    return f"showed more than {limit / MB:g} MB and was stopped", way_out


def too_much_memory(held: int, limit: int) -> tuple[str, str]:
    """What to say of a page whose kernel holds `held` bytes, and the way out."""
    what = f"its kernel held {held / GB:.1f} GB of the {limit / GB:.1f} GB that all kernels may hold, and was stopped"
    return what, f"Let the cell hold less, or allow more: {MEMORY}={limit / GB * 2:.0f} (GB, all kernels together)."


@contextmanager
def memory_watched(kernels: Callable[[], Iterable[Kernel]]) -> Iterator[None]:
    """While the block runs, stop the largest of the kernels that there are when together they hold more than they may.

    BuildError when the limit is no number.
    """
    limit, ended = of_memory(), threading.Event()
    thread = threading.Thread(target=watch, args=(kernels, limit, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def watch(kernels: Callable[[], Iterable[Kernel]], limit: int, ended: threading.Event) -> None:
    """Look at the memory of the kernels again and again, for a twentieth of the time at most."""
    pause, stopped = PAUSE, None
    while not ended.wait(pause):
        if stopped and stopped.pid:  # it takes a moment to give back what it holds
            continue
        began, stopped = time.monotonic(), None
        running = {kernel: kernel.pid for kernel in list(kernels())}
        if sum(held(running.values(), exact=False)) > limit:
            sizes = dict(zip(running, held(running.values(), exact=True), strict=True))
            if sum(sizes.values()) > limit:
                stopped = max(sizes, key=sizes.get)
                with suppress(OSError):  # a signal that the system refuses, of a process that is ending
                    stopped.give_up(*too_much_memory(sizes[stopped], limit))
        pause = max(PAUSE, 20 * (time.monotonic() - began))


def held(pids: Iterable[int | None], exact: bool) -> list[int]:
    """The bytes that each process and its children hold; quickly, what they share counts once for each."""
    return [sum(one(process, exact) for process in family(pid)) for pid in pids]


def family(pid: int | None) -> list[psutil.Process]:
    """A process and its children at any depth; none when it has ended."""
    with suppress(psutil.Error):
        process = psutil.Process(pid) if pid else None
        return [process, *process.children(recursive=True)] if process else []
    return []


def one(process: psutil.Process, exact: bool) -> int:
    """The bytes that a process holds; 0 when it has ended or is another user's."""
    with suppress(psutil.Error):
        if not exact:
            return process.memory_info().rss
        try:
            info = process.memory_full_info()
        except psutil.AccessDenied:  # macOS tells it of one's own process only
            return process.memory_info().rss
        return info.pss if hasattr(info, "pss") else info.uss  # Linux knows how many share a page
    return 0


def kill(process: subprocess.Popen) -> None:
    """Kill a kernel with whatever its cells have started: it leads a process group of its own."""
    with suppress(ProcessLookupError):  # it has just ended
        process.kill() if os.name == "nt" else os.killpg(process.pid, signal.SIGKILL)


def mark(pid: int | None, value: str) -> None:
    """Mark a process, and with it all that it will start, so that `end_those_with` finds what has left the environment.

    Each process hands its limits down, whatever else it takes away. Linux has not heeded the one of locks since 2.4;
    other systems have none, and there the environment has to do.
    """
    if pid and hasattr(psutil, "RLIMIT_LOCKS"):
        with suppress(psutil.Error, OSError, ValueError):  # ended meanwhile, or not allowed here
            process = psutil.Process(pid)
            process.rlimit(psutil.RLIMIT_LOCKS, (number_of(value), process.rlimit(psutil.RLIMIT_LOCKS)[1]))


def number_of(value: str) -> int:
    """The number with which a process is marked: no other value has it, and nobody sets such a limit."""
    return int.from_bytes(hashlib.sha256(value.encode()).digest()[:6], "big")


def end_those_with(variable: str, value: str) -> None:
    """Kill all processes that have this variable in their environment: what cells have started and left running.

    A child has its parent's environment even when it has left its group and its session; see also `mark`.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # another user's, or ended meanwhile
            if has_mark(process, value) or process.environ().get(variable) == value:
                process.kill()


def has_mark(process: psutil.Process, value: str) -> bool:
    """Whether a process is marked, or was started by one that is."""
    if hasattr(psutil, "RLIMIT_LOCKS"):
        with suppress(psutil.Error, OSError):  # a container may not let us ask
            return process.rlimit(psutil.RLIMIT_LOCKS)[0] == number_of(value)
    return False
