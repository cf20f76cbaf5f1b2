"""The outputs that were recorded on GPU machines: which of them fit the pages as they are now.

`make record` writes them as executed notebooks, `recorded/<device>/<page>.ipynb`. A page shows them behind its own
outputs where they differ.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from book.project.inputs import Inputs, digest
from book.project.source import Page


def paths(root: Path) -> list[Path]:
    """The recordings, unless RECORDED=none leaves them out."""
    return [] if os.environ.get("RECORDED") == "none" else sorted((root / "recorded").glob("*/*.ipynb"))


def digest_of(inputs: Inputs) -> str:
    """Fingerprint of the recordings: a page that reads them is executed again when they change."""
    return inputs.of(path.relative_to(inputs.root).as_posix() for path in paths(inputs.root))


def code(notebook: NotebookNode) -> str:
    """The fingerprint of a notebook's code and its kernel: what a recording must have been made of."""
    cells = [[cell.source, cell.metadata.get("tags", [])] for cell in notebook.cells if cell.cell_type == "code"]
    return digest(repr(cells), notebook.metadata.get("kernelspec", {}).get("name", ""))


def of_page(root: Path, page: Page) -> list[dict]:
    """For each recording of exactly this code: device, torch, and for each code cell the outputs that differ.

    Says of every other recording of the page that it is not used. Outputs that are the same here are None.
    Recordings are in the first language; a translated page shows them where they differ from that page's outputs.
    """
    found = []
    english = replace(page, speak=None) if page.speak else page
    for path in paths(root):
        if path.stem != page.path.stem:
            continue
        recording = nbformat.read(path, as_version=4)
        if code(recording) != code(english.notebook):
            if english is page:
                print(f"{path.relative_to(root)} was recorded from other code and is not used; make record renews it.")
            continue
        pairs = zip(outputs_here(root, page), code_outputs(recording), strict=True)
        differing = [there if there and there != here else None for here, there in pairs]
        facts = recording.metadata["recorded"]
        found.append({"device": facts["device"], "torch": facts["torch"], "outputs": differing})
    return found


def outputs_here(root: Path, page: Page) -> list[list[NotebookNode]]:
    """The outputs of this build with which a recording is compared: of the page in the recording's language."""
    path = root / "_build" / "executed" / f"{page.docname}.json"
    if page.speak and path.is_file():
        return [list(map(nbformat.from_dict, one)) for one in json.loads(path.read_text("utf8"))["outputs"]]
    return code_outputs(page.notebook)


def code_outputs(notebook: NotebookNode) -> list[list[NotebookNode]]:
    """The outputs of each code cell."""
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
