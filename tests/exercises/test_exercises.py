"""Promises of the exercises, checked on the executions that the page shows."""

import re

import pytest

from conftest import ROOT, code_cells, executed_sections, printed

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


def test_an_answer_that_raises_gets_a_sentence_and_no_traceback(sections):
    namespace = {}
    exec(next(cell.source for cell in code_cells(sections[0]) if cell.source.startswith("def judge(")), namespace)
    lines = []
    namespace["print"] = lines.append
    namespace["judge"](lambda answer: answer(), lambda: 1 / 0)
    assert lines == ["✗ Not yet: your code raised ZeroDivisionError: division by zero"]
