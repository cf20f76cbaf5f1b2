"""What pages say of the reader's progress: which exercises there are, and the words around them.

`_static/js/exercises.js` keeps in the reader's browser which of them are solved, and shows it: on the pages that have
exercises, and on the first page of the book, which counts those of all.
"""

import json

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.locale import get_translation

_ = get_translation("book")


def of_pages(env: BuildEnvironment) -> dict[str, list[str]]:
    """The ids of the exercises of each page that has any."""
    found: dict[str, list[str]] = {}
    for entry in getattr(env, "sphinx_exercise_registry", {}).values():
        if entry["type"].startswith("exercise") and not entry["node"].get("hidden"):
            found.setdefault(entry["docname"], []).append(entry["node"]["ids"][0])
    return {docname: sorted(ids) for docname, ids in sorted(found.items())}


def page_words() -> dict[str, str]:
    """What a page with exercises says; %s is filled in there."""
    return {
        "solved": _("Solved"),
        "notYet": _("✗ Not yet"),
        "count": _("%s of %s exercises solved"),
    }


def start_words() -> dict[str, str]:
    """What the first page says besides."""
    return {
        "progress": _("Your progress"),
        "about": _(
            "Tick an exercise once you have solved it; where cells run in the page, its check does so for you. "
            "The ticks are kept in this browser and hold for every language. "
            "Export them to a file to go on in another browser."
        ),
        "export": _("Export"),
        "import": _("Import"),
        "imported": _("The ticks in the file have been added."),
        "notImported": _("The file has no progress in this book."),
        "reset": _("Reset"),
        "resetAsk": _("Remove the ticks of all exercises from this browser?"),
    }


def add_words(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Give the words to pages with exercises, and to the first page those of the whole book."""
    known = of_pages(app.env) if doctree is not None else {}
    first = pagename == app.config.root_doc and bool(known)
    if not first and pagename not in known:
        return
    said = {"page": pagename, "words": page_words() | (start_words() if first else {})}
    if first:
        said["exercises"] = known
    data = json.dumps(said, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
    context["body"] += f'\n<script type="application/json" id="exercise-words">{data}</script>\n'


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("html-page-context", add_words)
