"""The real book, rendered in another folder from the same executions, is the same bytes.

That its outputs are the same in another folder, too, `tests/render/test_notebooks.py` finds out.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from book.project.address import repository
from conftest import ROOT
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
