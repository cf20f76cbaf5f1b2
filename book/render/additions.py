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
from book.render.assets import checksum

_ = get_translation("book")
# Of Sphinx, its theme and the extensions that make the book: pages do without
NOT_LOADED = ["basic.css", "doctools.js", "documentation_options.js", "exercise.css", "mystnb.*.css", "pygments.css"]
NOT_LOADED += ["sphinx_highlight.js", "translations.js"]


def is_added(name: str) -> bool:
    """Whether a file, by its name in `_static`, is an author's or an extension's."""
    return not is_of_the_engine(name) and not any(fnmatchcase(name, pattern) for pattern in NOT_LOADED)


def names(app: Sphinx, files: list) -> Iterator[tuple[str, dict]]:
    """The added ones of a page's style sheets or scripts, as addresses from the root of the site, with attributes.

    Raises ExtensionError for what the page's policy forbids.
    """
    known = set(app.config.nb_ipywidgets_js)  # myst-nb's, beside an output that is a widget
    for file in files:
        address = str(file.filename or "")
        if address in known:
            continue
        known.add(address)  # what a setting names, Jupyter Book finds in `_static/` as well
        if not address.startswith("_static/"):
            what = address or "a script that stands inside the page"
            way_out = "no page loads anything from another host; take out the extension that asks for it"
            raise ExtensionError(f"_config.yml, sphinx: extra_extensions: {what} is refused: {way_out}")
        if is_added(address.removeprefix("_static/")):
            yield address, dict(file.attributes)


def files(app: Sphinx, context: dict) -> dict[str, list[dict]]:
    """The style sheets and scripts that are added to a page, in their order."""
    found = {"css_files": [], "script_files": []}
    for kind, entries in found.items():
        for address, attributes in names(app, sorted(context[kind], key=lambda file: file.priority)):
            for known in ("rel", "type") if kind == "css_files" else ():
                attributes.pop(known, None)
            if kind == "script_files" and not attributes.keys() & {"async", "defer"}:
                attributes["defer"] = "defer"  # a script may look for what stands behind it
            entries.append({"address": address, "version": version(app, address), "attributes": attributes})
    return {"added_styles": found["css_files"], "added_scripts": found["script_files"]}


def version(app: Sphinx, address: str) -> str:
    """What tells this version of a file from another one; empty while it is not there yet."""
    path = Path(app.outdir, address)
    return checksum(path.read_text("utf8")) if path.is_file() else ""


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
    return [f"_static/{name}" for name in [*filter(is_added, [*registered, *lying]), *pictures]]


def in_static(app: Sphinx) -> Iterator[tuple[Path, Path]]:
    """The files that Sphinx copies into `_static`, each with the folder that is copied."""
    for name in app.config.html_static_path:
        entry = Path(app.srcdir, name)
        for path in entry.rglob("*") if entry.is_dir() else [entry]:
            if path.is_file():
                yield (entry if entry.is_dir() else entry.parent), path
