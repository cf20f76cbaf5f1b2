"""What settings of `_config.yml` add around the text of every page: files of the book and of extensions, a logo, words.

The engine joins its own style sheets and scripts (`assets`); here are those that an author adds, as in any Jupyter
Book: what lies in `_static/`, what `html_css_files` and `html_js_files` name, and what extra extensions bring.
"""

import mimetypes
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.locale import get_translation

from book.project import settings
from book.project.places import is_of_the_engine
from book.render import design
from book.render.assets import checksum

_ = get_translation("book")
# Of Sphinx, its theme and the extensions that make the book: pages do without
NOT_LOADED = ["basic.css", "exercise.css", "mystnb.*.css", "pygments.css", "sphinx_highlight.js", "translations.js"]
FOR_SCRIPTS = ["documentation_options.js", "doctools.js"]  # Sphinx's; what another script may ask for


def is_added(name: str) -> bool:
    """Whether a file, by its name in `_static`, is an author's or an extension's."""
    return not is_of_the_engine(name) and not any(fnmatchcase(name, pattern) for pattern in [*NOT_LOADED, *FOR_SCRIPTS])


def added(app: Sphinx, pagename: str, files: list) -> Iterator:
    """Those of a page's style sheets or scripts, as Sphinx describes them, that the book itself does without.

    Raises ExtensionError for what the page's policy forbids.
    """
    known = set(app.config.nb_ipywidgets_js)  # myst-nb's, beside an output that is a widget
    known |= {f"_static/{name}" for name in design.not_needed(app, pagename)}
    for file in sorted(files, key=lambda file: file.priority):
        address = str(file.filename or "")
        if address in known:
            continue
        known.add(address)  # what a setting names, Jupyter Book finds in `_static/` as well
        if not address.startswith("_static/"):
            what = address or "a script that stands inside the page"
            way_out = "no page loads anything from another host; take out the extension that asks for it"
            raise ExtensionError(f"_config.yml, sphinx: extra_extensions: {what} is refused: {way_out}")
        if is_added(address.removeprefix("_static/")):
            yield file


def files(app: Sphinx, context: dict) -> dict[str, list[dict]]:
    """The style sheets and scripts that are added to a page, in their order."""
    styles, scripts = (list(added(app, context["pagename"], context[f"{kind}_files"])) for kind in ("css", "script"))
    if scripts:
        needed = [f"_static/{name}" for name in FOR_SCRIPTS]
        scripts = [file for file in context["script_files"] if file.filename in needed] + scripts
    return {
        "added_styles": [described(app, file) for file in styles],
        # A script may look for what stands behind it
        "added_scripts": [
            described(app, file, {} if "async" in file.attributes else {"defer": "defer"}) for file in scripts
        ],
    }


def described(app: Sphinx, file, more: dict | None = None) -> dict:
    """A style sheet or script as the layout writes it: its address, version and attributes."""
    path = Path(app.outdir, file.filename)
    attributes = {name: value for name, value in file.attributes.items() if value not in ("stylesheet", "text/css")}
    return {
        "address": file.filename,
        "version": checksum(path.read_text("utf8")) if path.is_file() else "",  # some are written after the pages
        "attributes": attributes | (more or {}),
    }


def picture(name: str | None) -> dict | None:
    """Where the site has a picture that a setting names, and of what kind it is."""
    if not name:
        return None
    return {"address": f"_static/{Path(name).name}", "type": mimetypes.guess_type(name)[0] or ""}


def around(app: Sphinx, context: dict) -> dict:
    """What the layout shows of these settings; most are empty."""
    root = Path(app.srcdir)
    texts = {name: settings.value(root, f"html.{name}", "") for name in settings.WORDS}
    return {
        **files(app, context),
        **{name: _(text) if text else "" for name, text in texts.items()},
        "logo": picture(app.config.html_logo),
        "favicon": picture(app.config.html_favicon),
        "copyright_of": settings.value(root, "copyright", "") if app.config.html_show_copyright else "",
        "home_page": settings.value(root, "html.home_page_in_navbar", True),
    }


def published(app: Sphinx) -> list[str]:
    """The files of `_static` that pages may ask for besides the engine's, as addresses from the root of the site."""
    registered = [str(name) for name, _attributes in app.registry.css_files + app.registry.js_files if name]
    lying = [path.relative_to(folder).as_posix() for folder, path in in_static(app)]
    pictures = [Path(name).name for name in (app.config.html_logo, app.config.html_favicon) if name]
    added = [name for name in [*registered, *lying] if is_added(name) and name not in design.not_needed(app)]
    scripts = FOR_SCRIPTS if any(name.endswith(".js") for name in added) else []
    return [f"_static/{name}" for name in [*added, *scripts, *pictures]]


def in_static(app: Sphinx) -> Iterator[tuple[Path, Path]]:
    """The files that Sphinx copies into `_static`, each with the folder that is copied."""
    for name in app.config.html_static_path:
        entry = Path(app.srcdir, name)
        for path in entry.rglob("*") if entry.is_dir() else [entry]:
            if path.is_file():
                yield (entry if entry.is_dir() else entry.parent), path
