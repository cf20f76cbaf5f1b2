"""Promises of what sphinx-design has in every Jupyter Book: cards, tabs and folded boxes, for pages that use them."""

import pytest
from bs4 import BeautifulSoup

from conftest import SmallBook, assert_fails

TABS = """
# Designed

```{contents} What is here
:local:
```

## Tabs

````{tab-set}
```{tab-item} Pinned
What stands in the first tab.
```
```{tab-item} Newest
What stands in the second tab.
```
````

````{grid} 2
```{grid-item-card} A card
Its text.
```
````

```{dropdown} Folded
What was folded.
```
"""


@pytest.fixture(scope="module")
def designed(tmp_path_factory) -> SmallBook:
    """A book whose second page has a bit of everything."""
    book = SmallBook(tmp_path_factory.mktemp("designed") / "book")
    book.write("pages/first.md", "# First\n\nText.\n")
    head, code = book.read("pages/second.md").split("\n(second)=", 1)
    cell = "```{code-cell}" + code.split("```{code-cell}", 1)[1]
    book.write("pages/second.md", f"{head}\n{TABS}\n{cell}")
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    return book


def test_only_a_page_that_uses_it_loads_its_files(designed):
    html = {name: designed.read(f"_build/html/pages/{name}.html") for name in ("first", "second")}
    for file in ("sphinx-design.min.css", "design-tabs.js"):
        assert ["_static/" + file in text for text in html.values()] == [False, True]
        assert (designed.root / "_build/html/_static" / file).is_file()


def test_a_book_without_it_publishes_none_of_its_files(built_book):
    published = {path.name for path in (built_book.root / "_build/html/_static").rglob("*")}
    assert published & {"sphinx-design.min.css", "design-tabs.js", "doctools.js"} == set()


def test_a_tab_is_chosen_and_a_box_unfolded_by_mouse(designed, chromium):
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((designed.root / "_build/html/pages/second.html").as_uri())
    texts = [page.get_by_text(text) for text in ("in the first tab", "in the second tab", "What was folded")]
    assert [text.is_visible() for text in texts] == [True, False, False]
    page.get_by_text("Newest").click()
    page.get_by_text("Folded", exact=True).click()
    assert [text.is_visible() for text in texts] == [False, True, True]
    page.emulate_media(media="print")
    assert [text.is_visible() for text in texts] == [True, True, True], "paper has no tabs to choose"
    assert complaints == []
    page.close()


def test_a_heading_is_no_link(designed):
    soup = BeautifulSoup(designed.read("_build/html/pages/second.html"), "html.parser")
    assert soup.select("h1 a, h2 a") == []
    assert soup.select_one("nav.contents a, .contents a")["href"] == "#tabs"


def test_a_notebook_has_what_stands_in_tabs_and_cards(designed):
    text = designed.read("_build/notebooks/en/pages/second.ipynb")
    for words in ("Newest", "in the second tab", "A card", "Its text", "What was folded"):
        assert words in text


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("```{prf:theorem} T\nText.\n```\n", "sphinx-proof"),
        ("```{mermaid}\ngraph TD;\n```\n", "sphinxcontrib-mermaid"),
        ("```{toggle}\nText.\n```\n", "{dropdown}"),
        ("See {cite}`one`.\n", "bibtex_bibfiles"),
    ],
)
def test_what_another_package_has_is_refused_with_its_name(built_book, written, words):
    built_book.add("pages/second.md", f"\n{written}")
    assert_fails(built_book, "pages/second.md", words)
