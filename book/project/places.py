"""Where the build puts things, and which of them a page may offer for download."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from docutils.nodes import make_id

from book.project import settings

if TYPE_CHECKING:
    from book.project.source import Edition

# Where `make lab` keeps what a reader saves: git ignores it, and nothing of the book is made of it
READERS_FOLDER = "my-notebooks"
# What of `_static/` is the engine's; whatever else lies there is an author's, and pages load it
ENGINE_STATIC = {"css", "js", "print", "search", "live", "fonts", "start.js", "site.js", "print.css", "search.js"}


def is_of_the_engine(name: str) -> bool:
    """Whether a file is the engine's, by its name in `_static/`."""
    first = PurePosixPath(name).parts[0]
    return first in ENGINE_STATIC or first.startswith("card-")


def pdf_folder(root: Path) -> Path:
    """Where the PDFs are."""
    return root / "_build" / "pdf"


def pdf_name(root: Path, edition: "Edition") -> str:
    """The name of an edition's PDF: the book's title, in letters that every address takes, and the edition."""
    return f"{make_id(settings.value(root, 'title', '')) or 'book'}-{edition.notebooks}.pdf"


def offered_pdf(root: Path, edition: "Edition") -> str | None:
    """The file name of the edition's PDF when there is one for download, else None."""
    name = pdf_name(root, edition)
    return name if (pdf_folder(root) / name).is_file() else None
