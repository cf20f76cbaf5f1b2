"""Promises of the index of error messages: each message of the book is there, with the way to its cell; and the program
of each entry raises its message.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from book.project import source
from book.render.error_index import covers
from conftest import ROOT, code_cells, executed_sections

INDEX = ROOT / "chapter_computation" / "errors.md"
ENTRY = re.compile(r"^\((err-[\w-]+)\)=\n### `([^\n]+)`$(.*?)(?=^\((?:err|errors)-[\w-]+\)=$|\Z)", re.M | re.S)
PROGRAM = re.compile(r"^```(python|\{code-block\} python\n:class: needs-gpu)\n(.*?)^```$", re.M | re.S)
SOURCE = re.compile(r"^% source: (\S+)$", re.M)
TORCH = Path(find_spec("torch").origin).parent


@dataclass(frozen=True)
class Entry:
    """An entry of the index; `text` is all that follows its heading."""

    label: str
    message: str
    text: str

    @property
    def program(self) -> str:
        return PROGRAM.search(self.text)[2]

    @property
    def needs_gpu(self) -> bool:
        return PROGRAM.search(self.text)[1] != "python"

    @property
    def places(self) -> list[str]:
        """The labels that it names."""
        return re.findall(r"\{ref\}`([\w-]+)`", self.text)

    @property
    def fixed(self) -> int:
        """How many letters of its message do not vary."""
        return len(self.message.replace("…", ""))


ENTRIES = [Entry(*found) for found in ENTRY.findall(INDEX.read_text("utf8"))]
ON_CPU = [entry for entry in ENTRIES if PROGRAM.search(entry.text) and not entry.needs_gpu]
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.label)


def errors() -> list[tuple[str, str, str]]:
    """(page, label of the heading above, message) of every error that a page shows."""
    found = []
    for page in executed_sections():
        label = ""
        for cell in page.notebook.cells:
            if cell.cell_type == "markdown":
                label = (re.findall(r"^\(([\w-]+)\)=$", cell.source, re.M) or [label])[-1]
            for output in cell.get("outputs", []):
                if output.output_type == "error" and "starter" not in cell.metadata.get("tags", []):
                    found.append((page.docname, label, output.evalue))
    return found


def test_every_error_shown_has_an_entry_that_links_to_it(html):
    for page, label, shown in errors():
        known = [entry for entry in ENTRIES if covers(entry.message, shown)]
        assert known, f"{page}, {label}: no entry for {shown!r}"
        assert any(label in entry.places for entry in known), f"no entry for {shown!r} links to {label} of {page}"


def test_an_entry_says_shown_where_a_cell_shows_its_message(html):
    """Where no cell raises the message, one prints it, in lines of its own."""
    shown = [(label, message) for _, label, message in errors()]
    printed = {
        page.docname: " ".join(
            str(output.get("text", "")) for cell in code_cells(page) for output in cell.outputs
        ).replace("\n", " ")
        for page in executed_sections()
    }
    for entry in ENTRIES:
        in_error = any(label in entry.places and covers(entry.message, said) for label, said in shown)
        somewhere = in_error or any(covers(entry.message, said) for said in printed.values())
        assert somewhere == ("Shown in {ref}`" in entry.text), entry.label


def test_only_the_cell_that_shows_a_message_leads_back_to_its_entry(built_book):
    """Not a section that explains another one, nor the less exact one of two that fit."""
    entries = {"one": "list index out of range", "two": "index out of range", "three": "division by zero"}
    built_book.write("pages/errors.md", "# Errors\n\n## Lists\n")
    place = "{ref}`second-fails`"  # named twice, it gets one line
    for label, message in entries.items():
        built_book.add("pages/errors.md", f"\n(err-{label})=\n### `{message}`\n\n{place}, shown in {place}.\n")
    built_book.add("_toc.yml", "- file: pages/errors\n")
    built_book.add("pages/second.md", "\n(second-fails)=\n## Division by zero, and what else\n")
    built_book.add("pages/second.md", "\n```{code-cell} python3\n:tags: [raises-exception]\n[1, 2][5]\n```\n")
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    soup = BeautifulSoup(built_book.read("_build/html/pages/second.html"), "html.parser")
    assert [link["href"] for link in soup.select(".to-errors a")] == ["errors.html#err-one"]


@pytest.mark.fast
def test_every_heading_of_a_message_is_an_entry():
    assert len(re.findall(r"^### `", INDEX.read_text("utf8"), re.M)) == len(ENTRIES)


@pytest.mark.fast
@every_entry
def test_an_entry_has_program_cause_way_out_and_places(entry):
    parts = (PROGRAM.pattern, r"^\*\*Cause\.", r"^\*\*Way out\.", r"^(?:Shown|Explained) in \{ref\}`")
    places = [[found.start() for found in re.finditer(part, entry.text, re.M | re.S)] for part in parts]
    assert [len(place) for place in places] == [1, 1, 1, 1]
    assert places == sorted(places)
    assert entry.fixed > 15


@pytest.mark.fast
@every_entry
def test_a_program_is_small(entry):
    lines = entry.program.splitlines()
    assert [line for line in lines if len(line) > 79] == []
    assert len([line for line in lines if line]) <= 15


@pytest.mark.fast
@every_entry
def test_the_places_of_an_entry_exist(entry):
    pages = " ".join(page.path.read_text("utf8") for page in source.pages(ROOT))
    assert [place for place in entry.places if f"\n({place})=\n" not in pages] == []


@pytest.mark.fast
@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry not in ON_CPU], ids=lambda entry: entry.label)
def test_an_entry_for_a_gpu_says_where_its_message_is_found(entry):
    """Of PyTorch's sources, those in Python are installed, and can be asked."""
    path = SOURCE.search(entry.text)[1]
    assert re.fullmatch(r"(?:aten|c10|torch)/[\w./-]+\.(?:cpp|cu|cuh|h|hpp|mm|py)", path)
    if path.endswith(".py"):
        words = max(entry.message.split("…"), key=len).split()
        said = re.sub(r'(?:f?["\']|\s)+', " ", (TORCH.parent / path).read_text("utf8"))
        assert re.sub(r'["\'\s]+', " ", " ".join(words)).strip() in said


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> dict[str, list[str]]:
    """What each program says that needs no GPU, by the label of its entry; some write files, or print past Python."""
    programs = json.dumps([entry.program for entry in ON_CPU])
    command = [sys.executable, str(Path(__file__).with_name("raised.py"))]
    folder = tmp_path_factory.mktemp("programs")
    result = subprocess.run(command, input=programs, cwd=folder, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    messages = json.loads(result.stdout.splitlines()[-1])
    return dict(zip((entry.label for entry in ON_CPU), messages, strict=True))


@pytest.mark.parametrize("entry", ON_CPU, ids=lambda entry: entry.label)
def test_a_program_raises_the_message_of_its_entry_and_of_no_other(said, entry):
    """Where an entry fits as well, it must be the less exact one."""
    messages = said[entry.label]
    fitting = [one for one in ENTRIES if any(covers(one.message, message) for message in messages)]
    assert entry in fitting, messages
    assert [one.label for one in fitting if one != entry and one.fixed >= entry.fixed] == []
