"""The ways from a page to its notebook on Colab, to a download, to its repository."""

from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx
from sphinx.locale import get_translation

from book.project import code_host, settings
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
    if (name := context.get("sourcename")) and app.config.html_show_sourcelink:
        source = context["pathto"](f"_sources/{name}", 1)
        links.append({"href": source, "text": _("Source (.md)"), "download": True})
    return {"name": "download", "label": _("Download"), "links": links} if links else None


def repository_menu(app: Sphinx, pagename: str) -> dict | None:
    """The menu of what `_config.yml` offers of its repository; None when it offers nothing."""
    root = Path(app.srcdir)
    url = settings.value(root, "repository.url", "").rstrip("/")
    links = []
    if settings.value(root, "html.use_repository_button"):
        links.append({"href": url, "text": _("Repository")})
    if settings.value(root, "html.use_edit_page_button") and pagename in app.env.found_docs:
        branch, folder = (settings.value(root, f"repository.{name}") for name in ("branch", "path_to_book"))
        path = PurePosixPath(folder or "", app.env.doc2path(pagename, base=False)).as_posix()
        links.append({"href": code_host.edit_page(url, branch or "master", path), "text": _("Suggest an edit")})
    if settings.value(root, "html.use_issues_button"):
        title = f"Issue on page /{pagename}.html"
        links.append({"href": code_host.new_issue(url, title), "text": _("Open an issue")})
    return {"name": "repository", "label": _("Source repository"), "links": links} if links else None
