"""Keep what Sphinx stores of a page between builds small, and do not load more of it than is asked for.

A doctree that is stored with the whole environment takes ten times its size; numbering the figures of a book takes
every doctree from disk for each build. Both grow with the book, so that an edited paragraph would cost as much as all
its pages.
"""

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

# By these Sphinx knows whether something is numbered: a caption, and for a listing that there is one.
CAPTIONS = (nodes.caption, nodes.title, nodes.literal_block)


def let_go(app: Sphinx, doctree: nodes.document) -> None:
    """Tie every node to its own document.

    What Sphinx's translation puts in stays tied to the small document that it was parsed in, whose settings hold the
    environment; and sphinx-exercise keeps copies of exercises whose parts are tied to the whole page.
    """
    for node in doctree.findall():
        node.document = doctree
    for exercise in getattr(app.env, "sphinx_exercise_registry", {}).values():
        if exercise["docname"] == app.env.docname:
            exercise["node"] = untied(exercise["node"])


def untied(node: nodes.Element) -> nodes.Element:
    """A copy of a node that knows of nothing outside."""
    copy = node.deepcopy()
    for part in copy.findall():
        part.document = None
    return copy


def keep_outline(app: Sphinx, doctree: nodes.document) -> None:
    """Remember what numbering needs of a page: sections, tables of contents, and whatever has a number."""
    if not hasattr(app.env, "book_outlines"):
        app.env.book_outlines = {}
    known = nodes.Element()
    known += outline(app.env, doctree)
    app.env.book_outlines[app.env.docname] = known


def outline(env: BuildEnvironment, node: nodes.Element) -> list[nodes.Node]:
    """The parts of a node that matter to numbering, without what stands between them."""
    found = []
    for child in node.children:
        if not isinstance(child, nodes.Element):
            continue
        inner = outline(env, child)
        if isinstance(child, nodes.section | addnodes.toctree) or is_numbered(env, child):
            known = child.copy()
            known += [untied(part) for part in child.children if isinstance(part, CAPTIONS)] + inner
            known.document = None
            found.append(known)
        else:
            found += inner
    return found


def is_numbered(env: BuildEnvironment, node: nodes.Element) -> bool:
    """Whether a node is of a kind that gets numbers."""
    return any(domain.get_enumerable_node_type(node) for domain in env.domains.values())


def number_by_outlines(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Before pages are numbered: let Sphinx have the outlines in the place of doctrees.

    Sphinx has no hook for this; an environment whose numbers are kept a page each would make it superfluous.
    """
    env.get_doctree = lambda docname: env.book_outlines[docname]
    return []


def number_no_more(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """After that: doctrees again."""
    del env.get_doctree
    return []


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Of a page that has gone or is read anew."""
    getattr(env, "book_outlines", {}).pop(docname, None)


def setup(app: Sphinx) -> None:
    """Connect to Sphinx, whose numbering has priority 500."""
    app.connect("doctree-read", let_go, priority=900)
    app.connect("doctree-read", keep_outline, priority=901)
    app.connect("env-get-updated", number_by_outlines, priority=100)
    app.connect("env-get-updated", number_no_more, priority=900)
    app.connect("env-purge-doc", forget)
