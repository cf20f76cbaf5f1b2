"""What the book is built from: every file of the project, by the checksum of its content.

The one rule of all steps: what is made of inputs with the same checksums is kept, everything else is made anew.
Times of files play no part in it. A file that no step knows is an input of everything.
"""

import hashlib
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from book.project.places import READERS_FOLDER

# At the root of the project: what is built, and what no page of the book is made of.
NOT_AT_ROOT = {"_build", "node_modules", "tests", "tools", READERS_FOLDER}
NOT_A_SOURCE = {".pyc", ".mo", ".partial"}
# What settings may name, wherever it lies; a page does not say that it depends on these.
SETTINGS_MAY_NAME = {".bib", ".css", ".js", ".html", ".py", ".yml", ".yaml", ".toml"}
PAGES = {".md", ".ipynb"}
IMAGES = {".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf"}
VARIABLES = ["BOOK_REPOSITORY", "GITHUB_REPOSITORY", "BOOK_URL", "RECORDED"]


def digest(*parts: str | bytes) -> str:
    """One checksum for several texts, in this order."""
    sums = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        sums.update(len(data).to_bytes(8, "big"))
        sums.update(data)
    return sums.hexdigest()


def checksum(path: Path) -> str:
    """The checksum of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def sources(root: Path) -> list[Path]:
    """The files of the project that something may be made of, in a stable order."""
    found = []
    for folder, folders, names in os.walk(root):
        here, at_root = Path(folder), Path(folder) == root
        folders[:] = sorted(
            name
            for name in folders
            if name != "__pycache__"
            and not name.startswith(".")
            and not (at_root and name in NOT_AT_ROOT)
            and not (here / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            path = here / name
            # `.md` at the root is for contributors; `conf.py` there is what jupyter-book itself may leave.
            for_people = at_root and (path.suffix == ".md" or name == "conf.py")
            if not (for_people or name.startswith(".") or path.suffix in NOT_A_SOURCE) and path.is_file():
                found.append(path)
    return found


@dataclass(frozen=True)
class Inputs:
    """The files of the project; `files` maps a path from the root, with slashes, to its checksum."""

    root: Path
    files: dict[str, str] = field(repr=False)

    @classmethod
    def read(cls, root: Path) -> "Inputs":
        """Look at every file now; OSError for one that cannot be read."""
        return cls(root, {path.relative_to(root).as_posix(): checksum(path) for path in sources(root)})

    def of(self, names) -> str:
        """The checksum of these files together, names included; one that is not there counts as missing."""
        return digest(*(f"{name}\0{self.files.get(name) or self.outside(name)}" for name in sorted(set(names))))

    def outside(self, name: str) -> str:
        """The checksum of a file that is no source: one that is built, or lies elsewhere; "" when there is none."""
        path = self.root / name
        return checksum(path) if path.is_file() else ""

    def everything(self) -> str:
        """The checksum of all files."""
        return self.of(self.files)

    def beside(self, folder: str) -> list[str]:
        """The files in a folder of pages and below it that are no pages: what their cells may read."""
        start = f"{folder}/" if folder not in ("", ".") else ""
        return [name for name in self.files if name.startswith(start) and Path(name).suffix not in PAGES]

    def of_everything_else(self, folders: set[str]) -> str:
        """The checksum of what belongs to no page: settings, the engine, styles, templates, unknown files.

        `folders` are those of the pages, whose texts, drawings and data have keys of their own, as catalogs and
        recordings have.
        """
        own = tuple(f"{folder}/" for folder in folders)
        names = [
            name
            for name in self.files
            if not name.startswith(("locale/", "recorded/"))
            and (not name.startswith(own) or Path(name).suffix in SETTINGS_MAY_NAME)
        ]
        return self.of(names)


def machine() -> str:
    """What of this machine decides about outputs: the version of Python and the kind of processor."""
    return f"{sys.version_info[:3]} {sys.platform} {os.uname().machine if hasattr(os, 'uname') else ''}"
