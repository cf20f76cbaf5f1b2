"""Cards, grids, tabs, badges of sphinx-design, which every Jupyter Book has, for the pages that use them.

sphinx-design hands its style sheet and its script to every page. Were it to do so for pages that use them only, this
module would be superfluous.
"""

from docutils import nodes
from sphinx.application import Sphinx

FILES = {"sphinx-design.min.css", "design-tabs.js"}
PREFIX = "sd-"  # of its classes


def is_of_design(node: nodes.Element) -> bool:
    """Whether sphinx-design has made this node; its icons are HTML."""
    return any(name.startswith(PREFIX) for name in node["classes"]) or (
        isinstance(node, nodes.raw) and f'class="{PREFIX}' in node.astext()
    )


def note(app: Sphinx, document: nodes.document) -> None:
    """Write down whether a page that has been read uses it."""
    if any(map(is_of_design, document.findall(nodes.Element))):
        app.env.metadata[app.env.docname]["design"] = True


def not_needed(app: Sphinx, pagename: str | None = None) -> set[str]:
    """The files that a page, or else the whole book, does without."""
    pages = app.env.metadata.values() if pagename is None else [app.env.metadata.get(pagename, {})]
    return set() if any("design" in page for page in pages) else FILES


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.setup_extension("sphinx_design")
    app.connect("doctree-read", note)
