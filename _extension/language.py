"""The languages of the book: its own words in each, and the way from a page to the same page in another.

Texts of pages come from their catalogs through Sphinx. Here are the rest: buttons and labels (catalog
`book`), what the theme leaves in English (catalogs `sphinx` and `booktheme`), words inside drawings
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
from sphinx_exercise.nodes import exercise_subtitle

from builder.settings import site_url
from builder.source import Edition, editions

_ = get_translation("book")
_theme = get_translation("sphinx")
# Labels of the theme, and how they stand in a page.
LABELS = {
    "Main": 'aria-label="Main"',
    "Page": 'aria-label="Page"',
    "Toggle primary sidebar": 'title="Toggle primary sidebar"',
    "Toggle secondary sidebar": 'title="Toggle secondary sidebar"',
}
CATALOGS = ["book", "figures", "sphinx", "booktheme", "exercise"]


def translate_settings(app: Sphinx, config: Config) -> None:
    """Settings whose values are words that a reader sees."""
    config.nb_code_prompt_show = _("Show the code")
    config.nb_code_prompt_hide = _("Hide the code")
    config.html_theme_options["search_bar_text"] = _("Search this book")
    source = editions(Path(app.srcdir))[0]
    if config.language != source.code:
        config.translation_progress_classes = "untranslated"


def translate_labels(app: Sphinx) -> None:
    """The theme's templates have some labels in English only: translate them in the finished page."""
    if app.builder.name != "html":
        return
    render = app.builder.templates.render

    def render_translated(template: str, context: dict) -> str:
        html = render(template, context)
        for name, text in LABELS.items():
            html = html.replace(text, text.replace(name, _theme(name)))
        return html

    app.builder.templates.render = render_translated


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


class TranslateTheRest(SphinxTransform):
    """Translate what Sphinx leaves out of a page: titles of exercises and alternative texts of plots.

    `builder.translations` puts these texts into the catalog of their page.
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


def path_to(context: dict, here: Edition, there: Edition, page: str) -> str:
    """Relative address of a page in another edition."""
    up = context["pathto"]("", 1) + ("../" if here.path else "")
    return f"{up or './'}{there.path + '/' if there.path else ''}{page}"


def add_languages(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """The switch between the languages, and the alternates for search engines."""
    known = editions(Path(app.srcdir))
    if not app.config.book_downloads or len(known) < 2 or "header_buttons" not in context:
        return
    here, page = current(app), f"{pagename}{app.builder.out_suffix}"
    links = []
    for there in known:
        links.append(
            {
                "type": "link",
                "url": path_to(context, here, there, page),
                "text": there.name,
                "tooltip": _("Read this page in %s") % there.name,
                "label": f"language-{there.tag}",
            }
        )
        if address := site_url(Path(app.srcdir)):
            href = "/".join(part for part in (address, there.path, page) if part)
            context["metatags"] = (
                context.get("metatags", "") + f'\n<link rel="alternate" hreflang="{there.tag}" href="{href}">'
            )
    tooltip = _("Language")
    group = {"type": "group", "tooltip": tooltip, "icon": "fas fa-language", "buttons": links, "label": "languages"}
    context["header_buttons"].insert(0, group)


def setup(app: Sphinx) -> None:
    """Register the catalogs and connect to Sphinx."""
    for catalog in CATALOGS:
        app.add_message_catalog(catalog, str(Path(__file__).parents[1] / "locale"))
    app.connect("config-inited", translate_settings)
    app.connect("builder-inited", translate_labels)
    app.add_transform(TranslateTheRest)
    app.connect("doctree-resolved", translate_description)
    app.connect("doctree-resolved", mark_untranslated)
    app.connect("html-page-context", add_languages, priority=601)
