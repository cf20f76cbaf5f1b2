"""The one exception of the build: something the author can mend, with where and how."""

import errno


class BuildError(Exception):
    """A build that cannot go on: what is wrong, in which file, and the way out.

    The command line prints it without a traceback and exits with status 1.
    """

    def __init__(self, where: str, what: str, way_out: str):
        super().__init__(f"{where}: {what}\n  → {way_out}")


WAYS_OUT = {
    errno.ENOSPC: "The disk is full: free some space (make clean removes _build) and run the command again.",
    errno.EDQUOT: "The disk quota is used up: free some space and run the command again.",
    errno.EACCES: "You may not write there: change the owner or the rights of that path, or build in a copy.",
    errno.EPERM: "You may not write there: change the owner or the rights of that path, or build in a copy.",
    errno.EROFS: "That file system is read-only: build in a copy on another disk.",
}


def from_os_error(problem: OSError) -> BuildError:
    """Say what an OSError means for the build; the last good site is not touched by it."""
    where = str(problem.filename2 or problem.filename or "the build")
    way_out = WAYS_OUT.get(problem.errno, "Look at that path, then run the command again.")
    return BuildError(where, problem.strerror or str(problem), way_out)
