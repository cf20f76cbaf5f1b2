"""Execute the notebooks that changed, in parallel, into the jupyter-cache that Sphinx reads.

The second step in the path of a page. A cache entry is keyed by the code cells, so prose can change
without execution. What has executed stays cached even when another page fails.
"""

import asyncio
import atexit
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from book.execute import kernel
from book.execute.progress import Progress
from book.project.errors import BuildError
from book.project.source import Page

# A kernel's ports are chosen before it binds them: one that finds them taken meanwhile ends before it has started.
NOT_STARTED = "before replying to kernel_info"


def open_cache(path: Path, pages: list[Page], recordings: str):
    """Open the jupyter-cache; return it and the pages that it cannot serve.

    A cache that cannot be read is removed, with a note: everything is executed again.
    """
    try:
        cache = get_cache(path)
        return cache, [page for page in pages if page.notebook and not in_cache(cache, page, recordings)]
    except OSError:
        raise
    except Exception as problem:  # sqlite, JSON, nbformat: whatever a damaged file provokes
        print(f"The cache of executions is damaged ({type(problem).__name__}); executing all pages again.", flush=True)
        shutil.rmtree(path)
        return get_cache(path), [page for page in pages if page.notebook]


def in_cache(cache, page: Page, recordings: str) -> bool:
    """Whether the cache holds readable outputs for exactly this page's code.

    A page that depends on the device may read the recordings, so it must have seen these.
    """
    try:
        record = cache.match_cache_notebook(page.notebook)
    except KeyError:
        return False
    cache.get_cache_bundle(record.pk)
    return "accelerator" not in page.notebook.metadata or record.data.get("recordings") == recordings


class Run:
    """One execution of several pages: their cache, limits, progress, and the kernels now running."""

    def __init__(self, cache, timeout: int, progress: Progress, recordings: str):
        self.cache, self.timeout, self.progress, self.recordings = cache, timeout, progress, recordings
        self.clients: list[NotebookClient] = []
        self.stopping = False

    async def all(self, pages: list[Page]) -> list[BuildError]:
        """Execute pages, kernel.WORKERS at a time; return the failures."""
        places = asyncio.Semaphore(kernel.WORKERS)

        async def take_turn(page):
            async with places:
                return None if self.stopping else await self.page(page)

        results = await asyncio.gather(*(take_turn(page) for page in pages))
        return [result for result in results if result]

    async def page(self, page: Page) -> BuildError | None:
        """Execute one notebook and cache it, with a second kernel if the first did not start."""
        problem = await self.attempt(page)
        if problem and NOT_STARTED in str(problem) and not self.stopping:
            problem = await self.attempt(page)
        return problem

    async def attempt(self, page: Page) -> BuildError | None:
        """Execute one notebook and cache it; return what went wrong, if anything."""
        current = 0

        def note(cell, cell_index):
            nonlocal current
            current = cell_index
            if cell.cell_type == "code":
                self.progress.cell(page.docname)

        client = NotebookClient(
            page.notebook,
            timeout=self.timeout,
            coalesce_streams=True,  # what is printed arrives in pieces, cut at random
            record_timing=False,  # timing metadata would change the cache key
            on_cell_start=note,
            extra_arguments=list(kernel.ARGUMENTS),
            resources={"metadata": {"path": str(page.path.parent)}},
        )
        self.clients.append(client)
        self.progress.start(page.docname, page.num_code_cells)
        started = time.monotonic()
        try:
            await client.async_execute(stderr=subprocess.DEVNULL)  # what a kernel says as it is stopped
        except (CellExecutionError, CellTimeoutError, NoSuchKernel, RuntimeError) as problem:
            self.progress.failed(page.docname)
            return explain(page, current, problem, self.timeout)
        finally:
            # nbclient leaves this behind when a kernel dies before it has started, and stumbles over it at exit
            atexit.unregister(client._cleanup_kernel)
        seconds = time.monotonic() - started
        facts = {"execution_seconds": seconds, "recordings": self.recordings}
        bundle = CacheBundleIn(page.notebook, str(page.path), data=facts)
        self.cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        self.progress.done(page.docname, seconds)
        return None

    def stop(self) -> None:
        """Start no more pages and kill the kernels; their pages then end with an error."""
        self.stopping = True
        for client in self.clients:
            process = getattr(getattr(client.km, "provisioner", None), "process", None)
            if process and process.poll() is None:
                # A kernel leads a process group of its own, with whatever its cells have started.
                process.kill() if os.name == "nt" else os.killpg(process.pid, signal.SIGKILL)


def explain(page: Page, cell_index: int, problem: Exception, timeout: int) -> BuildError:
    """Turn an exception of nbclient into a message with file, cell and way out."""
    where = page.place(cell_index)
    if isinstance(problem, CellExecutionError):
        what = f"{problem.ename}: {problem.evalue}"
        way_out = "Mend the cell (make lab opens the page), or tag it raises-exception if the error is to be shown."
    elif isinstance(problem, CellTimeoutError):
        what = f"ran for more than {timeout} s and was stopped"
        way_out = "Make the cell faster, or raise execute: timeout: in _config.yml."
    elif isinstance(problem, NoSuchKernel):
        where, what = f"{page.docname}.md, front matter", f"no kernel named {problem.name!r}"
        way_out = "Set kernelspec: name: python3."
    elif NOT_STARTED in str(problem):
        where, what = f"{page.docname}.md", f"the kernel did not start ({problem})"
        way_out = "Run the command again; if it stays so, see what python -m ipykernel_launcher says."
    else:  # nbclient's DeadKernelError
        what = f"the kernel died while it ran this cell ({problem})"
        way_out = "The cell ended its own process or ran out of memory: run it alone in make lab."
    return BuildError(where, what, way_out)


def execute(pages: list[Page], cache_path: Path, timeout: int, recordings: str) -> int:
    """Bring the cache up to date; return how many notebooks were executed.

    `recordings` is the fingerprint of the recorded outputs that pages may read.

    Raises BuildError with every failure. On KeyboardInterrupt the kernels are shut down first.
    """
    cache, pending = open_cache(cache_path, pages, recordings)
    if not pending:
        return 0
    os.environ.update(kernel.environment())
    with Progress() as progress, ThreadPoolExecutor(1) as executor:
        run = Run(cache, timeout, progress, recordings)
        # In a thread of its own: in the main thread nbclient would take over the handling of Ctrl-C.
        future = executor.submit(asyncio.run, run.all(pending))
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
    return len(pending)
