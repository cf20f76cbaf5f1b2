"""Small repairs of what other extensions leave in a page, the first screen, and the way from / to the first page."""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import get_translation
from sphinx_exercise.nodes import is_extension_node

from book.project.source import editions
from book.render.layout import description

_ = get_translation("book")
# The script, where there is one, leads to the reader's last choice of language; see _static/js/language.js.
REDIRECT = """<!DOCTYPE html>
<html lang="{language}">
<meta charset="utf-8">
<title>{title}</title>
<script src="_static/start.js" data-page="{page}" data-paths='{paths}'></script>
<noscript><meta http-equiv="refresh" content="0; url={page}"></noscript>
<link rel="canonical" href="{page}">
<link rel="icon" href="data:,">
<a href="{page}">{title}</a>
</html>
"""


def unwrap_exercises(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take out the sections, all with the same id, into which sphinx-exercise puts the content of each exercise."""
    for box in list(doctree.findall(is_extension_node)):
        for section in list(box.findall(nodes.section)):
            if section["ids"] and section["ids"][0] in ("exercise-content", "solution-content"):
                section["ids"] = []  # they would go to the first of its children
                section.replace_self(section.children)


def end_once(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take out the full stop behind a link whose words, the title of a place, end with a mark of their own."""
    for place in list(doctree.findall(nodes.reference)):
        *_, last = place.findall()
        if not isinstance(last, nodes.Text) or not last.endswith(("?", "!", "…")):
            continue
        if isinstance(last.parent, nodes.literal | nodes.math):
            continue  # code ends a sentence no more than a formula does
        outer = place
        while isinstance(outer.parent, nodes.emphasis | nodes.strong) and outer.parent[-1] is outer:
            outer = outer.parent
        siblings = outer.parent.children
        at = next(n for n, one in enumerate(siblings) if one is outer) + 1  # two texts "." are equal
        if at < len(siblings) and isinstance(siblings[at], nodes.Text) and re.match(r"\.(?![.\w])", siblings[at]):
            outer.parent[at] = nodes.Text(siblings[at][1:])


def link(address: str, words: str, *names: str) -> nodes.reference:
    """A link inside a page, with these classes."""
    return nodes.reference("", words, internal=True, refuri=address, classes=list(names))


def add_first_screen(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Below the title of the book: what it is, and where to begin."""
    sections = app.env.toctree_includes.get(docname)
    if app.builder.name != "html" or docname != app.config.root_doc or not sections:
        return
    ways = [link(app.builder.get_relative_uri(docname, sections[0]), _("Begin with the first section"), "button")]
    for anchor, words in (("index-map", _("Choose a section")), ("index-run", _("Three ways to run it"))):
        if anchor in doctree.ids:
            ways += [nodes.Text(" "), link(f"#{anchor}", words)]
    title = next(doctree.findall(nodes.title))
    lead = nodes.paragraph("", description(doctree), classes=["lead"])
    place = title.parent.index(title) + 1
    title.parent[place:place] = [lead, nodes.paragraph("", "", *ways, classes=["begin"])]


def write_redirect(app: Sphinx, exception: Exception | None) -> None:
    """Lead from the site's root to the first page."""
    if exception is not None or app.builder.name != "html":
        return
    here, *_ = known = editions(Path(app.srcdir))
    chosen_here = app.config.language == here.code and app.config.book_downloads  # the other editions are beside it
    paths = {one.tag: f"{one.path}/" for one in known[1:]} if chosen_here else {}
    redirect = REDIRECT.format(
        language=next(one.tag for one in known if one.code == app.config.language),
        title=app.config.html_title,
        page=f"{app.config.root_doc}{app.builder.out_suffix}",
        paths=json.dumps(paths),
    )
    Path(app.outdir, "index.html").write_text(redirect, "utf8")


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("doctree-resolved", unwrap_exercises)
    app.connect("doctree-resolved", end_once)
    app.connect("doctree-resolved", add_first_screen)
    app.connect("build-finished", write_redirect)
