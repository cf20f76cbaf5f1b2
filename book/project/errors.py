"""The one exception of the build: something the author can mend, with where and how."""

import errno
import re
import sys


class BuildError(Exception):
    """A build that cannot go on: what is wrong, in which file, and the way out.

    The command line prints it without a traceback and exits with status 1.
    """

    def __init__(self, where: str, what: str, way_out: str):
        super().__init__(f"{where}: {what}\n  → {way_out}")


WAYS_OUT = {
    errno.ENOSPC: "The disk is full: free some space and run the command again.",
    errno.EDQUOT: "The disk quota is used up: free some space and run the command again.",
    errno.EACCES: "You may not write there: change the owner or the rights of that path, or build in a copy.",
    errno.EPERM: "You may not write there: change the owner or the rights of that path, or build in a copy.",
    errno.EFBIG: "No file may become that large here: ulimit -f says how large, and is to be unlimited.",
    errno.EIO: "The disk is full, or fails, or no file may become that large (ulimit -f): see to it and try again.",
    errno.EMFILE: "A program may not have so many files open here: raise ulimit -n.",
    errno.EAGAIN: "No more programs or threads can be started here: end some, or raise ulimit -u.",
    errno.ENOMEM: "There is no more memory, or a program may not have so much here (ulimit -v, -d).",
    errno.EROFS: "That file system is read-only: build in a copy on another disk.",
}
# On Windows the same number is most often another thing
IN_USE = (
    "Another program may have it open (a terminal, an editor, make live): close it and run the command again. "
    "Else look at the rights of that path."
)
# Of Windows' own numbers, which its messages show: access denied, used by another process, locked; no space
NUMBERS = {5: errno.EACCES, 32: errno.EACCES, 33: errno.EACCES, 39: errno.ENOSPC, 112: errno.ENOSPC}


def way_out_of(number: int | None) -> str | None:
    """What an author can do about an error of the system, by its `errno`; None when nothing particular."""
    if sys.platform == "win32" and number in (errno.EACCES, errno.EPERM):
        return IN_USE
    return WAYS_OUT.get(number)


def way_out_named_in(text: str) -> str | None:
    """The same by the message of such an error, somewhere in a text."""
    if found := re.search(r"\[(Errno|WinError) (\d+)\]", text):
        number = int(found[2])
        return way_out_of(number if found[1] == "Errno" else NUMBERS.get(number))
    return None


def from_os_error(problem: OSError) -> BuildError:
    """Say what an OSError means for the build; the last good site is not touched by it."""
    where = str(problem.filename2 or problem.filename or "the build")
    way_out = way_out_of(problem.errno) or "Look at that path, then run the command again."
    return BuildError(where, problem.strerror or str(problem), way_out)
