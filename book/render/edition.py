"""Build one edition with Sphinx, in a process of its own: `python -m book.render.edition <code>`.

The third step in the path of a page: HTML and Colab notebooks from the same doctrees, in
`_build/work/<edition>/`. The process exits with Sphinx's status; warnings are errors.
"""

import shutil
import sys
from pathlib import Path

from jupyter_book.sphinx import build_sphinx

from book.project.address import site_url
from book.project.source import Edition, editions


def work_folder(root: Path, edition: Edition) -> Path:
    """Where Sphinx keeps this edition between builds."""
    return root / "_build" / "work" / edition.notebooks


def overrides(root: Path, edition: Edition) -> dict:
    """What differs from the plain Jupyter Book for this edition."""
    address = site_url(root)
    return {
        "language": edition.code,
        "html_title": edition.title,
        "html_baseurl": f"{address}/{edition.path}/".replace("//", "/").replace(":/", "://") if address else "",
        "book_edition": edition.notebooks,
        "book_downloads": True,
        "nb_execution_cache_path": str(root / "_build" / "shown"),  # see book.execute.recordings
        "latex_individualpages": False,
    }


def build(root: Path, edition: Edition, builder: str) -> bool:
    """Run one Sphinx builder; return whether it ended without warning."""
    folder = work_folder(root, edition)
    status = build_sphinx(
        root,
        folder / builder,
        doctreedir=folder / "doctrees",
        noconfig=True,
        path_config=root / "_config.yml",
        confoverrides=overrides(root, edition),
        builder=builder,
        quiet=True,
        warningiserror=True,
        keep_going=True,
    )
    return status == 0


def main(code: str) -> int:
    """Build the edition `code` of the book in the current folder."""
    root = Path.cwd()
    edition = next(edition for edition in editions(root) if edition.code == code)
    if all(build(root, edition, builder) for builder in ("html", "notebook")):
        return 0
    # Sphinx reports a warning only when it reads a page: forget what was read, or the next build would pass.
    shutil.rmtree(work_folder(root, edition), ignore_errors=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
