"""The way of all pages, from their sources to the site: what `make book` does, room by room."""

import json
import os
import time
from pathlib import Path

from book.project.address import repository, site_url
from book.project.inputs import VARIABLES, Inputs, digest, machine
from book.project.lock import only_builder
from book.project.places import pdf_folder


def build_book(root: Path) -> None:
    """Execute what changed, build every edition, say where it is. One builder at a time.

    Raises BuildError, or a group of them, with file and way out; the published site then stays as it was.
    """
    started = time.monotonic()
    if not repository(root):
        print("No GitHub repository known (BOOK_REPOSITORY, git's origin): pages get no Colab button.")
    elif address := site_url(root):
        print(f"Links lead to {address}/ and to the repository {repository(root)}.")
    with only_builder(root):
        executed, notebooks = bring_up_to_date(root)
    seconds = time.monotonic() - started
    print(f"{executed} of {notebooks} notebooks executed; built in {seconds:.0f} s.")
    print(f"Open {root / '_build' / 'html' / 'index.html'}")


def bring_up_to_date(root: Path) -> tuple[int, int]:
    """Build what is out of date; return how many notebooks were executed, and how many there are."""
    inputs, stamp = Inputs.read(root), root / "_build" / "built.json"
    of = made_of(inputs)
    built = last_built(stamp)
    if built.get("of") == of and built.get("site") == look_of(root):
        return 0, built["notebooks"]
    stamp.unlink(missing_ok=True)  # until all is done, so that an interruption is not taken for a build
    executed, notebooks = build(inputs)
    partial = stamp.with_suffix(".partial")
    partial.write_text(json.dumps({"of": of, "site": look_of(root), "notebooks": notebooks}), "utf8")
    partial.replace(stamp)
    return executed, notebooks


def last_built(stamp: Path) -> dict:
    """What is known of the last build that came to its end."""
    try:
        return json.loads(stamp.read_text("utf8"))
    except (OSError, ValueError):
        return {}


def made_of(inputs: Inputs) -> str:
    """The checksum of everything that the site is made of."""
    pdfs = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in pdf_folder(inputs.root).glob("*.pdf")]
    return digest(inputs.everything(), settings(inputs.root), repr(sorted(pdfs)), machine())


def settings(root: Path) -> str:
    """What the environment and git say about the site, and which PDFs its pages offer."""
    variables = [os.environ.get(name, "") for name in VARIABLES]
    offered = sorted(path.name for path in pdf_folder(root).glob("*.pdf"))
    return repr((variables, repository(root), offered))


def look_of(root: Path) -> str:
    """Names and sizes of the published files: whether they are still there."""
    files = (path for name in ("html", "notebooks") for path in sorted((root / "_build" / name).rglob("*")))
    return digest(*(f"{path.relative_to(root)} {path.stat().st_size}" for path in files if path.is_file()))


def build(inputs: Inputs) -> tuple[int, int]:
    """The steps of a build that has something to do; imported here, because loading them takes a second."""
    from book.execute.run import execute
    from book.project import source
    from book.publish import site
    from book.render.edition import Job
    from book.render.parallel import render_all
    from book.translate import catalogs

    root = inputs.root
    editions, config, pages = source.editions(root), source.config(root), source.pages(root)
    site.recover(root)
    executed = execute(inputs, pages, root / config["nb_execution_cache_path"], config["nb_execution_timeout"])
    catalogs.compile_all(inputs, editions)
    folders = frozenset(page.folder for page in pages)
    render_all([Job(root, edition, inputs, folders, settings(root)) for edition in editions])
    site.put_together(root, editions, pages)
    return executed, sum(page.is_notebook for page in pages)
