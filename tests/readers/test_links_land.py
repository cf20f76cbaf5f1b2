"""A link to a place leads there at the first click, and at once: a long page does not roll by."""

import pytest
from playwright.sync_api import Locator, Page

from book.project import source
from conftest import ROOT

PAGES = [page.docname for page in source.pages(ROOT)]
SECTIONS = [page.docname for page in source.pages(ROOT) if page.docname != PAGES[0]]  # the first page has no contents
BAR, MARGIN = 52, 140  # pixels: where the bar ends, and where a heading that has been asked for begins at the latest
# Where a heading is when the page has been at rest for six frames, and whether the page can be scrolled further down.
PLACE = """(hash) => new Promise((done) => {
  const heading = document.querySelector(`article section[id="${hash.slice(1)}"] > :is(h1, h2, h3, h4)`);
  let last = NaN, still = 0;
  const look = () => {
    still = scrollY === last ? still + 1 : 0;
    last = scrollY;
    if (still < 6) return requestAnimationFrame(look);
    const end = scrollY + innerHeight > document.documentElement.scrollHeight - 2;
    done({ top: heading.getBoundingClientRect().top, end });
  };
  look();
})"""


@pytest.fixture
def reader(chromium, address):
    """Open a page with nothing kept of an earlier one."""
    contexts = []

    def visit(name: str, width: int) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, reduced_motion="no-preference")
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{address}/{name}.html")
        return page

    yield visit
    for context in contexts:
        context.close()


def follow(page: Page, link: Locator) -> None:
    """Click a link of the contents, and look where its heading is."""
    hash = link.get_attribute("href")
    link.click()
    place = page.evaluate(PLACE, hash)
    assert place["top"] > BAR, f"{hash} is under the bar, at {place['top']}"
    assert place["top"] < MARGIN or place["end"], f"{hash} is at {place['top']}"


def far_apart(number: int) -> list[int]:
    """The last, the first, the last but one, …: as far from each other as may be."""
    return [(number - 1 - place // 2) if place % 2 == 0 else place // 2 for place in range(number)]


@pytest.mark.parametrize("name", SECTIONS)
def test_every_entry_of_the_contents_leads_to_its_heading(reader, name):
    """Of the index of errors, whose entries are of one kind, every third one."""
    page = reader(name, 1280)
    entries = page.locator("#page-toc > ul > li")
    assert entries.count() > 3
    for place in far_apart(entries.count()):
        links = entries.nth(place).locator("a")
        step = 3 if name.endswith("/errors") else 1
        for number in range(0, links.count(), step):  # what is deeper is shown when its section is the current one
            follow(page, links.nth(number))


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", SECTIONS)
def test_a_click_on_a_page_that_has_just_come_leads_far_down(reader, name, width):
    page = reader(name, width)
    if width < 1000:
        page.locator("[popovertarget=page-toc]").click()
    links = page.locator("#page-toc > ul > li > a")
    follow(page, links.nth(links.count() - 3))


@pytest.mark.parametrize("name", SECTIONS[:3])
def test_the_panel_of_a_phone_leads_to_headings(reader, name):
    page = reader(name, 390)
    links = page.locator("#page-toc > ul > li > a")
    for place in far_apart(links.count())[:6]:
        page.locator("[popovertarget=page-toc]").click()
        follow(page, links.nth(place))
        assert not page.locator("#page-toc").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_link_to_another_page_leads_to_its_place_at_once(reader, width):
    page = reader("chapter_computation/parameters", width)
    page.locator("a.reference, .to-errors a").filter(has_text="index of errors").first.click()
    page.wait_for_load_state()
    top = page.evaluate("document.getElementById(location.hash.slice(1)).getBoundingClientRect().top")
    assert BAR < top < MARGIN
