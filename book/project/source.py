"""What the book consists of: `_config.yml`, `_toc.yml`, `editions.yml` and the pages they name.

The first step in the path of a page; everything malformed is caught here, before anything runs.
"""

import codecs
import os
import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath

import yaml
from jsonschema import ValidationError
from jupyter_book.config import get_final_config, validate_yaml
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import MystMetadataParsingError, create_nb_reader, is_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode
from sphinx.util.matching import Matcher
from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

from book.project import page_settings, settings, strict
from book.project.errors import BuildError
from book.project.page_settings import CODE_CELLS, PageSettings

# A line of prose that neither begins nor ends a block, nor belongs to a list, a table or a footnote
PLAIN = re.compile(r"""(?!.*(```|~~~|:::|\$\$|\\(begin|end)\{|<!--|-->))([^\W\d]|["'(]|[*`](?![\s*`]))""")
FENCE = re.compile(r"\s*(`{3,}|~{3,}|:{3,}(?=\s*\{code-cell))")  # of code, where it opens
TASK = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+\[[ xX]\]\s")
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    codecs.BOM_UTF8: "UTF-8 with a byte order mark",
}
MERGE = re.compile(r"^(<{7}|>{7})(?= |$)", re.M)
# Editions are folders: of the site and its notebooks, and of what the build keeps, which it also empties. What begins
# with _ on the site is Sphinx's.
FOLDER = r"[^\W_](?:[\w-]{0,58}[^\W_])?"
PLAIN_NAMES = {
    "code": (r"[A-Za-z]{2,8}(?:[_@-][A-Za-z0-9]{1,8})*", "Give Sphinx's name of the language, such as pt_BR."),
    "path": (rf"(?:{FOLDER})?", "Give letters, digits and - alone, such as pt-br, or nothing."),
    "notebooks": (FOLDER, "Give letters, digits and - alone, such as pt-br."),
}
OWN_FOLDERS = {"gettext", "pictures"}  # of the build, beside those of the editions in _build/work


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
    """One file of the table of contents; `text` is all of it, `settings` say how it is executed.

    In an edition in another language, `speak` puts the texts inside its code into that language; `words` is the
    checksum of where it has them from.
    """

    docname: str
    path: Path
    text: str
    myst: MdParserConfig
    settings: PageSettings
    edition: str = ""  # the name of the edition for its notebooks, if it is not the first
    speak: Callable[[str], str] | None = None
    words: str = ""

    @property
    def name(self) -> str:
        """What tells the page from those of all editions."""
        return f"{self.edition}/{self.docname}" if self.edition else self.docname

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
    def frame(self) -> str:
        """The text without what may change in plain prose while the code cells stay what they are.

        Which fences are cells depends on what stands around them: on other fences, HTML, formulas, lists. So all lines
        are in it but plain and blank ones; of those, whether there are any, and whether the first and last are blank.
        """
        kept, gap, fence = [], [], ""

        def close() -> None:
            if gap:
                kept.append(f"{'' in gap}{any(gap)}{gap[0] == ''}{gap[-1] == ''}")
                gap.clear()

        head = re.match(r"---\n.*?^---$", self.text, re.M | re.S)
        spans = [*([head.span()] if head else []), *(cell.span() for cell in CODE_CELLS.finditer(self.text))]
        place = 0
        for line in self.text.split("\n"):
            while spans and spans[0][1] <= place:
                del spans[0]
            inside = fence or (spans and spans[0][0] <= place)
            place += len(line) + 1
            if not inside and (not line.strip() or PLAIN.match(line)):
                gap.append(line.strip())
                continue
            close()
            kept.append(line)
            if fence:
                fence = "" if re.fullmatch(rf"\s*{fence}{fence[0]}*\s*", line) else fence
            elif opened := FENCE.match(line):
                fence = opened[1]
        close()
        return "\n".join(kept)

    @cached_property
    def notebook(self) -> NotebookNode | None:
        """The page as myst-nb reads it (so its code has the key that myst-nb would give it); None without a kernel.

        Raises BuildError when the options of a cell are malformed.
        """
        if not self.is_notebook:
            return None
        text = self.speak(self.text) if self.speak else self.text
        reader = create_nb_reader(str(self.path), self.myst, NbParserConfig(), text)
        name = f"{self.docname}{self.path.suffix}"
        try:
            return reader.read(text)
        except (MystMetadataParsingError, ValueError) as problem:
            raise BuildError(name, str(problem), "Mend the options of that cell.") from None
        except ValidationError as problem:  # nbformat's
            what = f"{'.'.join(map(str, problem.relative_path))}: {problem.message}"
            raise BuildError(name, what, "Mend the front matter, or the options of that cell.") from None
        except IndexError:
            if "tasklist" not in self.myst.enable_extensions:
                raise
            line = next(n for n, text in enumerate(self.text.splitlines(), 1) if TASK.match(text))
            what = "has a list of tasks (- [ ]), which myst-nb cannot read on a page with code"
            raise BuildError(f"{name}, line {line}", what, "Write it as a plain list.") from None

    @property
    def num_code_cells(self) -> int:
        return sum(cell.cell_type == "code" for cell in self.notebook.cells)

    def place(self, cell_index: int) -> str:
        """Say where a cell is: its number among the code cells and its line in the file, which is the English one."""
        number = sum(cell.cell_type == "code" for cell in self.notebook.cells[: cell_index + 1])
        line = replace(self, speak=None).notebook.metadata.source_map[cell_index] + 1
        where = f" in {self.edition}" if self.edition else ""
        return f"{self.docname}{self.path.suffix}, code cell {number} (line {line}){where}"


def read_text(path: Path, name: str) -> str:
    """The text of a file that people write; BuildError when it is not plain UTF-8 or a merge is not finished in it.

    Without this, marks of a merge would be published, and a page whose first line is not `---` would have no cells.
    """
    if path.exists() and not path.is_file():  # a pipe would keep us waiting
        raise BuildError(name, "is no file", "Put the file in its place.")
    data, way_out = path.read_bytes(), "Save the file in UTF-8, without a byte order mark (BOM)."
    for start, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(start):
            raise BuildError(name, f"is {encoding}", way_out)
    try:
        text = data.decode("utf8")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise BuildError(f"{name}, line {line}", "is not UTF-8", way_out) from None
    if "\0" in text:
        raise BuildError(f"{name}, line {line_at(text, text.index(chr(0)))}", "is not UTF-8", way_out)
    refuse_merge(text, name)
    return text.replace("\r\n", "\n").replace("\r", "\n")  # as in text mode


def refuse_merge(text: str, name: str) -> None:
    """BuildError when a merge that has found two versions of a line is not finished."""
    if mark := MERGE.search(text):
        where = f"{name}, line {line_at(text, mark.start())}"
        raise BuildError(where, f"has the mark of a merge: {mark[0]}", "Keep one of the two sides, without the marks.")


def line_at(text: str, place: int) -> int:
    """The number of the line in which a character stands."""
    return text.count("\n", 0, place) + 1


def read_yaml(path: Path) -> object:
    """Parse a YAML file; BuildError names the file and line when it is missing or malformed."""
    try:
        return strict.load(read_text(path, path.name))
    except FileNotFoundError:
        raise BuildError(path.name, "is missing", "Run the command in the folder of the book.") from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"{path.name}, line {mark.line + 1}" if mark else path.name
        what = getattr(problem, "problem", None) or str(problem)
        way_out = "Mend that line (indentation? a missing colon?)."
        if what.endswith(strict.TWICE):
            way_out = "Make one of the two, with what both say."
        raise BuildError(where, f"not valid YAML: {what}", way_out) from None


def config(root: Path) -> dict:
    """The Sphinx configuration that Jupyter Book makes of `_config.yml`."""
    data = read_yaml(root / "_config.yml")
    try:
        validate_yaml(data, raise_on_errors=True)
        settings.check(root, data)
        return get_final_config(user_yaml=root / "_config.yml", cli_config={"latex_individualpages": False})[0]
    except (ValidationError, ValueError, TypeError, AttributeError) as problem:
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
        for key, (pattern, way_out) in PLAIN_NAMES.items():
            if not re.fullmatch(pattern, entry[key]):
                raise BuildError(where, f"{key}: {entry[key]!r} is refused: it is no plain name", way_out)
        if entry["notebooks"].lower() in OWN_FOLDERS:
            what = f"notebooks: {entry['notebooks']} is refused: the build has a folder of that name"
            raise BuildError(where, what, "Take another name.")
    found = [Edition(**entry) for entry in data]
    for field in ("code", "path", "notebooks"):
        values = [same_name(getattr(edition, field)) for edition in found]
        if len(set(values)) < len(values):
            raise BuildError("editions.yml", f"two entries have the same {field}", "Give each its own.")
    if all(edition.path for edition in found):
        raise BuildError("editions.yml", "no entry has an empty path, so the site has no start", 'Set path: "" in one.')
    return found


def same_name(name: str) -> str:
    """The same for names that are one folder on some file system: on macOS and Windows the case plays no part."""
    return unicodedata.normalize("NFC", name).casefold()


def keep_apart(editions: list[Edition], pages: list["Page"]) -> None:
    """BuildError when an edition would lie where pages do: `tr/first` of the first one, and `first` of tr."""
    folders = {same_name(page.docname.partition("/")[0]): page for page in pages}
    for number, edition in enumerate(editions, 1):
        for key in ("path", "notebooks")[: 2 if number > 1 else 1]:  # the outputs of the first have no folder
            if page := folders.get(same_name(getattr(edition, key))):
                what = f"{key}: {getattr(edition, key)} is refused: {page.docname}.md lies in a folder of that name"
                raise BuildError(f"editions.yml, entry {number}", what, "Take another name.")


def chosen_edition(root: Path) -> Edition | None:
    """The edition that EDITION names; None when it names none. BuildError when the book has no such edition."""
    wanted = os.environ.get("EDITION", "")
    known = editions(root)
    for edition in known:
        if wanted.lower().replace("_", "-") in (edition.notebooks.lower(), edition.tag.lower()):
            return edition
    if not wanted:
        return None
    names = ", ".join(f"EDITION={edition.notebooks} ({edition.name})" for edition in known)
    raise BuildError("EDITION", f"the book has no edition {wanted!r}", f"Choose one of {names}.")


def pages(root: Path) -> list[Page]:
    """Every page of `_toc.yml`, in its order."""
    made = config(root)
    try:
        myst = MdParserConfig(
            **{one.name: made[f"myst_{one.name}"] for one in fields(MdParserConfig) if f"myst_{one.name}" in made}
        )
    except (TypeError, ValueError) as problem:
        raise BuildError("_config.yml", f"MyST's settings: {problem}", "Mend that setting.") from None
    common = page_settings.of_all(made)
    names = docnames(root)
    refuse_excluded(names, made.get("exclude_patterns", []))
    return [read_page(root, docname, myst, common) for docname in names]


def refuse_excluded(names: list[str], patterns: list[str]) -> None:
    """BuildError when settings exclude a page of the table of contents; Sphinx says only that it is not there."""
    for pattern in patterns:
        is_excluded = Matcher([pattern])
        for name in names:
            if is_excluded(f"{name}.md"):
                what = f"excludes {name}.md, which _toc.yml names"
                raise BuildError(f"_config.yml, exclude_patterns: {pattern}", what, "Take it out of one of the two.")


def docnames(root: Path) -> list[str]:
    """The names of the pages in `_toc.yml`, without suffix; BuildError for what the book does not do there."""
    read_yaml(root / "_toc.yml")
    try:
        contents = parse_toc_yaml(root / "_toc.yml")
    except (MalformedError, KeyError, TypeError, AttributeError) as problem:
        raise BuildError("_toc.yml", str(problem), "Compare with the example in README.md.") from None
    if patterns := sorted(contents.globs()):
        why = f"glob: {patterns[0]} is refused: a book says which pages it has, and in which order"
        raise BuildError("_toc.yml", why, "Name each page, with file:.")
    names = [name.removesuffix(".md") for name in contents]
    for name, times in Counter(names).items():
        if why := strays(name):
            line = line_of(root / "_toc.yml", name)
            where = f"_toc.yml, line {line}" if line else "_toc.yml"
            raise BuildError(where, f"{name}: is refused: {why}", "Name a page of the book, as in pages/second.")
        if times > 1:
            raise BuildError("_toc.yml", f"names {name}.md {times} times", "Leave one entry for it.")
    return names


def strays(name: str) -> str:
    """Why the name of a page may lead out of the book, or is one that has another as well; "" when neither."""
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive:
        return "it begins at the root of the disk"
    if "\\" in name:
        return "it has a backslash, where a path has /"
    parts = name.split("/")
    if ".." in parts:
        return "it leads out of a folder"
    if "" in parts or "." in parts or "\0" in name:
        return "it is no plain path"
    return ""


def line_of(path: Path, text: str) -> int:
    """The first line of a file that has a text; 0 when none has it as it is."""
    return next((number for number, line in enumerate(read_text(path, path.name).splitlines(), 1) if text in line), 0)


def read_page(root: Path, docname: str, myst: MdParserConfig, common: NbParserConfig) -> Page:
    """Read one page; BuildError when it does not exist, is no Markdown in UTF-8, or its front matter is malformed."""
    path = root / f"{docname}.md"
    name = f"{docname}.md"
    try:
        text = read_text(path, name)
    except FileNotFoundError:
        raise no_such_page(root, docname) from None
    data = page_settings.front_matter(name, text)
    if not re.sub(r"\A---\n.*?^---$", "", text, count=1, flags=re.M | re.S).strip():
        raise BuildError(name, "is empty: it has no title", "Begin it with its title, as in # The first page.")
    own = page_settings.of_page(common, PurePosixPath(path.as_posix()), name, data)
    return Page(docname, path, text, myst, own)


def no_such_page(root: Path, docname: str) -> BuildError:
    """What to say of an entry of `_toc.yml` that is no Markdown page."""
    for name in (docname, f"{docname}.ipynb", f"{docname}.rst"):
        if (root / name).is_file():
            what = f"names {name}, which is refused: pages are written in Markdown"
            if name.endswith(".ipynb"):
                way_out = f"jupytext --to myst {name} makes {Path(name).stem}.md of it; take the notebook away then."
            else:
                way_out = "Write it as Markdown (rst2myst helps), or take it out."
            return BuildError("_toc.yml", what, way_out)
    return BuildError("_toc.yml", f"names {docname}.md, which does not exist", "Write the page or take it out.")
