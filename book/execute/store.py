"""What the pages print: remembered in a jupyter-cache, and laid ready for Sphinx in `_build/executed`.

The cache finds the outputs of code that has been executed before. Its own key is the code; here belong to it whatever
else the outputs depend on: the reader's packages, the style of execution, this machine, and the data files that a page
may read. A file in `_build/executed` has the outputs that one page shows now.
"""

import copy
import errno
import json
import os
import re
import shutil
import sqlite3
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from book.execute import kernel, programs, recordings
from book.execute.programs import code_cells
from book.execute.reading import MAY_WRITE, Reading
from book.project.errors import BuildError, from_os_error
from book.project.inputs import Inputs, digest, machine
from book.project.source import Page, read_text

DATABASE, VERSION, ENTRIES = "global.db", "__version__.txt", f"executed/{'[0-9a-f]' * 32}"  # jupyter-cache's own
# What its database cannot do though it is whole, as errors of the system; SQLite does not pass these on
OF_SYSTEM = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}
OF_KERNEL = ["language_info", "widgets"]  # what a kernel adds to the metadata of a notebook


def shown_folder(root: Path, edition: str = "") -> Path:
    """Where the outputs lie that the pages of an edition show; those of the first edition without a name."""
    return root / "_build" / "executed" / edition


def shown_file(root: Path, name: str) -> Path:
    """Where the outputs lie that a page shows; by its name, which begins with the edition."""
    return shown_folder(root) / f"{name}.json"


def readers_packages(requirements: str) -> str:
    """The first part of requirements.txt, up to an empty line: what a notebook of the book needs."""
    return requirements.partition("\n\n")[0]


class Store:
    """The outputs of all pages of a book, and what they depend on."""

    def __init__(self, inputs: Inputs, cache_path: Path):
        self.root, self.inputs, self.cache_path = inputs.root, inputs, cache_path
        packages = readers_packages(read_text(self.root / "requirements.txt", "requirements.txt"))
        self.common = digest(packages, kernel.style(), machine())
        self.engine = inputs.of(name for name in inputs.files if name.startswith("book/execute/"))  # the file's form
        self.recorded = recordings.digest_of(inputs)
        self.reading = Reading(inputs)

    @cached_property
    def cache(self):
        """The jupyter-cache; opened only when a page has changed. BuildError where SQLite would find another path."""
        path = str(self.cache_path)
        if "?" in path or unquote(path) != path:  # jupyter-cache makes an address of it, as it is
            what = "has ? or % in its path, and SQLite would put its file elsewhere"
            raise BuildError(path, what, "Rename the folder, or name another one in execute: cache:.")
        return get_cache(self.cache_path)

    def surroundings(self, page: Page) -> str:
        """The checksum of all that the outputs of a page depend on besides its code."""
        # A page about devices may read the recordings.
        recorded = self.recorded if re.search(r"^accelerator:", page.text, re.M) else ""
        return digest(self.common, recorded, self.inputs.of(self.reading.by(page)), page.settings.of_outputs)

    def is_current(self, page: Page) -> bool:
        """Whether the outputs laid ready are those of this page, its prose aside, in these surroundings."""
        if page.settings.at_each_build:
            return False
        try:
            shown = json.loads(shown_file(self.root, page.name).read_text("utf8"))
            return shown["of"] == self.of(page)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def of(self, page: Page) -> str:
        """What a file in `_build/executed` was made of."""
        return digest(page.frame, page.words, self.surroundings(page), self.recorded, self.engine)

    def keyed(self, page: Page) -> nbformat.NotebookNode:
        """The notebook under whose key the cache keeps its outputs: one that reads files has them in its key.

        So two pages of the same code, each with data of its own, are two entries.
        """
        notebook = copy.deepcopy(page.notebook)
        if files := self.reading.by(page):
            notebook.metadata.setdefault("kernelspec", {})["reads"] = self.inputs.of(files)
        return notebook

    def find(self, page: Page) -> bool:
        """Put outputs that are known from an earlier execution into the page's notebook; False when it must execute.

        A page that is not executed has none, whatever is known; one that is at each build has to.
        A cache that is damaged is put aside, with a note; BuildError when it cannot be used for another reason.
        """
        if not page.settings.executes or page.settings.at_each_build:
            return not page.settings.executes
        try:
            known = self.known(page)
            if known is None:
                return False
            for cell, outputs in zip(code_cells(page.notebook), code_cells(known), strict=True):
                cell.outputs, cell.execution_count = outputs.outputs, outputs.execution_count
            page.notebook.metadata.update({name: known.metadata[name] for name in OF_KERNEL if name in known.metadata})
        except (BuildError, OSError):  # of the page itself, or of the disk
            raise
        except Exception as problem:  # sqlite, JSON, nbformat: whatever a damaged file provokes
            self.put_aside(problem)
            return False
        return True

    def known(self, page: Page) -> nbformat.NotebookNode | None:
        """The executed notebook whose outputs are those of a page: of the same code, or of the same but for comments
        that no output shows; None when there is none."""
        surroundings, keyed = self.surroundings(page), self.keyed(page)
        with suppress(KeyError):
            record = self.cache.match_cache_notebook(keyed)
            if record.data.get("surroundings") == surroundings:
                return self.cache.get_cache_bundle(record.pk).nb
        program = programs.program(keyed)
        for record in self.cache.list_cache_records():
            if record.data.get("surroundings") == surroundings and record.data.get("program") == program:
                with suppress(KeyError):  # its file is not there: the disk was full
                    known = self.cache.get_cache_bundle(record.pk).nb
                    if programs.tell_the_same(known, page.notebook):
                        return known
        return None

    def key(self, page: Page) -> str:
        """The same for pages that may have the same outputs."""
        return digest(programs.program(self.keyed(page)), self.surroundings(page))

    def put_aside(self, problem: Exception) -> None:
        """Remove a damaged cache, and nothing but what jupyter-cache has written there.

        BuildError when it is not damaged: locked, on a full disk, not to be written.
        """
        path = self.cache_path / DATABASE
        if path.is_dir():
            raise BuildError(str(path), "is a folder, where the cache has its database", "Move it away.") from None
        code = sqlite_code(problem)
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            way_out = "Wait until that program has ended, then run the command again."
            raise BuildError(str(self.cache_path), "is locked by another program", way_out) from None
        if code in OF_SYSTEM and path.exists():
            number = OF_SYSTEM[code]
            raise from_os_error(OSError(number, os.strerror(number), str(path))) from None
        print(f"The cache of executions is damaged ({type(problem).__name__}); executing the pages again.", flush=True)
        with suppress(Exception):  # it is damaged, or was not opened; Windows removes no file that is open
            self.__dict__.pop("cache").db.dispose()
        for name in (DATABASE, VERSION):
            (self.cache_path / name).unlink(missing_ok=True)
        for folder in self.cache_path.glob(ENTRIES):
            shutil.rmtree(folder)

    def keep(self, page: Page, seconds: float) -> None:
        """Remember the outputs of a page that has just been executed; not when a file that it may read has changed.

        BuildError or OSError when that is impossible.
        """
        self.inputs.notice(self.reading.by(page), same=not MAY_WRITE.search(page.code))
        if self.is_unsure(page):
            return
        notebook = self.keyed(page)
        facts = {
            "execution_seconds": seconds,
            "surroundings": self.surroundings(page),
            "program": programs.program(notebook),
        }
        bundle = CacheBundleIn(notebook, str(page.path), data=facts)
        for attempt in (1, 2):
            try:
                self.cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            except (BuildError, OSError):
                self.forget(notebook)
                raise
            except Exception as problem:
                self.put_aside(problem)  # it was damaged, or removed, since the page began to run
                if attempt == 2:
                    what = f"cannot be written ({type(problem).__name__}: {problem})"
                    raise BuildError(str(self.cache_path), what, "Remove that folder, and try again.") from None
            else:
                return

    def forget(self, notebook: nbformat.NotebookNode) -> None:
        """Remove what was written of an entry before the disk was full: half a file would pass for a damaged cache."""
        _notebook, key = self.cache.create_hashed_notebook(notebook)
        shutil.rmtree(self.cache_path / "executed" / key, ignore_errors=True)

    def is_unsure(self, page: Page) -> bool:
        """Whether the outputs may be those of other files than their key says, because these changed meanwhile."""
        return not self.inputs.noticed.isdisjoint(self.reading.by(page))

    def lay_ready(self, page: Page) -> None:
        """Write the outputs of the page's notebook, and those recorded on other machines, for Sphinx."""
        path = shown_file(self.root, page.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        shown = {
            "of": "" if self.is_unsure(page) else self.of(page),
            "metadata": {name: page.notebook.metadata[name] for name in OF_KERNEL if name in page.notebook.metadata},
            "outputs": [cell.outputs for cell in code_cells(page.notebook)],
            "recorded": recordings.of_page(self.root, page) if page.settings.executes else [],
        }
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(shown, ensure_ascii=False), "utf8")
        partial.replace(path)


def sqlite_code(problem: BaseException | None) -> int | None:
    """SQLite's primary code of the error behind an exception, where jupyter-cache hides it; None when there is none."""
    while problem:
        if isinstance(problem, sqlite3.Error):
            return getattr(problem, "sqlite_errorcode", 0) & 0xFF
        problem = problem.__cause__ or problem.__context__
    return None
