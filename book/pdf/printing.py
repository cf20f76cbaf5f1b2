"""Print a document to PDF with Chromium, page numbers included.

CSS in a browser cannot say on which page another element stands. So the document is printed twice: once to see
where everything falls, once with the numbers filled in.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject

from book.project import browser
from book.project.errors import BuildError
from book.project.source import Edition

MOST_PRINTS = 4  # the numbers have a place of fixed width, so the second print should settle them
# An element that shows the page of another names it in data-page-of.
PLACES = "places => places.map(place => place.dataset.pageOf)"
FILL = """numbers => document.querySelectorAll("[data-page-of]").forEach(place => {
    place.textContent = numbers[place.dataset.pageOf] ?? "000";
})"""
# Those of which Chromium makes bookmarks: what can be seen and has words.
HEADINGS = """() => [...document.querySelectorAll(":is(h1, h2, h3, h4, h5, h6):not([role]), [role=heading]")]
    .filter(heading => heading.checkVisibility({visibilityProperty: true}) && !heading.closest("[aria-hidden=true]"))
    .map(heading => heading.textContent.replace(/\\s+/g, " ").trim()).filter(Boolean)"""
# A picture that is still loading would be left out.
LOADED = "() => Promise.all([...document.images].map(image => image.decode()))"
ANOTHER = "Try a newer Chromium or Chrome (BOOK_BROWSER=path)."


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of a browser that stays open for all editions; BuildError when the browser fails."""
    executable = os.environ.get("BOOK_BROWSER") or browser.ensure()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=executable, args=browser.SWITCHES)
            yield chromium.new_page()
            chromium.close()
    except (BrowserError, PyPdfError) as problem:
        raise BuildError(f"printing with {executable}", str(problem).partition("\n")[0], ANOTHER) from problem


def print_settled(page: Page, edition: Edition) -> PdfReader:
    """Print until the page numbers in the document are those of the print; return the print."""
    wanted = set(page.eval_on_selector_all("[data-page-of]", PLACES))
    where, filled_in = f"the PDF of edition {edition.name}", {}
    for _attempt in range(MOST_PRINTS):
        page.reload()  # a second print of the same page may fall otherwise: Chromium keeps parts of the first layout
        page.evaluate(FILL, filled_in)
        page.evaluate(LOADED)
        printed = PdfReader(io.BytesIO(page.pdf(outline=True, tagged=True, prefer_css_page_size=True)))
        found = page_numbers(printed)
        if missing := wanted - set(found):
            raise BuildError(where, f"has no place {min(missing)!r}", ANOTHER)
        if found == filled_in:
            return printed
        filled_in = found
    raise BuildError(where, "its page numbers do not settle", "Widen .page-number in book/pdf/document.css.")


def page_numbers(printed: PdfReader) -> dict[str, int]:
    """The page, counted from 1, of each element that a link leads to."""
    places = printed.named_destinations.items()
    return {name.removeprefix("/"): printed.get_destination_page_number(place) + 1 for name, place in places}


def bookmarks(parent: DictionaryObject) -> Iterator[DictionaryObject]:
    """The bookmarks below one, or below the outline itself, in the order of the pages."""
    entry = parent.get("/First")
    while entry is not None:
        yield entry.get_object()
        yield from bookmarks(entry.get_object())
        entry = entry.get_object().get("/Next")


def name_bookmarks(writer: PdfWriter, headings: list[str]) -> None:
    """Give the bookmarks the text of their headings.

    Chromium writes the text of a heading twice when it was moved to a new page, and joins words across lines.
    """
    entries = list(bookmarks(writer.root_object["/Outlines"].get_object()))
    if len(entries) != len(headings):
        raise BuildError("the PDF's bookmarks", f"{len(entries)} for {len(headings)} headings", ANOTHER)
    for entry, heading in zip(entries, headings, strict=True):
        entry[NameObject("/Title")] = TextStringObject(heading)


def with_facts(page: Page, printed: PdfReader, edition: Edition, author: str, moment: datetime) -> PdfWriter:
    """The print of a page with its title, author, language, date, and bookmarks."""
    writer = PdfWriter(clone_from=printed)
    name_bookmarks(writer, page.evaluate(HEADINGS))
    date = moment.strftime("D:%Y%m%d%H%M%SZ")
    facts = {"/Title": edition.title, "/Author": author, "/CreationDate": date, "/ModDate": date}
    writer.metadata = facts | {"/Producer": str(printed.metadata.producer)}
    writer.root_object[NameObject("/Lang")] = TextStringObject(edition.tag)
    show_title = DictionaryObject({NameObject("/DisplayDocTitle"): BooleanObject(True)})
    writer.root_object[NameObject("/ViewerPreferences")] = show_title
    return writer
