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

INSTALL = "python3 -m pip install torch nbclient ipykernel jupytext babel, or make record, which sets all up"
try:
    import jupytext
    import nbformat
    import yaml

    from book.execute import kernel, limits
    from book.execute.execution import Execution
    from book.project import allowed
    from book.project.errors import BuildError, from_os_error
    from book.project.page_settings import PageSettings
    from book.translate import code
except ModuleNotFoundError as missing:
    sys.exit(f"record: {missing.name.partition('.')[0]} is missing here\n  → {INSTALL}")

TIMEOUT = 600  # seconds a cell may run if no setting gives it more: the first use of a GPU compiles and loads a lot


def machine() -> dict[str, str]:
    """What this machine records with: device, driver, torch and CUDA versions.

    Raises BuildError when torch sees no accelerator, or cannot use it: the pages would then show what the CPU does.
    """
    for name in ("torch", "ipykernel"):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            raise BuildError("record", f"{name} is missing here", INSTALL) from None
    import torch

    if not torch.accelerator.is_available():
        raise BuildError("record", "torch finds no GPU here", "Run it on a machine with one (torch with CUDA or MPS).")
    device = torch.accelerator.current_accelerator()
    try:
        torch.ones(1, device=device).add(1).item()
        name = device_name(torch, device)
    except RuntimeError as problem:
        what = f"torch finds a GPU ({device.type}) that does not compute: {str(problem).partition(chr(10))[0]}"
        way_out = "Free it, or install a torch that is built for it, then run the command again."
        raise BuildError("record", what, way_out) from None
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    return {
        "device": name,
        "driver": (device.type == "cuda" and first_line(*query)) or "unknown",
        "torch": torch.__version__,
        "cuda": torch.version.cuda or "none",
        "python": platform.python_version(),
    }


def device_name(torch, device) -> str:
    """What the maker calls a device, so that no other one has its name; on a Mac that is the chip's."""
    if device.type == "mps":
        return first_line("sysctl", "-n", "machdep.cpu.brand_string") or f"mps ({platform.machine()})"
    module = torch.get_device_module(device)
    named = getattr(module, "get_device_name", None)
    return named() if named else f"{device.type} ({platform.machine()})"


def first_line(*command: str) -> str:
    """The first line that a program prints; nothing when it is not there, or fails."""
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    return "" if result.returncode else result.stdout.partition("\n")[0].strip()


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
        catalog = read_po(file, locale=language.replace("-", "_"))

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
    allowed.check()
    for path in record(root, machine()):
        print(f"wrote {path.relative_to(root)}")


if __name__ == "__main__":
    try:
        main(Path.cwd())
    except BuildError as problem:
        sys.exit(str(problem))
    except OSError as problem:  # a full disk
        sys.exit(str(from_os_error(problem)))
