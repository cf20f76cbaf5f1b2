"""Execute the notebooks that changed, several at a time, and lay the outputs of all pages ready for Sphinx.

The second step in the path of a page. What has executed stays known even when another page fails.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from book.execute import kernel, limits
from book.execute.execution import Execution
from book.execute.progress import Progress
from book.execute.store import Store
from book.project.errors import BuildError, from_os_error
from book.project.inputs import Inputs
from book.project.source import Page


class Run:
    """The execution of several pages: where their outputs go, progress, and the executions that are going on."""

    def __init__(self, store: Store, progress: Progress):
        self.store, self.progress = store, progress
        self.executions: list[Execution] = []
        self.stopping = False

    async def all(self, pages: list[Page]) -> list[BuildError]:
        """Execute pages, kernel.WORKERS at a time; return the failures."""
        places = asyncio.Semaphore(kernel.WORKERS)

        async def take_turn(page):
            async with places:
                return None if self.stopping else await self.page(page)

        with limits.memory_watched(lambda: self.executions):
            results = await asyncio.gather(*(take_turn(page) for page in pages))
        return [result for result in results if result]

    async def page(self, page: Page) -> BuildError | None:
        """Execute one page and keep its outputs; return what went wrong, if anything."""
        self.progress.start(page.name, page.num_code_cells)
        started = time.monotonic()
        try:
            with working_folder(page) as folder:
                execution = Execution(page.notebook, folder, page.settings, page.place)
                self.executions.append(execution)
                await execution.run(lambda _cell_index: self.progress.cell(page.name))
            seconds = time.monotonic() - started
            try:
                self.store.keep(page, seconds)
            finally:  # the next build need not execute the page, even if the cache has no room for it
                self.store.lay_ready(page)
        except (BuildError, OSError) as problem:
            self.progress.failed(page.name)
            return problem if isinstance(problem, BuildError) else from_os_error(problem)
        self.progress.done(page.name, seconds)
        return None

    def stop(self) -> None:
        """Start no more pages and kill the kernels; their pages then end with an error."""
        self.stopping = True
        for execution in self.executions:
            execution.stop()


@contextmanager
def working_folder(page: Page) -> Iterator[Path]:
    """Where the cells of a page run: in its folder, or in one of their own that is removed afterwards."""
    if not page.settings.in_temp:
        yield page.path.parent
        return
    with tempfile.TemporaryDirectory(prefix="book-page-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def execute(inputs: Inputs, pages: list[Page], cache_path: Path) -> int:
    """Bring the outputs of all pages up to date; return how many were executed.

    Of pages that may have the same outputs, one is executed; the others that turn out to have others, afterwards.
    Raises a group of BuildErrors with every failure. On KeyboardInterrupt the kernels are killed first.
    """
    store = Store(inputs, cache_path)
    left, executed = [page for page in pages if page.is_notebook and not store.is_current(page)], 0
    while left:
        pending, left = sort_out(store, left)
        execute_all(store, pending)
        executed += len(pending)
    return executed


def sort_out(store: Store, pages: list[Page]) -> tuple[list[Page], list[Page]]:
    """Lay the outputs ready that are known; return the pages to execute now, and those to look at again after that."""
    pending: dict[str, Page] = {}
    later = []
    for page in pages:
        key = page.name if page.settings.at_each_build else store.key(page)
        if store.find(page):
            store.lay_ready(page)
        elif key not in pending:
            pending[key] = page
        else:
            later.append(page)
    return list(pending.values()), later


def execute_all(store: Store, pages: list[Page]) -> None:
    """Execute pages, with progress; raises as `execute` does."""
    if not pages:
        return
    limits.of_output()  # what is no number is said once, not for each page
    with Progress() as progress, ThreadPoolExecutor(1) as executor:
        run = Run(store, progress)
        # In a thread of its own: in the main thread nbclient would take over the handling of Ctrl-C.
        future = executor.submit(asyncio.run, run.all(pages))
        try:
            while not future.done():
                time.sleep(0.1)
        except KeyboardInterrupt:
            while not future.done():
                run.stop()
                time.sleep(0.1)
            raise
    if failures := future.result():
        raise ExceptionGroup("execution", failures)
