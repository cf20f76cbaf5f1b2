"""Copies of the book, to be built, edited and broken without touching this one."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import yaml

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "_build", "my-notebooks", "conf.py", "tests", "node_modules", "__pycache__", ".*_cache"
)
# What makes a folder of pages a book of this project
MACHINERY = ["book", "_static", "_templates", "_config.yml", "requirements.txt"]
# A line of prose behind a heading; the cell that a page begins with
PARAGRAPH = re.compile(r"\n#{2,3} [^\n]+\n\n(?=[A-Z])")
SENTENCE = "This sentence is new. "
FIRST_CELL = re.compile(r"\n```\{code-cell\}.*?(?=\n```\n)", re.S)


@contextmanager
def temporary(write: Callable[[Path], object]) -> Iterator[Path]:
    """A folder that `write` fills, for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="book-bench-", ignore_cleanup_errors=True) as folder:
        book = Path(folder) / "book"
        write(book)
        yield book


def copy(root: Path, num_editions: int | None = None) -> Callable[[Path], None]:
    """What copies the book in `root`, with so many of its editions or all, into a folder."""

    def write(folder: Path) -> None:
        shutil.copytree(root, folder, ignore=LEFT_OUT)
        path = folder / "editions.yml"
        path.write_text(yaml.safe_dump(editions(root)[:num_editions], allow_unicode=True), "utf8")

    return write


def copy_machinery(root: Path, folder: Path) -> None:
    """Copy what makes a folder a book of this project from the book in `root` into `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MACHINERY:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(root / name, folder / name)


def editions(root: Path) -> list[dict]:
    """The entries of editions.yml."""
    return yaml.safe_load((root / "editions.yml").read_text("utf8"))


def pages(root: Path) -> list[str]:
    """The pages that _toc.yml names, in its order, without their suffix."""
    return list(files(yaml.safe_load((root / "_toc.yml").read_text("utf8"))))


def files(entry: object) -> Iterator[str]:
    """Every file that a part of the table of contents names."""
    if isinstance(entry, dict):
        yield from (entry[key].removesuffix(".md") for key in ("root", "file") if key in entry)
    for part in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else []:
        yield from files(part)


def first_section(root: Path) -> Path:
    """The first page that has a cell and a paragraph behind a heading; not the book's first page."""
    for name in pages(root)[1:]:
        text = (path := root / f"{name}.md").read_text("utf8")
        if PARAGRAPH.search(text) and FIRST_CELL.search(text):
            return path
    raise click.ClickException("_toc.yml names no page with a code cell and a paragraph behind a heading.")


def edit_paragraph(page: Path) -> None:
    """Put a sentence before the first paragraph behind a heading."""
    edit(page, PARAGRAPH, SENTENCE)


def edit_cell(page: Path) -> None:
    """Put a line at the end of the page's first cell, on which all others depend."""
    edit(page, FIRST_CELL, "\nbench_edit = True")


def edit(page: Path, pattern: re.Pattern, addition: str) -> None:
    """Put `addition` behind the first match."""
    text = page.read_text("utf8")
    place = pattern.search(text).end()
    page.write_text(text[:place] + addition + text[place:], "utf8")
