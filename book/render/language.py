"""The languages of the book: its own words in each, and the way from a page to the same page in another.

Texts of pages come from their catalogs through Sphinx, those inside code before a page is read. Here are the rest:
buttons and labels (catalog `book`), what Sphinx leaves in English (catalog `sphinx`), words inside drawings
(catalog `figures`), and the mark on a paragraph that is not translated yet.
"""

import gettext
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import get_translation
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.nodes import extract_messages
from sphinx_exercise.nodes import exercise_subtitle

from book.project.address import site_url
from book.project.source import Edition, editions
from book.translate.spoken import speaker

_ = get_translation("book")
logger = logging.getLogger(__name__)
CATALOGS = ["book", "figures", "sphinx", "exercise"]
NOT_READ = "the translation %r begins as a list, a quote or a heading does, so the source text is shown: word it anew"


def translate_settings(app: Sphinx, config: Config) -> None:
    """Settings whose values are words that a reader sees."""
    for name, words in (("nb_code_prompt_show", _("Show the code")), ("nb_code_prompt_hide", _("Hide the code"))):
        if name not in config.overrides:
            config[name] = words
    source = editions(Path(app.srcdir))[0]
    if config.language != source.code:
        config.translation_progress_classes = "untranslated"


def marked_up(node: nodes.Element) -> str:
    """The Markdown of a title that has at most inline code and formulas."""
    marks = {nodes.literal: "`", nodes.math: "$"}
    texts = [(marks.get(type(child), ""), child.astext()) for child in node.children]
    return "".join(f"{mark}{text}{mark}" for mark, text in texts)


def parsed(text: str) -> list[nodes.Node]:
    """The nodes of such a title."""
    kinds = {"`": nodes.literal, "$": nodes.math}
    pieces = re.split(r"(`[^`]+`|\$[^$]+\$)", text)
    return [kinds[p[0]]("", p[1:-1]) if p[0] in kinds else nodes.Text(p) for p in pieces if p]


def speak(app: Sphinx, docname: str, text: list[str]) -> None:
    """Put the texts inside the code of a page into the language of the edition."""
    root = Path(app.srcdir)
    if app.config.language != editions(root)[0].code:
        text[0] = speaker(root, app.config.language, docname)(text[0])


class KeepTranslations(SphinxTransform):
    """Note what each text is translated to before Sphinx puts the translations in: some it loses.

    A displayed formula would become `::` (Sphinx writes reStructuredText for MyST's parser to read), and a paragraph
    whose translation begins as a list or a heading does would stay in the source language, in silence.
    """

    default_priority = 19  # before Sphinx's own translation

    def apply(self, **kwargs):
        translate = page_catalog(self.app, self.env.docname)
        for node, text in extract_messages(self.document):
            if isinstance(node, nodes.math_block | nodes.TextElement) and translate(text) != text:
                node["translation"] = translate(text)


class TranslateTheRest(SphinxTransform):
    """Translate what Sphinx leaves out of a page: titles of exercises and alternative texts of plots.

    `book.translate.catalogs` puts these texts into the catalog of their page.
    """

    default_priority = 21  # after Sphinx's own translation

    def apply(self, **kwargs):
        translate = page_catalog(self.app, self.env.docname)
        for title in self.document.findall(exercise_subtitle):
            text = translate(marked_up(title))
            title.clear()
            title += parsed(text)
        for image in self.document.findall(nodes.image):
            if image.get("alt"):
                image["alt"] = translate(image["alt"])
        for node in list(self.document.findall(lambda node: isinstance(node, nodes.Element) and "translation" in node)):
            text = node.attributes.pop("translation")
            if isinstance(node, nodes.math_block):
                node.rawsource = text
                node.clear()
                node += nodes.Text(text)
                node["translated"] = True
            elif not node.get("translated"):
                logger.warning(NOT_READ, text, location=node)


def page_catalog(app: Sphinx, docname: str) -> Callable[[str], str]:
    """A function that looks a text up in the catalog of a page."""
    folders = [str(Path(app.srcdir, folder)) for folder in app.config.locale_dirs]
    translations = gettext.NullTranslations()
    for folder in folders:
        with suppress(OSError):
            translations = gettext.translation(docname, folder, [app.config.language])
    return lambda text: translations.gettext(text) if text else text


def translate_description(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """MyST makes the page's description too late for Sphinx's own translation."""
    translate = page_catalog(app, docname)
    for meta in doctree.findall(nodes.meta):
        meta["content"] = translate(meta["content"])


def has_words(node: nodes.Element) -> bool:
    """Whether a text has words of its own, outside code and formulas."""
    texts = node.findall(nodes.Text)
    own = (text for text in texts if not isinstance(text.parent, nodes.literal | nodes.math))
    return isinstance(node, nodes.TextElement) and any(letter.isalpha() for text in own for letter in text)


def mark_untranslated(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say of a text that is shown in the source language that it is, to readers and to screen readers."""
    source = editions(Path(app.srcdir))[0]
    for node in doctree.findall(nodes.Element):
        if "untranslated" in node.get("classes", []):
            if has_words(node):
                node["classes"].append(f"language-{source.code}")  # docutils writes it as lang=
            else:
                node["classes"].remove("untranslated")


def current(app: Sphinx) -> Edition:
    """The edition that is being built."""
    return next(one for one in editions(Path(app.srcdir)) if one.code == app.config.language)


def menu(app: Sphinx, pagename: str, context: dict) -> dict | None:
    """The switch between the languages: to the same page in each; None when there is one language only."""
    known = editions(Path(app.srcdir))
    if not app.config.book_downloads or len(known) < 2:
        return None
    here, page = current(app), f"{pagename}{app.builder.out_suffix}"
    up = context["pathto"]("", 1) + ("../" if here.path else "")
    links = [
        {
            "href": f"{up or './'}{there.path + '/' if there.path else ''}{page}",
            "text": there.name,
            "language": there.tag,
            "current": there == here,
        }
        for there in known
    ]
    return {"name": "language", "label": _("Language"), "links": links}


def missing_elsewhere(app: Sphinx) -> list[dict]:
    """What a missing page says in the other languages: a host shows the first edition's for an address in any."""
    said, page = [], f"{app.config.root_doc}{app.builder.out_suffix}"
    for there in editions(Path(app.srcdir))[1:] if app.config.book_downloads else ():
        folder = Path(app.srcdir, "_build", "locale")
        words = gettext.translation("book", folder, [there.code], fallback=True).gettext("This page does not exist")
        said.append({"language": there.tag, "path": f"{there.path}/{page}", "name": there.name, "words": words})
    return said


def alternates(app: Sphinx, pagename: str) -> str:
    """The page's addresses in every language, for search engines."""
    address, known = site_url(Path(app.srcdir)), editions(Path(app.srcdir))
    if not address or not app.config.book_downloads or len(known) < 2:
        return ""
    page = f"{pagename}{app.builder.out_suffix}"
    places = {there.tag: "/".join(part for part in (address, there.path, page) if part) for there in known}
    places["x-default"] = places[known[0].tag]
    return "".join(f'\n<link rel="alternate" hreflang="{tag}" href="{href}">' for tag, href in places.items())


def setup(app: Sphinx) -> None:
    """Register the catalogs and connect to Sphinx."""
    for catalog in CATALOGS:
        app.add_message_catalog(catalog, str(Path(app.srcdir, "_build", "locale")))
    app.connect("config-inited", translate_settings)
    app.connect("source-read", speak)
    app.add_transform(KeepTranslations)
    app.add_transform(TranslateTheRest)
    app.connect("doctree-resolved", translate_description)
    app.connect("doctree-resolved", mark_untranslated)
