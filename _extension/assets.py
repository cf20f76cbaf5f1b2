"""What every page needs: its styles, one script; and the search page's own script.

They are joined from `_static/css`, `_static/js` and `_static/search`, from Pygments' styles and, for the
search, from Sphinx's own scripts. The styles are few enough to stand in the page itself, which is painted
without waiting for a second file. A page names scripts with a checksum, so that a browser may keep them.
"""

import hashlib
import json
import re
from functools import cache
from pathlib import Path

import sphinx
from pygments.formatters import HtmlFormatter
from rcssmin import cssmin
from rjsmin import jsmin
from sphinx.application import Sphinx
from sphinx.locale import get_translation

_ = get_translation("book")
LIGHT, DARK = "a11y-high-contrast-light", "a11y-high-contrast-dark"  # at least AA on the page's grounds
FOUND = "Search finished, found ${resultCount} page(s) matching the search query."
NOTHING_FOUND = (
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've "
    "selected enough categories."
)
SEARCH = ["documentation_options.js", "doctools.js", "language_data.js", "searchtools.js"]  # in the order to run in


def colours(style: str) -> dict[str, str]:
    """The declarations of a Pygments style for each class of token."""
    definitions = HtmlFormatter(style=style).get_style_defs(".highlight")
    return dict(re.findall(r"^\.highlight \.(\w+) \{ (.+?) \}", definitions, re.M))


@cache
def coloured() -> list[str]:
    """The classes of tokens that look different from a plain name in one of the themes."""
    found = colours(LIGHT), colours(DARK)
    # A quarter of all marks would be signs such as = and +, which need no colour to be told from names.
    return sorted({name for style in found for name, look in style.items() if look != style["n"]} - {"hll", "o"})


def highlighting() -> str:
    """The colours of code, for both themes; tokens that look the same share a rule."""
    rules = []
    for style, start in ((colours(LIGHT), ""), (colours(DARK), '[data-theme="dark"] ')):
        looks = {}
        for name in coloured():
            looks.setdefault(style.get(name, style["n"]), []).append(f"{start}.highlight .{name}")
        rules += [f"{','.join(names)}{{{look}}}" for look, names in looks.items()]
    return "\n".join(rules)


def joined(folder: Path) -> str:
    """The files of a folder, in the order of their names."""
    return "\n".join(path.read_text("utf8") for path in sorted(folder.iterdir()) if path.is_file())


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
    ours = Path(__file__).parents[1] / "_static"
    app.config.html_context["assets"] = {}
    app.config.html_context["styles"] = cssmin(highlighting() + joined(ours / "css"))
    write(app, "site.js", jsmin(joined(ours / "js")))
    # What search.js will be made of
    known = joined(ours / "search") + sphinx.__version__ + app.config.language + json.dumps(section_words())
    app.config.html_context["assets"]["search.js"] = checksum(known)


def write_search(app: Sphinx, exception: Exception | None) -> None:
    """The search page's script; Sphinx has written its parts by now."""
    if exception is not None or app.builder.name != "html":
        return
    ours, theirs = Path(__file__).parents[1] / "_static/search", Path(app.outdir, "_static")
    parts = [ours / "before.js", *(theirs / name for name in SEARCH), ours / "sections.js"]
    script = "\n".join(path.read_text("utf8") for path in parts)
    write(app, "search.js", jsmin(f"{script}\n{search_words(theirs / 'translations.js')}"))


def section_words() -> dict[str, str]:
    """Our words for those of Sphinx's that take a result for a page, or the text for documents."""
    return {
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
