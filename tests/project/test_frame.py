"""What of a page decides about its code cells: a build reads them again only when that has changed."""

import difflib
import random
import re
from dataclasses import replace

import pytest

from book.project import source
from conftest import ROOT, code_cells

pytestmark = pytest.mark.fast
PAGES = [page for page in source.pages(ROOT) if page.is_notebook]
PROSE = ["Another line", "*em* and more", "(so)", ""]
BLOCKS = ["```", "~~~", "````md", ":::", "$$", "<div>", "<!-- x", "-->", "- a", "> q", "    x", "+++", "% c"]
BLOCKS += ["```{code-cell} python3", "| a |", "[^1]: f", "\\begin{align}", "</div>"]


def cells(page: source.Page) -> object:
    """The code cells that a page has, or what is wrong with it."""
    try:
        return [(cell.source, cell.metadata) for cell in code_cells(page)] if page.is_notebook else None
    except Exception as problem:
        return type(problem)


def test_what_changes_and_leaves_the_frame_leaves_the_cells():
    """Else a build would show outputs of other cells. Tried on parts of the book with what begins and ends blocks."""
    draw, num_same = random.Random(0), 0
    for _ in range(600):
        page = draw.choice(PAGES)
        lines = page.text.split("\n")
        head = lines[: lines.index("---", 1) + 1]
        start = draw.randrange(len(head), len(lines))
        before = [*head, *lines[start : start + 40]]
        for _ in range(draw.randrange(4)):
            before.insert(draw.randrange(len(head), len(before) + 1), draw.choice(BLOCKS))
        after = list(before)
        for _ in range(2):
            after[draw.randrange(len(head), len(after))] = draw.choice(PROSE)
        one, other = (replace(page, text="\n".join(text)) for text in (before, after))
        if one.frame == other.frame:
            num_same += 1
            assert cells(one) == cells(other), "\n".join(difflib.unified_diff(before, after, lineterm=""))
    assert num_same > 25


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.docname)
def test_a_sentence_more_is_not_in_the_frame_and_a_line_of_code_is(page):
    sentence = re.search(r"\n#+ .*\n\n([A-Z][^`]*)\n", page.text)[1].split("\n")[0]
    code = code_cells(page)[-1].source
    for old, new, same in (
        (f"\n{sentence}\n", f"\n{sentence} And more.\n", True),
        (code, f"{code}\n1 + 1", False),
        (f"\n{sentence}\n", f"\n{sentence}\n\n```{{code-cell}}\n1 + 1\n```\n", False),
    ):
        assert page.text.count(old) == 1
        assert (replace(page, text=page.text.replace(old, new)).frame == page.frame) == same
