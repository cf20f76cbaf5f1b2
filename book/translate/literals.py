"""String literals of Python as texts for translators, and translated texts as literals again.

A text has what a reader of the program sees: adjacent literals are one text, escapes are the characters that they stand
for, and the expressions of an f-string stand as they do in the code: `{loss:.3f}`.
"""

import re
from dataclasses import dataclass

LITERAL = re.compile(r"""([A-Za-z]{0,2})("{3}|'{3}|"|')((?:\\.|(?!\2).)*)\2""", re.S)
KNOWN = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"', "\n": ""}  # escapes that a text can have
PIECES = re.compile(r"\S+\s*|\s+")
LEAST = 20  # columns that a part of a literal needs


class NotAText(Exception):
    """These literals are none that somebody could translate."""


@dataclass
class Text:
    """The text of adjacent literals: with expressions in braces (and braces doubled) when `formatted`."""

    content: str
    quote: str
    formatted: bool


def read(source: str) -> Text:
    """The text of literals as they stand in the code; NotAText for bytes, raw strings and rare escapes."""
    found, end = list(LITERAL.finditer(source)), 0
    for one in found:
        if not re.fullmatch(r"(\s|\\\n|#[^\n]*)*", source[end : one.start()]) or set(one[1].lower()) - set("f"):
            raise NotAText(source)
        end = one.end()
    if not found or source[end:].strip():
        raise NotAText(source)
    formatted = any(one[1] for one in found)
    return Text("".join(content(one, formatted) for one in found), found[0][2][0], formatted)


def content(literal: re.Match, formatted: bool) -> str:
    """What one literal contributes to a text."""
    body = literal[3]
    if not formatted:
        return unescaped(body)
    if not literal[1]:
        return unescaped(body).replace("{", "{{").replace("}", "}}")
    return "".join(piece if is_field else unescaped(piece) for piece, is_field in split(body))


def unescaped(body: str) -> str:
    """The characters that a literal stands for."""

    def one(match: re.Match) -> str:
        if match[1] not in KNOWN:
            raise NotAText(body)
        return KNOWN[match[1]]

    return re.sub(r"\\(.)", one, body, flags=re.S)


def escaped(text: str, quote: str) -> str:
    """The body of a literal in these quotes that stands for a text."""
    named = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", quote: f"\\{quote}"}
    return "".join(named.get(letter, letter) for letter in text)


def split(text: str) -> list[tuple[str, bool]]:
    """The parts of a formatted text: what is printed as it stands, and the expressions in their braces.

    Raises NotAText when a brace has no partner.
    """
    parts, plain, place = [], "", 0
    while place < len(text):
        if text[place : place + 2] in ("{{", "}}"):
            plain, place = plain + text[place : place + 2], place + 2
        elif text[place] == "}":
            raise NotAText(text)
        elif text[place] == "{":
            end = partner(text, place)
            parts += [(plain, False), (text[place : end + 1], True)]
            plain, place = "", end + 1
        else:
            plain, place = plain + text[place], place + 1
    return [part for part in [*parts, (plain, False)] if part[0]]


def partner(text: str, start: int) -> int:
    """Where the brace that opens at `start` is closed."""
    depth, quote = 0, None
    for place in range(start, len(text)):
        letter = text[place]
        if quote:
            quote = None if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "{[(":
            depth += 1
        elif letter in "}])":
            depth -= 1
            if not depth:
                return place
    raise NotAText(text)


def fields(text: str) -> list[str]:
    """The expressions of a formatted text, sorted."""
    return sorted(part for part, is_field in split(text) if is_field)


def written(text: Text, content: str, width: int) -> list[str]:
    """Literals for `content` in the style of `text`, none wider than `width` where words allow it: one a line."""
    lines, line, size = [], "", width - 2 - text.formatted
    for piece in pieces(content, text.formatted):
        body = piece if text.formatted and piece.startswith("{") and not piece.startswith("{{") else None
        body = body or escaped(piece, text.quote)
        if line and len(line) + len(body.rstrip()) > size:
            lines.append(line)
            line = ""
        line += body
    lines.append(line)
    return [literal(one, text) for one in lines]


def pieces(content: str, formatted: bool) -> list[str]:
    """A text cut where a line may end: behind words, and around expressions."""
    if not formatted:
        return PIECES.findall(content) or [""]
    return [one for part, is_field in split(content) for one in ([part] if is_field else PIECES.findall(part))] or [""]


def literal(body: str, text: Text) -> str:
    """One literal; without an f where it has no expressions and none of the others' braces."""
    prefix = "f" if text.formatted and ("{" in body or "}" in body) else ""
    return f"{prefix}{text.quote}{body}{text.quote}"
