"""The builder of an edition: writes the pages that are out of date, and their notebooks beside them.

It is Sphinx's builder of HTML with another answer to the question of what to write. Plain `jupyter-book build .` uses
it as well; without keys it writes what Sphinx would.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util.tags import Tags

from book.render import additions
from book.render.notebook import NotebookBuilder


class PageBuilder(StandaloneHTMLBuilder):
    """`-b html` of this book."""

    def get_outdated_docs(self) -> Iterator[str]:
        """All pages when there are keys, which are asked in `write`: only then everything has been read."""
        return iter(self.env.found_docs) if self.keys else super().get_outdated_docs()

    @property
    def keys(self):
        """The keys of the build (`book.render.keys`), or None."""
        return getattr(self.app, "book_keys", None)

    def write(self, build_docnames, updated_docnames, method="update") -> None:
        """Write the pages whose keys have changed, and their notebooks."""
        if not self.keys:
            return super().write(build_docnames, updated_docnames, method)
        wanted = self.keys.to_write(self.env)
        self.wanted = set(wanted)
        super().write(wanted, [], "specific")
        write_notebooks(self.app, wanted)
        note_assets(self.app)
        return None

    def _write_serial(self, docnames) -> None:
        """Write these pages but the first one of the book, which Sphinx always adds, when its key has not changed."""
        super()._write_serial([name for name in docnames if not self.keys or name in self.wanted])


def note_assets(app: Sphinx) -> None:
    """Write down which images, downloads and files of an author's the pages have; Sphinx leaves older ones."""
    images = [f"_images/{name}" for _docnames, name in app.env.images.values()]
    offered = [f"_downloads/{name}" for _docnames, name in app.env.dlfiles.values()]
    names = sorted({*images, *offered, *additions.published(app)})
    Path(app.outdir).with_name("assets.json").write_text(json.dumps(names), "utf8")


def write_notebooks(app: Sphinx, docnames: list[str]) -> None:
    """Write the notebooks of these pages with the application that has just written the pages."""
    with other_builder(app) as builder:
        for docname in docnames:
            if builder.is_notebook(docname):
                builder.write_doc(docname, app.env.get_and_resolve_doctree(docname, builder))


@contextmanager
def other_builder(app: Sphinx) -> Iterator[NotebookBuilder]:
    """Put a builder of notebooks in the place of the application's own while the block runs.

    Transforms ask the application for its builder. Sphinx has one builder an application; a second application would
    load its extensions and the environment again.
    """
    own, tags, outdir = app.builder, app.tags, app.outdir
    app.tags, app.outdir = Tags(), type(outdir)(Path(outdir).with_name("notebook"))
    app.builder = app.registry.create_builder(app, "notebook", env=app.env)
    app.builder.init()
    try:
        yield app.builder
    finally:
        app.builder, app.tags, app.outdir = own, tags, outdir


def setup(app: Sphinx) -> None:
    """Take the place of Sphinx's builder."""
    app.add_builder(PageBuilder, override=True)
