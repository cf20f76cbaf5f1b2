"""What a setting of `_config.yml` may have as its value, where Jupyter Book's own check knows only its kind.

Each check takes the value, which is not empty, the folder of the book, and all settings; it returns what is wrong and
the way out, or None.
"""

import importlib.util
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import yaml

from book.project.code_host import code_host

Finding = tuple[str, str] | None
ELSEWHERE = ("http://", "https://", "//")
POLICY = "a page loads nothing from another host, and no script that stands inside it"


class Loads(HTMLParser):
    """What a piece of HTML would load or run."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "iframe", "object", "embed", "link"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on"):
                self.found.append(name)
            elif name in ("src", "srcset", "poster") and (value or "").startswith(ELSEWHERE):
                self.found.append(value)


def loads_nothing(html: str, *_) -> Finding:
    """A piece of HTML has neither a script nor anything from another host."""
    if html.startswith(ELSEWHERE):
        return f"is refused: {POLICY}", "Write the text itself; a link in it may lead anywhere."
    if found := Loads(html).found:
        return f"is refused for {found[0]}: {POLICY}", "Take that out, or put the file into _static/."
    return None


def is_a_file(name: str, root: Path, *_) -> Finding:
    """A path leads to a file of the book."""
    if name.startswith(ELSEWHERE):
        return f"is refused: {name} lies on another host, and {POLICY}", "Put the file into _static/."
    return None if (root / name).is_file() else (f"there is no file {name}", "Mend the path; it begins at _config.yml.")


def are_files(names: list[str], root: Path, *_) -> Finding:
    """So do several."""
    return next(filter(None, (is_a_file(name, root) for name in names)), None)


def is_an_address(address: str, *_) -> Finding:
    """The site's address is one."""
    if address.startswith(ELSEWHERE[:2]):
        return None
    return f"{address!r} is not an address", "Begin it with https:// or take it out."


def are_of_the_book(files: list, *_) -> Finding:
    """Styles and scripts of a page are files in `_static/`."""
    for entry in files:
        name = entry if isinstance(entry, str) else entry[0]
        if not name or name.startswith(ELSEWHERE):
            shown = name or "a script without a file"
            return f"is refused for {shown}: {POLICY}", "Put the file into _static/ and name it without that folder."
    return None


def can_be_loaded(names: list[str], *_) -> Finding:
    """Extensions are installed."""
    for name in names:
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        if not found:
            return f"there is no Python module {name}", "Mend the name, or put its package into requirements.txt."
    return None


def is_of_a_known_host(_shown: bool, _root: Path, settings: dict) -> Finding:
    """A button leads into a repository whose host's addresses are known."""
    url = settings.get("repository", {}).get("url", "")
    if not url or code_host(url):  # Jupyter Book says that it is missing
        return None
    return f"is refused: {url} is neither on GitHub nor on GitLab or Bitbucket", "Take the button out."


def first_edition(root: Path) -> dict:
    """What editions.yml says of the source language; nothing where it is malformed, which is said elsewhere."""
    try:
        return yaml.safe_load((root / "editions.yml").read_text("utf8"))[0]
    except (OSError, ValueError, yaml.YAMLError, LookupError, TypeError):
        return {}


def is_the_editions(key: str) -> Callable[..., Finding]:
    """A value that the first edition has as well is the same there."""

    def check(value: str, root: Path, *_) -> Finding:
        wanted = first_edition(root).get(key, value)
        way_out = f"Make it the {key} of the first edition in editions.yml, or change both."
        return None if value == wanted else (f"is {value!r}, and in editions.yml {wanted!r}", way_out)

    return check


def is_shown(_text: str, _root: Path, settings: dict) -> Finding:
    """A copyright is not hidden by Sphinx's own setting."""
    shown = (settings.get("sphinx", {}).get("config") or {}).get("html_show_copyright", True)
    return (
        None if shown else ("is hidden by html_show_copyright: false, below sphinx: config:", "Leave one of the two.")
    )


def are_macros(settings: dict, *_) -> Finding:
    """MathJax is told of macros only: a text; or that, its number of arguments, and what the first is by default."""
    tex = settings.get("tex", {})
    others = [name for name in settings if name != "tex"] + [f"tex: {name}" for name in tex if name != "macros"]
    if others:
        return f"has {others[0]}, and nobody follows it: formulas are made without MathJax", "Leave only tex: macros:."
    for name, macro in (tex.get("macros") or {}).items():
        kinds = [str, int, str]
        parts = macro if isinstance(macro, list) else [macro]
        if not parts or len(parts) > 3 or not all(map(isinstance, parts, kinds)):
            return f"has a macro {name} that is no TeX", f'Write {name}: "\\..." or {name}: ["\\... #1", 1].'
    return None


CHECKS = {
    "title": is_the_editions("title"),
    "copyright": is_shown,
    "logo": is_a_file,
    "bibtex_bibfiles": are_files,
    "html.favicon": is_a_file,
    "html.baseurl": is_an_address,
    "html.announcement": loads_nothing,
    "html.extra_footer": loads_nothing,
    "html.use_edit_page_button": is_of_a_known_host,
    "html.use_issues_button": is_of_a_known_host,
    "sphinx.extra_extensions": can_be_loaded,
    "sphinx.config.language": is_the_editions("code"),
    "sphinx.config.html_logo": is_a_file,
    "sphinx.config.html_favicon": is_a_file,
    "sphinx.config.html_css_files": are_of_the_book,
    "sphinx.config.html_js_files": are_of_the_book,
    "sphinx.config.mathjax3_config": are_macros,
}
