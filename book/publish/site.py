"""Build every edition beside the published site and swap the whole in when all is well.

The last step in the path of a page: `_build/work/*` becomes `_build/html` and `_build/notebooks`.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from book.project.address import site_url
from book.project.errors import WAYS_OUT, BuildError
from book.project.places import offered_pdf, pdf_folder
from book.project.source import Edition, Page
from book.publish import links, sitemap
from book.render.edition import work_folder

# What decides how pages are made; Sphinx itself follows only the sources of the pages.
MACHINERY = [
    "_config.yml",
    "_toc.yml",
    "editions.yml",
    "requirements.txt",
    "book/**/*.*",
    "_static/**/*.*",
    "_templates/*",
    "recorded/*/*.ipynb",
]
SETTINGS = ["BOOK_REPOSITORY", "GITHUB_REPOSITORY", "BOOK_URL", "RECORDED"]
TARGETS = ["html", "notebooks"]
MOST_LINES = 30  # of Sphinx's messages; the first mistakes explain the rest
NOT_PUBLISHED = [".buildinfo", "objects.inv"]  # Sphinx's own notes
# What pages load; Sphinx copies the theme's files as well, and the sources of these.
STATIC = {"site.js", "print.css", "search.js", "start.js", "favicon.svg", "live", "fonts"}


def forget_stale_work(root: Path, editions: list[Edition]) -> None:
    """Remove Sphinx's work when the machinery or the settings have changed since."""
    digest = hashlib.sha256()
    for pattern in MACHINERY:
        for path in sorted(root.glob(pattern)):
            digest.update(path.read_bytes())
    for name in SETTINGS:
        digest.update(os.environ.get(name, "").encode() + b"\0")
    for edition in editions:  # pages offer it for download
        digest.update(str(offered_pdf(root, edition)).encode() + b"\0")
    stamp = root / "_build" / "work" / "machinery"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    shutil.rmtree(stamp.parent, ignore_errors=True)
    stamp.parent.mkdir(parents=True)
    stamp.write_text(digest.hexdigest())


def build(root: Path, editions: list[Edition], pages: list[Page]) -> None:
    """Build all editions and put the new site in place of the old one.

    Raises BuildError with Sphinx's warnings or broken links; the old site then stays as it was.
    """
    forget_stale_work(root, editions)
    run_sphinx(root, editions)
    new = {name: root / "_build" / f"{name}.new" for name in TARGETS}
    for folder in new.values():
        shutil.rmtree(folder, ignore_errors=True)
    for edition in editions:
        collect(work_folder(root, edition), edition, new["html"], new["notebooks"])
        publish_pdf(root, edition, new["html"])
    if address := site_url(root):
        sitemap.write(new["html"], address, editions, pages)
    if broken := links.broken(new["html"]):
        raise BuildError("broken links", "\n  ".join(["", *broken]), "Mend the link or the label it names.")
    for name in TARGETS:
        swap(new[name], root / "_build" / name)


def run_sphinx(root: Path, editions: list[Edition]) -> None:
    """Run Sphinx for every edition at the same time; raise BuildError when one has warnings."""
    command = [sys.executable, "-m", "book.render.edition"]
    running = {
        edition: subprocess.Popen([*command, edition.code], cwd=root, stderr=subprocess.PIPE, text=True)
        for edition in editions
    }
    try:
        messages = {edition: process.communicate()[1] for edition, process in running.items()}
    except BaseException:
        for process in running.values():
            process.terminate()
            process.wait()
        raise
    for edition, process in running.items():
        if process.returncode:
            raise explain(root, edition, messages[edition])


def explain(root: Path, edition: Edition, messages: str) -> BuildError:
    """The lines of Sphinx's output that an author needs, with paths inside the book, and the way out."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", messages).replace(f"{root}{os.sep}", "")
    lines = ["Sphinx stopped", *(line for line in text.splitlines() if line.strip())]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"… and {len(lines) - MOST_LINES} more lines"]
    system = re.search(r"\[Errno (\d+)\]", text)
    way_out = WAYS_OUT.get(int(system[1])) if system else None
    return BuildError(f"edition {edition.name}", "\n  ".join(lines), way_out or "Mend what is named above.")


def collect(work: Path, edition: Edition, html: Path, notebooks: Path) -> None:
    """Copy one edition into the new site and its notebooks to where publishing takes them from."""
    site = html / edition.path
    shutil.copytree(work / "html", site, dirs_exist_ok=True, ignore=not_published)
    for folder in (notebooks / edition.notebooks, site / "_notebooks"):
        shutil.copytree(work / "notebook", folder, ignore=shutil.ignore_patterns("_static"))


def publish_pdf(root: Path, edition: Edition, site: Path) -> None:
    """Copy the edition's PDF, when there is one, beside its pages in the folder `site`."""
    if name := offered_pdf(root, edition):
        shutil.copy(pdf_folder(root) / name, site / edition.path / name)


def not_published(folder: str, names: list[str]) -> set[str]:
    """What stays behind when a built edition is copied into the site."""
    left = shutil.ignore_patterns(*NOT_PUBLISHED)(folder, names)
    if Path(folder).name == "_static":
        left |= {name for name in names if name not in STATIC and not name.startswith("card-")}
    return left


def swap(new: Path, current: Path) -> None:
    """Put the folder `new` in the place of `current`; an interruption leaves one of the two there."""
    old = current.with_name(f"{current.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    try:
        if current.exists():
            current.rename(old)
        new.rename(current)
    finally:
        if old.exists() and not current.exists():
            old.rename(current)
    shutil.rmtree(old, ignore_errors=True)


def recover(root: Path) -> None:
    """Undo a swap that was cut off between its two steps (power failure, kill -9)."""
    for name in TARGETS:
        old, current = root / "_build" / f"{name}.old", root / "_build" / name
        if old.exists() and not current.exists():
            old.rename(current)
