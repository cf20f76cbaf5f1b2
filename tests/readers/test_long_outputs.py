"""An output of many lines has a box that scrolls, by wheel, finger and keyboard; paper has the beginning of it."""

import io

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from pypdf import PdfReader

from book.pdf import document
from book.project import source
from conftest import SmallBook
from hands import until

LINES = 20_000
CELLS = f"""
```{{code-cell}} python3
for number in range(1, {LINES} + 1):
    print(f"row-{{number}}", "." * 200)
```

```{{code-cell}} python3
:tags: [scroll-output]

for number in range(30):
    print("asked for", number)
```

```{{code-cell}} python3
for number in range(30):
    print("short", number)
```
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A small book with a page that prints much."""
    book = SmallBook(tmp_path_factory.mktemp("long") / "book")
    book.add("pages/second.md", CELLS)
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    return book


@pytest.fixture
def page(book, chromium):
    """That page on a screen, as it is when it has come."""
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto((book.root / "_build/html/pages/second.html").as_uri())
        yield page


def outputs(page):
    """The boxes of the three outputs: long, asked for, short."""
    return [page.locator(".cell_output").nth(number) for number in (1, 2, 3)]


def test_a_long_output_does_not_make_the_page_long(page):
    assert page.evaluate("document.documentElement.scrollHeight") < 3000
    heights = [box.bounding_box()["height"] for box in outputs(page)]
    assert heights[0] == heights[1] < 500, "the box of an output that has more lines, or whose cell asks for it"
    assert heights[2] > 600, "30 lines are shown as they are"


def test_the_wheel_scrolls_the_box_down_and_sideways(page):
    long, *_ = outputs(page)
    long.hover()
    page.mouse.wheel(300, 400)
    until(lambda: long.evaluate("box => box.scrollTop > 300 && box.scrollLeft > 200"))
    first = page.locator(".cell_output pre").nth(1)
    assert first.evaluate("pre => getComputedStyle(pre).overflowX") == "visible", "one box scrolls, not one in another"


def test_the_keyboard_reaches_the_box_and_scrolls_it(page):
    long, asked, short = outputs(page)
    asked.scroll_into_view_if_needed()
    page.locator(".cell_input pre").nth(2).click()
    page.keyboard.press("Tab")
    while not page.locator(":focus.cell_output").count():
        page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("aria-label") == "Output"
    assert "asked for 0" in page.locator(":focus").inner_text()
    page.keyboard.press("End")
    until(lambda: asked.evaluate("box => box.scrollTop > 50"))
    assert [box.get_attribute("tabindex") for box in (long, asked, short)] == ["0", "0", None]


def test_axe_has_nothing_against_it(page):
    rules = {"type": "rule", "values": ["scrollable-region-focusable", "aria-allowed-attr", "aria-allowed-role"]}
    assert Axe().run(page, options={"runOnly": rules}).response["violations"] == []


def test_paper_has_the_first_lines_and_says_how_many_are_left_out(page):
    assert "more lines" not in page.locator("article").inner_text()
    printed = PdfReader(io.BytesIO(page.pdf()))
    text = " ".join(" ".join(one.extract_text() for one in printed.pages).split())
    assert "row-200 " in text
    assert "row-201 " not in text
    assert "… and 19800 more lines on the page itself" in text
    assert "asked for 29" in text, "what is not that long is printed whole"


def test_the_pdf_has_them_too(book):
    edition = source.editions(book.root)[0]
    made = document.make(book.root, edition, ["pages/first", "pages/second"], "1")
    text = BeautifulSoup(made, "html.parser").body.get_text()
    assert "row-200 " in text
    assert "row-201 " not in text
    assert "… and 19800 more lines on the page itself" in text
