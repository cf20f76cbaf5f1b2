"""Run the cells of one notebook in a kernel of its own: what `make book` and `make record` have in common.

Needs nbclient and ipykernel, which brings psutil, and nothing else of the book's environment.
"""

import atexit
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbclient.client
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from traitlets.config import Config

from book.execute import kernel, limits, outputs, tracebacks
from book.project import allowed
from book.project.errors import BuildError
from book.project.page_settings import PageSettings

# Where a kernel has TCP ports, they are chosen before it binds them: it ends at once if they were taken meanwhile.
NOT_STARTED = "before replying to kernel_info"
SILENT = "didn't respond in"  # one that lives, and is not heard
# What a cell overwrites in its line. nbclient's own pattern, which is private, begins anywhere in a line and so takes
# the square of its length: a quarter of an hour for a megabyte.
nbclient.client._RGX_CARRIAGERETURN = re.compile(r"^.*\r(?=[^\n])", re.M)


class Client(NotebookClient):
    """nbclient's, which keeps of what a kernel shows only what the execution lets through, and a notebook can hold."""

    def __init__(self, notebook: NotebookNode, execution: "Execution", **options):
        super().__init__(notebook, **options)
        self.execution = execution

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        if msg["msg_type"] == "status":
            return super().process_message(msg, cell, cell_index)
        if not self.execution.may_keep(msg):
            return None
        try:
            return super().process_message({**msg, "content": outputs.kept(msg["content"])}, cell, cell_index)
        except Exception as problem:  # a cell can send whatever it likes
            self.execution.give_up(*outputs.odd(problem))
            return None


class Execution:
    """The execution of one notebook in a folder, that of its page, from start to end or until `stop`.

    `on_cell` is called with the index of each cell before it runs. `place` says where a cell is, for messages.
    """

    def __init__(self, notebook: NotebookNode, folder: Path, settings: PageSettings, place: Callable[[int], str]):
        self.notebook, self.folder, self.settings, self.place = notebook, folder, settings, place
        self.client: Client | None = None
        self.cell_index, self.stopped = 0, False
        self.met: tuple[int, str, str] | None = None  # the cell that met a limit, what is said of it, the way out
        self.shown, self.most = 0, limits.of_output()  # bytes of the cell that runs

    async def run(self, on_cell: Callable[[int], None], threads: int = kernel.THREADS) -> None:
        """Execute all cells; the notebook then has its outputs. Raises BuildError with cell and way out.

        A kernel that did not start is tried once more.
        """
        for attempt in (1, 2):
            try:
                await self.attempt(on_cell, threads)
            except (CellExecutionError, CellTimeoutError, NoSuchKernel, RuntimeError) as problem:
                if attempt == 2 or NOT_STARTED not in str(problem) or self.stopped:
                    raise explain(self, problem) from None
            else:
                if self.met:  # by the last cell, which had ended by then
                    raise explain(self, RuntimeError())
                return

    async def attempt(self, on_cell: Callable[[int], None], threads: int) -> None:
        """Start a kernel and run all cells in it; whatever nbclient raises."""

        def note(cell, cell_index):
            self.cell_index, self.shown = cell_index, 0
            if cell.cell_type == "code":
                on_cell(cell_index)

        # Without a profile of the user's, whose settings would change the outputs
        with tempfile.TemporaryDirectory(prefix="book-ipython-", ignore_cleanup_errors=True) as profile:
            Path(profile, "profile_default").mkdir()
            shutil.copy(kernel.PROFILE, Path(profile, "profile_default"))
            self.client = client = Client(
                self.notebook,
                self,
                config=Config(kernel.transport(Path(profile))),
                timeout=self.settings.timeout,
                allow_errors=self.settings.allow_errors,
                coalesce_streams=True,  # what is printed arrives in pieces, cut at random
                record_timing=False,  # timing metadata would change the cache key
                on_notebook_start=lambda notebook: limits.mark(self.pid, profile),
                on_cell_start=note,
                extra_arguments=list(kernel.ARGUMENTS),
                resources={"metadata": {"path": str(self.folder)}},
            )
            environment = os.environ | kernel.environment(threads) | {"IPYTHONDIR": profile}
            try:  # what a kernel says as it is stopped is of no use
                await client.async_execute(env=environment, stderr=subprocess.DEVNULL)
            finally:
                # nbclient leaves this behind when a kernel dies before it has started, and stumbles over it at exit
                atexit.unregister(client._cleanup_kernel)
                limits.end_those_with("IPYTHONDIR", profile)
        cells = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        if not tracebacks.chosen(cell.source for cell in cells):
            for cell in cells:
                tracebacks.shorten(cell.outputs)

    def may_keep(self, message: dict) -> bool:
        """Whether there is room for what a cell shows; it is stopped when there is not."""
        if message["msg_type"] == "clear_output":
            self.shown = 0
        self.shown += limits.size(message["content"]) + limits.size(message.get("buffers"))
        if self.shown > self.most:
            self.give_up(*limits.too_much_output(self.most))
        return not self.met

    @property
    def process(self) -> subprocess.Popen | None:
        """The kernel's process while it runs."""
        process = getattr(getattr(getattr(self.client, "km", None), "provisioner", None), "process", None)
        return process if process and process.poll() is None else None

    @property
    def pid(self) -> int | None:
        """The number of the kernel's process while it runs."""
        process = self.process
        return process.pid if process else None

    def give_up(self, what: str, way_out: str) -> None:
        """Stop because a limit is met; `run` then says where, and this."""
        self.met = self.met or (self.cell_index, what, way_out)
        self.stop()

    def stop(self) -> None:
        """Kill the kernel with whatever its cells have started, and start no other; `run` then ends with an error."""
        self.stopped = True
        if process := self.process:
            limits.kill(process)


def explain(execution: Execution, problem: Exception) -> BuildError:
    """Turn an exception of nbclient into a message with file, cell and way out."""
    where = execution.place(execution.met[0] if execution.met else execution.cell_index)
    page = where.partition(",")[0]
    if execution.met:
        _cell, what, way_out = execution.met
    elif isinstance(problem, CellExecutionError) and problem.ename == "StdinNotImplementedError":
        what = "asks for input, and nobody answers while the book is built"
        way_out = "Write the answer into the cell, or tag it raises-exception if the error is to be shown."
    elif isinstance(problem, CellExecutionError):
        what = f"{problem.ename}: {problem.evalue}"
        if execution.settings.show_traceback:
            what += "\n" + re.sub(r"\x1b\[[0-9;]*m", "", problem.traceback)  # without colours
        way_out = "Mend the cell (make edit opens the page), or tag it raises-exception if the error is to be shown."
    elif isinstance(problem, CellTimeoutError):
        what = f"ran for more than {execution.settings.timeout} s and was stopped"
        way_out = "Make the cell faster, or raise execute: timeout: in _config.yml (a page's own: execution_timeout)."
    elif isinstance(problem, NoSuchKernel):
        where, what = f"{page}, front matter", f"no kernel named {problem.name!r}"
        way_out = "Set kernelspec: name: python3."
    elif NOT_STARTED in str(problem) or SILENT in str(problem):
        where, what = page, f"the kernel did not start ({problem})"
        way_out = "Run it again; if it stays so, see what python -m ipykernel_launcher says. It needs 127.0.0.1."
        way_out += allowed.in_force()
    else:  # nbclient's DeadKernelError
        what = f"the kernel died while it ran this cell ({problem})"
        way_out = "The cell ended its own process, failed in C code or ran out of memory: run it alone in make edit."
        way_out += allowed.in_force()
    return BuildError(where, what, way_out)
