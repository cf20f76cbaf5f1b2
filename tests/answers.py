"""Other answers to the exercises, right and wrong, which lie in `tests/exercises/` (a .yml a page), and a notebook in
which they are tried, each behind the check of its exercise, where a reader would have written it."""

import re
from pathlib import Path

import nbformat
import yaml

from book.translate import catalogs, code

FOLDER = Path(__file__).parent / "exercises"
KEEP = "_kept = {name: value for name, value in globals().items() if not name.startswith('_')}"
FORGET = """\
for _name in [name for name in globals() if not name.startswith("_") and name not in _kept]:
    del globals()[_name]
globals().update(_kept)"""


def of_page(name: str) -> list[dict]:
    """The answers to the exercises of a page (custom-layer): exercise (its label), title, right, code."""
    path = FOLDER / f"{name}.yml"
    return yaml.safe_load(path.read_text("utf8")) if path.exists() else []


def sample(answers: list[dict]) -> list[dict]:
    """The first right and the first wrong answer to each exercise."""
    found = {(one["exercise"], one["right"]): one for one in reversed(answers)}
    return [one for one in answers if one is found[one["exercise"], one["right"]]]


def in_language(root: Path, edition, name: str, answers: list[dict]) -> list[dict]:
    """The answers as a reader of an edition would write them, with the texts of its page."""
    catalog = catalogs.load(root / f"locale/{edition.code}/LC_MESSAGES/{name}.po", edition.code)
    words = {message.id: message.string for message in catalog if message.context == code.CONTEXT}
    return [one | {"code": code.translated(one["code"], words.get)[0]} for one in answers]


def labels(text: str) -> list[str]:
    """The labels of the exercises in a page's source, in order."""
    return re.findall(r"^:::\{exercise-start\}.*\n:label: (\S+)$", text, re.M)


def tried(notebook: nbformat.NotebookNode, order: list[str], answers: list[dict]) -> nbformat.NotebookNode:
    """The notebook with each answer behind its exercise's check, and behind it what the check says of it.

    `order` has the labels of the exercises as the checks follow each other. The cell with the verdict has the number
    of its answer in the metadata (`answer`); what an answer has defined is forgotten again.
    """
    left, cells = iter(order), []
    for cell in notebook.cells:
        cells.append(cell)
        calls = re.findall(r"^judge\(.*$", cell.source, re.M) if cell.cell_type == "code" else []
        if not calls:
            continue
        label = next(left)
        for number, one in enumerate(answers):
            if one["exercise"] == label:
                cells += trial(one["code"], calls[-1], number)
    assert next(left, None) is None, "an exercise without a check"
    return nbformat.from_dict(notebook | {"cells": cells})


def trial(code: str, call: str, number: int) -> list[nbformat.NotebookNode]:
    """The cells that try one answer."""
    cells = [nbformat.v4.new_code_cell(source) for source in (KEEP, code, call, FORGET)]
    cells[1].metadata["tags"] = ["raises-exception"]  # whatever it does, the others are tried
    cells[2].metadata["answer"] = number
    return cells


def verdicts(executed: nbformat.NotebookNode) -> dict[int, str]:
    """What the checks have said, by the numbers of the answers."""
    said = {}
    for cell in executed.cells:
        if "answer" in cell.metadata:
            said[cell.metadata["answer"]] = "".join(output.get("text", "") for output in cell.outputs).strip()
    return said
