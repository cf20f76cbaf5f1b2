"""Which files the cells of a page may read: its outputs depend on their content.

All that lie beside it; and those that its code names, by their path or, wherever they lie, by their name.
"""

import os
import posixpath
import re
from pathlib import PurePosixPath

from book.project.inputs import IMAGES, PAGES, Inputs
from book.project.source import Page

ENGINE = ("book/", "_static/", "_templates/", "locale/", "recorded/")
OF_THE_BOOK = {"_config.yml", "_toc.yml", "editions.yml", "keywords.yml", "requirements.txt", "constraints.txt"}
LITERAL = re.compile(r"""(["'])((?:(?!\1)[^\n\\])+)\1""")
# What code has that writes files; it may be one that was there, with the content that it had
MAY_WRITE = re.compile(
    r"""["'][wax]b?t?\+?["']|save|write|writ|dump|\bto_|mkdir|touch|replace|rename|unlink|remove|copy|move|extract"""
    r"""|download|retrieve|log|sqlite|memmap|^\s*[!%]""",
    re.M,
)


class Reading:
    """What pages may read of the files of a book."""

    def __init__(self, inputs: Inputs):
        self.inputs = inputs
        self.known: dict[tuple[str, str], list[str]] = {}  # so that what a page writes itself is none of them
        self.by_name: dict[str, list[str]] = {}
        for path in [*inputs.files, *inputs.others]:
            if not path.startswith(ENGINE):
                self.by_name.setdefault(posixpath.basename(path), []).append(path)

    def by(self, page: Page) -> list[str]:
        """The files that the cells of a page may read, by their paths from the root; those that there are at first."""
        key = (page.docname, page.code)
        if key not in self.known:
            named = {path for name, paths in self.by_name.items() if name in page.code for path in paths}
            beside = {name for name in self.beside(page) if self.is_data(name, page)}
            self.known[key] = sorted(named | beside | self.by_path(page))
        return self.known[key]

    def by_path(self, page: Page) -> set[str]:
        """The files that stand in the code as texts: paths from the page; and what leads to a place outside."""
        found = set()
        for _quote, text in LITERAL.findall(page.code):
            path = os.path.normpath(posixpath.join(page.folder, text)).replace(os.sep, "/")
            if not text.startswith("/") and os.path.isfile(self.inputs.root / path):  # noqa: PTH113 - text of any kind
                found.add(path)
        return found

    def beside(self, page: Page) -> list[str]:
        """The files beside a page and below its folder; at the root, without those that every book has there."""
        start = f"{page.folder}/" if page.folder else ""
        names = [name for name in self.inputs.files if name.startswith(start)]
        return names if start else [name for name in names if not name.startswith(ENGINE) and name not in OF_THE_BOOK]

    def is_data(self, name: str, page: Page) -> bool:
        """Whether a file may be read without being named: pages and images are not, unless by their suffix."""
        suffix = PurePosixPath(name).suffix
        return suffix not in PAGES | IMAGES or f"*{suffix}" in page.code
