"""The way back from an error that a section shows to its entry in the index of error messages.

The index names the places with {ref}; here each of these places gets a line that leads to its entry.
"""

from functools import cache

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.locale import get_translation

_ = get_translation("book")
INDEX = "errors"  # the name of the page that is the index, in whatever folder


@cache
def entries(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """For each label that the index names: the index page and the anchor of the entry."""
    found = {}
    for docname in sorted(name for name in env.found_docs if name.split("/")[-1] == INDEX):
        for section in env.get_doctree(docname).findall(nodes.section):
            for reference in section.findall(addnodes.pending_xref):
                if reference.parent.parent is section:  # not of a section inside this one
                    found[reference["reftarget"]] = (docname, section["ids"][0])
    return found


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
            page, anchor = known[label]
            address = f"{app.builder.get_relative_uri(docname, page)}#{anchor}"
            line = f'<p class="to-errors"><a href="{address}">{words}</a></p>'
            own = [child for child in section.children if not isinstance(child, nodes.section)]
            after = next((child for child in own if raises(child)), own[-1])
            section.insert(section.index(after) + 1, nodes.raw("", line, format="html"))


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("doctree-resolved", lead_back)
