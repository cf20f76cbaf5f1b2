"""The way back from an error that a section shows to its entry in the index of error messages.

The index names places with {ref}, where a message is shown or explained; here each cell of these places that shows the
message gets a line that leads to its entry.
"""

import re
from functools import cache
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.locale import get_translation

_ = get_translation("book")
INDEX = "errors"  # the name of the page that is the index, in whatever folder


class Entry(NamedTuple):
    """An entry of the index: its message, and where it stands."""

    message: str
    docname: str
    anchor: str


def covers(message: str, shown: str) -> bool:
    """Whether an entry's message, with an ellipsis for what varies, is part of what was shown."""
    pattern = ".*?".join(re.escape(piece.strip()) for piece in message.split("…"))
    return re.search(pattern, " ".join(shown.split()), re.S) is not None


def pages(env: BuildEnvironment) -> list[str]:
    """The pages that are an index."""
    return sorted(name for name in env.found_docs if name.split("/")[-1] == INDEX)


@cache
def entries(env: BuildEnvironment) -> dict[str, list[Entry]]:
    """For each label that the index names: the entries that name it."""
    found = {}
    for docname in pages(env):
        for section in env.get_doctree(docname).findall(nodes.section):
            entry = Entry(section[0].astext(), docname, section["ids"][0])
            for reference in section.findall(addnodes.pending_xref):
                known = found.setdefault(reference["reftarget"], [])
                if reference.parent.parent is section and entry not in known:  # not of a section inside this one
                    known.append(entry)
    return found


def output(node: nodes.Node) -> str:
    """What a cell has printed or raised; nothing for any other node."""
    cells = node.findall(nodes.container) if isinstance(node, nodes.container) else ()
    return " ".join(child.astext() for child in cells if child.get("nb_element") == "cell_code_output")


def shown(cell: nodes.Node, named: list[Entry]) -> list[Entry]:
    """Those entries whose message a cell shows; where one message is a part of another, only the longer one's."""
    said = output(cell)
    fitting = [entry for entry in named if covers(entry.message, said)]
    return [one for one in fitting if not any(one != other and covers(one.message, other.message) for other in fitting)]


def lead_back(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Below each cell that shows the message of an entry which names its section, a link to that entry."""
    if app.builder.name != "html":
        return
    known, words = entries(app.env), _("This message in the index of errors")
    for section in list(doctree.findall(nodes.section)):
        named = [entry for label in section["ids"] for entry in known.get(label, ())]
        for cell in list(section.children) if named else ():
            for entry in shown(cell, named):
                address = f"{app.builder.get_relative_uri(docname, entry.docname)}#{entry.anchor}"
                line = f'<p class="to-errors"><a href="{address}">{words}</a></p>'
                section.insert(section.index(cell) + 1, nodes.raw("", line, format="html"))


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("doctree-resolved", lead_back)
