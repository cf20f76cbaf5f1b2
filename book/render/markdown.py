"""The text of a page as a notebook's Markdown.

sphinx-markdown-builder writes much of it; here is what a notebook needs (cells, absolute links, images inside it), and
what JupyterLab, Colab, VS Code, GitHub and nbviewer would show in another way than the page. Whatever a page has that
is not known here becomes its text, or a link to the page.
"""

import re
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx import addnodes
from sphinx.locale import admonitionlabels, get_translation
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx_exercise.nodes import exercise_enumerable_node
from sphinx_markdown_builder.contexts import (
    IndentContext,
    SubContext,
    SubContextParams,
    TableContext,
    WrappedContext,
)
from sphinx_markdown_builder.translator import MarkdownTranslator, pushing_context

from book.render import pictures
from book.render.mathml import macros
from book.render.notation import expanded, for_notebook

_ = get_translation("book")
logger = logging.getLogger(__name__)

CELL_BREAK = "\ue000"  # a character of no alphabet, and no white space: where a code cell stands in the Markdown

# Tags of Jupyter Book, as the metadata that JupyterLab and Colab know.
HIDDEN_INPUT = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
HIDDEN_OUTPUT = {"hide-output", "hide-cell", "remove-output", "remove-cell"}

# Characters that mean something wherever they stand, as far as they do: not inside a word, not a lone bracket.
ANYWHERE = re.compile(r"[\\*`~]|(?:(?<![^\W_])_|_(?![^\W_]))|<(?=[A-Za-z/!?])|\](?=[(\[:])|&(?=#?\w+;)")
# Characters that mean something where a paragraph begins.
AT_START = re.compile(r"\A(\s*\d*)([#>+=-](?=[\s#>=-]|$)|(?<=\d)[.)](?=\s|$))")


class NotebookTranslator(MarkdownTranslator):
    """Doctree to Markdown with a CELL_BREAK for every code cell; the cells are collected in `cells`."""

    def __init__(self, document, builder):
        super().__init__(document, builder)
        self.cells = []
        self.linked = {node["refid"] for node in document.findall(nodes.reference) if node.get("refid")}

    # What belongs to a notebook's cells
    def visit_container(self, node):
        """A code cell of myst-nb, with its source and outputs inside; any other container is its content."""
        if node.get("nb_element") == "cell_code":
            self.add_cell(node)

    def add_cell(self, node):
        """A cell of the notebook, in this place of the text, above the captions of its outputs."""
        self.cells.append(nbformat.v4.new_code_cell(node["source_code"], metadata=cell_metadata(node)))
        self.add(CELL_BREAK, prefix_eol=2, suffix_eol=2)
        for figure in node.findall(nodes.figure):
            figure.walkabout(self)
        raise nodes.SkipNode

    visit_unseen_cell = add_cell

    def visit_exercise_node(self, node):
        """An exercise is its title and content; its cells are cells of the notebook."""
        self.add_anchors(node)

    def depart_exercise_node(self, _node):
        self.ensure_eol(2)

    visit_exercise_enumerable_node = visit_exercise_node
    depart_exercise_enumerable_node = depart_exercise_node

    def visit_solution_node(self, node):
        """Solutions stay on the page: a link leads there."""
        self.add_link_to_page(_("Solution, on the page of this section"), node)

    def add_link_to_page(self, words: str, node):
        """In place of a node, a line that leads to it on the page."""
        address = self.builder.get_relative_uri(self.builder.current_doc_name, self.builder.current_doc_name)
        anchor = f"#{node['ids'][0]}" if node.get("ids") else ""
        link = f"[{words}]({address}{anchor})" if address.startswith("http") else words
        self.add(f"*{link}*", prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    # Text
    def visit_Text(self, node):
        """Text that no viewer takes for Markdown, nor for a formula."""
        text = node.astext().replace("\r", "")
        if not self.status.preserve_line_breaks:
            text = text.replace("\n", " ")
        if self.status.escape_text:
            text = ANYWHERE.sub(lambda mark: "&amp;" if mark[0] == "&" else f"\\{mark[0]}", text)
            if begins_paragraph(node):
                text = AT_START.sub(r"\1\\\2", text)
            # Alone in an element, because MathJax looks for formulas in what comes out of Markdown as well
            text = text.replace("$", r"<span>\$</span>")
        self.add(text)

    def visit_literal(self, node):
        """Code inside a sentence, between more backticks than it has in a row."""
        code = " ".join(node.astext().split("\n"))
        ticks = "`" * (longest_run(code) + 1)
        gap = " " if code.startswith("`") or code.endswith("`") else ""
        self.add(f"{ticks}{gap}{code}{gap}{ticks}")
        raise nodes.SkipNode

    def visit_literal_block(self, node):
        """A listing, fenced by more backticks than it has in a row."""
        code = node.astext().rstrip("\n")
        fence = "`" * max(3, longest_run(code) + 1)
        self.add(f"{fence}{node.get('language', '')}\n{code}\n{fence}", prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    @pushing_context
    def visit_superscript(self, _node):
        self._push_context(WrappedContext("<sup>", "</sup>"))

    def visit_abbreviation(self, _node):
        """The short form; its long form, which a mouse shows on the page, follows in brackets."""

    def depart_abbreviation(self, node):
        if node.get("explanation"):
            self.add(f" ({node['explanation']})")

    def visit_raw(self, node):
        """HTML of the author's, and hard line breaks, which MyST hands on as HTML; nothing that the viewers drop."""
        if "html" in node.get("format", "").split() and not re.match(r"\s*<(script|style)\b", node.astext()):
            html = re.sub(r"\n\s*\n", "\n", node.astext())  # an empty line would end it
            inside = isinstance(node.parent, nodes.TextElement)
            self.add(html.strip() if inside else html, *((0, 0) if inside else (2, 2)))
        raise nodes.SkipNode

    # Boxes
    @pushing_context
    def visit_admonition(self, _node):
        """A box is a quotation that begins with its title in bold."""
        self._push_context(IndentContext("> ", empty=True, params=SubContextParams(2, 2)))

    visit_sidebar = visit_topic = visit_admonition
    depart_topic = MarkdownTranslator._pop_context

    @pushing_context
    def visit_note(self, node):
        """A box whose title is the word for its kind; what the page folds, a hint for example, is folded here, too."""
        title = admonitionlabels[node.tagname]
        if "dropdown" in node["classes"]:
            opening = f"<details>\n<summary>{title}</summary>\n\n"
            self._push_context(WrappedContext(opening, "\n\n</details>", params=SubContextParams(2, 2)))
            return
        self._push_context(IndentContext("> ", empty=True, params=SubContextParams(2, 2)))
        self.add(f"**{title}**", suffix_eol=2)

    visit_attention = visit_caution = visit_danger = visit_error = visit_hint = visit_note
    visit_important = visit_tip = visit_warning = visit_seealso = visit_note

    def visit_versionmodified(self, _node):
        """Its first paragraph says which version."""

    depart_versionmodified = visit_versionmodified

    @pushing_context
    def visit_title(self, node):
        """The title of a section is a heading; that of a box, exercise or table is bold, with its number."""
        if isinstance(node.parent, nodes.section):
            return MarkdownTranslator.visit_title(self, node)
        number = self.number_of(node.parent)
        if number:
            self.add(f"**{number}**", prefix_eol=2)
            self.add(" ")
        self._push_context(WrappedContext("**", "**", params=SubContextParams(0 if number else 2, 2)))
        return None

    def number_of(self, node) -> str:
        """'Exercise 3', 'Fig. 1', 'Theorem 2', as the text cites it, or an empty text for what is not numbered."""
        kind = "exercise"
        if not isinstance(node, exercise_enumerable_node):
            kind = self.builder.env.domains["std"].get_enumerable_node_type(node)
        known = self.builder.env.toc_fignumbers.get(self.builder.current_doc_name, {}).get(kind, {})
        number = next((known[name] for name in node["ids"] if name in known), None)
        words = self.config.numfig_format[kind] % ".".join(map(str, number)) if number else ""
        return words[:1].upper() + words[1:]

    def visit_section(self, node):
        """Sections and other targets get an anchor when something on the page links to them."""
        self.ensure_eol(2)
        self.add_anchors(node)
        self._push_status(section_level=self.status.section_level + 1)

    def depart_section(self, _node):
        self._pop_status()

    def visit_target(self, node):
        self.add_anchors(node)

    def add_anchors(self, node):
        """An anchor for each id of the node that is linked to (id for JupyterLab, name for Colab)."""
        for name in [*node.get("ids", []), node.get("refid")]:
            if name in self.linked:
                self.linked.discard(name)
                self.add(f'<a id="{name}" name="{name}"></a>', prefix_eol=2, suffix_eol=2)

    # Figures and tables
    def visit_figure(self, node):
        self.add_anchors(node)

    def visit_image(self, node):
        """Images travel inside the notebook; those of other hosts stay there."""
        alt, uri = node.get("alt", ""), node["uri"]
        eol = 0 if isinstance(node.parent, nodes.TextElement) else 2
        if "://" in uri:
            words = alt.replace("\n", " ").replace("[", "(").replace("]", ")")
            self.add(f"![{words}]({uri})", eol, eol)
            raise nodes.SkipNode
        width = re.fullmatch(r"\s*(\d+%?)(?:px)?\s*", str(node.get("width", "")))
        try:
            kept = Path(self.builder.srcdir, "_build", "work", "pictures")
            image = pictures.element(Path(self.builder.srcdir, uri), alt, width[1] if width else "", kept)
        except ValueError as problem:
            logger.warning("%s cannot be drawn for the notebook: %s", uri, problem, location=node)
            raise nodes.SkipNode from None
        self.add(image, eol, eol)
        raise nodes.SkipNode

    @pushing_context
    def visit_caption(self, node):
        """A caption begins with its number; a caption without one is text like another."""
        self._push_context(SubContext(SubContextParams(2, 2)))
        if number := self.number_of(node.parent):
            self.add(f"**{number}.** ")

    @pushing_context
    def visit_legend(self, _node):
        self._push_context(SubContext(SubContextParams(2, 2)))

    def visit_table(self, node):
        """A table, below its title, which is none of its rows."""
        self.add_anchors(node)
        for title in list(node.findall(nodes.title)):
            node.remove(title)
            moved = nodes.paragraph()
            number = self.number_of(node)
            moved += [nodes.strong("", f"{number}."), nodes.Text(" ")] if number else []
            moved += title.children
            moved.walkabout(self)
        self._push_context(Table(params=SubContextParams(2, 2)))

    def depart_table(self, _node):
        self._pop_context()

    # Definitions, of which Markdown has none
    @pushing_context
    def visit_term(self, node):
        self.add_anchors(node)
        self._push_context(WrappedContext("**", "**", params=SubContextParams(2, 2)))

    @pushing_context
    def visit_definition(self, _node):
        self._push_context(SubContext(SubContextParams(2, 2)))

    # Links
    @pushing_context
    def visit_reference(self, node):
        """Links lead to the site or to an anchor here; without a site's address, to the notebook of another page."""
        uri = node.get("refuri", "") or (f"#{node['refid']}" if node.get("refid") else "")
        known = uri.startswith(("#", "http://", "https://", "mailto:"))
        if not known and (notebook := self.builder.notebook_at(uri.partition("#")[0])):
            uri, known = notebook, True  # its anchors are those that its own text links to
        self._push_context(WrappedContext("[", f"]({uri})") if known else WrappedContext("", ""))

    @pushing_context
    def visit_download_reference(self, node):
        """A file lies on the site, or on another host."""
        uri, base = node.get("refuri", ""), self.config.html_baseurl
        if base and "filename" in node:
            uri = f"{base}_downloads/{node['filename']}"
        self._push_context(WrappedContext("[", f"]({uri})") if uri else WrappedContext("", ""))

    def visit_citation(self, node):
        """An entry of a bibliography begins with its label."""
        self.add_anchors(node)
        label = node.pop(0).astext()
        node.next_node(nodes.paragraph).insert(0, nodes.Text(f"[{label}] "))

    def depart_citation(self, _node):
        self.ensure_eol(2)

    def visit_meta(self, _node):
        raise nodes.SkipNode

    # Formulas
    def visit_math(self, node):
        """A formula, with the spaces inside its dollars that some renderers do not accept removed."""
        formula = " ".join(expanded(node.astext(), macros(self.config)).split())
        if any(isinstance(around, nodes.entry) for around in ancestors(node)):  # a bar would begin a column
            formula = formula.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
        self.add(f"${formula}$")
        raise nodes.SkipNode

    def visit_math_block(self, node):
        self.add_anchors(node)
        number = get_node_equation_number(self, node) if node.get("number") else ""
        tex = for_notebook(node.astext(), macros(self.config), number)
        self.add(f"$$\n{tex}\n$$", prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    # Whatever else an extension brings
    def unknown_visit(self, node):
        """Its content, if it has one; else its code, or a link to the page."""
        if isinstance(node, nodes.Invisible | addnodes.toctree):
            raise nodes.SkipNode
        if not node.children and isinstance(node.get("code"), str):  # a diagram's
            self.visit_literal_block(nodes.literal_block("", node["code"], language=type(node).__name__))
        if not node.children:
            self.add_link_to_page(_("Shown on the page of this section"), node)
        self.unknown_departure(node)
        self.add_anchors(node)

    def unknown_departure(self, node):
        if not isinstance(node, nodes.Inline):
            self.ensure_eol(2)


class Table(TableContext):
    """A table whose cells may have a bar in them."""

    @staticmethod
    def make_row(row):
        """The cells of a row; an anchor or a line break keeps its place."""
        return ["".join(entry).strip().replace("|", r"\|").replace("\n", "<br>") for entry in row]


def ancestors(node: nodes.Node):
    """What a node stands in, the nearest first."""
    while node := node.parent:
        yield node


def begins_paragraph(node: nodes.Text) -> bool:
    """Whether nothing stands before a text in its paragraph."""
    while not isinstance(node, nodes.paragraph):
        if node.parent is None or node.parent[0] is not node:
            return False
        node = node.parent
    return True


def longest_run(code: str) -> int:
    """How many backticks stand in a row, at most."""
    return max(map(len, re.findall("`+", code)), default=0)


def cell_metadata(node: nodes.Element) -> dict:
    """The metadata of a code cell: its tags, and what they mean to JupyterLab and Colab."""
    tags = node["cell_metadata"].get("tags", [])
    metadata = {"tags": list(tags)} if tags else {}
    known = {tag.replace("_", "-") for tag in tags}  # myst-nb takes both
    if HIDDEN_INPUT & known:
        metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}}
    if HIDDEN_OUTPUT & known:
        metadata["jupyter"] = metadata.get("jupyter", {}) | {"outputs_hidden": True}
    return metadata
