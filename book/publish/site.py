"""Put the rendered editions together beside the published site, and swap the whole in when all is well.

The last step in the path of a page: `_build/work/*` becomes `_build/html` and `_build/notebooks`.
"""

import json
import os
import shutil
from pathlib import Path

from book.project.address import site_url
from book.project.errors import BuildError
from book.project.places import offered_pdf, pdf_folder
from book.project.source import Edition, Page
from book.project.source import editions as all_editions
from book.publish import links, sitemap
from book.render.edition import work_folder

TARGETS = ["html", "notebooks"]
NOT_PUBLISHED = [".buildinfo", "objects.inv"]  # Sphinx's own notes
# What pages load of the engine's; Sphinx copies the sources of these as well, and files of its own.
STATIC = {"site.js", "print.css", "search.js", "start.js", "live", "fonts"}


def put_together(root: Path, editions: list[Edition], pages: list[Page]) -> None:
    """Put the new site in place of the old one.

    Raises BuildError with broken links; the old site then stays as it was.
    """
    new = {name: root / "_build" / f"{name}.new" for name in TARGETS}
    for folder in new.values():
        shutil.rmtree(folder, ignore_errors=True)
    for edition in editions:
        collect(work_folder(root, edition), edition, new["html"], new["notebooks"], root / "_build")
        publish_pdf(root, edition, new["html"])
    if address := site_url(root):
        sitemap.write(new["html"], address, editions, pages)
    elsewhere = [edition.path for edition in all_editions(root) if edition not in editions]
    if broken := links.broken(new["html"], root / "_build" / "links.json", elsewhere):
        raise BuildError("broken links", "\n  ".join(["", *broken]), "Mend the link or the label it names.")
    for name in TARGETS:
        shutil.rmtree(old_of(root / "_build" / name), ignore_errors=True)
    for name in TARGETS:  # at one moment, as far as can be: removing takes longer than renaming
        swap(new[name], root / "_build" / name)
    for name in TARGETS:
        shutil.rmtree(old_of(root / "_build" / name), ignore_errors=True)


def collect(work: Path, edition: Edition, html: Path, notebooks: Path, build: Path) -> None:
    """Lay one edition into the new site, and its notebooks where publishing takes them from."""
    lay(work / "html", html / edition.path, build / "html" / edition.path, published_files(work / "html"))
    for folder, old in (
        (notebooks / edition.notebooks, build / "notebooks" / edition.notebooks),
        (html / edition.path / "_notebooks", build / "html" / edition.path / "_notebooks"),
    ):
        lay(work / "notebook", folder, old, sorted((work / "notebook").rglob("*.ipynb")))


def published_files(html: Path) -> list[Path]:
    """The files of a rendered edition that readers need, of those that Sphinx has written now or before."""
    kept = json.loads((html.parent / "assets.json").read_text("utf8"))
    found = []
    for path in sorted(html.rglob("*")):
        parts = path.relative_to(html).parts
        if not path.is_file() or path.name in NOT_PUBLISHED:
            continue
        if parts[0] == "_static" and (parts[1] in STATIC or parts[1].startswith("card-")):
            found.append(path)
            continue
        if parts[0] in ("_images", "_downloads", "_static") and "/".join(parts) not in kept:
            continue  # of a page that no longer shows it
        found.append(path)
    return found


def lay(source: Path, target: Path, old: Path, files: list[Path]) -> None:
    """Lay files of the folder `source` into `target`; those that are the same in `old` become links to these.

    Nobody writes into a published file, so that a link costs no time and no space and stays as it is.
    """
    for path in files:
        name = path.relative_to(source)
        new, published = target / name, old / name
        new.parent.mkdir(parents=True, exist_ok=True)
        if same(path, published):
            try:
                os.link(published, new)
                continue
            except OSError:  # a file system without links
                pass
        shutil.copy(path, new)


def same(one: Path, other: Path) -> bool:
    """Whether two files have the same content; a second one that is not there has not."""
    try:
        return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def publish_pdf(root: Path, edition: Edition, site: Path) -> None:
    """Lay the edition's PDF, when there is one, beside its pages in the folder `site`."""
    if name := offered_pdf(root, edition):
        target = site / edition.path / name
        partial = target.with_suffix(".partial")
        shutil.copy(pdf_folder(root) / name, partial)
        partial.replace(target)


def old_of(current: Path) -> Path:
    """Where a folder lies that is being replaced."""
    return current.with_name(f"{current.name}.old")


def swap(new: Path, current: Path) -> None:
    """Put the folder `new` in the place of `current`, which becomes the old one; an interruption leaves one of them."""
    old = old_of(current)
    try:
        if current.exists():
            current.rename(old)
        new.rename(current)
    finally:
        if old.exists() and not current.exists():
            old.rename(current)


def recover(root: Path) -> None:
    """Undo a swap that was cut off between its two steps (power failure, kill -9)."""
    for name in TARGETS:
        current = root / "_build" / name
        old = old_of(current)
        if old.exists() and not current.exists():
            old.rename(current)
