"""What the book is built from: every file of the project, by the checksum of its content.

The one rule of all steps: what is made of inputs with the same checksums is kept, everything else is made anew.
Times of files play no part in it; they only tell whether a file was written while the book was built. A file that no
step knows is an input of everything.
"""

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from book.project.places import READERS_FOLDER

# At the root of the project: what is built, or a reader's; and what a page of the book is made of only if it says so.
NOT_AT_ROOT = {"_build", "node_modules", READERS_FOLDER}
OF_AUTHORS = {"tests", "tools"}
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
        data = part.encode("utf8", "surrogateescape") if isinstance(part, str) else part
        sums.update(len(data).to_bytes(8, "big"))
        sums.update(data)
    return sums.hexdigest()


def checksum(path: Path) -> str:
    """The checksum of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def look(path: Path) -> tuple[int, ...]:
    """What is another one after a file was written, even if with the same content; nothing when there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def sources(root: Path) -> tuple[list[str], list[str]]:
    """The files of the project that something may be made of, and those that count only for a page that names them.

    Each by its path from the root, with slashes, in a stable order.
    """
    found, others = [], []
    for name in walk(root, root, frozenset()):
        first, _, inner = name.partition("/")
        # `.md` at the root is for contributors; `conf.py` there is what jupyter-book itself may leave.
        for_people = first in OF_AUTHORS if inner else name.endswith(".md") or name == "conf.py"
        (others if for_people or name.rpartition("/")[2].startswith(".") else found).append(name)
    return found, others


def walk(root: Path, folder: Path, above: frozenset[str]) -> Iterator[str]:
    """The files in a folder and below it, linked folders included; not again what it lies in (`above`)."""
    place = folder.relative_to(root).as_posix()
    here, above = "" if place == "." else f"{place}/", above | {os.path.realpath(folder)}
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:  # one that we may not read
        return
    for entry in found:
        with suppress(OSError):  # of a link that leads to itself
            if entry.is_dir():
                if not is_left_out(root, f"{here}{entry.name}", above):
                    yield from walk(root, folder / entry.name, above)
            elif entry.is_file() and PurePath(entry.name).suffix not in NOT_A_SOURCE:
                yield f"{here}{entry.name}"


def is_left_out(root: Path, place: str, above: frozenset[str]) -> bool:
    """Whether a folder holds nothing that a page is made of, or leads back to where we come from."""
    first, name, path = place.partition("/")[0], place.rpartition("/")[2], root / place
    if name == "__pycache__" or name.startswith(".") or (path / "pyvenv.cfg").exists():
        return True
    if first in NOT_AT_ROOT or (first in OF_AUTHORS and name == "node_modules"):
        return True
    if not path.is_symlink():
        return False
    real, base = os.path.realpath(path), os.path.realpath(root)
    built = any(f"{real}/".startswith(f"{base}/{one}/") for one in NOT_AT_ROOT)
    return built or real in above or f"{base}/".startswith(f"{real.rstrip('/')}/")


@dataclass(frozen=True)
class Inputs:
    """The files of the project as they were at one moment; `files` maps a path from the root to its checksum.

    `others` are those that count only for a page that names them; what is known of these is known from when it is first
    asked for. `noticed` are files of which somebody has found that they changed since.
    """

    root: Path
    files: dict[str, str] = field(repr=False)
    others: list[str] = field(repr=False, default_factory=list)
    looks: dict[str, tuple] = field(repr=False, default_factory=dict)
    elsewhere: dict[str, str] = field(repr=False, default_factory=dict)
    noticed: set[str] = field(repr=False, default_factory=set)
    wary: bool = True

    @classmethod
    def read(cls, root: Path, wary: bool = True) -> "Inputs":
        """Look at every file now; OSError for one that cannot be read.

        Not `wary` is who has built once already because a file was written, with the content that it had.
        """
        names, others = sources(root)
        files, looks = {}, {}
        for name in names:
            looks[name] = look(root / name)
            try:
                files[name] = checksum(root / name)
            except FileNotFoundError:  # an editor's, gone by now
                looks.pop(name)
        return cls(root, files, others, looks, wary=wary)

    def of(self, names) -> str:
        """The checksum of these files together, names included; one that is not there counts as missing."""
        return digest(*(f"{name}\0{self.files.get(name) or self.outside(name)}" for name in sorted(set(names))))

    def outside(self, name: str) -> str:
        """The checksum of a file that is no source: one that is built, or lies elsewhere; "" when there is none."""
        path = self.root / name
        if name in self.elsewhere:
            return self.elsewhere[name]
        seen = look(path)
        found = checksum(path) if os.path.isfile(path) else ""  # noqa: PTH113 - no error for what is no path
        if not name.startswith("_build/"):
            self.looks[name], self.elsewhere[name] = seen, found
        return found

    def touched(self, names: Iterable[str] | None = None) -> set[str]:
        """Which of these files, or of all, were written since they were read, and those that came or went."""
        if names is None:
            here = set(sources(self.root)[0])
            return self.touched(self.looks) | here.symmetric_difference(self.files)
        return {name for name in names if name in self.looks and look(self.root / name) != self.looks[name]}

    def notice(self, names: Iterable[str] | None = None, same: bool = False) -> set[str]:
        """Find out which of these files, or of all, are others than when they were read; return all `noticed` ones.

        What was written with the content that it had counts only if `same`: for a moment it may have had another one.
        """
        for name in self.touched(names):
            seen, known = look(self.root / name), self.files.get(name) or self.elsewhere.get(name, "")
            if not (same and self.wary) and known == (checksum(self.root / name) if seen else ""):
                self.looks[name] = seen
            else:
                self.noticed.add(name)
        return self.noticed

    def without(self, names: Iterable[str]) -> "Inputs":
        """The same, but of these files nothing is known that could be so at another time."""
        unknown = dict.fromkeys(names, "written meanwhile")
        return replace(self, files=self.files | unknown, elsewhere=self.elsewhere | unknown)

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
