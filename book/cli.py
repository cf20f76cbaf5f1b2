"""The commands, as `make help` lists them. Each runs inside `.venv`; see `book.__main__`.

What a command needs is imported by it: a build that finds nothing changed takes less time than loading Sphinx.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from book.build import build_book
from book.execute import kernel
from book.project import allowed, browser, entry, lock, stops
from book.project.errors import BuildError, from_os_error

ROOT = Path.cwd()
BUILD = ROOT / "_build"


def call(*command: str, **environment: str) -> None:
    """Run a program; exit with its status when it fails."""
    interrupted = None
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}) as process:
        while True:
            try:
                status = process.wait()
                break
            except KeyboardInterrupt as interruption:
                interrupted = interruption
                if stops.by_kill(interruption):
                    process.terminate()
                # Of Ctrl-C it knows; `subprocess.call` would kill it a quarter of a second later
    if interrupted:
        raise interrupted
    if status:
        sys.exit(status)


def call_until_stopped(command: list[str], environment: dict[str, str]) -> None:
    """Run a program that Ctrl-C ends, as it should."""
    try:
        call(*command, **environment)
    except KeyboardInterrupt:
        print("\nStopped.")


def program(name: str) -> str:
    """Path of a program that belongs to this environment."""
    return shutil.which(name, path=Path(sys.executable).parent) or name  # on Windows it ends with .exe


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands():
    """Deep Learning Computation: the book's commands (make <command>)."""
    allowed.check()
    # `!pip` in a cell, executed or live, is that of `.venv`
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


@commands.command()
def book():
    """Build the site and the notebooks; only what changed is executed (EDITION=pt-br: this edition alone)."""
    build_book(ROOT)


@commands.command()
def test():
    """Build the book, then run all tests (installs a browser when there is none)."""
    if not os.environ.get("BOOK_BROWSER"):
        os.environ["BOOK_BROWSER"] = browser.ensure()
    build_book(ROOT)
    workers = str(min(4, kernel.CORES + 1))  # a browser and a server wait for each other a third of the time
    call(sys.executable, "-m", "pytest", "-n", workers, "tests")


@commands.command()
def check():
    """The fast checks: style of the code, structure of the pages, links, workflows."""
    call(sys.executable, "-m", "ruff", "check", ".")
    call(sys.executable, "-m", "ruff", "format", "--check", ".")
    call(program("zizmor"), "--offline", "--quiet", ".github/workflows")
    call(sys.executable, "-m", "pytest", "-q", "-m", "fast", "tests")


@commands.command("translations")
def refresh_translations():
    """Bring the catalogs in locale/ up to date with the English source."""
    from book.project import source
    from book.translate import catalogs

    catalogs.refresh(ROOT, source.editions(ROOT))


@commands.command("live")
def serve_live():
    """Serve the site with cells that run in the page, on this machine (PORT=8000)."""
    from book.live import guardian, port, server

    guardian.end_with_make()
    chosen = port.chosen()  # before a build that may take minutes
    if not (BUILD / "html" / "index.html").is_file():
        build_book(ROOT)
    server.run(ROOT, chosen)


@commands.command("watch")
def watch_sources():
    """Serve the site, build it again on every save, and reload the page in the browser (PORT=8000)."""
    from book.live import guardian, port, watch

    guardian.end_with_make()
    watch.run(ROOT, port.chosen())


@commands.command("lab")
def open_lab():
    """Open the notebooks in JupyterLab, in a folder of your own, my-notebooks (EDITION=pt-br)."""
    from book.live import lab
    from book.project import source

    edition = source.chosen_edition(ROOT) or source.editions(ROOT)[0]
    if not (BUILD / "notebooks" / edition.notebooks).is_dir():
        build_book(ROOT)
    call_until_stopped(*lab.of_reader(ROOT, edition))


@commands.command("edit")
def edit_sources():
    """Open the pages' sources as notebooks in JupyterLab, for authors."""
    from book.live import lab

    call_until_stopped(*lab.of_author(ROOT))


@commands.command()
def record():
    """On a machine with a GPU: execute the pages that depend on the device, keep their outputs."""
    from book.execute import record

    record.main(ROOT)


@commands.command("pdf")
def make_pdf():
    """Build the book, then print it: one PDF a language, in _build/pdf (installs a browser when there is none)."""
    from book.pdf import make as pdf
    from book.project import places, source

    editions = source.editions(ROOT)
    known = [places.offered_pdf(ROOT, edition) for edition in editions]
    build_book(ROOT)
    pdf.make(ROOT, editions)
    if known != [places.offered_pdf(ROOT, edition) for edition in editions]:
        print("Building once more, with the download of the PDF on the pages.")
        build_book(ROOT)


@commands.command()
def linkcheck():
    """Ask every other host that the book links to (needs a network)."""
    call(program("jupyter-book"), "build", ".", "--builder", "linkcheck")


@commands.command()
def bench():
    """Measure the build, and every page with Lighthouse."""
    call(sys.executable, "-m", "tools.bench")


@commands.command()
def matrix():
    """Run the notebooks on every Python at hand and three versions of torch (TORCH, ONLY, EDITION, PYTHONS)."""
    build_book(ROOT)
    call(sys.executable, "-m", "tools.matrix")


@commands.command()
def outdated():
    """List the pins that have a newer release; fail on a known vulnerability (needs a network)."""
    call(sys.executable, "-m", "tools.outdated")


@commands.command("publish-notebooks")
def publish_notebooks():
    """Push the exported notebooks to the branch that Colab opens."""
    from book.publish import branch

    branch.publish(ROOT)


@commands.command("propose")
def propose_recordings():
    """Push recorded/ to a branch, and open a pull request for it."""
    from book.publish import proposal

    proposal.propose(ROOT)


@commands.command()
def clean():
    """Remove everything that was built (not .venv)."""
    lock.remove_built(ROOT)


@commands.command("help")
def show_help():
    """List the commands."""
    print(entry.listing())


def of_standard_output() -> BuildError | None:
    """What to say when it is standard output that cannot be written to, a full disk or a program that has ended."""
    try:
        print(flush=True)
        return None
    except OSError as problem:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again when it ends
        way_out = "Let what is printed go elsewhere, and run the command again."
        return BuildError("standard output", problem.strerror, way_out)


def main() -> int:
    """Run a command; turn what an author can mend into a message and exit status 1."""
    entry.open_output()
    try:
        stops.heed()
        commands(entry.take_settings(sys.argv[1:]), standalone_mode=False)
        sys.stdout.flush()
        return 0
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except BuildError as problem:
        problems = [problem]
    except ExceptionGroup as group:
        problems = group.exceptions
    except OSError as problem:
        problems = [of_standard_output() or from_os_error(problem)]
    except (KeyboardInterrupt, click.Abort):
        print("\nInterrupted; the last good site is as it was.", file=sys.stderr)
        return 130
    for problem in problems:
        print(f"\n{problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
