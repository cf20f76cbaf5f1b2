"""What the system lets one program have, as `ulimit` says it: raised as far as needed, or named if too little.

Without this, what ends for want of it ends in C code, or does not say the reason.
"""

import threading
from contextlib import suppress

from book.project.errors import BuildError

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None

# By option of ulimit: the limit, the size of its unit, what it counts, the least that builds a book, and what is enough
NEEDED = {
    "-n": ("RLIMIT_NOFILE", 1, "open files", 128, 1024),
    "-v": ("RLIMIT_AS", 1024, "KB of addresses", 1_000_000, 2**36),
    "-d": ("RLIMIT_DATA", 1024, "KB of data", 400_000, 2**36),
}
THREADS, FEW = 50, 1024  # that a build needs, programs and all; a limit for all of a user's that may leave less
# What may end a kernel, and is mostly not limited
OTHERS = {"-v": "RLIMIT_AS", "-d": "RLIMIT_DATA", "-f": "RLIMIT_FSIZE", "-t": "RLIMIT_CPU"}


def check() -> None:
    """Raise what is too low and may be raised; BuildError when it may not."""
    for option, (name, unit, what, least, enough) in NEEDED.items() if resource else ():
        soft, hard = resource.getrlimit(getattr(resource, name))
        if is_less(hard, least * unit):
            raise too_little(option, f"a program may have {hard // unit} {what}", least)
        if is_less(soft, least * unit):
            with suppress(OSError, ValueError):
                wanted = hard if is_less(hard, enough * unit) else enough * unit
                resource.setrlimit(getattr(resource, name), (wanted, hard))
    if resource and is_less(resource.getrlimit(resource.RLIMIT_NPROC)[0], FEW):
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NPROC, (resource.getrlimit(resource.RLIMIT_NPROC)[1],) * 2)
        try_threads()


def try_threads() -> None:
    """BuildError when there is no room for the threads of a build: others of the same user count, and root is free."""
    ended, started = threading.Event(), []
    try:
        for _ in range(THREADS):
            started.append(threading.Thread(target=ended.wait))
            started[-1].start()
    except RuntimeError:
        raise too_little("-u", f"only {len(started) - 1} more programs or threads may be started", THREADS) from None
    finally:
        ended.set()
        for thread in started:
            with suppress(RuntimeError):  # the one that was not started
                thread.join()


def too_little(option: str, what: str, least: int) -> BuildError:
    """What to say of a limit with which no book is built."""
    way_out = "Raise that limit where it was set, or use another shell."
    return BuildError(f"ulimit {option}", f"{what} here, and the book needs {least}", way_out)


def is_less(limit: int, number: int) -> bool:
    """Whether a limit allows less than so much."""
    return limit != resource.RLIM_INFINITY and limit < number


def in_force() -> str:
    """A sentence about what is limited here and mostly is not, for who looks why a kernel died; else nothing."""
    found = [option for option, name in OTHERS.items() if resource and is_limited(name)]
    return f" This shell limits what a program may have (ulimit {' '.join(found)})." if found else ""


def is_limited(name: str) -> bool:
    """Whether there is a limit of this name, and it is set."""
    kind = getattr(resource, name, None)
    return kind is not None and resource.getrlimit(kind)[0] != resource.RLIM_INFINITY
