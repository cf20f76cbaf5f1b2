"""`make bench`: what the build takes, how it grows with the book, and what a page weighs. A report, not a test.

`python -m tools.bench` measures all; `build`, `growth` and `pages` behind it, one part. The real commands run in
temporary copies, so the site and the cache of this book stay. Figures vary by a tenth from one run to the next, and
by more on a machine that does other work meanwhile.
"""

import os
import platform
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from book.project import entry, stops
from tools import build_times, growth, lighthouse, weights
from tools.copies import copy, temporary
from tools.measure import NOTE

ROOT = Path.cwd()
SIZES = (10, 50, 200)

no_lighthouse = click.option("--no-lighthouse", is_flag=True, help="Leave out Lighthouse's figures.")


def show(title: str, columns: list[str], rows: list[tuple[str, ...]], note: str = "") -> None:
    """Print a table, a column of names and then figures, and below it what they mean."""
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    print()
    Console(width=None if sys.stdout.isatty() else 160).print(table)  # a log has no width
    if note:
        print(note)


@click.group(invoke_without_command=True)
@no_lighthouse
@click.pass_context
def commands(context: click.Context, no_lighthouse: bool) -> None:
    """Measure the build, its growth and the pages of the book in this folder."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}{load}")
    if context.invoked_subcommand is None:
        context.invoke(build)
        context.invoke(measure_growth)
        context.invoke(pages, no_lighthouse=no_lighthouse)


@commands.command()
def build() -> None:
    """What a build takes, for one edition and for all, beside plain Jupyter Book."""
    show("The build", build_times.COLUMNS, build_times.rows(ROOT), NOTE)


@commands.command("growth")
@click.option("--sections", type=click.IntRange(2), multiple=True, default=SIZES, help="A size of the book; repeat it.")
def measure_growth(sections: tuple[int, ...] = SIZES) -> None:
    """How the build grows with the number of sections."""
    sizes = sorted(set(sections))
    show("Growth: a generated book in one edition", growth.columns(sizes), growth.rows(ROOT, sizes), NOTE)


@commands.command()
@no_lighthouse
@click.option("--site", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A built site.")
def pages(no_lighthouse: bool, site: Path | None = None) -> None:
    """What a page weighs, and Lighthouse's figures; of the built site, or else of one built for this."""
    if site:
        return report_pages(site, no_lighthouse)
    with temporary(copy(ROOT)) as folder:
        build_times.cold(folder)
        return report_pages(folder / "_build" / "html", no_lighthouse)


def report_pages(site: Path, no_lighthouse: bool) -> None:
    """Print the tables of a built site's pages."""
    show("The pages", weights.COLUMNS, weights.rows(ROOT, site), weights.NOTE)
    if no_lighthouse:
        return
    if lighthouse.available():
        show(lighthouse.TITLE, lighthouse.columns(), lighthouse.rows(site, weights.pages(ROOT, site)))
    else:
        print("No npx on this machine: the pages are not measured with Lighthouse (it comes with Node.js).")


def main() -> int:
    """Run a part or all; return the exit status. What is temporary is removed, whatever happens."""
    entry.open_output()
    stops.heed()
    try:
        commands(standalone_mode=False)
        return 0
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("\nInterrupted; the temporary copies are removed.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
