"""axe finds nothing to complain about. In a file of its own, so that another worker does the rest of the site."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from builder import source
from conftest import ROOT, everywhere

WIDTHS = [1280, 390]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}  # all that a theme can break
SEARCHES = [f"{edition.path}/search".lstrip("/") for edition in source.editions(ROOT)]
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


@pytest.mark.parametrize("name", [*everywhere(), *SEARCHES, "404"])
def test_axe_finds_nothing(open_page, name):
    """On a wide screen and a phone, light and dark."""
    for width in WIDTHS:
        page = open_page(f"{name}.html", width)
        page.add_style_tag(content="* { content-visibility: visible !important }")
        page.evaluate(ONE_OF_EACH_COLOUR)
        for theme, rules in ("light", RULES), ("dark", OF_COLOUR):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            result = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response
            found = [(rule["id"], node["html"][:200]) for rule in result["violations"] for node in rule["nodes"]]
            assert found == [], f"{name}, {width} px, {theme}"
