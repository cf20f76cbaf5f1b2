"""Each exercise has other answers to try its check on; `tests/render/test_notebooks.py` tries them in the notebooks."""

from collections import Counter

import answers
import nbformat
import pytest

from book.project import source
from conftest import ROOT

pytestmark = pytest.mark.fast
PAGES = [page for page in source.pages(ROOT) if "{exercise-start}" in page.path.read_text("utf8")]
WRONG, RIGHT = 4, 3  # at least


@pytest.mark.parametrize("page", PAGES, ids=[page.path.stem for page in PAGES])
def test_every_exercise_has_wrong_and_right_answers(page):
    found = answers.of_page(page.path.stem)
    wanted = answers.labels(page.path.read_text("utf8"))
    assert {one["exercise"] for one in found} == set(wanted)
    assert len({(one["exercise"], one["title"]) for one in found}) == len(found)
    number = Counter((one["exercise"], one["right"]) for one in found)
    few = [label for label in wanted if number[label, False] < WRONG or number[label, True] < RIGHT]
    assert not few, f"fewer than {WRONG} wrong or {RIGHT} right answers: {few}"


def test_an_answer_is_tried_behind_the_check_of_its_exercise():
    cells = ["def double(x): ...", "judge(check_double, double)", "def half(x): ...", "judge(check_half, half)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    given = [{"exercise": "ex-half", "title": "", "right": True, "code": "half = lambda x: x / 2"}]
    tried = [cell.source for cell in answers.tried(notebook, ["ex-double", "ex-half"], given).cells]
    assert tried[:4] == cells
    assert tried[5:7] == ["half = lambda x: x / 2", "judge(check_half, half)"]
