"""Bibliographies can be written more than once: each page, then its notebook, and again in the next build of a session.

sphinxcontrib-bibtex fills the entries that it keeps in the environment while a page is written, and fills them again
the next time. Entries made for each writing would make this module superfluous.
"""

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform


def empty_entries(env: BuildEnvironment) -> None:
    """Take away what an earlier writing has put into the entries."""
    if "cite" in env.domains:
        for bibliography in env.get_domain("cite").bibliographies.values():
            for entry in bibliography.citation_nodes.values():
                entry.clear()


class EmptyEntries(SphinxPostTransform):
    """Just before the entries are filled."""

    default_priority = 4

    def run(self, **kwargs):
        empty_entries(self.env)


def before_writing(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    """What pages show of each other is compared without them, see `book.render.keys`."""
    empty_entries(env)
    return []


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.add_post_transform(EmptyEntries)
    app.connect("env-get-updated", before_writing)
