"""Small repairs of what other extensions write into a page, and the way from / to the first page."""

from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ext import add_global_html_resources
from sphinx.application import Sphinx
from sphinx_exercise import copy_asset_files
from sphinx_exercise.nodes import is_extension_node

REDIRECT = """<!DOCTYPE html>
<meta charset="utf-8">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={page}">
<link rel="canonical" href="{page}">
<link rel="icon" href="data:,">
<a href="{page}">{title}</a>
"""


def drop_repeated_ids(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """sphinx-exercise gives the content of every exercise the same id; an id must be unique."""
    for box in doctree.findall(is_extension_node):
        for section in box.findall(nodes.section):
            if section["ids"] and section["ids"][0] in ("exercise-content", "solution-content"):
                section["ids"] = []


def copy_styles_early(app: Sphinx) -> None:
    """These two copy their style sheets only when all pages are written; Sphinx, which puts a checksum of each
    style sheet into a page, would write a first build differently from a second.
    """
    if app.builder.name == "html":
        Path(app.outdir, "_static").mkdir(parents=True, exist_ok=True)
        add_global_html_resources(app, None)
        copy_asset_files(app, None)


def write_redirect(app: Sphinx, exception: Exception | None) -> None:
    """Lead from the site's root to the first page."""
    if exception is None and app.builder.name == "html":
        page = f"{app.config.root_doc}{app.builder.out_suffix}"
        Path(app.outdir, "index.html").write_text(REDIRECT.format(title=app.config.html_title, page=page), "utf8")


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("builder-inited", copy_styles_early)
    app.connect("doctree-resolved", drop_repeated_ids)
    app.connect("build-finished", write_redirect)
