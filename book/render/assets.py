"""What every page needs: its styles, one script, the styles of paper; and the search page's own script.

They are joined from `_static/css`, `_static/js`, `_static/print` and `_static/search`, and from Pygments' styles. The
styles are few enough to stand in the page itself, which is painted without waiting for a second file; the look of what
only a script adds comes with the script. A page names files with a checksum, so that a browser may keep them.
"""

import hashlib
import json
from pathlib import Path

from rcssmin import cssmin
from rjsmin import jsmin
from sphinx.application import Sphinx

from book.render import highlighting


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


def write_all(app: Sphinx) -> None:
    """The files that pages name, before the pages."""
    if app.builder.name != "html":
        return
    ours = Path(__file__).parents[2] / "_static"
    app.config.html_context["assets"] = {}
    app.config.html_context["styles"] = cssmin(highlighting.rules() + joined(ours / "css", ".css"))
    app.config.html_context["formula_styles"] = cssmin(joined(ours / "css" / "formulas", ".css"))
    write(app, "print.css", cssmin(joined(ours / "print", ".css")))
    for name, folder in (("site.js", ours / "js"), ("search.js", ours / "search")):
        write(app, name, jsmin(added_styles(folder) + joined(folder, ".js"), keep_bang_comments=True))


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("builder-inited", write_all)
