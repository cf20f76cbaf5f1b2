"""Promises of the HTML of a page: what an author writes is there, and what a reader needs is said."""

import pytest
from bs4 import BeautifulSoup
from docutils import nodes

from book.render.translator import BookTranslator
from conftest import FRONT_MATTER, SmallBook

PAGE = (
    FRONT_MATTER
    + """
(third)=
# The third page

A [word]{.new} with a class, `two  spaces`, and $x$, $y$. See {ref}`second`.

```{code-cell} python3
:tags: [hide-output]

print("\\x1b[31mred\\x1b[0m")
```

```{code-cell} python3
---
tags: [hide-input]
mystnb:
  code_prompt_show: How it is done
---
print("done")
```

```{code-cell} python3
:tags: [hide-cell]

print("both")
```

```{code-cell} python3
:tags: [raises-exception]

print("before")
raise ValueError("on purpose")
```

```{code-cell} python3
class Table:
    def _repr_html_(self):
        return '<table class="df big"><tr><td>1</td></tr></table>'

Table()
```

```{code-cell} python3
from IPython.display import SVG, display

SHAPE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">%s</svg>'
display(SVG(SHAPE % '<rect width="9" height="9"/>'), SVG(SHAPE % '<image width="9" height="9"/>'))
```

:::{hint}
:class: dropdown

Think.
:::

```{code-block} python
:linenos:
:emphasize-lines: 2

a = 1
b = 2
```

```{figure} photo.png
:name: third-photo
:alt: A photograph

What it shows.
```

| a | b |
|---|---|
| 1 | 2 |

## A part

### A smaller part
"""
)
TOC = """format: jb-book
root: pages/first
parts:
- caption: The basics
  chapters:
  - file: pages/second
    sections:
    - file: pages/third
- caption: Elsewhere
  chapters:
  - url: https://pytorch.org
    title: PyTorch
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of a small book whose third page has what the others lack."""
    from PIL import Image

    book = SmallBook(tmp_path_factory.mktemp("translated") / "book")
    book.write("pages/third.md", PAGE)
    book.write("_toc.yml", TOC)
    Image.new("RGB", (300, 200)).save(book.root / "pages" / "photo.png")
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    names = ("first", "second", "third")
    return {name: BeautifulSoup(book.read(f"_build/html/pages/{name}.html"), "html.parser") for name in names}


@pytest.fixture(scope="module")
def article(site):
    """The text of the third page."""
    return site["third"].article


def test_the_classes_of_an_author_and_of_an_output_stay(article):
    assert article.select_one("span.new").get_text() == "word"
    assert article.select_one(".cell_output table.df.big")


def test_no_class_is_written_that_nothing_uses(site):
    unused = ["docutils", "container", "literal", "notranslate", "reference", "internal", "row-odd", "align-default"]
    assert [name for page in site.values() for name in unused if page.select_one(f".{name}:not(svg *)")] == []


def test_code_is_in_one_box(article):
    for box in article.select("div.highlight"):
        assert [child.name for child in box.find_all(True, recursive=False)] == ["pre"]
    code = article.select_one(".cell_input")
    assert "highlight" in code["class"]
    assert (code["role"], code["aria-label"]) == ("group", "Code")


def test_code_in_a_sentence_keeps_its_spaces(article):
    assert article.select_one("p > code").decode_contents() == "two\N{NO-BREAK SPACE} spaces"


def test_a_formula_stays_with_the_mark_behind_it(article):
    assert [box.get_text() for box in article.select("p .together")] == ["x,", "y."]
    assert "and x, y. See The second page." in article.p.get_text()


def test_what_is_folded_says_what_it_is(article):
    folded = [[word.get_text() for word in summary.select("span")] for summary in article.select(".hide > summary")]
    assert folded == [
        ["Show the output", "Hide the output"],
        ["How it is done", "Hide the code"],
        ["Show the cell", "Hide the cell"],
    ]


def test_an_output_with_an_error_is_announced_as_one(article):
    labels = [output["aria-label"] for output in article.select(".cell_output")]
    assert labels == ["Output", "Output", "Output", "Error", "Output", "Output"]


def test_colours_of_a_terminal_are_kept(article):
    assert article.select_one(".cell_output t-red").get_text() == "red"


def test_a_box_that_drops_down_is_folded_without_a_script(article):
    hint = article.select_one("details.hint.admonition")
    assert hint.select_one(":scope > summary.admonition-title").get_text() == "Hint"
    assert "Think." in hint.get_text()


def test_lines_can_be_numbered_and_pointed_at(article):
    lines = article.select_one("div.highlight:not(.cell *)")
    assert [number.get_text() for number in lines.select(".linenos")] == ["1", "2"]
    assert "b = " in lines.select_one(".hll").get_text()


def test_a_figure_has_its_number_and_its_place(article):
    assert article.select_one("figcaption").get_text().strip().startswith("Fig. 1. What it shows.")
    image = article.select_one("figure img")
    assert (image["width"], image["height"], image["loading"]) == ("300", "200", "lazy")


def test_a_plot_with_an_image_in_it_does_not_follow_the_theme(article):
    plots = article.select(".cell_output img")
    assert [image.get("class", []) for image in plots] == [[], ["as-it-is"]]


def test_a_table_can_scroll(article):
    assert article.select_one(".table-box > table th").get_text() == "a"


def test_the_menu_has_parts_nested_sections_and_other_sites(site):
    menu = site["third"].select_one("nav.book")
    links = [(link.get("data-number"), link.get_text(), link.get("href")) for link in menu.select("a")[1:]]
    assert links == [
        ("1", "The second page", "second.html"),
        ("1.1", "The third page", "#"),
        (None, "PyTorch", "https://pytorch.org"),
    ]
    assert [caption.get_text() for caption in menu.select(".caption")] == ["The basics", "Elsewhere"]
    assert menu.select_one("ul ul a")["aria-current"] == "page"


def test_a_book_that_asks_for_numbers_has_them_once(small_book):
    small_book.write(
        "_toc.yml", small_book.read("_toc.yml").replace("chapters:", "options: {numbered: true}\nchapters:")
    )
    assert (result := small_book.run("book")).returncode == 0, result.stderr
    soup = BeautifulSoup(small_book.read("_build/html/pages/second.html"), "html.parser")
    link = soup.select_one("nav.book a[aria-current]")
    assert (link.get("data-number"), link.get_text()) == (None, "1. The second page")
    assert soup.h1.get_text() == "1. The second page"


def test_the_contents_of_a_page_are_its_sections(site):
    assert [link["href"] for link in site["third"].select("#page-toc a")] == ["#a-part"]
    assert not site["second"].select_one("#page-toc"), "a page without sections has no contents"


def test_a_recorded_output_is_folded_under_its_machine():
    class recorded_output(nodes.Element):
        pass

    translator = object.__new__(BookTranslator)  # without a document and a builder, which it does not ask here
    translator.body, translator.in_mailto = [], False
    output = recorded_output(device="NVIDIA <X>", torch="2.13.0")
    translator.dispatch_visit(output)
    translator.dispatch_departure(output)
    folded = BeautifulSoup("".join(translator.body), "html.parser").details
    assert folded["data-machine"] == "NVIDIA <X>, torch 2.13.0"
    assert folded.summary.get_text() == "Recorded on NVIDIA <X>, torch 2.13.0"
