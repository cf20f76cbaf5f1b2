"""Promises of the house: where a part is found, and which way it may ask."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from conftest import ROOT

pytestmark = pytest.mark.fast
# In the order of a page's way; a room may import what lies in rooms before it.
ROOMS = ["project", "translate", "execute", "render", "publish", "pdf", "live"]
# What stands above the rooms: the command line, and the way of all pages through the rooms
ABOVE = {"__init__", "__main__", "cli", "build"}
MODULES = sorted((ROOT / "book").rglob("*.py"))


def room_of(module: str) -> str:
    """The room of a module such as book.render.keys; the name of one that stands above them."""
    return module.split(".")[1] if "." in module else "__init__"


def imports(path: Path) -> set[str]:
    """The modules of the book that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("book", "tools", "tests")}


def test_the_rooms_are_those_of_the_list():
    folders = {path.name for path in (ROOT / "book").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(ROOMS)
    assert {path.stem for path in (ROOT / "book").glob("*.py")} == ABOVE


@pytest.mark.parametrize("path", MODULES, ids=[path.relative_to(ROOT).as_posix() for path in MODULES])
def test_a_room_imports_only_rooms_that_a_page_has_passed_before(path):
    parts = path.relative_to(ROOT / "book").parts
    for name in imports(path):
        assert name.startswith("book"), f"the book does not need {name}"
        if len(parts) == 1 or name == "book":
            continue
        target = room_of(name)
        allowed = {*ROOMS[: ROOMS.index(parts[0]) + 1], *({"build"} if parts[0] == "live" else set())}
        assert target in allowed, f"{'/'.join(parts)} imports {name}"


def test_no_two_modules_have_one_name():
    names = Counter(path.stem for path in MODULES if path.stem != "__init__")
    assert [name for name, count in names.items() if count > 1] == []


def test_the_map_for_contributors_has_every_module():
    told = (ROOT / "CONTRIBUTING.md").read_text("utf8").partition("## The house")[2].partition("```\n\n")[0]
    rooms = [path.stem for path in MODULES if path.parent != ROOT / "book" and path.stem != "__init__"]
    assert set(rooms) - set(re.findall(r"\w+", told)) == set()


def test_a_module_says_what_it_is_for():
    for path in MODULES:
        text = path.read_text("utf8")
        assert not text.strip() or ast.get_docstring(ast.parse(text)), path
