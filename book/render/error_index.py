"""The way back from an error that a section shows to its entry in the index of error messages.

The index names the places with {ref}, and those where an idea is explained, too; here each place of which an output has
the message gets a line that leads to its entry.
"""

import re
from collections import defaultdict
from functools import cache

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.locale import get_translation

_ = get_translation("book")
INDEX = "errors"  # the name of the page that is the index, in whatever folder


@cache
def entries(env: BuildEnvironment) -> dict[str, list[tuple[str, str, str]]]:
    """For each label that the index names: message, index page and anchor of each entry that names it."""
    found = defaultdict(list)
    for docname in sorted(name for name in env.found_docs if name.split("/")[-1] == INDEX):
        for section in env.get_doctree(docname).findall(nodes.section):
            for reference in section.findall(addnodes.pending_xref):
                if reference.parent.parent is section:  # not of a section inside this one
                    found[reference["reftarget"]].append((section[0].astext(), docname, section["ids"][0]))
    return found


def printed(part: nodes.Element) -> str:
    """The outputs of the cells of a section, on one line."""
    outputs = part.findall(
        lambda node: isinstance(node, nodes.container) and node.get("nb_element") == "cell_code_output"
    )
    return " ".join(" ".join(output.astext() for output in outputs).split())


def covers(message: str, shown: str) -> bool:
    """Whether an entry's message, with an ellipsis for what varies, is part of what was printed."""
    return re.search(".*?".join(re.escape(piece.strip()) for piece in message.split("…")), shown) is not None


def raises(node: nodes.Node) -> bool:
    """Whether a node is a cell that fails on purpose."""
    return isinstance(node, nodes.container) and "tag_raises-exception" in node["classes"]


def lead_back(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """In each place that the index names, a link to its entry: below the error, or else at the end."""
    if app.builder.name != "html":
        return
    known, words = entries(app.env), _("This message in the index of errors")
    for section in list(doctree.findall(nodes.section)):
        for label in set(section["ids"]) & known.keys():
            own = [child for child in section.children if not isinstance(child, nodes.section)]
            shown = " ".join(printed(child) for child in own)
            fitting = [entry for entry in known[label] if covers(entry[0], shown)]
            if not fitting:  # the idea is explained here
                continue
            _message, page, anchor = max(fitting, key=lambda entry: len(entry[0]))  # the most exact one
            address = f"{app.builder.get_relative_uri(docname, page)}#{anchor}"
            line = f'<p class="to-errors"><a href="{address}">{words}</a></p>'
            after = next((child for child in own if raises(child)), own[-1])
            section.insert(section.index(after) + 1, nodes.raw("", line, format="html"))


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("doctree-resolved", lead_back)
