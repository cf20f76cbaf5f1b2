"""The book's Sphinx extension: what its pages have beyond Jupyter Book.

`language` is about the editions, `search` about words with accents.

One module a job: `translator` writes the text of a page, `highlighting` its code, `mathml` its formulas, `notebook`
the Colab notebooks. `layout` fills the templates, `contents` has the tables of contents, `buttons` says where a page
can be launched and downloaded, `assets` joins style sheets and scripts. `figures` sets the book's drawings into a page,
`recorded` the outputs of GPU machines, `labels` names its sections, `errors` leads back to the index of messages,
`live` has the words of the live cells, `page` mends what other extensions leave in a page.
"""

from sphinx.application import Sphinx

from book.render import assets, figures, labels, language, layout, mathml, notebook, page, recorded, search, translator
from book.render import error_index as errors
from book.render import live_words as live


def setup(app: Sphinx) -> dict:
    """Register everything with Sphinx."""
    app.add_config_value("book_edition", "en", "env", str)
    app.add_config_value("book_downloads", False, "html", bool)
    # Jupyter Book always sets this option of sphinx_comments, which this book does not load.
    app.add_config_value("comments_config", {}, "", dict)
    pages = (labels, notebook, figures, mathml, page, recorded, errors, translator, live, layout, assets)
    for module in (language, search, *pages):
        module.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
