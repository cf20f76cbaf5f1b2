"""The build's table: what a person waits for, in one edition and in all, beside plain Jupyter Book.

A row is a function: it brings a copy of the book to where its name says, and measures the command that a person
would give. The rows run in their order in one copy, with no build in between: `nothing_changed` comes right after
a build that executed. A row that is not one command, such as a save under a running server, makes its own `Measured`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from tools.copies import copy, edit_cell, edit_paragraph, editions, first_section, temporary
from tools.measure import Measured, measure, say
from tools.watched import saved_while_watched

COLUMNS = ["measure", "seconds", "CPU seconds", "largest MiB", "executed", "longest execution"]
BOOK = [sys.executable, "-m", "book.cli", "book"]
PLAIN = [str(Path(sys.executable).with_name("jupyter-book")), "build", "."]


def cold(folder: Path) -> Measured:
    """The first build: nothing is in _build."""
    return measure(BOOK, folder)


def nothing_changed(folder: Path) -> Measured:
    """The same build once more."""
    return measure(BOOK, folder)


def paragraph_edited(folder: Path) -> Measured:
    """The build after a sentence more in a section."""
    edit_paragraph(first_section(folder))
    return measure(BOOK, folder)


def cell_edited(folder: Path) -> Measured:
    """The build after a line more in a section's first cell."""
    edit_cell(first_section(folder))
    return measure(BOOK, folder)


ROWS: list[Callable[[Path], Measured]] = [cold, nothing_changed, paragraph_edited, cell_edited, saved_while_watched]


def rows(root: Path) -> list[tuple[str, ...]]:
    """Measure every row in one edition and in all, then plain Jupyter Book; the last row is a ratio."""
    warm_up(root)
    number = len(editions(root))
    found, colds = [], {}
    for count in sorted({1, number}):
        with temporary(copy(root, count)) as folder:
            for step in ROWS:
                measured = step(folder)
                label = f"{step.__name__.replace('_', ' ')}, {plural(count, 'edition')}"
                found.append(row(label, measured))
                if step is cold:
                    colds[count] = measured
    with temporary(copy(root)) as folder:
        plain = measure(PLAIN, folder)
    found.append(row("cold, plain jupyter-book build .", plain))
    return [*found, ratio(f"cold, {plural(number, 'edition')} : plain", colds[number], plain)]


def warm_up(root: Path) -> None:
    """Have the disk's cache hold what every kernel reads; the first build would wait for it alone."""
    measure([sys.executable, "-c", "import torch, matplotlib.pyplot"], root)


def plural(count: int, noun: str) -> str:
    """1 edition, 3 editions."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def row(label: str, measured: Measured) -> tuple[str, ...]:
    """One measured command, in the order of COLUMNS."""
    say(f"{label}: {measured.wall:.1f} s")
    name, seconds = max(measured.executions.items(), key=lambda one: one[1], default=("", 0))
    longest = f"{name.rsplit('/', 1)[-1]} {seconds:.1f} s" if name else ""
    figures = (f"{figure:.1f}" for figure in (measured.wall, measured.cpu, measured.largest))
    return (label, *figures, str(measured.executed), longest)


def ratio(label: str, one: Measured, other: Measured) -> tuple[str, ...]:
    """How many times as much `one` took as `other`, in the order of COLUMNS."""
    pairs = ((one.wall, other.wall), (one.cpu, other.cpu), (one.largest, other.largest))
    return (label, *(f"{first / second:.1f} ×" for first, second in pairs), "", "")
