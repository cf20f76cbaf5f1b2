"""The way of all pages, from their sources to the site: what `make book` does, room by room."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from book.project.address import repository, site_url
from book.project.errors import BuildError
from book.project.inputs import PAGES, VARIABLES, Inputs, digest, machine
from book.project.lock import only_builder
from book.project.places import pdf_folder

SOURCES = {*PAGES, ".po", ".yml"}  # of which half was written, perhaps, when it could not be read
MOST_BUILDS = 3  # in one, while files go on changing
WRITTEN_BY_CELLS = (
    "{} changed each time that pages were executed; those that may read it are executed again by the next build.\n"
    "  → If a cell writes it, let it write elsewhere (execution_in_temp below mystnb:, in the page)."
)
DEFAULT_CACHE = "_build/.jupyter_cache"  # Jupyter Book's


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
    """Build what is out of date; return how many notebooks were executed, and how many there are.

    When a file is written meanwhile, nobody knows which of its contents the site has: it is built again.
    """
    executed = 0
    for number in range(1, MOST_BUILDS + 1):
        inputs = Inputs.read(root, wary=number == 1)
        if not os.environ.get("EDITION") and is_built(inputs):
            return executed, last_built(root)["notebooks"]
        # Imported here, because loading them takes a second
        from book.render.parallel import render_all

        try:
            plan = prepare(inputs)
            executed = min(executed + plan.executed, plan.notebooks)
            if stands(plan, number):
                render_all(plan.jobs)
                if stands(plan, number, same=True):
                    finish(plan)
                    if inputs.noticed:
                        print(WRITTEN_BY_CELLS.format(listed(inputs.noticed)))
                    return executed, plan.notebooks
        except (BuildError, ExceptionGroup):
            # A source that was half written, perhaps; not what cells write, which would be so each time
            if number == MOST_BUILDS or not any(Path(name).suffix in SOURCES for name in inputs.notice()):
                raise
        if number < MOST_BUILDS:
            print(f"{listed(inputs.noticed)} changed while the book was built: building again.", flush=True)
    what = f"changed while the book was built, {MOST_BUILDS} times"
    raise BuildError(listed(inputs.noticed), what, "Build it when nothing writes there any more.")


def stands(plan: "Plan", number: int, same: bool = False) -> bool:
    """Whether the files are as they were for this build, the first or a later one; `same` as in `Inputs.notice`.

    What a cell may write whenever it is executed, data beside pages, is another one in the second build as well.
    """
    names, folders = plan.inputs.notice(same=same), tuple(f"{page.folder}/" for page in plan.pages if page.folder)
    of_cells = all(name.startswith(folders) and Path(name).suffix not in PAGES for name in names)
    return not names or (number > 1 and of_cells)


def listed(names: set[str]) -> str:
    """Some files, for a message."""
    return ", ".join(sorted(names)[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@dataclass
class Plan:
    """A build on its way: what is left to render, and what has been done."""

    inputs: Inputs
    editions: list  # that the site consists of
    pages: list
    executed: int  # notebooks
    jobs: list  # one an edition, for `book.render`
    is_whole: bool  # every edition has a job
    read: set[str]  # by cells, and no source of the book

    @property
    def notebooks(self) -> int:
        return sum(page.is_notebook for page in self.pages) * len(self.jobs)


def prepare(inputs: Inputs) -> Plan:
    """Execute what changed and compile catalogs; what is left is to render the jobs of the plan."""
    from book.execute.reading import Reading
    from book.execute.run import execute
    from book.project import source
    from book.publish import site
    from book.render.edition import Job, is_rendered
    from book.translate import catalogs, spoken

    root = inputs.root
    stamp(root).unlink(missing_ok=True)  # until all is done, so that an interruption is not taken for a build
    editions, config, pages = source.editions(root), source.config(root), source.pages(root)
    source.keep_apart(editions, pages)
    site.recover(root)
    catalogs.compile_all(inputs, editions)
    chosen = source.chosen_edition(root)
    made = [chosen] if chosen else editions
    everywhere = [page for one in made for page in spoken.in_language(inputs, pages, one, one == editions[0])]
    executed = execute(inputs, everywhere, root / (config["nb_execution_cache_path"] or DEFAULT_CACHE))
    reading = Reading(inputs)
    read = {name for page in pages if page.is_notebook for name in reading.by(page)} - inputs.files.keys()
    folders = frozenset(page.folder for page in pages)
    jobs = [Job(root, edition, inputs, folders, settings(root), edition == editions[0]) for edition in made]
    there = [one for one in editions if one in made or is_rendered(root, one)]
    return Plan(inputs, there, pages, executed, jobs, made == editions, read)


def put_together(plan: Plan) -> None:
    """Put the editions together as the new site, as far as they are rendered."""
    from book.publish import site

    site.put_together(plan.inputs.root, plan.editions, plan.pages)


def finish(plan: Plan) -> None:
    """Put all rendered editions together as the new site, and note what it was made of."""
    from book.render.edition import read_outside

    root = plan.inputs.root
    put_together(plan)
    outside = dict.fromkeys(plan.read)
    for job in plan.jobs:
        outside |= read_outside(root, job.edition)
    changed = {name for name, known in outside.items() if known and known != plan.inputs.outside(name)}
    if not plan.is_whole:
        return  # the others may be of other sources, or not there
    write(outside_file(root), sorted(outside))
    if changed or plan.inputs.noticed:
        return  # it is made of what is another by now
    known = {
        "of": made_of(plan.inputs),
        "site": look_of(root),
        "notebooks": plan.notebooks,
        "once": not any(page.settings.at_each_build for page in plan.pages),
    }
    write(stamp(root), known)


def write(path: Path, content: object) -> None:
    """Write a file of JSON whole."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content), "utf8")
    partial.replace(path)


def outside_file(root: Path) -> Path:
    """Where it is noted which files the site is made of that are no sources of the book: what pages include or read."""
    return root / "_build" / "outside.json"


def stamp(root: Path) -> Path:
    """Where it is noted what the published site was made of."""
    return root / "_build" / "built.json"


def is_built(inputs: Inputs) -> bool:
    """Whether the published site is there, was made of exactly these inputs, and no page executes at each build."""
    known = last_built(inputs.root)
    return bool(known.get("once")) and known["of"] == made_of(inputs) and known["site"] == look_of(inputs.root)


def last_built(root: Path) -> dict:
    """What is known of the last build that came to its end."""
    return noted(stamp(root), {})


def noted(path: Path, default: object) -> object:
    """What a file of JSON holds; the default when there is none, or half of one."""
    try:
        return json.loads(path.read_text("utf8"))
    except (OSError, ValueError):
        return default


def made_of(inputs: Inputs) -> str:
    """The checksum of everything that the site is made of."""
    pdfs = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in pdf_folder(inputs.root).glob("*.pdf")]
    outside = inputs.of(noted(outside_file(inputs.root), []))
    return digest(inputs.everything(), outside, settings(inputs.root), repr(sorted(pdfs)), machine())


def settings(root: Path) -> str:
    """What the environment and git say about the site, and which PDFs its pages offer."""
    variables = [os.environ.get(name, "") for name in VARIABLES]
    offered = sorted(path.name for path in pdf_folder(root).glob("*.pdf"))
    return repr((variables, repository(root), offered))


def look_of(root: Path) -> str:
    """Names and sizes of the published files: whether they are still there."""
    files = (path for name in ("html", "notebooks") for path in sorted((root / "_build" / name).rglob("*")))
    return digest(*(f"{path.relative_to(root)} {path.stat().st_size}" for path in files if path.is_file()))
