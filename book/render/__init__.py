"""The book's Sphinx extension: what its pages have beyond Jupyter Book.

One module a job. What runs Sphinx: `parallel` has a process for each edition, `edition` starts Sphinx in it, `keys`
says which pages are made anew, `builder` writes these. What is read: `executed` brings outputs, `messages` and
`doctrees` keep translated pages quick and small, `labels` names sections, `embedded` refuses what no page can show,
`language` is about the editions. What is written: `translator` the HTML of a page, `highlighting` its code, `mathml`
its formulas (by `notation`, which is about their TeX, and `tex`, which runs Temml), `figures` its drawings, `recorded`
the outputs of GPU machines, `citations` its bibliographies, `notebook` the notebooks for Colab and JupyterLab, with
their text (`markdown`) and images (`pictures`), `layout` fills the templates with `contents`, `buttons`, the words of
live cells (`live_words`) and of the reader's progress (`exercises`), `additions` of the author's and `design` of
sphinx-design, `error_index` leads back to the index of messages, `assets` joins style sheets and scripts, `search`
makes the index of the search, `page` the way from and to the first page.
"""

from pathlib import Path

from sphinx.application import Sphinx

from book.project import settings
from book.render import (
    assets,
    builder,
    citations,
    design,
    doctrees,
    embedded,
    executed,
    exercises,
    figures,
    labels,
    language,
    layout,
    mathml,
    messages,
    notebook,
    page,
    recorded,
    search,
    translator,
)
from book.render import error_index as errors
from book.render import live_words as live


def setup(app: Sphinx) -> dict:
    """Register everything with Sphinx."""
    app.add_config_value("book_edition", "en", "env", str)
    app.add_config_value("book_downloads", False, "html", bool)
    # Jupyter Book always sets this option of sphinx_comments, which this book does not load.
    app.add_config_value("comments_config", {}, "", dict)
    first = (design, language, search, executed, messages, doctrees, embedded, labels, notebook, builder)
    later = (figures, mathml, citations, page, recorded, errors, translator, exercises, live, layout, assets)
    for module in (*first, *later):
        module.setup(app)
    for name in settings.extensions(Path(app.srcdir)):
        if name != __name__:
            app.setup_extension(name)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
