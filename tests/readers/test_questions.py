"""Promises of the list of questions: each is whole and leads to a place of the book; `test_search.py` finds them."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from book.project import source
from conftest import ROOT

QUESTIONS = yaml.safe_load(Path(__file__).with_name("questions.yml").read_text("utf8"))
FIELDS = {"ask", "words", "topic", "threads", "year", "often", "answer", "code", "ran", "anchor", "covered", "missing"}
TEXT = "\n".join(page.text for page in source.pages(ROOT))
LABELS = set(re.findall(r"^\(([\w-]+)\)=$|^:(?:name|label): ([\w-]+)$", TEXT, re.M))
LABELS = {name for pair in LABELS for name in pair if name}


@pytest.mark.fast
def test_the_list_is_long_and_of_all_topics():
    assert len(QUESTIONS) >= 150
    assert len({one["ask"] for one in QUESTIONS}) == len(QUESTIONS)
    topics = Counter(one["topic"] for one in QUESTIONS)
    assert set(topics) <= {Path(page.docname).name for page in source.pages(ROOT)}
    assert min(topics.values()) >= 15


@pytest.mark.fast
@pytest.mark.parametrize("one", QUESTIONS, ids=[one["words"] for one in QUESTIONS])
def test_a_question_is_whole_and_has_its_place(one):
    assert set(one) == FIELDS
    assert one["covered"] in ("full", "part", "no")
    assert one["anchor"] in LABELS or (one["anchor"] == "none" and one["covered"] == "no")
    assert bool(one["missing"]) == (one["covered"] != "full")
    assert one["threads"] and one["answer"].strip()
    ast.parse(one["code"])
    assert bool(one["code"].strip()) == bool(one["ran"])
