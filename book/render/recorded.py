"""Show the outputs of this build and those recorded on GPU machines, one behind the other.

`book.render.executed` has joined them in the doctree. Here a recorded output becomes a <details> of its own, which
works without a script, and the page gets a switch, which `recorded.js` brings to life.
"""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import get_translation

from book.render.executed import recorded_output
from book.render.translator import BookTranslator

_ = get_translation("book")


def set_beside(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put recorded outputs behind the cell's own instead of inside, and the switch below the page's title."""
    if app.builder.format != "html":
        return
    machines = []
    for recorded in list(doctree.findall(recorded_output)):
        output = recorded.parent
        output.remove(recorded)
        machines.append(f"{recorded['device']}, torch {recorded['torch']}")
        later = [node for node in output.parent.children if isinstance(node, recorded_output)]
        output.parent.insert(output.parent.index((later or [output])[-1]) + 1, recorded)
        if not output.children:
            output.parent.remove(output)
    if machines:
        title = next(doctree.findall(nodes.title))
        choice = nodes.raw("", switch(last_output(doctree), list(dict.fromkeys(machines))), format="html")
        title.parent.insert(title.parent.index(title) + 1, choice)


def last_output(doctree: nodes.document) -> str:
    """The first line of what the last cell printed, the one of the environment."""
    texts = [
        node.astext().strip()
        for node in doctree.findall(nodes.container)
        if node.get("nb_element") == "cell_code_output"
    ]
    return next((text.splitlines()[0] for text in reversed(texts) if text), "")


def switch(here: str, machines: list[str]) -> str:
    """The choice of whose outputs the page shows; `here` is what the environment cell printed."""
    choices = "".join(
        f'<label><input type="radio" name="outputs" value="{value}"{" checked" * (not value)}> {label}</label>'
        for value, label in [
            ("", _("this build: %s") % escape(here)),
            *((escape(one), escape(one)) for one in machines),
        ]
    )
    legend = _("Outputs from")
    return f'<fieldset class="outputs-switch" hidden><legend>{legend}</legend>{choices}</fieldset>'


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    ours = BookTranslator
    app.add_node(recorded_output, html=(ours.visit_recorded_output, ours.depart_recorded_output))
    app.connect("doctree-resolved", set_beside)
