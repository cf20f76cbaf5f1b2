"""Write each page as a notebook for Colab and JupyterLab, from the same doctree as its HTML.

A Sphinx builder: it runs after translation, so every language has its notebooks. Markdown comes from
sphinx-markdown-builder; this module adds what a notebook needs: cells, absolute links, embedded
figures. Outputs and solutions are left out.
"""

import base64
import mimetypes
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.math import get_node_equation_number
from sphinx.util.osutil import relative_uri
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node
from sphinx_markdown_builder.contexts import IndentContext, SubContextParams, WrappedContext
from sphinx_markdown_builder.translator import MarkdownTranslator, pushing_context

from book.project.address import site_url
from book.render.mathml import macros
from book.render.notation import expanded, for_notebook
from book.translate import drawings

_ = get_translation("book")

CELL_BREAK = "\ue000"  # a character of no alphabet, and no white space: where a code cell stands in the Markdown

# Tags of Jupyter Book, as the metadata that JupyterLab and Colab know.
HIDDEN_INPUT = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
HIDDEN_OUTPUT = {"hide-output", "hide-cell", "remove-output", "remove-cell"}


class NotebookTranslator(MarkdownTranslator):
    """Doctree to Markdown with a CELL_BREAK for every code cell; the cells are collected in `cells`."""

    def __init__(self, document, builder):
        super().__init__(document, builder)
        self.cells = []
        self.linked = {node["refid"] for node in document.findall(nodes.reference) if node.get("refid")}

    # What belongs to a notebook's cells
    def visit_container(self, node):
        """A code cell of myst-nb, with its source and outputs inside; any other container is its content."""
        if node.get("nb_element") != "cell_code":
            return
        source = next(node.findall(nodes.literal_block)).astext()
        self.cells.append(nbformat.v4.new_code_cell(source, metadata=cell_metadata(node)))
        self.add(CELL_BREAK, prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    def visit_exercise_node(self, node):
        """An exercise is its title and content; its cells are cells of the notebook."""
        self.add_anchors(node)

    def depart_exercise_node(self, _node):
        self.ensure_eol(2)

    visit_exercise_enumerable_node = visit_exercise_node
    depart_exercise_enumerable_node = depart_exercise_node

    def visit_solution_node(self, node):
        """Solutions stay on the page: a link leads there."""
        address = self.builder.get_relative_uri(self.builder.current_doc_name, self.builder.current_doc_name)
        text = _("Solution, on the page of this section")
        link = f"[{text}]({address}#{node['ids'][0]})" if address.startswith("http") else text
        self.add(f"*{link}*", prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    # What Markdown in a notebook writes in its own way
    @pushing_context
    def visit_admonition(self, _node):
        """A box is a quotation that begins with its title in bold."""
        self._push_context(IndentContext("> ", empty=True, params=SubContextParams(2, 2)))

    visit_note = visit_tip = visit_hint = visit_important = visit_warning = visit_seealso = visit_admonition

    @pushing_context
    def visit_title(self, node):
        """The title of a box or exercise is bold; the title of a section is a heading."""
        box = isinstance(node.parent, (nodes.Admonition, exercise_node, exercise_enumerable_node))
        if not box:
            return MarkdownTranslator.visit_title(self, node)
        number = self.exercise_number(node.parent)
        if number:
            self.add(f"**{number}**", prefix_eol=2)
        self._push_context(WrappedContext("**", "**", params=SubContextParams(0 if number else 2, 2)))
        return None

    def exercise_number(self, node) -> str:
        """'Exercise 3', or an empty text for a box that is not numbered."""
        if not isinstance(node, exercise_enumerable_node):
            return ""
        numbers = self.builder.env.toc_fignumbers[self.builder.current_doc_name]["exercise"]
        number = ".".join(map(str, numbers[node["ids"][0]]))
        return self.config.numfig_format["exercise"] % number

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

    def visit_figure(self, node):
        self.add_anchors(node)

    def visit_image(self, node):
        """Figures travel inside the notebook."""
        path = Path(self.builder.srcdir, node["uri"])
        kind = mimetypes.guess_type(path.name)[0]
        content = path.read_bytes()
        if path.suffix == ".svg":  # without a width it would fill the notebook
            content = drawings.translated(content.decode()).replace("<svg ", '<svg width="480" ', 1).encode()
        data = base64.b64encode(content).decode()
        alt = node.get("alt", "").replace("\n", " ").replace("[", "(").replace("]", ")")
        self.add(f"![{alt}](data:{kind};base64,{data})", prefix_eol=2, suffix_eol=2)

    @pushing_context
    def visit_caption(self, _node):
        self._push_context(WrappedContext("*", "*", params=SubContextParams(2, 2)))

    @pushing_context
    def visit_reference(self, node):
        """Links lead to the site or to an anchor here; without a site's address only the text remains."""
        uri = node.get("refuri", "") or (f"#{node['refid']}" if node.get("refid") else "")
        known = uri.startswith(("#", "http://", "https://", "mailto:"))
        self._push_context(WrappedContext("[", f"]({uri})") if known else WrappedContext("", ""))

    def visit_citation(self, node):
        """An entry of a bibliography begins with its label."""
        self.add_anchors(node)
        label = node.pop(0).astext()
        node.next_node(nodes.paragraph).insert(0, nodes.Text(f"[{label}] "))

    def depart_citation(self, _node):
        self.ensure_eol(2)

    def visit_meta(self, _node):
        raise nodes.SkipNode

    def visit_raw(self, _node):
        raise nodes.SkipNode

    def visit_math(self, node):
        """A formula, with the spaces inside its dollars that some renderers do not accept removed."""
        self.add(f"${' '.join(expanded(node.astext(), macros(self.config)).split())}$")
        raise nodes.SkipNode

    def visit_math_block(self, node):
        self.add_anchors(node)
        number = get_node_equation_number(self, node) if node.get("number") else ""
        tex = for_notebook(node.astext(), macros(self.config), number)
        self.add(f"$$\n{tex}\n$$", prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode


def cell_metadata(node: nodes.container) -> dict:
    """The metadata of a code cell: its tags, and what they mean to JupyterLab and Colab."""
    tags = node["cell_metadata"].get("tags", [])
    metadata = {"tags": list(tags)} if tags else {}
    if HIDDEN_INPUT & set(tags):
        metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}}
    if HIDDEN_OUTPUT & set(tags):
        metadata["jupyter"] = metadata.get("jupyter", {}) | {"outputs_hidden": True}
    return metadata


def assemble(markdown: str, code_cells: list, backlink: str, accelerator: str | None) -> nbformat.NotebookNode:
    """Make the notebook: the link to the page, then the text with the code cells in their places."""
    cells = [nbformat.v4.new_markdown_cell(backlink)]
    texts = markdown.split(CELL_BREAK)
    if len(texts) != len(code_cells) + 1:
        raise ValueError(f"{len(code_cells)} code cells, {len(texts) - 1} places for them")
    for number, text in enumerate(texts):
        if text.strip():
            cells.append(nbformat.v4.new_markdown_cell(text.strip()))
        if number < len(code_cells):
            cells.append(code_cells[number])
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number:03d}"  # nbformat's own ids are random
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "colab": {"provenance": [], "toc_visible": True},
    }
    if accelerator:
        metadata["accelerator"] = accelerator
        metadata["colab"]["gpuType"] = "T4"
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return notebook


class DropOutputs(SphinxPostTransform):
    """Remove outputs before myst-nb chooses a format for them: it has none for this builder."""

    default_priority = 1
    formats = ("notebook",)

    def run(self, **kwargs):
        for node in list(self.document.findall(nodes.container)):
            if node.get("nb_element") == "cell_code_output":
                node.parent.remove(node)


class NotebookBuilder(Builder):
    """`-b notebook`: one .ipynb for each page whose front matter names a kernel."""

    name = "notebook"
    format = "notebook"
    epilog = "The notebooks are in %(outdir)s."
    allow_parallel = True
    default_translator_class = NotebookTranslator
    supported_image_types = ["image/svg+xml", "image/png", "image/jpeg"]  # noqa: RUF012 (Sphinx's attribute)

    def init(self):
        self.site = site_url(Path(self.srcdir))

    def target(self, docname: str) -> Path:
        """Where the notebook of a page is written."""
        return Path(self.outdir, f"{docname}.ipynb")

    def get_outdated_docs(self):
        """None of its own: notebooks are written with their pages (`book.render.builder`)."""
        return []

    def is_notebook(self, docname: str) -> bool:
        """Whether a page has a notebook: its front matter names a kernel."""
        return "kernelspec" in self.env.metadata.get(docname, {})

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """The page on the site; without a known site, the neighbouring notebook."""
        return f"{self.config.html_baseurl}{docname}.html" if self.config.html_baseurl else f"{docname}.ipynb"

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        """Links inside a page stay inside; others lead to the site."""
        uri = self.get_target_uri(to, typ)
        return uri if self.config.html_baseurl else relative_uri(self.get_target_uri(from_), uri)

    def prepare_writing(self, docnames):
        """Nothing to prepare: each notebook stands alone."""

    def write_doc(self, docname: str, doctree: nodes.document):
        """Write one notebook."""
        metadata = self.env.metadata[docname]
        self.current_doc_name = docname
        self.fignumbers = self.env.toc_fignumbers.get(docname, {})
        translator = self.create_translator(doctree, self)
        doctree.walkabout(translator)
        notebook = assemble(translator.astext(), translator.cells, self.backlink(docname), metadata.get("accelerator"))
        target = self.target(docname)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        nbformat.write(notebook, partial)
        partial.replace(target)

    def backlink(self, docname: str) -> str:
        """The first line of a notebook: where its page with outputs and solutions is."""
        title = f"{self.env.titles[docname].astext()} · {self.config.html_title}"
        if self.config.html_baseurl:
            title = f"[{title}]({self.get_target_uri(docname)})"
        return _("From %s: the page also shows outputs and solutions.") % title


def setup(app: Sphinx) -> None:
    """Register the builder and the settings of sphinx-markdown-builder that its translator reads."""
    app.setup_extension("sphinx_markdown_builder")
    app.add_builder(NotebookBuilder)
    app.add_post_transform(DropOutputs)
