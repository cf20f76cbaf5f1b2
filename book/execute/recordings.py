"""Join the outputs of this build with those recorded on GPU machines, for Sphinx to show both.

Sphinx reads its outputs from a second jupyter-cache, `_build/shown`. In it, a cell whose recorded output
differs has both, with a mark in between that names the machine; `book.render.recorded` takes them apart again.
"""

import copy
import hashlib
import os
import shutil
from html import escape
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from book.project.source import Page

MARK = '<template class="recorded" data-device="{device}" data-torch="{torch}"></template>'


def paths(root: Path) -> list[Path]:
    """The recordings, unless RECORDED=none leaves them out."""
    return [] if os.environ.get("RECORDED") == "none" else sorted((root / "recorded").glob("*/*.ipynb"))


def digest(root: Path) -> str:
    """Fingerprint of the recordings: a page that reads them is executed again when they change."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths(root))).hexdigest()


def fitting(root: Path, pages: list[Page], cache) -> dict[str, list[nbformat.NotebookNode]]:
    """The recordings made from the code that the pages have now, by page; says which are out of date."""
    found = {}
    by_name = {page.path.stem: page for page in pages if page.notebook}
    for path in paths(root):
        page, recording = by_name.get(path.stem), nbformat.read(path, as_version=4)
        if page and key(cache, page.notebook) == key(cache, recording):
            found.setdefault(page.docname, []).append(recording)
        else:
            print(f"{path.relative_to(root)} was recorded from other code and is not used; make record renews it.")
    return found


def key(cache, notebook: nbformat.NotebookNode) -> str:
    """The key of jupyter-cache: the code cells, their metadata and the kernel."""
    return cache.create_hashed_notebook(notebook)[1]


def joined(notebook: nbformat.NotebookNode, recordings: list[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    """The notebook with recorded outputs behind its own, where they differ."""
    notebook = copy.deepcopy(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for recording in recordings:
        facts = {name: escape(text) for name, text in recording.metadata["recorded"].items()}
        recorded_cells = [cell for cell in recording.cells if cell.cell_type == "code"]
        for cell, recorded in zip(cells, recorded_cells, strict=True):
            if recorded.outputs and recorded.outputs != cell.outputs:
                mark = nbformat.v4.new_output("display_data", data={"text/html": MARK.format(**facts)})
                cell.outputs = [*cell.outputs, mark, *recorded.outputs]
    return notebook


def show(root: Path, pages: list[Page], executed: Path) -> Path:
    """Write the cache that Sphinx reads; return its path."""
    cache, shown = get_cache(executed), root / "_build" / "shown"
    recordings = fitting(root, pages, cache)
    shutil.rmtree(shown, ignore_errors=True)
    target = get_cache(shown)
    for page in pages:
        if page.notebook:
            _, notebook = cache.merge_match_into_notebook(page.notebook)
            notebook = joined(notebook, recordings.get(page.docname, []))
            target.cache_notebook_bundle(CacheBundleIn(notebook, str(page.path)), check_validity=False)
    return shown
