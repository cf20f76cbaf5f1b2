"""The real book, made in another folder, is the same: its bytes, and of its outputs all but what is timed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from book.project import source
from book.project.address import repository
from conftest import ROOT, code_cells
from tools.copies import copy


def build(root: Path, **environment: str) -> str:
    """Build the book in a folder that is no repository, for the same one as here; return what it says."""
    where = {"BOOK_REPOSITORY": repository(ROOT) or ""}
    line = [sys.executable, "-m", "book.cli", "book"]
    result = subprocess.run(line, cwd=root, capture_output=True, text=True, env=os.environ | where | environment)
    assert result.returncode == 0, result.stderr
    return result.stdout


def published(root: Path) -> dict[str, bytes]:
    build = root / "_build"
    paths = (path for name in ("html", "notebooks") for path in (build / name).rglob("*"))
    return {path.relative_to(build).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def test_the_book_rendered_in_another_folder_is_the_same_bytes(html, tmp_path):
    """All but its executions is made anew."""
    other = tmp_path / "another folder"
    copy(ROOT)(other)
    for name in (".jupyter_cache", "pdf"):
        if (ROOT / "_build" / name).is_dir():
            shutil.copytree(ROOT / "_build" / name, other / "_build" / name)
    assert "\n0 of " in build(other)
    here, there = published(ROOT), published(other)
    assert sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name)) == []


def outputs(root: Path, page: source.Page) -> list:
    """What the code cells of a page have shown in the last build of a book."""
    return json.loads((root / "_build" / "executed" / f"{page.docname}.json").read_text("utf8"))["outputs"]


def test_the_book_executed_in_another_folder_has_the_same_outputs_but_for_those_tagged_timing(html, tmp_path):
    other = tmp_path / "yet another folder"
    copy(ROOT)(other)
    build(other, EDITION="en")
    differing = []
    for page in (page for page in source.pages(ROOT) if page.is_notebook):
        cells, here, there = code_cells(page), outputs(ROOT, page), outputs(other, page)
        assert len(cells) == len(here) == len(there)
        differing += [
            f"{page.docname}:\n{cell.source}"
            for cell, own, others in zip(cells, here, there, strict=True)
            if own != others and "timing" not in cell.metadata.get("tags", [])
        ]
    assert differing == []
