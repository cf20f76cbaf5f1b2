"""Promises of the exercises, checked on the executions that the page shows."""

import ast
import copy
import re

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from book.execute import kernel
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
    """The executed sections: every page but the index and those of questions."""
    return [page for page in executed_sections() if not page.docname.endswith(("/index", "-asked"))]


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


HINT = re.compile(r"^:::\{hint\}\n:class: dropdown\n(.+?)^:::$", re.M | re.S)


def test_every_exercise_has_one_or_two_folded_hints_behind_its_check_and_before_its_solution(sections):
    for page in sections:
        text = page.path.read_text("utf8")
        for exercise in re.findall(r"^:::\{exercise-start\}.+?^:::\{exercise-end\}$", text, re.M | re.S):
            name = re.search(r":label: (.+)", exercise)[1]
            behind = exercise.rpartition("\n```\n")[2]
            assert 1 <= len(HINT.findall(behind)) <= 2, name
            assert len(HINT.findall(behind)) == exercise.count(":::{hint}"), f"{name}: a hint lies open, or too early"


class Renamed(ast.NodeTransformer):
    """Code in which all names are alike, those of attributes of `self` and of keywords included."""

    def visit_Name(self, node):
        return ast.Name("_")

    def visit_Attribute(self, node):
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        return ast.Name("_") if own else self.generic_visit(node)

    def visit_Call(self, node):
        self.generic_visit(node)
        return ast.Call(node.func, [*node.args, *(keyword.value for keyword in node.keywords)], [])


def expressions(code: str, least: int = 6) -> dict[str, str]:
    """The expressions in a piece of code that are not short, by their form without names."""
    found = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.expr) and not isinstance(node, ast.JoinedStr | ast.FormattedValue):
            size = sum(isinstance(part, ast.expr | ast.comprehension) for part in ast.walk(node))
            plain_call = isinstance(node, ast.Call) and all(isinstance(part, ast.Name) for part in node.args)
            if size >= least and not plain_call:
                found[ast.unparse(Renamed().visit(copy.deepcopy(node)))] = ast.unparse(node)
    return found


def test_expressions_are_recognized_under_other_names():
    one = "Y = torch.cat([branch(X) for branch in self.branches], dim=-1)"
    assert expressions(one).keys() & expressions("want = torch.cat([b(A) for b in parts], -1)").keys()
    assert not expressions(one).keys() & expressions("want = torch.stack([*map(join, parts)], -1)").keys()


def test_no_check_has_an_expression_that_its_solution_needs(sections):
    for page in sections:
        for exercise in exercises(page):
            starter, check = ("\n".join(cell.source for cell in exercise[tag]) for tag in ("starter", "check"))
            judged = next(cell.source for cell in exercise["solution"] if "judge(" in cell.source)
            shown = (expressions(judged).keys() & expressions(check).keys()) - expressions(starter).keys()
            assert not shown, (page.docname, [expressions(check)[one] for one in shown])


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
def answered(sections, tmp_path_factory) -> str:
    """What `judge` prints of an answer that fails inside PyTorch, each cell run in a kernel as readers have it."""
    judge = next(cell.source for cell in code_cells(sections[0]) if cell.source.startswith("def judge("))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (judge, ANSWER, CHECK)])
    sockets = Config(kernel.transport(tmp_path_factory.mktemp("kernel")))
    NotebookClient(notebook, kernel_name="python3", config=sockets).execute()
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
