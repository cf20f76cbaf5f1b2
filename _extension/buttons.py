"""The buttons at the top of a page: open the notebook on Colab, download it."""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import get_translation

from _extension.language import current
from builder import pdf
from builder.settings import repository

COLAB = "https://colab.research.google.com/github/{repository}/blob/notebooks/{edition}/{page}.ipynb"
_ = get_translation("book")


def is_notebook(app: Sphinx, pagename: str) -> bool:
    """Whether a page has a notebook: its front matter names a kernel."""
    return "kernelspec" in app.env.metadata.get(pagename, {})


def add_buttons(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Put the launch and download buttons among the theme's; on pages that are notebooks only."""
    if not is_notebook(app, pagename):
        return
    buttons = context["header_buttons"]
    if name := repository(Path(app.srcdir)):
        buttons.insert(
            0,
            {
                "type": "link",
                "url": COLAB.format(repository=name, edition=app.config.book_edition, page=pagename),
                "tooltip": _("Open on Colab"),
                "icon": "fas fa-rocket",
                "label": "launch-colab-button",
            },
        )
    downloads = [button["buttons"] for button in buttons if button.get("label") == "download-buttons"]
    if app.config.book_downloads and downloads:
        downloads[0].insert(
            0,
            {
                "type": "link",
                "url": context["pathto"](f"_notebooks/{pagename}.ipynb", 1),
                "text": ".ipynb",
                "tooltip": _("Download notebook"),
                "icon": "fas fa-code",
                "label": "download-notebook-button",
            },
        )
        add_pdf(app, context, downloads[0])


def add_pdf(app: Sphinx, context: dict, downloads: list[dict]) -> None:
    """Offer the edition's PDF below the notebook, when `make pdf` has made it."""
    if name := pdf.offered(Path(app.srcdir), current(app)):
        button = {"type": "link", "url": context["pathto"](name, 1), "text": "PDF", "icon": "fas fa-file-pdf"}
        downloads.insert(1, button | {"tooltip": _("The whole book (PDF)"), "label": "download-pdf-button"})


def setup(app: Sphinx) -> None:
    """Connect to Sphinx, after the theme (which uses priority 501)."""
    app.connect("html-page-context", add_buttons, priority=600)
