"""Promises of the exercises, checked on the executions that the page shows."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from conftest import ROOT, code_cells, executed_sections, printed

ANSWER = """
import torch

class Layer(torch.nn.Module):
    def forward(self, X):
        return X @ torch.ones(3, 2)
""".strip()
CHECK = """
def check_layer(Layer):
    got = Layer()(torch.ones(4, 5))
    assert got is None, "no"

judge(check_layer, Layer)
""".strip()
LEVELS = {"recall", "apply", "explore", "design"}


@pytest.fixture(scope="module")
def sections(html):
    """The executed sections: every page but the index."""
    return [page for page in executed_sections() if not page.docname.endswith("/index")]


def exercises(page) -> list[dict[str, list]]:
    """The cells of each exercise by their tag, in the order of the page."""
    found = []
    for cell in code_cells(page):
        for tag in ("starter", "check", "solution"):
            if tag in cell.metadata.get("tags", []):
                if tag == "starter" and (not found or "check" in found[-1]):
                    found.append({})
                found[-1].setdefault(tag, []).append(cell)
    return found


def test_every_check_fails_on_the_starter_and_says_what_is_missing(sections):
    for page in sections:
        for exercise in exercises(page):
            verdict = printed(exercise["check"][-1])
            assert verdict.startswith("✗ Not yet: "), (page.docname, verdict, exercise["check"][-1].source)
            assert len(verdict.split()) > 4, (page.docname, verdict)


def test_every_check_passes_on_the_solution(sections):
    for page in sections:
        for exercise in exercises(page):
            verdicts = [printed(cell) for cell in exercise["solution"] if "judge(" in cell.source]
            assert verdicts, f"{page.docname}: a solution is not checked"
            assert all("✓ Solved." in v.splitlines() and "✗" not in v for v in verdicts), (page.docname, verdicts)


def test_starter_and_solution_are_judged_by_the_same_call(sections):
    for page in sections:
        for exercise in exercises(page):
            calls = {
                line
                for cell in exercise["check"] + exercise["solution"]
                for line in cell.source.splitlines()
                if line.startswith("judge(")
            }
            assert len(calls) == 1, (page.docname, calls)


def test_checks_speak_in_words(sections):
    for page in sections:
        for cell in code_cells(page, "check"):
            asserts = len(re.findall(r"^\s+assert\b", cell.source, re.M))
            said = len(re.findall(r"^\s+assert\b(?:[^\"']|\n)*?,\s*\(?\s*f?\"", cell.source, re.M))
            assert asserts, f"{page.docname}: a check without an assertion:\n{cell.source}"
            assert said, f"{page.docname}: no assertion says what is missing:\n{cell.source}"


def test_every_section_has_at_least_five_exercises_over_all_levels(sections):
    for page in sections:
        titles = re.findall(r"^:::\{exercise-start\} (\w+) · ", page.path.read_text("utf8"), re.M)
        assert len(titles) >= 5, page.docname
        assert set(titles) == LEVELS, (page.docname, titles)
        assert len(exercises(page)) == len(titles), page.docname


def test_the_judge_is_the_same_in_every_section(sections):
    judges = {cell.source for page in sections for cell in code_cells(page) if cell.source.startswith("def judge(")}
    assert len(judges) == 1
    assert "def judge(" in (ROOT / "chapter_computation/model-construction.md").read_text("utf8")


@pytest.fixture(scope="module")
def answered(sections) -> str:
    """What `judge` prints of an answer that fails inside PyTorch, each cell run in a kernel as readers have it."""
    judge = next(cell.source for cell in code_cells(sections[0]) if cell.source.startswith("def judge("))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (judge, ANSWER, CHECK)])
    NotebookClient(notebook, kernel_name="python3").execute()
    return printed(notebook.cells[-1])


def test_an_answer_that_raises_gets_a_sentence_its_line_and_no_traceback(answered):
    said, line = answered.splitlines()
    assert said.startswith("✗ Not yet: your code raised RuntimeError: mat1 and mat2 shapes")
    assert line == "  line 5: return X @ torch.ones(3, 2)"


def test_an_answer_of_no_code_gets_no_line(sections):
    namespace = {}
    exec(next(cell.source for cell in code_cells(sections[0]) if cell.source.startswith("def judge(")), namespace)
    lines = []
    namespace["print"] = lines.append
    namespace["judge"](lambda answer: answer.keys(), None)
    assert lines == ["✗ Not yet: your code raised AttributeError: 'NoneType' object has no attribute 'keys'"]
