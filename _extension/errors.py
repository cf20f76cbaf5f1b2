"""The way back from an error that a section shows to its entry in the index of error messages.

The index names the places with {ref}; here each of these places gets a line that leads to its entry.
"""

import re
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


def lead_back(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Below the heading of each place that the index names, a link to its entry."""
    if app.builder.name != "html" or not doctree:
        return
    for label, (page, anchor) in entries(app.env).items():
        if f'id="{label}"' in context["body"]:
            address = f"{app.builder.get_relative_uri(pagename, page)}#{anchor}"
            line = f'<p class="to-errors"><a href="{address}">{_("This message in the index of errors")}</a></p>'
            heading = re.compile(
                rf'(<span id="{re.escape(label)}"></span>(?:<span id="[^"]*"></span>)*<h\d>.*?</h\d>)', re.S
            )
            context["body"] = heading.sub(lambda match, line=line: f"{match[1]}\n{line}", context["body"], count=1)


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("html-page-context", lead_back, priority=540)
