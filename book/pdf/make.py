"""`make pdf`: one PDF an edition, in `_build/pdf` and beside the pages of the site.

The step after the last in the path of a page: `book.pdf.document` makes one long HTML document of an edition's
built pages, and `book.pdf.printing` prints it.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from babel.dates import format_date

from book.pdf import document, printing
from book.project import git
from book.project.places import pdf_folder, pdf_name
from book.project.source import Edition, config, pages
from book.publish.site import publish_pdf


def make(root: Path, editions: list[Edition]) -> None:
    """Print every edition of the built site; a failure leaves its earlier PDF as it was.

    Raises BuildError when no browser is found, or when it cannot print.
    """
    pdf_folder(root).mkdir(parents=True, exist_ok=True)
    docnames = [page.docname for page in pages(root)]
    author, (commit, moment) = config(root)["author"], version(root)
    with printing.browser_page() as page:
        for edition in editions:
            started = time.monotonic()
            source, target = pdf_folder(root) / f"{edition.notebooks}.html", pdf_folder(root) / pdf_name(root, edition)
            on_cover = f"{commit}, {format_date(moment, 'long', locale=edition.code)}" if commit else ""
            source.write_text(document.make(root, edition, docnames, on_cover), "utf8")
            page.goto(source.as_uri())
            pdf = printing.with_facts(page, printing.print_settled(page, edition), edition, author, moment)
            partial = target.with_suffix(".partial")
            pdf.write(partial)
            partial.replace(target)
            publish_pdf(root, edition, root / "_build" / "html")
            size, seconds = target.stat().st_size / 1e6, time.monotonic() - started
            print(f"{target.relative_to(root)}: {len(pdf.pages)} pages, {size:.1f} MB, {seconds:.0f} s", flush=True)


def version(root: Path) -> tuple[str, datetime]:
    """The commit that is printed, with a + when files have changed since, and its date; ("", 1970) without git.

    The date is the commit's, so that two PDFs of one commit do not differ by it.
    """

    try:
        name = git.run(root, "describe", "--always", "--tags", "--dirty=+").stdout.strip()
        seconds = git.run(root, "log", "-1", "--format=%ct").stdout.strip()
    except OSError:  # no git on this machine
        name, seconds = "", ""
    return name, datetime.fromtimestamp(int(seconds or 0), UTC)
