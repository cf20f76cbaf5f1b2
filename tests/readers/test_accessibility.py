"""axe finds nothing to complain about. In a file of its own, so that another worker does the rest of the site."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from book.project import source
from conftest import ROOT, everywhere

WIDTHS = [1280, 390]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]  # all that a theme can break
PAGES = [page.docname for page in source.pages(ROOT)]
THEMES = ["light", "dark"]
ENGLISH = [*PAGES, "search", "404"]
SEARCHES = [f"{edition.path}/search".lstrip("/") for edition in source.editions(ROOT)]
# What stands in the same place of the structure has the same colours: to measure thousands of them would take minutes.
THREE_OF_EACH_KIND = """() => {
  const name = (part) => `${part.localName}.${part.className}`;
  const path = (part) => part === document.body ? "" : `${path(part.parentElement)}>${name(part)}`;
  const seen = {};
  for (const part of document.querySelectorAll("article :is(p, li, pre, td, th, dt, dd, a, code, span, em, strong)")) {
    if (!part.isConnected || part.closest("h1, h2, h3, h4, h5, h6")) continue;
    const kind = path(part);
    seen[kind] = (seen[kind] ?? 0) + 1;
    if (seen[kind] > 3) part.remove();
  }
}"""


def complaints(page, **options) -> list[tuple[str, str]]:
    """The rules that axe finds broken, each with the element."""
    violations = Axe().run(page, options=options | {"resultTypes": ["violations"]}).response["violations"]
    return [(rule["id"], node["html"][:200]) for rule in violations for node in rule["nodes"]]


def settle(page) -> None:
    """Let the page come to its end, and see which of its boxes scroll."""
    page.wait_for_selector("html:not([data-waits])", state="attached")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def sample(page) -> None:
    """Leave three of each kind on the page."""
    page.evaluate(THREE_OF_EACH_KIND)


def pale(page, theme: str) -> list[tuple[str, str]]:
    """What axe says of the colours of a page in a theme."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    return complaints(page, runOnly={"type": "rule", "values": COLOURS})


@pytest.mark.parametrize("name", [*everywhere(), *SEARCHES, "404"])
def test_axe_finds_nothing(open_page, name):
    """All of an English page, which has structure and colours of all editions; of others, and on a phone, a sample."""
    for width in WIDTHS if name in ENGLISH else WIDTHS[1:]:
        page = open_page(f"{name}.html", width)
        settle(page)
        if (name, width) not in [(one, WIDTHS[0]) for one in ENGLISH]:
            sample(page)
        others = {rule: {"enabled": False} for rule in COLOURS}
        assert complaints(page, runOnly=RULES, rules=others) == [], f"{name}, {width} px"
        sample(page)
        for theme in THEMES if name in ENGLISH else ():
            assert pale(page, theme) == [], f"{name}, {width} px, {theme}"


@pytest.mark.parametrize("theme", THEMES)
def test_the_colours_of_a_translated_page_can_be_read(open_page, theme):
    page = open_page(f"tr/{PAGES[1]}.html", 390)
    settle(page)
    sample(page)
    assert pale(page, theme) == []


def test_axe_finds_nothing_in_the_panel_of_a_phone(open_page):
    page = open_page(f"tr/{PAGES[1]}.html", 390)
    page.locator("[popovertarget=more]").click()
    assert page.locator("#more").is_visible()
    assert complaints(page, runOnly=RULES) == []


def test_axe_sees_a_colour_that_is_too_pale(open_page):
    page = open_page(f"{PAGES[1]}.html")
    settle(page)
    sample(page)
    page.add_style_tag(content='[data-theme="dark"] .exercise .cell_input t-c { color: #555 !important }')
    assert pale(page, "light") == []
    assert {rule for rule, _element in pale(page, "dark")} == {"color-contrast"}


@pytest.mark.parametrize("name", [f"{path}{PAGES[1]}" for path in ("", "tr/")])
def test_the_title_of_each_exercise_is_a_heading_below_that_of_its_part(open_page, name):
    exercises = open_page(f"{name}.html").locator("div.exercise")
    assert exercises.get_by_role("heading", level=3).count() == exercises.count() > 2
