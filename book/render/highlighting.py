"""The colours of code: the formatter that marks it, and the rules that colour the marks.

Pygments knows several dozen kinds of tokens, most of which look like another one. A page is smaller and sooner
painted with one mark for each look, one for neighbours of the same look, and none for plain names. A mark is an
element named after its kind, <t-k> for a keyword: of a span with a class there would be a thousand on a page.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from html import escape
from importlib import metadata
from itertools import islice
from pathlib import Path

from pygments.formatters import HtmlFormatter
from pygments.lexers.special import TextLexer
from pygments.style import Style
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Name, Text, Token
from sphinx.highlighting import PygmentsBridge

LIGHT, DARK = "a11y-high-contrast-light", "a11y-high-contrast-dark"  # at least AA on the page's grounds
# The looks that the book uses, each by Pygments' short name of a kind that has it: what looks otherwise is left plain.
KINDS = ["c", "k", "s", "m", "nc"]
ERROR = Name.Exception  # has a rule of its own in a traceback
# A quarter of all marks would be signs such as = and +, another tenth self, print and len: they are read without.
PLAIN = {"o", "nb", "bp"}
PREFIX = "t-"  # of the names of marks
# What a program may ask of a terminal, as myst-nb's lexer names it, and has a rule in `_static/css/4-cells.css`.
# Grounds, black and white would be unreadable in one of the themes.
TERMINAL = {"Bold", "Red", "Green", "Yellow", "Blue", "Magenta", "Cyan"}

# Where the lexers of the book come from, each with the name under which it is installed
PACKAGES = {"pygments": "pygments", "myst_nb": "myst-nb", "ipython_pygments_lexers": "ipython-pygments-lexers"}

Piece = tuple[tuple[str, ...], str]  # a text and the names of its marks, from the outermost to the innermost


def colours(style: type[Style]) -> dict[str, str]:
    """The colour of each kind of token in a style, by its short name."""
    return {STANDARD_TYPES[kind]: f"#{style.style_for_token(kind)['color']}" for kind in STANDARD_TYPES}


@cache
def themes() -> tuple[dict[str, str], dict[str, str]]:
    """The colours of the light theme and of the dark one."""
    light, dark = (colours(get_style_by_name(name)) for name in (LIGHT, DARK))
    return light, dark


@cache
def kinds() -> dict[str, str]:
    """The kind that stands for each kind of token that does not look like a plain name, both by their short names."""
    light, dark = themes()
    known = {(light[name], dark[name]): name for name in KINDS}
    stand_ins = {name: known.get((light[name], dark[name])) for name in light}
    found = {name: kind for name, kind in stand_ins.items() if kind and name not in PLAIN}
    return found | {STANDARD_TYPES[ERROR]: STANDARD_TYPES[ERROR]}


def rules() -> str:
    """The colours of the marks, for both themes; paper has those of the light one."""
    light, dark = (
        "\n".join(f"{start}{PREFIX}{kind}{{color:{theme[kind]}}}" for kind in sorted(set(kinds().values())))
        for theme, start in zip(themes(), ("", '[data-theme="dark"] '), strict=True)
    )
    return f"{light}\n@media screen{{\n{dark}\n}}\n"


@cache
def marks(kind: tuple) -> tuple[str, ...]:
    """The marks of a kind of token; none where it looks like a plain name."""
    if kind in Token.Color:  # of what a program prints
        return tuple(PREFIX + name.lower() for name in kind if name in TERMINAL)
    while kind not in STANDARD_TYPES:
        kind = kind.parent
    name = kinds().get(STANDARD_TYPES[kind])
    return (PREFIX + name,) if name else ()


def error_only(tokens: Iterable) -> Iterator:
    """A traceback in which only the name of the error is marked.

    Its message is read as Python by Pygments, with its "for" and "is" as keywords, and a word before a colon as
    another error.
    """
    named = False
    for kind, text in tokens:
        is_name = kind is ERROR and not named
        named = named or is_name
        yield (kind if is_name else Text), text


def lines(tokens: Iterable) -> Iterator[list[Piece]]:
    """The pieces of each line of code; no token goes over its end."""
    line = []
    for kind, text in tokens:
        first, *others = text.split("\n")
        line.append((marks(kind), first))
        for piece in others:
            yield line
            line = [(marks(kind), piece)]
    if any(text for _marks, text in line):
        yield line


def joined(line: list[Piece]) -> list[Piece]:
    """The pieces of a line with one mark around neighbours of the same kind, and the spaces between them."""
    found = []
    for names, text in line:
        if found and found[-1][0] == names:
            found[-1] = (names, found[-1][1] + text)
        elif len(found) > 1 and found[-2][0] == names and not found[-1][1].strip(" "):
            _marks, spaces = found.pop()
            found[-1] = (names, found[-1][1] + spaces + text)
        elif text:
            found.append((names, text))
    return found


def written(line: list[Piece]) -> str:
    """A line as HTML."""
    return "".join(
        "".join(f"<{name}>" for name in names)
        + escape(text, quote=False)
        + "".join(f"</{name}>" for name in reversed(names))
        for names, text in joined(line)
    )


class MarkFormatter(HtmlFormatter):
    """Code as <pre> with marks.

    The option `traceback` says that it is the message of an error. `paper` is for a long output: how many of its lines
    are printed, and the words that stand there for the others.
    """

    def _format_lines(self, tokensource):
        """The lines of code with our marks.

        Pygments has no public place for it: here, and nowhere else, it writes a <span> for each token. Without this
        method, `format_unencoded`, which is public, would have to number and emphasize lines itself.
        """
        tokens = error_only(tokensource) if self.options.get("traceback") else tokensource
        return ((1, written(line) + "\n") for line in lines(tokens))

    def wrap(self, source):
        """The box around <pre> is the translator's."""
        first = next(source, (0, ""))
        # browsers drop an empty first line that nothing stands before
        yield 0, "<pre><span></span>" if first[1].startswith("\n") else "<pre>"
        yield first
        lines, words = self.options.get("paper", (None, ""))
        yield from islice(source, lines and lines - 1)
        if words:
            yield 0, '<span class="beyond">'
            yield from source
            yield 0, f'</span><span class="on-paper">{escape(words)}</span>'
        yield 0, "</pre>"

    def _wrap_div(self, inner):
        """No second box: Pygments puts it around what `wrap` returns, and has no option against it."""
        return inner


@cache
def version() -> str:
    """What the HTML of the same code depends on, with the packages that have the lexers."""
    packages = [metadata.version(name) for name in ("sphinx", *PACKAGES.values())]
    return hashlib.sha256(repr((packages, Path(__file__).read_text("utf8"))).encode()).hexdigest()


class Highlighter(PygmentsBridge):
    """Sphinx's way to Pygments, with our marks.

    The page of an edited paragraph has a hundred cells of the same code as before: the file `notes` keeps the HTML of
    each from one build to the next, a fifth of the time in which the page is written.
    """

    html_formatter = MarkFormatter

    def __init__(self, notes: Path):
        super().__init__()
        self.notes, self.used, self.lexers = notes, {}, []

    @cached_property
    def known(self) -> dict[str, str]:
        """What was kept, by what it was made of."""
        try:
            kept = json.loads(self.notes.read_text("utf8"))
            return kept["html"] if kept["version"] == version() else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def get_lexer(self, *args, **kwargs):
        """Sphinx asks for a second one when the first has met with an error, and takes plain text for no name known."""
        self.lexers.append(super().get_lexer(*args, **kwargs))
        return self.lexers[-1]

    def highlight_block(self, source, lang, opts=None, force=False, location=None, **kwargs):
        """The HTML of a piece of code; what Sphinx warns of is not kept, nor the work of an author's lexer."""
        key = hashlib.sha256(repr((source, lang, opts, force, sorted(kwargs.items()))).encode()).hexdigest()
        if key in self.known:
            self.used[key] = self.known[key]
            return self.known[key]
        self.lexers.clear()
        html = super().highlight_block(source, lang, opts, force, location, **kwargs)
        is_known = type(self.lexers[0]) is not TextLexer or lang in ("none", "text")
        if is_known and len(self.lexers) == 1 and type(self.lexers[0]).__module__.split(".")[0] in PACKAGES:
            self.used[key] = html
        return html

    def keep(self) -> None:
        """Write down what this page has used, if that is something else than before."""
        if not self.used or self.used == self.known:
            return
        self.notes.parent.mkdir(parents=True, exist_ok=True)
        partial = self.notes.with_suffix(".partial")
        partial.write_text(json.dumps({"version": version(), "html": self.used}), "utf8")
        partial.replace(self.notes)
