"""What the templates in `_templates/` show: words, menus, contents, and what a page says of itself to machines."""

import base64
import hashlib
import json
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import get_translation

from book.project.address import repository, site_url
from book.render import additions, buttons, contents, language

_ = get_translation("book")

TEXT_LICENCE = "https://creativecommons.org/licenses/by-sa/4.0/"
CODE_LICENCE = "https://opensource.org/license/mit-0"
# Runs before anything is painted: a page never flashes in the other theme, and one that is opened at its beginning lays
# out its later sections when the first are there (_static/js/unroll.js).
FIRST_SCRIPT = (
    'try{document.documentElement.dataset.theme=localStorage.getItem("theme")||'
    '(matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light")}catch{}'
    'if(!location.hash&&performance.getEntriesByType("navigation")[0]?.type=="navigate")'
    'document.documentElement.dataset.waits=""'
)
# Nothing from another host, and no script but the book's own; file: is for pages opened from disk.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self' file: 'sha256-{first}'",
    "style-src": "'self' file: 'unsafe-inline'",  # drawings carry their own styles
    "img-src": "'self' file: data:",
    "media-src": "'self' file: data:",
    "font-src": "'self' file:",
    "connect-src": "'self'{connect}",
    "base-uri": "'none'",
    "form-action": "'self' file:",
}


def content_security_policy(connect: str = "") -> str:
    """The value of the page's Content-Security-Policy; `connect` names hosts that its scripts may ask besides."""
    digest = base64.b64encode(hashlib.sha256(FIRST_SCRIPT.encode()).digest()).decode()
    return "; ".join(f"{name} {value.format(first=digest, connect=connect)}" for name, value in POLICY.items())


def licences() -> dict[str, str]:
    """Links to the licences of the text and of the code."""
    names = {"text": ("CC BY-SA 4.0", TEXT_LICENCE), "code": ("MIT-0", CODE_LICENCE)}
    return {of: f'<a rel="license" href="{address}">{name}</a>' for of, (name, address) in names.items()}


def words() -> dict[str, str]:
    """The words of the templates, in the language of the edition."""
    return {
        "skip": _("Skip to the text"),
        "contents": _("Contents of the book"),
        "book": _("The book"),
        "start": _("Start page"),
        "on_this_page": _("On this page"),
        "around": _("Pages before and after"),
        "previous": _("Previous"),
        "next": _("Next"),
        "search": _("Search this book"),
        "colab": _("Open on Colab"),
        "theme": _("Light or dark"),
        "more": _("More: language, downloads, appearance"),
        "copy_code": _("Copy the code"),
        "copied": _("Copied"),
        "link_here": _("Link to this place"),
        "announcement": _("Announcement"),
        "improve": _("Improve this page"),
        "licence": _("Text under %(text)s, code under %(code)s.") % licences(),
        "missing": _("This page does not exist"),
        "missing_way_out": _("The address may be mistyped or old. The menu and the search lead to every page."),
    }


def description(doctree: nodes.document | None) -> str:
    """What the front matter of a page says of it; empty where it says nothing."""
    found = doctree.findall(nodes.meta) if doctree else []
    return next((meta["content"] for meta in found if meta.get("name") == "description"), "")


def structured_data(app: Sphinx, context: dict, description: str) -> str:
    """The page as schema.org describes a chapter of a book."""
    book = {"@type": "Book", "name": app.config.html_title, "inLanguage": context["language_tag"]}
    if address := site_url(Path(app.srcdir)):
        book["url"] = f"{address}/"
    kind = "Book" if context["pagename"] == app.config.root_doc else "Chapter"
    data = {
        "@context": "https://schema.org",
        "@type": kind,
        "name": context["title_text"],
        "inLanguage": context["language_tag"],
        "description": description,
        "license": TEXT_LICENCE,
        "learningResourceType": "textbook",
        "isAccessibleForFree": True,
        "author": {"@type": "Organization", "name": app.config.author},
    }
    if kind == "Chapter":
        data["isPartOf"] = book
    text = json.dumps({name: value for name, value in data.items() if value}, ensure_ascii=False)
    return text.replace("<", "\\u003c")


def describe(app: Sphinx, context: dict) -> str:
    """What search engines and link previews read in the head of a page."""
    description = context["description"]
    properties = {
        "og:type": "article",
        "og:title": context["title_text"],
        "og:description": description,
        "og:site_name": app.config.html_title,
        "og:locale": app.config.language,
    }
    if site_url(Path(app.srcdir)):
        properties["og:url"] = context.get("pageurl") or ""
        card = f"_static/card-{context['language_tag']}.png"
        if Path(app.srcdir, card).is_file():
            properties["og:image"] = f"{app.config.html_baseurl}{card}"
    lines = [f'<meta property="{name}" content="{escape(value)}">' for name, value in properties.items() if value]
    lines.append(f'<script type="application/ld+json">{structured_data(app, context, description)}</script>')
    return "\n".join(lines)


def lay_out(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Fill in what the templates show."""
    if app.builder.name != "html":
        return
    root = Path(app.srcdir)
    here = language.current(app)
    if pagename == "404" and (address := site_url(root)):
        address = "/".join(part for part in (address, here.path) if part)
        context["pathto"] = lambda name, resource=0: f"{address}/{name}" + ("" if resource else app.builder.out_suffix)
    if pagename == "404" and not here.path:
        context["missing_elsewhere"] = language.missing_elsewhere(app)
    title = app.env.titles.get(pagename)
    own = {
        "description": description(doctree),
        "language_tag": here.tag,
        "title_text": title.astext() if title else app.config.html_title,
        "words": words(),
        "first_script": FIRST_SCRIPT,
        "content_security_policy": content_security_policy(context.get("live_connect", "")),
        "contents": contents.of_book(app, pagename, context["pathto"]),
        "sections": contents.of_page(app, pagename),
        "has_address": bool(site_url(root)),
        "colab": buttons.colab(app, pagename),
        "menus": [
            menu
            for menu in (
                language.menu(app, pagename, context),
                buttons.repository_menu(app, pagename),
                buttons.downloads(app, pagename, context),
            )
            if menu
        ],
        "source_page": "",
        **additions.around(app, context),
    }
    context.update(own)
    if (name := repository(root)) and title:
        context["source_page"] = f"https://github.com/{name}/blob/HEAD/{app.env.doc2path(pagename, base=False)}"
    context["metatags"] = context.get("metatags") or ""
    if title:
        context["metatags"] += "\n" + describe(app, context)
    context["metatags"] += language.alternates(app, pagename)


def setup(app: Sphinx) -> None:
    """Connect to Sphinx, after others have added to the context."""
    app.connect("html-page-context", lay_out, priority=600)
    app.config.html_additional_pages = {"404": "404.html"}
