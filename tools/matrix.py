"""`make matrix`: do the notebooks run to the end on every Python and every PyTorch that the book promises?

For each interpreter and version of torch: an environment of its own below _build/matrix/, with what a reader installs,
and all notebooks of `make book` from the first to the last cell. What came out is printed, and written into README.md.
CONTRIBUTING.md says which variables choose; `python -m tools.matrix` does not build the book before.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import click
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from packaging.version import Version

from book.execute import kernel
from book.project import entry, source, stops
from book.project.environment import interpreter
from book.project.errors import BuildError, from_os_error

ROOT = Path.cwd()
OLDEST_PYTHON, OLDEST_TORCH = 11, "2.6.0"
OTHERS = ["numpy", "matplotlib", "ipykernel", "safetensors"]
AT_A_TIME = 2  # notebooks
PATIENCE = 600  # seconds a cell
NONE = "–"
USUAL = "Linux x86_64"  # rows of it name no system
MARKS = ("<!-- matrix -->", "<!-- /matrix -->")
FIRST_COLUMN, LAST_COLUMN, TORCH = "Python", "when and where", "torch "
# A chroot begins in its own root, so the kernel goes to the notebook's folder by itself
KERNEL = "import os, runpy; os.chdir({!r}); runpy.run_module('ipykernel_launcher', run_name='__main__')"
PROBE = """
import importlib.util, json, os, platform, sys
try:
    name = platform.freedesktop_os_release()["PRETTY_NAME"]
except (OSError, KeyError):
    name = f"macOS {platform.mac_ver()[0]}" if sys.platform == "darwin" else f"{platform.system()} {platform.release()}"
print(json.dumps({
    "version": platform.python_version(), "minor": list(sys.version_info[:2]),
    "system": f"{name}, {platform.machine()}", "kind": f"{platform.system()} {platform.machine()}",
    "sees": os.path.isdir(sys.argv[1]),
    "venv": bool(importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")),
}))
"""

Table = dict[str, dict[str, str]]  # of README: the rows by their first cell, the cells by their column


@dataclass
class Python:
    """An interpreter: its command, `version` (3.13.5), the system that it says it is on, and that system's kind."""

    command: list[str]
    version: str
    system: str
    kind: str = USUAL

    @property
    def minor(self) -> str:
        """3.13."""
        return minor(self.version)

    @property
    def row(self) -> str:
        """What names its row: 3.13, or 3.13, Windows AMD64; results of two kinds of system never share one."""
        return self.minor if self.kind == USUAL else f"{self.minor}, {self.kind.replace('Darwin', 'macOS')}"

    def inside(self, folder: Path) -> list[str]:
        """The command of the Python of its virtual environment `folder`."""
        return [*self.command[:-1], str(interpreter(folder))]


@dataclass
class Outcome:
    """What came of one Python and one torch: how many notebooks ran, what failed; or why none was tried."""

    passed: int = 0
    tried: int = 0
    failures: list[str] = field(default_factory=list)
    editions: str = ""  # their names, unless all were tried
    absent: bool = False  # torch has no build for this Python

    @property
    def cell(self) -> str:
        """What stands in the table."""
        if self.absent:
            return NONE
        if not self.tried:
            return "not installed"
        return f"{self.passed} of {self.tried}" + (f", {self.editions}" if self.editions else "")


def minor(version: str) -> str:
    """3.13 of 3.13.5."""
    return ".".join(version.split(".")[:2])


def words(variable: str) -> list[str]:
    """What an environment variable lists, separated by commas."""
    return [word.strip() for word in os.environ.get(variable, "").split(",") if word.strip()]


def split(command: str) -> list[str]:
    """The words of a command; on Windows a backslash is a part of a path, and quotes stand around one with spaces."""
    if os.name != "nt":
        return shlex.split(command)
    return [word.strip('"') for word in shlex.split(command, posix=False)]


def candidates() -> list[list[str]]:
    """The commands that may be a Python: those of PYTHONS, those on PATH, and the one that runs this."""
    named = [split(command) for command in words("PYTHONS")]
    found = {}
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for path in sorted(Path(folder or ".").glob("python3.*")):
            match = re.fullmatch(r"python3\.(\d+)(\.exe)?", path.name)
            if match and int(match[1]) >= OLDEST_PYTHON and os.access(path, os.X_OK):
                found.setdefault(str(path), int(match[1]))
    own = getattr(sys, "_base_executable", sys.executable)  # on Windows there is no python3.11
    return [*named, *([path] for path in sorted(found, key=found.get)), [own]]


def pythons(folder: Path) -> list[Python]:
    """The first Python of each version that runs, or those of ONLY; `folder` exists, and each has to see it.

    Raises ClickException when one of PYTHONS does not run, does not see the folder, or cannot make environments.
    """
    num_named, found = len(words("PYTHONS")), {}
    for number, command in enumerate(candidates()):
        named, text = number < num_named, shlex.join(command)
        try:
            ran = subprocess.run([*command, "-c", PROBE, str(folder)], capture_output=True, text=True, errors="replace")
            known = json.loads(ran.stdout)
        except (OSError, ValueError) as problem:
            if named:
                why = ran.stderr.strip() if isinstance(problem, ValueError) else problem
                raise click.ClickException(f"PYTHONS: {text} does not run: {why}") from None
            continue  # such as pyenv's, which stand for a version that is not chosen
        python = Python(command, known["version"], known["system"], known["kind"])
        if known["minor"] < [3, OLDEST_PYTHON] or python.minor in found:
            continue
        if not known["sees"]:
            way_out = f"Bind-mount {ROOT} at the same path inside (mount --bind), then run this again."
            raise click.ClickException(f"PYTHONS: {text} does not see the folder {folder}. {way_out}")
        if not known["venv"]:
            if named:
                raise click.ClickException(f"PYTHONS: {text} has no venv: on Debian, apt install python3-venv there.")
            print(f"{text} is left out: it has no venv (on Debian: apt install python3-venv).")
            continue
        found[python.minor] = python
    chosen = [found[key] for key in sorted(found, key=Version) if not words("ONLY") or key in words("ONLY")]
    if not chosen:
        raise click.ClickException(f"There is no Python to try; on PATH and in PYTHONS: {', '.join(found) or 'none'}.")
    return chosen


def run(command: list[str]) -> str:
    """What a command prints; ClickException with what it said when it fails."""
    ran = subprocess.run(command, capture_output=True, text=True, errors="replace", env=clean_environment())
    if ran.returncode:
        said = "\n".join(f"  {line}" for line in (ran.stdout + ran.stderr).splitlines()[-20:])
        raise click.ClickException(f"{shlex.join(command[:6])} … ended with status {ran.returncode}:\n{said}")
    return ran.stdout


def clean_environment() -> dict[str, str]:
    """The environment without what would lead another Python to packages of this one."""
    left_out = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MPLBACKEND")
    return {name: value for name, value in os.environ.items() if name not in left_out}


@contextmanager
def environment(python: Python, folder: Path):
    """A new virtual environment in `folder`, for the time of the block; KEEP=1 leaves it there. Its command."""
    shutil.rmtree(folder, ignore_errors=True)
    run([*python.command, "-m", "venv", str(folder)])
    try:
        yield python.inside(folder)
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def builds(python: list[str]) -> list[str]:
    """The versions of torch that pip finds for a Python, without the part behind a +; none when there are none."""
    try:
        said = run([*python, "-m", "pip", "index", "versions", "torch"])
    except click.ClickException as problem:
        if "No matching distribution" in problem.message:
            return []
        raise
    listed = re.search(r"^Available versions: (.*)$", said, re.M)[1]
    return list(dict.fromkeys(version.partition("+")[0] for version in listed.split(", ")))


def pinned(root: Path) -> str:
    """The torch of requirements.txt."""
    return re.search(r"^torch==([\w.]+)", (root / "requirements.txt").read_text("utf8"), re.M)[1]


def versions(named: dict[str, str]) -> list[str]:
    """What TORCH lists, in numbers or in words (oldest, pinned, newest); all of `named` when it lists nothing."""
    chosen = {named.get(word, word) for word in words("TORCH") or named}
    if wrong := [word for word in chosen if not re.fullmatch(r"\d+\.\d+\.\d+", word)]:
        raise click.ClickException(f"TORCH: {wrong[0]!r} is no version such as 2.6.0, nor one of {', '.join(named)}.")
    return sorted(chosen, key=Version)


def notebooks(root: Path, editions: Iterable[source.Edition]) -> list[Path]:
    """The exported notebooks of these editions; ClickException when an edition has none."""
    found = []
    for edition in editions:
        own = sorted((root / "_build" / "notebooks" / edition.notebooks).rglob("*.ipynb"))
        if not own:
            raise click.ClickException(f"There are no notebooks in _build/notebooks/{edition.notebooks}: make book.")
        found += own
    return found


async def run_all(path: Path, python: list[str], folder: Path) -> str:
    """Run a notebook from its first to its last cell, in `folder`; say at which cell it failed, or nothing."""
    notebook, started = nbformat.read(path, as_version=4), 0

    def note(cell, cell_index):
        nonlocal started
        started = cell_index

    (folder / "kernels" / "python3").mkdir(parents=True)
    argv = [*python, "-c", KERNEL.format(str(folder)), "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "matrix", "language": "python"}
    (folder / "kernels" / "python3" / "kernel.json").write_text(json.dumps(spec), "utf8")
    manager = AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder / "kernels")], ensure_native_kernel=False),
        connection_file=str(folder / "connection.json"),  # where a chroot sees it
        **kernel.transport(folder)["KernelManager"],
    )
    client = NotebookClient(notebook, km=manager, timeout=PATIENCE, startup_timeout=PATIENCE, on_cell_start=note)
    settings = {"OMP_NUM_THREADS": "1", "IPYTHONDIR": str(folder / "ipython"), "PYTHONWARNINGS": "default"}
    path_of_programs = os.pathsep.join([str(Path(python[-1]).parent), os.environ.get("PATH", os.defpath)])
    environ = clean_environment() | settings | {"PATH": path_of_programs}
    try:
        await client.async_execute(env=environ, cwd=str(folder), cleanup_kc=True, stderr=subprocess.DEVNULL)
    except CellExecutionError as problem:
        return describe(notebook, started, f"{problem.ename}: {problem.evalue}")
    except (RuntimeError, TimeoutError) as problem:  # the kernel did not start or died; a cell without end
        if asyncio.current_task().cancelling():  # nbclient takes an interruption for the end of the kernel
            raise asyncio.CancelledError from None
        return describe(notebook, started, f"{type(problem).__name__}: {problem}")
    return ""


def describe(notebook: nbformat.NotebookNode, cell_index: int, error: str) -> str:
    """Say which cell failed, with its number among the code cells, its error and its code."""
    number = sum(cell.cell_type == "code" for cell in notebook.cells[: cell_index + 1])
    code = "\n".join(f"    {line}" for line in notebook.cells[cell_index].source.splitlines())
    return f"code cell {number}: {error.strip()}\n\n{code}"


async def try_all(paths: list[Path], python: list[str], top: Path, say: Callable[[str, str, float], None]) -> None:
    """Run notebooks, AT_A_TIME; `say` is told of each its name, what failed in it if anything, and the seconds."""
    places = asyncio.Semaphore(AT_A_TIME)

    async def one(path):
        async with places:
            started = time.monotonic()
            with tempfile.TemporaryDirectory(dir=top, ignore_cleanup_errors=True) as folder:
                failure = await run_all(path, python, Path(folder))
            name = "/".join([path.relative_to(ROOT / "_build" / "notebooks").parts[0], path.name])
            say(name, failure, time.monotonic() - started)

    async with asyncio.TaskGroup() as group:  # it waits for all, also when it is cancelled
        for path in paths:
            group.create_task(one(path))


def ignore(loop: asyncio.AbstractEventLoop, context: dict) -> None:
    """Keep silent what ends in a task that nobody awaits: nbclient still asks after a kernel that it has stopped."""


def in_a_thread(work: Coroutine) -> None:
    """Run a coroutine to its end, outside the main thread, where nbclient would take over the handling of Ctrl-C."""
    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as executor:
        loop = runner.get_loop()
        task = loop.create_task(work)

        def stop(*_) -> None:
            loop.call_soon_threadsafe(loop.set_exception_handler, ignore)
            loop.call_soon_threadsafe(task.cancel)  # nbclient then stops the kernels

        before = {number: signal.signal(number, stop) for number in stops.STOPS}
        try:
            future = executor.submit(loop.run_until_complete, task)
            while not future.done():  # on Windows, nothing interrupts who waits without end
                time.sleep(0.1)
            future.result()
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def attempt(python: Python, torch: str, paths: list[Path], top: Path) -> Outcome:
    """Install this torch for this Python and run the notebooks; progress is printed."""
    title, outcome = f"Python {python.version}, torch {torch}", Outcome()

    def say(name: str, failure: str, seconds: float) -> None:
        outcome.tried += 1
        outcome.passed += not failure
        outcome.failures += [f"{title}, {name}, {failure}"] * bool(failure)
        total = f"{outcome.tried} of {len(paths)} tried, {len(outcome.failures)} failed"
        print(f"{title}: {name} {'FAILED' if failure else 'ran'} in {seconds:.0f} s; {total}", flush=True)

    with environment(python, top / f"{python.minor}-torch-{torch}") as command:
        print(f"{title}: installing …", flush=True)
        try:
            run([*command, "-m", "pip", "install", "--quiet", f"torch=={torch}", *OTHERS])
        except click.ClickException as problem:
            outcome.failures.append(f"{title}: {problem.message}")
            return outcome
        in_a_thread(try_all(paths, command, top, say))
    return outcome


def read_table(text: str) -> Table:
    """The rows that README has between the marks."""
    part = text.partition(MARKS[0])[2].partition(MARKS[1])[0]
    lines = [[cell.strip() for cell in line.strip("| ").split("|")] for line in part.splitlines() if line[:1] == "|"]
    return {cells[0]: dict(zip(lines[0], cells, strict=True)) for cells in lines[2:]}


def merge(old: Table, new: Table, named: Iterable[str]) -> Table:
    """The rows of both: a new one instead of the old, which lends it what was not tried now, with the date of then.

    What it lends are cells of the versions that are `named` today; other versions go with the row that had them.
    """
    merged = old | {key: dict(row) for key, row in new.items()}
    for key in old.keys() & new.keys():
        then = old[key][LAST_COLUMN].partition(",")[0]
        now = new[key][LAST_COLUMN].partition(",")[0]
        for column in {TORCH + version for version in named} & old[key].keys() - new[key].keys():
            if cell := old[key][column]:
                merged[key][column] = cell if "(" in cell or then == now else f"{cell} ({then})"
    return merged


def markdown(table: Table) -> str:
    """The table in Markdown: Pythons from top to bottom, versions of torch from left to right."""
    columns = {column for row in table.values() for column, cell in row.items() if cell and column.startswith(TORCH)}
    head = [FIRST_COLUMN, *sorted(columns, key=lambda one: Version(one.removeprefix(TORCH))), LAST_COLUMN]
    rows = [
        [table[key].get(column, "") for column in head]
        for key in sorted(table, key=lambda key: (Version(key.partition(",")[0]), key))
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, ["---"] * len(head), *rows])


def keep(readme: Path, new: Table, named: Iterable[str]) -> bool:
    """Write the new rows into README, between the marks; False when it has no marks."""
    text = readme.read_text("utf8")
    if not all(mark in text for mark in MARKS):
        return False
    before, _, rest = text.partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    table = markdown(merge(read_table(text), new, named))
    readme.write_text(f"{before}{MARKS[0]}\n{table}{MARKS[1]}{after}", "utf8", newline="\n")
    return True


def matrix(root: Path) -> int:
    """Try every Python with every torch; print and keep the table. Return 1 when something failed, else 0."""
    edition = source.chosen_edition(root)
    paths = notebooks(root, [edition] if edition else source.editions(root))
    top = root / "_build" / "matrix"
    top.mkdir(parents=True, exist_ok=True)
    available = {}
    found = pythons(top)
    for python in found:
        with environment(python, top / f"{python.minor}-ask") as command:
            available[python.minor] = builds(command)
    newest = max((version for some in available.values() for version in some), key=Version, default=pinned(root))
    named = {"oldest": OLDEST_TORCH, "pinned": pinned(root), "newest": newest}
    table, failures = {}, []
    try:
        for python in found:
            row = {FIRST_COLUMN: python.row, LAST_COLUMN: f"{date.today()}, Python {python.version}, {python.system}"}
            for torch in versions(named):
                if torch in available[python.minor]:
                    outcome = attempt(python, torch, paths, top)
                else:
                    outcome = Outcome(absent=True)
                    print(f"Python {python.version}, torch {torch}: there is no such build of torch.")
                outcome.editions = edition.notebooks if edition else ""
                row[TORCH + torch] = outcome.cell
                failures += outcome.failures
                table[python.row] = row
                kept = keep(root / "README.md", table, named.values())
    finally:  # an interruption, or a full disk, does not cost what is known
        if table:
            report(table, failures)
    if not kept:
        print(f"README.md has no lines {' and '.join(MARKS)}, so the table is not kept there.")
    return 1 if failures else 0


def report(table: Table, failures: list[str]) -> None:
    """Print what came out."""
    print(f"\n{markdown(table)}")
    print(f"{NONE}: torch has no build of that version for that Python.\n" * (f" {NONE} |" in markdown(table)))
    print("\n\n".join(failures), flush=True)


def main() -> int:
    """Run it; return the exit status. What is temporary is removed, whatever happens."""
    entry.open_output()
    stops.heed()
    try:
        if words := entry.take_settings(sys.argv[1:]):
            raise click.ClickException(f"Only settings such as TORCH=newest are understood, not {words[0]}.")
        return matrix(ROOT)
    except click.ClickException as problem:
        problem.show()
    except BuildError as problem:
        print(problem, file=sys.stderr)
    except OSError as problem:
        print(from_os_error(problem), file=sys.stderr)
    except KeyboardInterrupt:
        print("\nInterrupted; what was finished is in the table.", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
