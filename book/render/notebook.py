"""Write each page as a notebook for Colab and JupyterLab, from the same doctree as its HTML.

A Sphinx builder: it runs after translation, so every language has its notebooks. `book.render.markdown` writes the
text; this module puts it and the code cells together. Outputs and solutions are left out.
"""

import posixpath
from pathlib import Path, PurePosixPath

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.config import Config
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.osutil import relative_uri

from book.project.address import site_url
from book.render.markdown import CELL_BREAK, NotebookTranslator

_ = get_translation("book")

# Which form of a glued output a notebook's text shows; the first that there is.
FORMS = ["image/png", "image/jpeg", "image/svg+xml", "text/markdown", "text/plain"]


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
    """Remove outputs before myst-nb chooses a format for them: it has none for this builder.

    Of an output that is a figure of the book, its number and caption stay: the text cites them.
    """

    default_priority = 1
    formats = ("notebook",)

    def run(self, **kwargs):
        for node in list(self.document.findall(nodes.container)):
            if node.get("nb_element") == "cell_code_output":
                figures = list(node.findall(nodes.figure))
                for figure in figures:
                    figure.children = [part for part in figure if isinstance(part, nodes.caption | nodes.legend)]
                node.parent.children[node.parent.index(node) : node.parent.index(node) + 1] = figures


class NotebookBuilder(Builder):
    """`-b notebook`: one .ipynb for each page whose front matter names a kernel."""

    name = "notebook"
    format = "notebook"
    epilog = "The notebooks are in %(outdir)s."
    allow_parallel = True
    default_translator_class = NotebookTranslator
    # Sphinx's attribute, which is no tuple
    supported_image_types = ["image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp"]  # noqa: RUF012

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

    def notebook_at(self, uri: str) -> str | None:
        """The address itself when, seen from the page that is written, another page's notebook lies there."""
        here = PurePosixPath(self.get_target_uri(self.current_doc_name)).parent
        docname = posixpath.normpath(here / uri).removesuffix(".ipynb")
        return uri if uri.endswith(".ipynb") and self.is_notebook(docname) else None

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
        title = " · ".join(dict.fromkeys([self.env.titles[docname].astext(), self.config.html_title]))
        if self.config.html_baseurl:
            title = f"[{title}]({self.get_target_uri(docname)})"
        return _("From %s: the page also shows outputs and solutions.") % title


def choose_forms(app: Sphinx, config: Config) -> None:
    """Tell myst-nb which form of a glued output this builder takes: it knows Sphinx's builders only."""
    ours = [("notebook", form, place) for place, form in enumerate(FORMS)]
    config.nb_mime_priority_overrides = [*config.nb_mime_priority_overrides, *ours]


def setup(app: Sphinx) -> None:
    """Register the builder and the settings of sphinx-markdown-builder that its translator reads."""
    app.setup_extension("sphinx_markdown_builder")
    app.connect("config-inited", choose_forms)
    app.add_builder(NotebookBuilder)
    app.add_post_transform(DropOutputs)
