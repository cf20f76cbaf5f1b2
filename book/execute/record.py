"""`make record`: execute the pages that depend on the device here, and keep them with their outputs.

Writes `recorded/<device>/<page>.ipynb`, and `recorded/<device>/<edition>/<page>.ipynb` for the code of each other
language. Needs torch, nbclient, ipykernel, jupytext (with its PyYAML) and, for the other languages, Babel; nothing else
of the book's environment, so that it runs on a GPU machine without a network, as `python3 -m book.execute.record`.
"""

import asyncio
import importlib.util
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
import yaml

from book.execute import kernel, limits
from book.execute.execution import Execution
from book.project.errors import BuildError
from book.project.page_settings import PageSettings
from book.translate import code

TIMEOUT = 600  # seconds a cell may run if no setting gives it more: the first use of a GPU compiles and loads a lot


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
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf8"))
    paths = [root / f"{name.removesuffix('.md')}.md" for name in files(toc)]
    return [path for path in paths if re.search(r"^accelerator: ", path.read_text("utf8").split("\n---", 1)[0], re.M)]


def files(toc) -> Iterator[str]:
    """The pages that a table of contents names, at any depth: `root:` and each `file:`."""
    if isinstance(toc, list):
        for entry in toc:
            yield from files(entry)
    elif isinstance(toc, dict):
        yield from (toc[key] for key in ("root", "file") if key in toc)
        for value in toc.values():
            yield from files(value)


def settings(root: Path, notebook: nbformat.NotebookNode) -> PageSettings:
    """How a page is recorded: its time and whether it may show errors are said by the page, else by `_config.yml`."""
    common = (yaml.safe_load((root / "_config.yml").read_text("utf8")) or {}).get("execute") or {}
    own = notebook.metadata.get("mystnb", {})
    timeout = own.get("execution_timeout", common.get("timeout", TIMEOUT))
    return PageSettings(
        timeout=timeout if timeout < 0 else max(TIMEOUT, timeout),
        allow_errors=own.get("execution_allow_errors", common.get("allow_errors", False)),
    )


def editions(root: Path) -> list[dict]:
    """The entries of editions.yml whose code can be had here: without Babel, the first alone, and that is said."""
    found = yaml.safe_load((root / "editions.yml").read_text("utf8"))
    if importlib.util.find_spec("babel"):
        return found
    print("Babel is not installed here, so the code of other languages is not recorded: pip install babel")
    return found[:1]


def in_language(root: Path, path: Path, language: str) -> str:
    """The text of a page with its code in another language, as the build has it."""
    from babel.messages.pofile import read_po

    name = path.relative_to(root).with_suffix(".po")
    with (root / "locale" / language / "LC_MESSAGES" / name).open("rb") as file:
        catalog = read_po(file, locale=language)

    def translation(text: str) -> str | None:
        message = catalog.get(text, code.CONTEXT)
        return message.string or None if message and not message.fuzzy else None

    return code.spoken(path.read_text("utf8"), translation)[0]


def execute(root: Path, path: Path, text: str, edition: str) -> nbformat.NotebookNode:
    """Execute the text of a page in its folder; raises BuildError with file and cell."""
    notebook = jupytext.reads(text, fmt="md:myst")
    where = f" in {edition}" if edition else ""

    def place(cell_index: int) -> str:
        number = sum(cell.cell_type == "code" for cell in notebook.cells[: cell_index + 1])
        return f"{path.name}, code cell {number}{where}"

    execution = Execution(notebook, path.parent, settings(root, notebook), place)
    with limits.memory_watched(lambda: [execution]):
        asyncio.run(execution.run(lambda _cell_index: None, threads=kernel.CORES))
    return notebook


def record(root: Path, facts: dict[str, str]) -> list[Path]:
    """Execute the pages that depend on the device; write them with `facts` in their metadata; return their paths."""
    folder = root / "recorded" / re.sub(r"[^a-z0-9]+", "-", facts["device"].lower()).strip("-")
    written = []
    for number, edition in enumerate(editions(root)):
        name = edition["notebooks"] if number else ""
        for path in pages(root):
            text = in_language(root, path, edition["code"]) if number else path.read_text("utf8")
            print(f"executing {path.stem}{f' ({name})' * bool(name)} on {facts['device']}", flush=True)
            notebook = execute(root, path, text, name)
            notebook.metadata["recorded"] = facts
            target = folder / name / f"{path.stem}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
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
