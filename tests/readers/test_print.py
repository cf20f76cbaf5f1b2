"""Paper has one column, whichever way it lies, and however large the reader's letters are."""

import io

import pytest
from pypdf import PdfReader

from book.project import source
from conftest import ROOT

SECTION = [page.docname for page in source.pages(ROOT)][1]


def pages(page, **options) -> int:
    """How many pages a printed page has."""
    return len(PdfReader(io.BytesIO(page.pdf(format="A4", **options))).pages)


@pytest.mark.parametrize("letters", [16, 24])
def test_paper_has_one_column(open_page, letters):
    page = open_page(f"{SECTION}.html", 1123)  # A4 on its side
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": letters}})
    page.reload()
    page.emulate_media(media="print")
    assert page.locator("main").bounding_box()["width"] == 1123
    page.emulate_media(media=None)
    upright, lying = pages(page), pages(page, landscape=True)
    assert lying < 1.7 * upright, f"{lying} pages instead of {upright}: the text has only a part of their width"
