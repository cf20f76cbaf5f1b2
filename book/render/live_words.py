"""The words of live cells, in the reader's language: in `_static/live/words.json`, for the cells when they come to
life; where there is a Binder, those of its offer in each page with cells, for `_static/js/live.js`.

The words are data: a published page with them asks for nothing and runs nothing. See `book.live.server` for the server.
"""

import json

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.locale import get_translation

from book.render import assets

_ = get_translation("book")
BINDER = " https://mybinder.org https://*.mybinder.org wss://*.mybinder.org"


def cell_words() -> dict:
    """What live cells say to a reader; %s is filled in there."""
    return {
        "run": _("Run"),
        "runCell": _("Run cell %s"),
        "runAll": _("Run all"),
        "runToHere": _("Run to here"),
        "runAbove": _("Run them first (%s)"),
        "onlyThis": _("Only this cell"),
        "notRun": _("Cells above have not run yet."),
        "edit": _("Edit"),
        "reset": _("Reset to the book's text"),
        "restart": _("Restart"),
        "interrupt": _("Interrupt"),
        "bar": _("Live cells"),
        "code": _("Code of cell %s; Escape leaves the editor"),
        "yours": _("Your output"),
        "beyond": _("… and more, which this page does not show: too long"),
        "keys": _("Shift+Enter: run and go on · Ctrl+Enter: run and stay"),
        "states": {
            "idle": _("The cells of this page can be run"),
            "starting": _("Starting Python …"),
            "ready": _("Python is ready"),
            "busy": _("Python is computing …"),
            "stuck": _("Python is computing and does not hear the interruption yet; Restart ends it"),
            "restarting": _("Restarting Python …"),
            "died": _("Python has ended unexpectedly and was started again without its variables: run the cells anew"),
            "lost": _("The connection is broken; trying again …"),
            "gone": _("No connection to Python; on your machine, start make live and open the address that it prints"),
        },
        "cell": {
            "unseen": _("not run yet: the same keys run it"),
            "waiting": _("waiting"),
            "running": _("running …"),
            "done": _("your output, after %s s"),
            "failed": _("your output, an error after %s s"),
            "died": _("Python ended while this cell was running"),
            "stopped": _("stopped"),
        },
    }


def add_words(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Let pages with cells offer the Binder that the configuration names."""
    if doctree is None or "kernelspec" not in app.env.metadata.get(pagename, {}) or not app.config.book_binder:
        return
    said = {"runOnBinder": _("Run this page on Binder"), "binder": app.config.book_binder}
    context["live_connect"] = BINDER  # what the page's Content-Security-Policy must allow
    data = json.dumps(said, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
    context["body"] += f'\n<script type="application/json" id="live-words">{data}</script>\n'


def write_words(app: Sphinx) -> None:
    """Put the words of live cells beside their script."""
    if app.builder.name == "html":
        assets.write(app, "live/words.json", json.dumps(cell_words(), ensure_ascii=False))


def check(app: Sphinx, config) -> None:
    """ConfigError when `book_binder` does not name a repository and a branch."""
    if config.book_binder and config.book_binder.count("/") < 2:
        raise ConfigError(f"book_binder: {config.book_binder!r} is not owner/repository/branch")


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.add_config_value("book_binder", "", "html", str)
    app.connect("config-inited", check)
    app.connect("builder-inited", write_words, priority=600)  # after `assets` has begun
    app.connect("html-page-context", add_words)
