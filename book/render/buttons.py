"""The ways to take a page along: open its notebook on Colab, download it."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.locale import get_translation

from book.project.address import repository
from book.project.places import offered_pdf
from book.render.language import current

COLAB = "https://colab.research.google.com/github/{repository}/blob/notebooks/{edition}/{page}.ipynb"
_ = get_translation("book")


def is_notebook(app: Sphinx, pagename: str) -> bool:
    """Whether a page has a notebook: its front matter names a kernel."""
    return "kernelspec" in app.env.metadata.get(pagename, {})


def colab(app: Sphinx, pagename: str) -> str:
    """The address at which Colab opens the page's notebook; empty where there is none."""
    name = repository(Path(app.srcdir))
    if not name or not is_notebook(app, pagename):
        return ""
    return COLAB.format(repository=name, edition=app.config.book_edition, page=pagename)


def downloads(app: Sphinx, pagename: str, context: dict) -> dict | None:
    """The menu of what can be downloaded; None for a page that has nothing."""
    if not is_notebook(app, pagename):
        return None
    links = []
    if app.config.book_downloads:
        notebook = context["pathto"](f"_notebooks/{pagename}.ipynb", 1)
        links.append({"href": notebook, "text": _("Notebook (.ipynb)"), "download": True})
        if name := offered_pdf(Path(app.srcdir), current(app)):
            links.append({"href": context["pathto"](name, 1), "text": _("The whole book (PDF)"), "download": True})
    if name := context.get("sourcename"):
        source = context["pathto"](f"_sources/{name}", 1)
        links.append({"href": source, "text": _("Source (.md)"), "download": True})
    return {"name": "download", "label": _("Download"), "links": links} if links else None
