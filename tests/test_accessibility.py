"""axe finds nothing to complain about. In a file of its own, so that another worker does the rest of the site."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from builder import source
from conftest import ROOT, everywhere

PAGES = [page.docname for page in source.pages(ROOT)]
SCREENS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
TRANSLATED_SCREENS = [(1280, "light"), (390, "dark")]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Each kind of coloured code once in each kind of box: thousands of equal ones would take minutes to measure.
ONE_OF_EACH_COLOUR = """() => {
  const seen = new Set();
  for (const span of document.querySelectorAll("pre span")) {
    const box = span.closest(".cell_output, .cell_input, .admonition");
    const kind = `${span.className} in ${box?.className}`;
    if (seen.has(kind)) span.replaceWith(span.textContent);
    seen.add(kind);
  }
}"""


def screens(name: str) -> list[tuple[int, str]]:
    """The screens on which a page is tested: English on all, the others on the two that differ most."""
    return SCREENS if name in PAGES else TRANSLATED_SCREENS


@pytest.mark.parametrize("name", [*everywhere(), "search", "404"])
def test_axe_finds_nothing(open_page, name):
    for width, theme in screens(name):
        page = open_page(f"{name}.html", width, theme)
        page.add_style_tag(content="* { content-visibility: visible !important }")
        page.evaluate(ONE_OF_EACH_COLOUR)
        result = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
        found = [(rule["id"], node["html"][:200]) for rule in result.response["violations"] for node in rule["nodes"]]
        assert found == [], f"{name}, {width} px, {theme}"
