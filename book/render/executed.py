"""Give myst-nb the outputs that `book.execute` has laid ready, and join those recorded on GPU machines in the doctree.

myst-nb chooses how a notebook gets its outputs by the execution mode, among four ways of its own, and has no place for
a fifth; nor for outputs beside a cell's own. So two names of its module are replaced here; a public way to choose the
client, and a method of a render plugin for the outputs of a cell, would take their place.
"""

import json
from pathlib import Path

import nbformat
from docutils import nodes
from myst_nb import sphinx_ as myst_nb
from myst_nb.core.execute import create_client
from myst_nb.core.execute.base import NotebookClientBase
from sphinx.application import Sphinx

from book.execute import tracebacks

FOLDER: Path | None = None  # of the outputs; None in a plain Jupyter Book, which executes by itself
ROOT: Path | None = None


class recorded_output(nodes.container):
    """What a cell gave on another machine; `device` and `torch` say which."""


class unseen_cell(nodes.Invisible, nodes.Element):
    """A cell that the page does not show and its notebook needs; `source_code` is its code."""


REMOVED = {"remove-cell", "remove_cell"}


class LaidReady(NotebookClientBase):
    """A client whose notebook has been executed before."""

    recorded: dict[int, list[dict]]

    def start_client(self):
        """Fill in the outputs of the page, in the order of its code cells."""
        docname = self.path.relative_to(ROOT).with_suffix("").as_posix()
        shown = json.loads((FOLDER / f"{docname}.json").read_text("utf8"))
        places = [index for index, cell in enumerate(self.notebook.cells) if cell.cell_type == "code"]
        self.notebook.metadata.update(nbformat.from_dict(shown["metadata"]))
        self.recorded = {}
        for number, index in enumerate(places):
            self.notebook.cells[index]["outputs"] = [nbformat.from_dict(one) for one in shown["outputs"][number]]
            self.recorded[index] = [
                one | {"outputs": [nbformat.from_dict(output) for output in one["outputs"][number]]}
                for one in shown["recorded"]
                if one["outputs"][number]
            ]


def client(notebook, source, nb_config, logger, read_fmt=None) -> NotebookClientBase:
    """In the place of myst-nb's own choice, when the outputs of this build are laid ready."""
    if FOLDER is None:
        return create_client(notebook, source, nb_config, logger, read_fmt)
    return LaidReady(notebook, Path(source), nb_config, logger)


class Renderer(myst_nb.SphinxNbRenderer):
    """Adds recorded outputs behind those of this build, and cells that only the notebook shows."""

    reached = 0  # the first cell of the notebook that has not been looked at

    def note_removed(self, until: int) -> None:
        """Note the code of the cells before this index that myst-nb has dropped."""
        for cell in self.nb_client.notebook.cells[self.reached : until]:
            if cell.cell_type == "code" and REMOVED & set(cell.metadata.get("tags", [])):
                self.current_node.append(unseen_cell(source_code=cell.source, cell_metadata=dict(cell.metadata)))
        self.reached = until

    def render_nb_cell_markdown(self, token) -> None:
        self.note_removed(token.meta["index"])
        super().render_nb_cell_markdown(token)

    def render_nb_cell_code(self, token) -> None:
        """Note the code of each cell, shown or not."""
        self.note_removed(token.meta["index"])
        place = len(self.current_node)
        super().render_nb_cell_code(token)
        if len(self.current_node) == place:  # neither its code nor its outputs are shown
            self.current_node.append(unseen_cell(cell_metadata=token.meta["metadata"]))
        self.current_node[place]["source_code"] = token.content

    def _get_nb_code_cell_outputs(self, token) -> tuple[int | None, list[nbformat.NotebookNode]]:
        """The outputs of a cell, its traceback short: a plain Jupyter Book has executed it in its own way."""
        count, outputs = super()._get_nb_code_cell_outputs(token)
        if not tracebacks.chosen(cell.source for cell in self.nb_client.notebook.cells):
            tracebacks.shorten(outputs)
        return count, outputs

    def render_nb_finalise(self, token) -> None:
        self.note_removed(len(self.nb_client.notebook.cells))
        super().render_nb_finalise(token)

    def _render_nb_cell_code_outputs(self, token, outputs) -> None:
        super()._render_nb_cell_code_outputs(token, outputs)
        for one in getattr(self.nb_client, "recorded", {}).get(token.meta["index"], []):
            box = recorded_output(device=one["device"], torch=one["torch"])
            inner = nodes.container(classes=["cell_output"])
            box += inner
            self.current_node += box
            with self.current_node_context(inner):
                super()._render_nb_cell_code_outputs(token, one["outputs"])


def choose(app: Sphinx) -> None:
    """Note where the outputs of this build are."""
    global FOLDER, ROOT
    FOLDER = Path(app.config.book_outputs) if app.config.book_outputs else None
    ROOT = Path(app.srcdir)


def leave_out(_translator, _node) -> None:
    """What a page does not show."""
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Take the place of myst-nb's choice."""
    app.add_node(unseen_cell, html=(leave_out, None))
    app.add_config_value("book_outputs", "", "env", str)
    app.connect("builder-inited", choose)
    myst_nb.create_client, myst_nb.SphinxNbRenderer = client, Renderer
