"""Promises about errors: a page shows the message of its own, and a reader's own error shows where it happened."""

import pytest
from playwright.sync_api import expect

from conftest import FRONT_MATTER, ROOT, SmallBook, code_cells, executed_sections
from hands import own_output, run

FAILS = """
(second)=
# Failing

```{code-cell} python3
:tags: [raises-exception]
import json
json.loads("{")
```

```{code-cell} python3
:tags: [raises-exception]
try:
    {}["key"]
except KeyError as problem:
    problem.add_note("a note")
    raise
```
"""


def page_of(book: SmallBook) -> str:
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    return book.read("_build/html/pages/second.html")


def test_a_page_shows_the_message_of_an_error_without_frames(small_book):
    small_book.write("pages/second.md", FRONT_MATTER + FAILS)
    html = page_of(small_book)
    assert "Expecting property name enclosed in double quotes" in html
    assert "a note" in html
    for frame in ("Traceback", "Cell In", "File ", "----&gt;"):
        assert frame not in html, frame


def test_a_page_that_chooses_how_long_tracebacks_are_has_them_so(small_book):
    chosen = FAILS.replace("import json\n", "%xmode Context\nimport json\n")
    small_book.write("pages/second.md", FRONT_MATTER + chosen)
    assert "Traceback (most recent call last)" in page_of(small_book)


def test_the_books_tracebacks_are_its_messages_and_no_cell_sets_how_long_they_are(html):
    for page in executed_sections():
        for cell in code_cells(page):
            assert "%xmode" not in cell.source, page.docname
            for output in cell.outputs:
                if output.output_type == "error" and output.ename != "SyntaxError":
                    said = "\n".join(output.traceback)
                    assert "Cell In" not in said, page.docname
                    assert output.evalue.splitlines()[0] in said, page.docname


@pytest.fixture
def failed(live_page):
    """A live page on which a reader's own module has failed inside PyTorch."""
    page = live_page()
    code = "import torch\nclass Layer(torch.nn.Module):\n    def forward(self, X):\n        return X @ torch.ones(3, 2)"
    run(page, 1, code)
    return own_output(run(page, 2, "layer = Layer()\nlayer(torch.ones(4, 5))", "failed"))


def test_a_readers_own_error_shows_the_lines_of_their_cells_marked(failed):
    expect(failed).to_contain_text("----> 2 layer(torch.ones(4, 5))")
    expect(failed).to_contain_text("----> 4         return X @ torch.ones(3, 2)")
    expect(failed).to_contain_text("RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x5 and 3x2)")
    for place in ("site-packages", "/tmp", "File ", str(ROOT)):
        expect(failed).not_to_contain_text(place)


def test_an_error_of_the_book_stays_short_until_the_reader_changes_its_cell(live_page):
    page = live_page("chapter_computation/model-construction.html")
    fails = page.locator("article .cell.tag_raises-exception").first
    fails.get_by_role("button", name="Run cell").click()
    fails.get_by_role("button", name="Run them first").click()
    expect(fails).to_have_attribute("data-live", "failed", timeout=120_000)
    book = fails.locator(".cell_output:not(.live-output) pre").text_content()
    assert own_output(fails).locator("pre").text_content().split() == book.split()
    number = page.locator("article .cell").evaluate_all("(cells, one) => cells.indexOf(one)", fails.element_handle())
    code = fails.locator(".cell_input pre").text_content() + "\n# mine"
    expect(own_output(run(page, number + 1, code, "failed"))).to_contain_text("---->")


def test_a_typing_mistake_shows_its_place(live_page):
    page = live_page()
    expect(own_output(run(page, 1, "x = [1, 2\ny = 3", "failed"))).to_contain_text("SyntaxError")
    expect(own_output(page.locator("article .cell").first)).to_contain_text("x = [1, 2")
