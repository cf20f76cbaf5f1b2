"""Promises of the source: what CONTRIBUTING.md asks of a page. Nothing is executed here."""

import ast
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from book.project import source
from conftest import ROOT, code_cells

pytestmark = pytest.mark.fast
PAGES = [page for page in source.pages(ROOT) if page.notebook]
ASKED = [page for page in PAGES if page.docname.endswith("-asked")]  # what people ask about a section
SECTIONS = [page for page in PAGES if not page.docname.endswith("/index") and page not in ASKED]
FIGURES = sorted((ROOT / "chapter_computation" / "figures").glob("*.svg"))
MOST_LINES = 15
ids = [page.docname.split("/")[-1] for page in PAGES]
section_ids = [page.docname.split("/")[-1] for page in SECTIONS]
asked_ids = [page.docname.split("/")[-1] for page in ASKED]


@pytest.mark.parametrize("page", SECTIONS, ids=section_ids)
def test_a_section_has_its_parts_in_order(page):
    text = page.path.read_text("utf8")
    parts = [
        "description:",
        f"(sec-{page.path.stem})=",
        "\n# ",
        ":class: question",
        ":class: goals",
        "import torch",
        "{.under-the-hood}",
        "\n## Summary",
        "\n## Exercises",
        "def judge(",
        "{exercise-start}",
        "\n## Further reading",
        "torch.__version__",
    ]
    assert_in_order(text, parts)


@pytest.mark.parametrize("page", ASKED, ids=asked_ids)
def test_a_page_of_questions_has_its_parts_in_order(page):
    """It lies below its section in the table of contents; each question has a place of its own."""
    section = page.docname.removesuffix("-asked")
    assert section in {one.docname for one in SECTIONS}
    text = page.path.read_text("utf8")
    parts = ["description:", f"(sec-{page.path.stem})=", "\n# Asked often: ", "import torch", "\n## ", "\n### "]
    assert_in_order(text, [*parts, "torch.__version__"])
    assert f"{{doc}}`{Path(section).name}`" in text
    lines = text.splitlines()
    for place, line in enumerate(lines):
        assert not line.startswith("### ") or re.match(r"\([a-z]+-asked-[\w-]+\)=$", lines[place - 1]), line


def assert_in_order(text: str, parts: list[str]) -> None:
    """These parts of a page are there, one behind the other."""
    positions = [text.find(part) for part in parts]
    assert -1 not in positions, [part for part, position in zip(parts, positions, strict=True) if position == -1]
    assert positions == sorted(positions), "a part is out of order"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_code_fits_a_page(page):
    for cell in code_cells(page):
        lines = cell.source.splitlines()
        long = [line for line in lines if len(line) > 79]
        assert not long, long
        if "check" not in cell.metadata.get("tags", []) and "solution" not in cell.metadata.get("tags", []):
            code = [line for line in lines if line.strip()]
            limit = 60 if under_the_hood(page, cell) else MOST_LINES + 3  # three for a docstring
            assert len(code) <= limit, f"{len(code)} lines:\n{cell.source}"


def under_the_hood(page, cell) -> bool:
    """Whether a cell stands in a section of that class."""
    text = page.path.read_text("utf8")
    before = text[: text.index(cell.source)]
    return before.rfind("{.under-the-hood}") > before.rfind("\n## ", 0, before.rfind("\n## ") or None)


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_a_notebook_imports_only_what_colab_has(page):
    known = {"torch", "numpy", "matplotlib", "safetensors"}
    for cell in code_cells(page):
        code = "\n".join(line for line in cell.source.splitlines() if not line.startswith(("%", "!")))
        for node in ast.walk(ast.parse(code)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                assert top in known or top in standard_library(), f"{page.docname} imports {top}"


def standard_library() -> frozenset:
    import sys

    return sys.stdlib_module_names


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_outputs_are_never_typed(page):
    """No output in the source: a fence that is not a cell holds no Python session."""
    text = page.path.read_text("utf8")
    assert ">>> " not in text
    assert "```{code-block} pycon" not in text


@pytest.mark.parametrize("page", SECTIONS + ASKED, ids=section_ids + asked_ids)
def test_labels_begin_with_the_name_of_their_page(page):
    labels = re.findall(r"^\(([\w-]+)\)=$|^:(?:label|name): ([\w-]+)$", page.path.read_text("utf8"), re.M)
    names = {first or second for first, second in labels} - {f"sec-{page.path.stem}"}
    assert len({name.split("-")[0] for name in names}) == 1, sorted(names)


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_figure_and_plot_has_an_alt_text(page):
    text = page.path.read_text("utf8")
    for block in re.findall(r"```\{figure\}.*?```", text, re.S):
        assert re.search(r"^:alt: .{20,}", block, re.M), block
    for cell in code_cells(page):
        if re.search(r"\bplt\.(plot|subplots|figure|bar|scatter|imshow)|\.plot\(", cell.source):
            assert len(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")) > 20, cell.source


@pytest.mark.parametrize("path", FIGURES, ids=[path.name for path in FIGURES])
def test_a_figure_is_described_themed_and_legible(path):
    text = path.read_text("utf8")
    svg = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert svg.find(f"{space}title").text.strip()
    assert svg.find(f"{space}desc").text.strip()
    assert svg.get("viewBox").split()[2] == "400"
    assert "var(--fig-ink" in text
    sizes = [float(size) for size in re.findall(r"font-size\s*[:=]\s*\"?([\d.]+)", text)]
    sizes += [float(size) for size in re.findall(r"font:[^;}]*?([\d.]+)px", text)]
    assert sizes, "the text has no size"
    assert min(sizes) >= 14, sizes
    names = re.findall(r"\b(?:class|id)=\"([^\"]+)\"", text)
    assert all(name.startswith(path.stem) for group in names for name in group.split()), names


def test_every_figure_is_used():
    text = "".join(page.path.read_text("utf8") for page in PAGES)
    assert [path.name for path in FIGURES if f"figures/{path.name}" not in text] == []


def test_nothing_names_a_path_of_a_machine():
    for page in PAGES:
        assert not re.search(r"/(home|root|work|Users)/", page.path.read_text("utf8")), page.docname


def test_no_mark_of_a_merge_is_left():
    """A file of words with both sides of a conflict in it breaks no build."""
    ours = [path for path in ROOT.iterdir() if path.name not in {".git", ".venv", "_build", "my-notebooks"}]
    files = [file for path in ours for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    texts = [
        file for file in files if file.suffix in {".md", ".py", ".po", ".yml", ".css", ".js", ".mjs", ".html", ".txt"}
    ]
    assert ROOT / "CONTRIBUTING.md" in texts
    marked = re.compile(rb"^(<{7}|>{7}) ", re.M)
    assert [str(file.relative_to(ROOT)) for file in texts if marked.search(file.read_bytes())] == []
