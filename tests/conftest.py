"""What the tests share: the built book, and a small book that can be broken."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from xdist.scheduler import LoadScopeScheduling

import hands
from book.project.browser import SWITCHES
from tools.copies import copy_machinery
from tools.serve import served

ROOT = Path(__file__).parents[1]

ENGLISH = '- code: en\n  path: ""\n  notebooks: en\n  title: Deep Learning Computation\n  name: English\n'

FRONT_MATTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""

FIRST = (
    FRONT_MATTER
    + """
(first)=
# The first page

It has a formula, $x^2$, and points to {ref}`second`.

```{code-cell} python3
print("first", 6 * 7)
```
"""
)

SECOND = (
    FRONT_MATTER
    + """
(second)=
# The second page

Back to {doc}`first`.

```{code-cell} python3
print("second", 6 * 7)
```
"""
)


# Their tests share a book or a server that is costly to set up, so each of these goes to one worker as a whole.
TOGETHER = ["test_cells_by_key", "test_environment", "test_error_index", "test_languages", "test_live_pages"]
TOGETHER += ["test_live_server", "test_own_errors", "test_pdf", "test_recordings", "test_settings", "test_translator"]


class Schedule(LoadScopeScheduling):
    """Gives each worker the next test that waits, or the next of the modules that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if Path(module).stem in TOGETHER else nodeid


def pytest_xdist_make_scheduler(config, log) -> Schedule:
    """Used in place of xdist's --dist: its loadgroup does nothing with this pytest."""
    return Schedule(config, log)


class SmallBook:
    """A book of two pages with this project's machinery, in a folder of its own."""

    def __init__(self, root: Path):
        self.root = root
        copy_machinery(ROOT, root)
        (root / "pages").mkdir()
        self.write("editions.yml", ENGLISH)
        self.write("_toc.yml", "format: jb-book\nroot: pages/first\nchapters:\n- file: pages/second\n")
        self.write("pages/first.md", FIRST)
        self.write("pages/second.md", SECOND)

    @classmethod
    def existing(cls, root: Path) -> "SmallBook":
        """The book that is already in this folder."""
        book = cls.__new__(cls)
        book.root = root
        return book

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, "utf8")

    def read(self, name: str) -> str:
        return (self.root / name).read_text("utf8")

    def add(self, name: str, text: str) -> None:
        """Append to a file."""
        self.write(name, self.read(name) + text)

    def add_cell(self, code: str, page: str = "pages/second.md") -> None:
        self.add(page, f"\n```{{code-cell}} python3\n{code}\n```\n")

    def start(self, *command: str, **environment: str) -> subprocess.Popen:
        """Start a command of the book in the background."""
        clean = {key: value for key, value in os.environ.items() if key not in ("GITHUB_REPOSITORY", "BOOK_URL")}
        return subprocess.Popen(
            [sys.executable, "-m", "book.cli", *command],
            cwd=self.root,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean | environment,
        )

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess:
        """Run a command of the book to its end."""
        process = self.start(*command, **environment)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def site(self) -> dict[str, bytes]:
        """The bytes of every file of the built site."""
        html = self.root / "_build" / "html"
        return {path.relative_to(html).as_posix(): path.read_bytes() for path in html.rglob("*") if path.is_file()}


def assert_fails(book: SmallBook, *words: str, command: tuple = ("book",), **environment: str) -> str:
    """Build; assert status 1, every word in the message, no traceback, the old site as it was."""
    before = book.site()
    result = book.run(*command, **environment)
    assert result.returncode == 1, result.stdout + result.stderr
    for word in words:
        assert word in result.stderr
    assert "Traceback" not in result.stderr
    assert "→" in result.stderr, "the message shows no way out"
    assert book.site() == before
    return result.stderr


@pytest.fixture
def small_book(tmp_path) -> SmallBook:
    """A fresh small book, not built yet."""
    return SmallBook(tmp_path)


@pytest.fixture
def built_book(tmp_path, built_once) -> SmallBook:
    """A small book that has been built: a copy, so that a test may break it."""
    shutil.rmtree(tmp_path)
    shutil.copytree(built_once.root, tmp_path, symlinks=True)
    return SmallBook.existing(tmp_path)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory, worker_id) -> SmallBook:
    """The small book, built once for the tests of all workers; not to be changed."""
    folder = tmp_path_factory.getbasetemp()
    root = (folder if worker_id == "master" else folder.parent) / "small-book"
    with FileLock(root.with_suffix(".lock")):
        if (root / "_build" / "html").is_dir():
            return SmallBook.existing(root)
        shutil.rmtree(root, ignore_errors=True)  # of a build that failed
        book = SmallBook(root)
        result = book.run("book")
        assert result.returncode == 0, result.stderr
    return book


@pytest.fixture(scope="session")
def html() -> Path:
    """The real book's site; `make test` has built it."""
    site = ROOT / "_build" / "html"
    assert (site / "index.html").is_file(), "The book is not built: run make test, or make book first."
    return site


@pytest.fixture(scope="session")
def address(html):
    """The address of the built site, served as a static host does."""
    with served(html) as where:
        yield where


@pytest.fixture
def open_page(chromium, address):
    """Open a page of the site in a new browser context."""
    contexts = []

    def visit(name: str, width: int = 1280, theme: str = "light", on_request=None):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        if on_request:
            page.on("requestfinished", on_request)
        page.goto(f"{address}/{name}")
        return page

    yield visit
    for context in contexts:
        context.close()


def everywhere() -> list[str]:
    """Every page of the book in every edition, as its address begins: tr/chapter_computation/index."""
    from book.project import source

    names = [page.docname for page in source.pages(ROOT)]
    return [(f"{one.path}/" if one.path else "") + name for one in source.editions(ROOT) for name in names]


def executed_sections() -> list:
    """The pages of the book with the outputs that the build has laid ready."""
    import nbformat

    from book.execute.store import shown_file
    from book.project import source

    pages = [page for page in source.pages(ROOT) if page.is_notebook]
    for page in pages:
        shown = json.loads(shown_file(ROOT, page.docname).read_text("utf8"))
        for cell, outputs in zip(code_cells(page), shown["outputs"], strict=True):
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
    return pages


def code_cells(page, tag: str | None = None) -> list:
    """The code cells of a page, with this tag if one is given."""
    cells = [cell for cell in page.notebook.cells if cell.cell_type == "code"]
    return [cell for cell in cells if tag is None or tag in cell.metadata.get("tags", [])]


def printed(cell) -> str:
    """What a cell has printed."""
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


@pytest.fixture(scope="session")
def chromium():
    """The browser that `make test` has found or installed."""
    from playwright.sync_api import expect, sync_playwright

    from book.project import browser

    expect.set_options(timeout=20_000)  # a page may be slow where other tests use every core
    path = os.environ.get("BOOK_BROWSER") or browser.ensure()
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=SWITCHES)


@pytest.fixture(scope="module")
def live_server(html):
    """The real book, live; a polite `kill` ends it, and it has said nothing else meanwhile."""
    server = hands.Server(ROOT, hands.free_port())
    yield server
    assert (server.stop(signal.SIGTERM), server.printed[-1].strip()) == (0, "Stopped.")


@pytest.fixture
def live_page(chromium, live_server):
    """Open a live page in a browser of its own; fail at the end when it complained or asked another host."""
    complaints, contexts = [], []

    def complain(words: str) -> None:
        """Note an error, but for what thebe-core says of requests that a kernel took along when it died."""
        if not re.search("Canceled future|Comm not found", words):
            complaints.append(words)

    def open_page(name: str = "chapter_computation/index.html", width: int = 1280, **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complain(str(error)))
        known = (live_server.origin, "data:")
        page.on("request", lambda request: None if request.url.startswith(known) else complaints.append(request.url))
        page.on(  # what a page reports of it is only that the answer lacks the headers of a good one
            "response",
            lambda response: (
                complaints.append(f"{response.status}: {response.url}") if response.status >= 500 else None
            ),
        )
        page.goto(f"{live_server.origin}/{name}#{live_server.fragment}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
