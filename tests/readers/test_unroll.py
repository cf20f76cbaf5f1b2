"""A long page comes piece by piece, and is whole wherever a reader would notice."""

import pytest

from book.project import source
from conftest import ROOT

NAMES = [page.docname for page in source.pages(ROOT)]
PAGE = "chapter_computation/errors"
GUESSED = """() => [...document.querySelectorAll("article section")]
  .filter((one) => getComputedStyle(one).contentVisibility !== "visible").length"""
# Keep the page from laying out more than its beginning, as on a slow machine.
SLOW = "const later = setTimeout; window.setTimeout = (f, ms, ...given) => later(f, ms || 60_000, ...given);"


@pytest.fixture
def open_slowly(chromium, address):
    """Open a page whose later sections do not come by themselves."""
    contexts = []

    def visit(name: str, width: int = 390, height: int = 844):
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.add_init_script(SLOW)
        page = context.new_page()
        page.goto(f"{address}/{name}.html")
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def slow_page(open_slowly):
    """The longest page, of which much is still to come."""
    page = open_slowly(PAGE)
    assert page.evaluate(GUESSED) > 10
    return page


def test_a_page_that_is_left_alone_is_soon_whole(open_page):
    page = open_page(PAGE)
    page.wait_for_selector("html:not([data-waits])", state="attached")
    assert page.evaluate(GUESSED) == 0


@pytest.mark.parametrize("act", ["click", "key", "wheel", "print", "script"])
def test_whatever_a_reader_does_makes_it_whole(slow_page, act):
    if act == "click":
        slow_page.mouse.click(200, 500)
    elif act == "key":
        slow_page.keyboard.press("Control+f")
    elif act == "wheel":
        slow_page.mouse.wheel(0, 300)
    elif act == "print":
        slow_page.pdf()
    else:
        slow_page.evaluate("scrollBy(0, 5000)")
    slow_page.wait_for_selector("html:not([data-waits])", state="attached")
    assert slow_page.evaluate(GUESSED) == 0


@pytest.mark.parametrize("size", [(390, 844), (1920, 1200)])
def test_nothing_in_sight_moves_when_the_rest_comes(open_slowly, size):
    look = """() => [...document.querySelectorAll("article section, article section > *")]
      .map((one) => one.getBoundingClientRect().top).filter((top) => top < innerHeight)"""
    for name in NAMES:
        page = open_slowly(name, *size)
        before = page.evaluate(look)
        page.keyboard.press("Shift")
        page.wait_for_selector("html:not([data-waits])", state="attached")
        assert page.evaluate(look) == before, name


@pytest.mark.parametrize("how", ["place", "reload", "back"])
def test_a_page_that_is_asked_for_a_place_is_whole_from_the_start(slow_page, address, how):
    if how == "place":
        slow_page.goto("about:blank")
        slow_page.goto(f"{address}/{PAGE}.html#sec-errors")
    elif how == "reload":
        slow_page.reload()
    else:
        slow_page.goto("about:blank")
        slow_page.go_back()
    assert slow_page.evaluate(GUESSED) == 0
