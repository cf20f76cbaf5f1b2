"""The site's search: its index, one script an edition, and its page.

When Sphinx has read a page, the parts of the page are put into a piece of JSON, which is kept with Sphinx's notes on
that page; when the site is written the pieces are joined, so a page that did not change costs nothing. What searches
them in the browser is in `_static/search/`. The index is a script, and not JSON, because a page that is opened from
disk may load scripts only; the search page alone loads it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from babel.localedata import locale_identifiers
from docutils import nodes
from jsonschema import Draft202012Validator
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.locale import get_translation
from sphinx.util import logging

from book.project.errors import BuildError
from book.project.source import editions, read_yaml
from book.render import assets, error_index
from book.render.sections import CLOSE, OPEN, parts

_ = get_translation("book")
logger = logging.getLogger(__name__)
SCRIPT = "search-index.js"  # beside search.html
KEYWORDS = "keywords.yml"  # at the root: what of the index is no text of a page
ANCHOR = re.compile(r'"anchor": "([^"\\]*)"')  # inside a text of the index the quotes are escaped


def words() -> dict[str, str]:
    """The words of the search page, in the language of the edition."""
    return {
        "title": _("Search"),
        "button": _("Search"),
        "hint": _("Give words, or paste an error message: the whole traceback, as it is."),
        "needs_script": _("The search needs JavaScript."),
        "results": _("Search results"),
        "searching": _("Searching …"),
        "found": _("Sections found: %s"),
        "nothing": _("No section has any of these words. Look at the spelling, try others, or look through these:"),
        "unknown": _("No section has: %s. What is shown has words that are like them"),
        "entry": _("Error message"),
        "exercise": _("Exercise"),
        "solution": _("Solution"),
    }


def pieces(env: BuildEnvironment) -> dict[str, str]:
    """The pieces of the index that Sphinx keeps, by page."""
    if not hasattr(env, "book_search"):
        env.book_search = {}
    return env.book_search


class Pieces(EnvironmentCollector):
    """Makes and keeps the piece of each page."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a page."""
        pieces(env).pop(docname, None)

    def merge_other(self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
        """Take over what another process has read."""
        pieces(env).update({name: piece for name, piece in pieces(other).items() if name in docnames})

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Make the piece of a page."""
        docname = app.env.docname
        records = [part.record() for part in parts(doctree, docname)]
        title = records[0]["title"] if records else docname
        piece = {"name": docname, "title": title, "parts": records}
        pieces(app.env)[docname] = json.dumps(piece, ensure_ascii=False)


def read_keywords(path: Path) -> dict[str, dict[str, list[str]]]:
    """The file of keywords as it is; what is wrong with it becomes a warning, which stops the build.

    It may have languages that are no edition (yet, or in a book that is made of this one), but none that do not exist.
    """
    phrases = {"type": "array", "items": {"type": "string"}}
    one = {"type": "object", "properties": dict.fromkeys(["messages", *locale_identifiers()], phrases)}
    schema = {"type": "object", "additionalProperties": one | {"additionalProperties": False}}
    try:
        known = read_yaml(path) or {} if path.is_file() else {}
    except BuildError as problem:
        logger.warning(str(problem))
        return {}
    # not `validate`, which takes two seconds to find that the schema itself is one
    for problem in Draft202012Validator(schema).iter_errors(known):
        logger.warning("%s, %s: %s", path.name, problem.json_path.removeprefix("$."), problem.message)
        return {}
    return known


def keywords(app: Sphinx) -> dict[str, dict[str, list[str]]]:
    """By label, the words of this edition and of the source language, and further messages of an entry."""
    root = Path(app.srcdir)
    spoken = dict.fromkeys([editions(root)[0].code, app.config.language])
    return {
        label: {"messages": one.get("messages", []), "words": [word for code in spoken for word in one.get(code, [])]}
        for label, one in read_keywords(root / KEYWORDS).items()
    }


def titles(app: Sphinx, joined: str) -> str:
    """The pieces with the titles of the sections and pages that they refer to."""
    labels = app.env.get_domain("std").labels

    def title(reference: re.Match) -> str:
        page, label = reference[1].partition("/")[2], reference[1]
        words = app.env.titles[page].astext() if page else labels.get(label, ("", "", "…"))[2]
        return json.dumps(words, ensure_ascii=False)[1:-1]

    return re.sub(f"{OPEN}(.*?){CLOSE}", title, joined)


def index(app: Sphinx) -> str:
    """The script: every page in the order of their names, and the keywords."""
    known = pieces(app.env)
    joined = titles(app, ",\n".join(known[name] for name in sorted(known)))
    chosen, labels = keywords(app), set(ANCHOR.findall(joined))
    for label in sorted(chosen.keys() - labels):
        logger.warning("%s: no section has the label %s", KEYWORDS, label)
    return f'loadSearch({{"pages": [\n{joined}],\n"keywords": {json.dumps(chosen, ensure_ascii=False)}}});\n'


def write(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Write the index; yields the search page, which names it with a checksum."""
    script = index(app)
    Path(app.outdir, SCRIPT).write_text(script, "utf8")
    address = f"{SCRIPT}?v={assets.checksum(script)}"
    places = [app.config.root_doc, *error_index.pages(app.env)]
    otherwise = [{"name": name, "title": app.env.titles[name].astext()} for name in places]
    yield "search", {"search": words() | {"index": address, "otherwise": otherwise}}, "search.html"


def without_sphinx_search(app: Sphinx) -> None:
    """Sphinx makes neither its index nor its page."""
    if app.builder.format == "html":
        app.builder.search = False


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.add_env_collector(Pieces)
    app.connect("builder-inited", without_sphinx_search)
    app.connect("html-collect-pages", write)
