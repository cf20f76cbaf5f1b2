"""`make lab`: the exported notebooks in JupyterLab, in a folder of the reader's own; `make edit`: the sources.

The folder is `my-notebooks/<edition>/`, which git ignores and no build looks into. A file that the reader has saved is
never written again: `.copied.json` there knows each file as it was copied.
"""

import hashlib
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from book.project import source
from book.project.errors import BuildError
from book.project.inputs import IMAGES, Inputs, checksum
from book.project.places import READERS_FOLDER
from book.project.source import Edition

Command = tuple[list[str], dict[str, str]]  # a command, and what it needs in its environment

NOTES = ".copied.json"
# No question about news, and no request for them
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
MARKDOWN_AS_NOTEBOOKS = {
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Jupytext Notebook"}}
}


def mark(path: Path) -> str:
    """What changes with what a reader saves; JupyterLab writes its notes into a notebook that was only opened."""
    try:
        cells = json.loads(path.read_text("utf8"))["cells"]
        kept = [[cell["cell_type"], "".join(cell["source"]), cell.get("outputs")] for cell in cells]
    except (ValueError, TypeError, LookupError, AttributeError):
        return checksum(path)  # not a notebook
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


@dataclass
class Copies:
    """The files of an edition in the reader's folder; `known` has the mark of each as it was copied (see `mark`)."""

    folder: Path
    known: dict[str, str]

    @classmethod
    def at(cls, folder: Path) -> "Copies":
        try:
            known = json.loads((folder / NOTES).read_text("utf8"))
        except (OSError, ValueError):
            known = {}  # whatever lies there is the reader's
        return cls(folder, known)

    def bring(self, files: dict[str, Path]) -> list[str]:
        """Copy the files that are not there, or are as they were copied; return those kept though there is a newer one.

        `files` are the book's, by their names in the folder.
        """
        kept = []
        for name, path in files.items():
            copy, new = self.folder / name, mark(path)
            if copy.exists() and (not copy.is_file() or mark(copy) not in (self.known.get(name), new)):
                kept += [name] if self.known.get(name) != new else []
                continue
            if not copy.exists() or mark(copy) != new:
                copy.parent.mkdir(parents=True, exist_ok=True)
                partial = copy.with_name(f"{copy.name}.partial")
                shutil.copyfile(path, partial)
                partial.replace(copy)
            self.known[name] = new
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / NOTES).write_text(json.dumps(self.known, indent=1), "utf8")
        return kept


def files_of(root: Path, edition: Edition) -> dict[str, Path]:
    """The notebooks of an edition, and the data beside the pages that their cells may read."""
    built = root / "_build" / "notebooks" / edition.notebooks
    notebooks = sorted(built.rglob("*.ipynb"))
    found = {path.relative_to(built).as_posix(): path for path in notebooks}
    inputs = Inputs.read(root)
    for folder in {Path(name).parent.as_posix() for name in found} - {"."}:
        found |= {name: root / name for name in inputs.beside(folder) if Path(name).suffix not in IMAGES}
    return found


def of_reader(root: Path, edition: Edition) -> Command:
    """Bring the reader's folder up to date; what opens its first page in JupyterLab."""
    folder = root / READERS_FOLDER / edition.notebooks
    files = files_of(root, edition)
    first = next((name for name in (f"{docname}.ipynb" for docname in source.docnames(root)) if name in files), None)
    if not first:
        raise BuildError("make lab", "no page of the book is a notebook", "Give a page a kernelspec, and code cells.")
    for name in Copies.at(folder).bring(files):
        print(f"{name}: the book has a newer one; yours is kept. For the newer one, rename yours and start again.")
    print(f"These notebooks are yours: {folder}. What you save there stays as it is.", flush=True)
    return jupyterlab(root, folder, QUIET, f"--LabApp.default_url=/lab/tree/{first}")


def of_author(root: Path) -> Command:
    """What opens the folder of the pages in JupyterLab, where each opens as a notebook."""
    folder = root / Path(source.docnames(root)[0]).parent
    return jupyterlab(root, folder, QUIET | MARKDOWN_AS_NOTEBOOKS)


def jupyterlab(root: Path, folder: Path, overrides: dict, *options: str) -> Command:
    """JupyterLab in a folder, with settings of ours where the user has none."""
    place = root / "_build" / "lab" / folder.name  # one each: the tabs of one language are not those of another
    settings = place / "labconfig"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "default_setting_overrides.json").write_text(json.dumps(overrides), "utf8")
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    own = [f"--ServerApp.root_dir={folder}", f"--LabApp.workspaces_dir={place / 'workspaces'}"]
    command = [sys.executable, "-m", "jupyterlab", *own, *options, *as_root]
    # The kernel of this environment, not one of the user's
    return command, {"JUPYTER_CONFIG_PATH": str(place), "JUPYTER_PREFER_ENV_PATH": "1"}
