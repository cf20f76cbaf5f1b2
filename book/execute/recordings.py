"""The outputs that were recorded on GPU machines: which of them fit the pages as they are now.

`make record` writes them as executed notebooks, `recorded/<device>/<page>.ipynb`, those of another edition in a folder
of its name below the device's. A page shows them behind its own outputs where they differ.
"""

import itertools
import json
import os
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from book.execute import outputs, programs
from book.project.errors import BuildError
from book.project.inputs import Inputs, digest
from book.project.source import Page


def paths(root: Path) -> list[Path]:
    """The recordings, unless RECORDED=none leaves them out."""
    return [] if os.environ.get("RECORDED") == "none" else sorted((root / "recorded").rglob("*.ipynb"))


def digest_of(inputs: Inputs) -> str:
    """Fingerprint of the recordings: a page that reads them is executed again when they change."""
    return inputs.of(path.relative_to(inputs.root).as_posix() for path in paths(inputs.root))


def code(notebook: NotebookNode) -> str:
    """The fingerprint of a notebook's code without comments, and of its kernel: what a recording must be made of."""
    cells = [
        [programs.bare(cell.source), cell.metadata.get("tags", [])]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    return digest(repr(cells), notebook.metadata.get("kernelspec", {}).get("name", ""))


def of_page(root: Path, page: Page) -> list[dict]:
    """For each device that has a recording of this code, comments aside: device, torch, and the outputs of each cell.

    Outputs that are the same here are None. A translated page whose own code has not been recorded shows what was
    recorded in the first language, where it differs from the outputs there. Says of a recording of the page's own that
    fits no more that it is not used.
    """
    found = []
    english = replace(page, speak=None, edition="") if page.speak else page
    of_devices: dict[str, dict[str, Path]] = {}
    for path in paths(root):
        *folders, name = path.relative_to(root / "recorded").parts
        if not folders:
            raise BuildError(f"recorded/{name}", "lies in no folder of a device", "Move it into its folder, or away.")
        device, *edition = folders
        if name == f"{page.path.stem}.ipynb":
            of_devices.setdefault(device, {})["/".join(edition)] = path
    for recorded in of_devices.values():
        for one in (page, english) if page.speak else (page,):
            if one.edition not in recorded:
                continue
            recording = read(recorded[one.edition], recorded[one.edition].relative_to(root).as_posix())
            if code(recording) == code(one.notebook) and programs.tell_the_same(recording, one.notebook):
                here = code_outputs(one.notebook) if one is page else outputs_here(root, page)
                found.append(compared(recording, here))
                break
            if one is page:
                name = recorded[one.edition].relative_to(root)
                print(f"{name} was recorded from other code and is not used; make record renews it.")
    return found


def read(path: Path, name: str) -> NotebookNode:
    """A recording; BuildError when it is none."""
    try:
        recording = nbformat.read(path, as_version=4)
        nbformat.validate(recording)
        facts = recording.metadata["recorded"]
        if not (isinstance(facts["device"], str) and isinstance(facts["torch"], str)):
            raise ValueError("device and torch are no texts")
        for output in itertools.chain(*code_outputs(recording)):
            outputs.kept(output)
    except OSError:
        raise
    except Exception as problem:  # whatever another file provokes: a pointer of Git LFS, half a merge, another notebook
        said = (getattr(problem, "message", "") or f"{type(problem).__name__}: {problem}").partition("\n")[0]
        way_out = "Renew it (make record, on a machine with a GPU), or remove it."
        raise BuildError(name, f"is no recording of a page ({said[:200]})", way_out) from None
    return recording


def compared(recording: NotebookNode, here: list[list[NotebookNode]]) -> dict:
    """What a page shows of a recording beside these outputs."""
    facts = recording.metadata["recorded"]
    pairs = zip(here, code_outputs(recording), strict=True)
    others = [there if there and there != own else None for own, there in pairs]
    return {"device": facts["device"], "torch": facts["torch"], "outputs": others}


def outputs_here(root: Path, page: Page) -> list[list[NotebookNode]]:
    """The outputs of this build with which a recording in the first language is compared."""
    path = root / "_build" / "executed" / f"{page.docname}.json"
    if page.speak and path.is_file():
        return [list(map(nbformat.from_dict, one)) for one in json.loads(path.read_text("utf8"))["outputs"]]
    return code_outputs(page.notebook)


def code_outputs(notebook: NotebookNode) -> list[list[NotebookNode]]:
    """The outputs of each code cell."""
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
