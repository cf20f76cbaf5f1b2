"""`make record`: execute the pages that depend on the device here, and keep them with their outputs.

Writes `recorded/<device>/<page>.ipynb`. Needs torch, nbclient, ipykernel and jupytext, and nothing else
of the book's environment, so that it runs on a GPU machine without a network: `python3 -m book.execute.record`.
"""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from book.execute import kernel
from book.project.errors import BuildError

TIMEOUT = 600  # seconds a cell may run: the first use of a GPU compiles and loads a lot


def machine() -> dict[str, str]:
    """What this machine records with: device, driver, torch and CUDA versions.

    Raises BuildError when torch sees no accelerator.
    """
    import torch

    if not torch.accelerator.is_available():
        raise BuildError("record", "torch finds no GPU here", "Run it on a machine with one (torch with CUDA or MPS).")
    kind = torch.accelerator.current_accelerator().type
    name = torch.cuda.get_device_name() if kind == "cuda" else f"{kind} ({platform.machine()})"
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        driver = subprocess.run(query, capture_output=True, text=True).stdout.split("\n")[0] if kind == "cuda" else ""
    except OSError:
        driver = ""
    return {
        "device": name,
        "driver": driver or "unknown",
        "torch": torch.__version__,
        "cuda": torch.version.cuda or "none",
        "python": platform.python_version(),
    }


def pages(root: Path) -> list[Path]:
    """The pages of `_toc.yml` whose front matter asks for an accelerator."""
    names = re.findall(r"^(?:root|\s*- file): (\S+)$", (root / "_toc.yml").read_text("utf8"), re.M)
    paths = [root / f"{name.removesuffix('.md')}.md" for name in names]
    return [path for path in paths if re.search(r"^accelerator: ", path.read_text("utf8").split("\n---", 1)[0], re.M)]


def execute(path: Path) -> nbformat.NotebookNode:
    """Execute a page in its folder; raises BuildError with file and cell."""
    notebook = jupytext.read(path)
    number = 0

    def note(cell, cell_index):
        nonlocal number
        number += cell.cell_type == "code"

    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        record_timing=False,  # timing metadata would change the key of the cache
        coalesce_streams=True,
        on_cell_start=note,
        extra_arguments=list(kernel.ARGUMENTS),
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        return client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
        what = str(problem).strip().splitlines()[-1]
        raise BuildError(f"{path.name}, code cell {number}", what, "Mend the cell for this device.") from None


def record(root: Path, facts: dict[str, str]) -> list[Path]:
    """Execute the pages that depend on the device; write them with `facts` in their metadata; return their paths."""
    os.environ.update(kernel.environment(threads=kernel.CORES))
    folder = root / "recorded" / re.sub(r"[^a-z0-9]+", "-", facts["device"].lower()).strip("-")
    written = []
    for path in pages(root):
        print(f"executing {path.stem} on {facts['device']}", flush=True)
        notebook = execute(path)
        notebook.metadata["recorded"] = facts
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{path.stem}.ipynb"
        partial = target.with_suffix(".partial")
        nbformat.write(notebook, partial)
        partial.replace(target)
        written.append(target)
    return written


def main(root: Path) -> None:
    """Record on this machine and say what was written."""
    for path in record(root, machine()):
        print(f"wrote {path.relative_to(root)}")


if __name__ == "__main__":
    try:
        main(Path.cwd())
    except BuildError as problem:
        sys.exit(str(problem))
