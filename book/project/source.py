"""What the book consists of: `_config.yml`, `_toc.yml`, `editions.yml` and the pages they name.

The first step in the path of a page; everything malformed is caught here, before anything runs.
"""

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from jsonschema import ValidationError
from jupyter_book.config import get_final_config, validate_yaml
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import MystMetadataParsingError, create_nb_reader, is_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode
from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

from book.project.errors import BuildError

CODE_CELLS = re.compile(r"^(`{3,}|~{3,}|:{3,})\{code-cell\}.*?^\1", re.M | re.S)


@dataclass(frozen=True)
class Edition:
    """One language of the book; see `editions.yml` for what the fields mean."""

    code: str
    path: str
    notebooks: str
    title: str
    name: str

    @property
    def tag(self) -> str:
        """The name of the language as HTML writes it: pt-BR."""
        return self.code.replace("_", "-")


@dataclass
class Page:
    """One file of the table of contents; `text` is all of it."""

    docname: str
    path: Path
    text: str
    myst: MdParserConfig

    @property
    def folder(self) -> str:
        """Where the page lies, from the root of the book, with slashes."""
        return posixpath.dirname(self.docname)

    @cached_property
    def is_notebook(self) -> bool:
        """Whether the page has a kernel and code cells, by its front matter."""
        return is_myst_markdown_notebook(self.text)

    @cached_property
    def code(self) -> str:
        """The text of the code cells, their fences included; found without parsing the page."""
        return "\n".join(cell[0] for cell in CODE_CELLS.finditer(self.text))

    @cached_property
    def notebook(self) -> NotebookNode | None:
        """The page as myst-nb reads it (so its code has the key that myst-nb would give it); None without a kernel.

        Raises BuildError when the options of a cell are malformed.
        """
        if not self.is_notebook:
            return None
        reader = create_nb_reader(str(self.path), self.myst, NbParserConfig(), self.text)
        try:
            return reader.read(self.text)
        except (MystMetadataParsingError, ValueError) as problem:
            name = f"{self.docname}{self.path.suffix}"
            raise BuildError(name, str(problem), "Mend the options of that cell.") from None

    @property
    def num_code_cells(self) -> int:
        return sum(cell.cell_type == "code" for cell in self.notebook.cells)

    def place(self, cell_index: int) -> str:
        """Say where a cell is: its number among the code cells and its line in the file."""
        number = sum(cell.cell_type == "code" for cell in self.notebook.cells[: cell_index + 1])
        line = self.notebook.metadata.source_map[cell_index] + 1
        return f"{self.docname}{self.path.suffix}, code cell {number} (line {line})"


def read_yaml(path: Path) -> object:
    """Parse a YAML file; BuildError names the file and line when it is missing or malformed."""
    try:
        return yaml.safe_load(path.read_text("utf8"))
    except UnicodeDecodeError:
        raise BuildError(path.name, "is not UTF-8", "Save the file in UTF-8.") from None
    except FileNotFoundError:
        raise BuildError(path.name, "is missing", "Run the command in the folder of the book.") from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"{path.name}, line {mark.line + 1}" if mark else path.name
        what = getattr(problem, "problem", None) or str(problem)
        raise BuildError(where, f"not valid YAML: {what}", "Mend that line (indentation? a missing colon?).") from None


def config(root: Path) -> dict:
    """The Sphinx configuration that Jupyter Book makes of `_config.yml`."""
    data = read_yaml(root / "_config.yml")
    try:
        validate_yaml(data, raise_on_errors=True)
        return get_final_config(user_yaml=root / "_config.yml", cli_config={"latex_individualpages": False})[0]
    except (ValidationError, ValueError, AttributeError) as problem:
        what = str(getattr(problem, "message", problem))
        raise BuildError("_config.yml", what, "Compare with Jupyter Book's list of settings.") from None


def editions(root: Path) -> list[Edition]:
    """The editions in the order of `editions.yml`; the first is the source language."""
    data = read_yaml(root / "editions.yml")
    fields = set(Edition.__dataclass_fields__)
    if not isinstance(data, list) or not data:
        raise BuildError("editions.yml", "is not a list of editions", "Begin each entry with '- code: …'.")
    for number, entry in enumerate(data, 1):
        where = f"editions.yml, entry {number}"
        if not isinstance(entry, dict) or set(entry) != fields:
            raise BuildError(where, "does not have exactly the fields " + ", ".join(sorted(fields)), "Mend that entry.")
        if wrong := [key for key, value in entry.items() if not isinstance(value, str)]:
            raise BuildError(where, f"{wrong[0]} is not a text", "Put it in quotes.")
    found = [Edition(**entry) for entry in data]
    for field in ("code", "path", "notebooks"):
        values = [getattr(edition, field) for edition in found]
        if len(set(values)) < len(values):
            raise BuildError("editions.yml", f"two entries have the same {field}", "Give each its own.")
    return found


def pages(root: Path) -> list[Page]:
    """Every page of `_toc.yml`, in its order."""
    read_yaml(root / "_toc.yml")
    try:
        docnames = list(parse_toc_yaml(root / "_toc.yml"))
    except (MalformedError, KeyError, TypeError, AttributeError) as problem:
        raise BuildError("_toc.yml", str(problem), "Compare with the example in README.md.") from None
    myst = MdParserConfig(enable_extensions=set(config(root)["myst_enable_extensions"]))
    return [read_page(root, docname, myst) for docname in docnames]


def read_page(root: Path, docname: str, myst: MdParserConfig) -> Page:
    """Read one page; BuildError when it does not exist, is not UTF-8, or its front matter is malformed."""
    path = root / docname if docname.endswith(".md") else root / f"{docname}.md"
    name = path.relative_to(root).as_posix()
    try:
        text = path.read_text("utf8")
    except FileNotFoundError:
        raise BuildError("_toc.yml", f"names {name}, which does not exist", "Write the page or take it out.") from None
    except UnicodeDecodeError as problem:
        line = path.read_bytes()[: problem.start].count(b"\n") + 1
        raise BuildError(f"{name}, line {line}", "is not UTF-8", "Save the file in UTF-8.") from None
    check_front_matter(name, text)
    return Page(docname.removesuffix(".md"), path, text, myst)


def check_front_matter(name: str, text: str) -> None:
    """Raise BuildError when the block between the first two `---` lines is not a YAML mapping."""
    if not text.startswith("---"):
        return
    block, closed, _ = text.removeprefix("---").partition("\n---")
    way_out = "Mend the lines between the first two '---'; model-construction.md shows the usual ones."
    if not closed:
        raise BuildError(f"{name}, front matter", "does not end with a line '---'", way_out)
    try:
        data = yaml.safe_load(block)
    except yaml.YAMLError as problem:
        line = problem.problem_mark.line + 1 if getattr(problem, "problem_mark", None) else 1
        raise BuildError(f"{name}, front matter, line {line}", "is not valid YAML", way_out) from None
    if not isinstance(data, dict):
        raise BuildError(f"{name}, front matter", "is not a mapping of keys to values", way_out)
