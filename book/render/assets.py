"""What every page needs: its styles, one script, the styles of paper; and the search page's own script.

They are joined from `_static/css`, `_static/js`, `_static/print` and `_static/search`, from Pygments' styles and,
for the search, from Sphinx's own scripts. The styles are few enough to stand in the page itself, which is painted
without waiting for a second file; the look of what only a script adds comes with the script. A page names files with
a checksum, so that a browser may keep them.
"""

import hashlib
import json
import re
from pathlib import Path

import sphinx
from rcssmin import cssmin
from rjsmin import jsmin
from sphinx.application import Sphinx
from sphinx.locale import get_translation

from book.render import highlighting

_ = get_translation("book")
FOUND = "Search finished, found ${resultCount} page(s) matching the search query."
NOTHING_FOUND = (
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've "
    "selected enough categories."
)
SEARCH = ["documentation_options.js", "doctools.js", "language_data.js", "searchtools.js"]  # in the order to run in


def joined(folder: Path, suffix: str) -> str:
    """The files of a folder with this suffix, in the order of their names."""
    return "\n".join(path.read_text("utf8") for path in sorted(folder.glob(f"*{suffix}")))


def added_styles(folder: Path) -> str:
    """A line of script that gives the page the styles of a folder of scripts, which lie beside them."""
    styles = json.dumps(cssmin(joined(folder, ".css")))
    return f'document.head.append(Object.assign(document.createElement("style"), {{textContent: {styles}}}));\n'


def checksum(text: str) -> str:
    """What tells one version of a file from another in its address."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def write(app: Sphinx, name: str, text: str) -> None:
    """Put a file into the site and remember its checksum for the pages."""
    path = Path(app.outdir, "_static", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf8")
    app.config.html_context["assets"][name] = checksum(text)


def write_early(app: Sphinx) -> None:
    """The files that do not depend on Sphinx's own."""
    if app.builder.name != "html":
        return
    ours = Path(__file__).parents[2] / "_static"
    app.config.html_context["assets"] = {}
    app.config.html_context["styles"] = cssmin(highlighting.rules() + joined(ours / "css", ".css"))
    write(app, "print.css", cssmin(joined(ours / "print", ".css")))
    write(app, "site.js", jsmin(added_styles(ours / "js") + joined(ours / "js", ".js")))
    # What search.js will be made of
    sources = joined(ours / "search", ".js") + joined(ours / "search", ".css")
    known = sources + sphinx.__version__ + app.config.language + json.dumps(section_words())
    app.config.html_context["assets"]["search.js"] = checksum(known)


def write_search(app: Sphinx, exception: Exception | None) -> None:
    """The search page's script; Sphinx has written its parts by now."""
    if exception is not None or app.builder.name != "html":
        return
    ours, theirs = Path(__file__).parents[2] / "_static/search", Path(app.outdir, "_static")
    parts = [ours / "before.js", *(theirs / name for name in SEARCH), ours / "sections.js"]
    script = added_styles(ours) + "\n".join(path.read_text("utf8") for path in parts)
    write(app, "search.js", jsmin(f"{script}\n{search_words(theirs / 'translations.js')}"))


def section_words() -> dict[str, str]:
    """Our words for those of Sphinx's that take a result for a page, or the text for documents, and its heading."""
    return {
        "Search Results": _("Search results"),
        FOUND: _("Sections found: ${resultCount}"),
        NOTHING_FOUND: _("No section has all of these words. Leave one out, or look at the spelling."),
    }


def search_words(path: Path) -> str:
    """The script that gives Sphinx's search its words, and ours.

    Sphinx's own file, which English does not have, also evaluates a rule for plurals: the page's
    Content-Security-Policy forbids it, and the search does not need it.
    """
    messages = {}
    if path.exists():
        messages = json.loads(re.search(r"addTranslations\((.*)\)", path.read_text("utf8"), re.S)[1])["messages"]
    return f"Object.assign(Documentation.TRANSLATIONS, {json.dumps(messages | section_words())});"


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("builder-inited", write_early)
    app.connect("build-finished", write_search)
