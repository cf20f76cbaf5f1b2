"""Tracebacks of cells that fail on purpose: a page shows the message; the frames lead into files of the builder's.

Only what is kept of an execution is shortened. The kernels are as anywhere, so a reader's own error shows its line.
"""

import re
from collections.abc import Iterable

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CHOSEN = "%xmode"  # a page that says how long its tracebacks are has them as they come


def chosen(sources: Iterable[str]) -> bool:
    """Whether a cell says how long tracebacks are to be."""
    return any(CHOSEN in source for source in sources)


def shorten(outputs: Iterable[dict]) -> None:
    """Leave of each traceback what stands behind the frames: name, message, notes. One without frames stays."""
    for output in outputs:
        if output["output_type"] != "error":
            continue
        parts = output["traceback"]
        names = [place for place, part in enumerate(parts) if COLOURS.sub("", part).startswith(output["ename"])]
        if names:  # the first of them stands above the frames
            output["traceback"] = [parts[names[-1]].removesuffix(": "), *parts[names[-1] + 1 :]]
