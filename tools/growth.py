"""The table of growth: what the build takes for generated books of several sizes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools import generated_book
from tools.build_times import BOOK, cold, nothing_changed, warm_up
from tools.copies import edit_paragraph, temporary
from tools.measure import Measured, measure, say


@dataclass
class Sized:
    """The builds of a generated book of `size` sections."""

    size: int
    cold: Measured
    nothing: Measured
    paragraph: Measured


# A row: its name, and its figure for one size
ROWS: list[tuple[str, Callable[[Sized], float]]] = [
    ("cold, s", lambda book: book.cold.wall),
    ("cold, s a section", lambda book: book.cold.wall / book.size),
    ("  execution, s a section", lambda book: book.cold.execution / book.size),
    ("  rendering, s a section", lambda book: (book.cold.wall - book.cold.execution) / book.size),
    ("cold, CPU s a section", lambda book: book.cold.cpu / book.size),
    ("largest process, MiB", lambda book: book.cold.largest),
    ("largest process, MiB a section", lambda book: book.cold.largest / book.size),
    ("nothing changed, s", lambda book: book.nothing.wall),
    ("nothing changed, s a section", lambda book: book.nothing.wall / book.size),
    ("nothing changed, CPU s a section", lambda book: book.nothing.cpu / book.size),
    ("one paragraph edited, s", lambda book: book.paragraph.wall),
    ("one paragraph edited, s a section", lambda book: book.paragraph.wall / book.size),
    ("one paragraph edited, CPU s a section", lambda book: book.paragraph.cpu / book.size),
]


def columns(sizes: list[int]) -> list[str]:
    """The names of the columns: one a size, then the growth from the first to the last."""
    growth = [f"from {sizes[0]} to {sizes[-1]}"] if len(sizes) > 1 else []
    return ["measure", *(f"{size} sections" for size in sizes), *growth]


def rows(root: Path, sizes: list[int]) -> list[tuple[str, ...]]:
    """Measure the builds of all sizes; one row of figures a measure."""
    warm_up(root)
    books = [sized(root, size) for size in sizes]
    return [row(label, [figure(book) for book in books]) for label, figure in ROWS]


def sized(root: Path, size: int) -> Sized:
    """Write a book of `size` sections with the machinery of the one in `root`, and measure its builds."""
    with temporary(partial(generated_book.write, root, num_sections=size)) as folder:
        first = cold(folder)
        say(f"{size} sections, cold: {first.wall:.1f} s")
        again = nothing_changed(folder)
        say(f"{size} sections, nothing changed: {again.wall:.1f} s")
        # one in the middle of the book: sections behind it refer to it
        edit_paragraph(folder / generated_book.CHAPTER / f"{generated_book.section_name(size // 2)}.md")
        edited = measure(BOOK, folder)
        say(f"{size} sections, one paragraph edited: {edited.wall:.1f} s")
    return Sized(size, first, again, edited)


def row(label: str, figures: list[float]) -> tuple[str, ...]:
    """A name, a figure a size, and by how much the last is larger than the first; – for what is not known."""
    digits = 2 if label.endswith("a section") else 1
    cells = [f"{figure:.{digits}f}" for figure in figures]
    if len(figures) > 1:
        cells.append(f"{figures[-1] / figures[0] - 1:+.0%}")
    return (label, *("–" if "nan" in cell else cell for cell in cells))
