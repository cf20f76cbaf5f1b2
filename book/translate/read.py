"""Read a catalog strictly: what a broken merge or a slip in an editor leaves is named by its line.

Babel alone takes the first of two translations, eats a letter where a quote is missing, and guesses the encoding of
what stands above the head; whoever writes the catalog back then loses what was not read.
"""

import re
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, PoFileParser

from book.project.errors import BuildError
from book.project.source import BYTE_ORDER_MARKS, line_at, refuse_merge

LINE = re.compile(r'(?:(msgctxt|msgid|msgstr) \s*)?"[^"\\\0]*(?:\\[\\abfnrtv"][^"\\\0]*)*"')
FOLLOWS = {"msgctxt": ("msgstr", ""), "msgid": ("msgctxt", "msgstr", ""), "msgstr": ("msgid",)}  # what, behind what
FIRST_ENTRY = re.compile(r"^msgid\b.*?(?=^msg(?:id|ctxt)\b|\Z)", re.M | re.S)
CHARSET = re.compile(r"\bcharset=([\w.:-]+)")
WAY_OUT = "Mend that line; a .po is easiest edited with Poedit."


class OneEach(Catalog):
    """A catalog in which, while it is read, each text may stand once; but for a template, as Sphinx writes it."""

    def __init__(self, locale: str | None):
        super().__init__(locale=locale)
        self.lines: dict[tuple, int] | None = {} if locale else None  # None also when all is read

    def __setitem__(self, id, message) -> None:
        if self.lines is not None:
            first = self.lines.setdefault((message.context, id), message.lineno)
            if first != message.lineno:
                raise ValueError(f"has {id[:60]!r} again, which stands in line {first}: keep one of the two")
        super().__setitem__(id, message)


def load(path: Path, code: str | None) -> Catalog:
    """Read the catalog of a language, or a template (None); BuildError names file and line when it is broken."""
    return parse(path.read_bytes(), str(path), code)


def parse(data: bytes, name: str, code: str | None) -> Catalog:
    """A catalog from the bytes of a file; whatever their encoding, it is written in UTF-8, which has every letter."""
    lines = lines_of(decoded(data, name), name)
    catalog = OneEach(code and known_as(code))
    parser = PoFileParser(catalog, abort_invalid=True)
    try:
        parser.parse(lines)
    except PoFileError as problem:
        what = str(problem).removesuffix(f" on {problem.lineno}")
        raise BuildError(f"{name}, line {problem.lineno + 1}", what, WAY_OUT) from None
    except Exception as problem:  # ours, and several kinds of Babel's, which do not know the line
        raise BuildError(f"{name}, line {parser.offset + 1}", str(problem), WAY_OUT) from None
    catalog.lines, catalog.charset = None, "utf-8"
    return catalog


def known_as(code: str) -> str:
    """What Babel calls the language of an edition; BuildError when nothing is called like this."""
    name = code.replace("-", "_")
    try:
        Locale.parse(name)
    except UnknownLocaleError:
        pass  # it has a form that names of languages have
    except ValueError:
        way_out = "Give Sphinx's name of the language, such as pt_BR."
        raise BuildError("editions.yml", f"code: {code!r} is no name of a language", way_out) from None
    return name


def decoded(data: bytes, name: str) -> str:
    """The text of a file in the encoding that its first entry names."""
    for start, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(start):
            way_out = "Save the file in UTF-8, without a byte order mark (BOM)."
            raise BuildError(f"{name}, line 1", f"is {encoding}", way_out)
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    plain = data.decode("latin-1")  # keywords and line ends are those of ASCII, however the texts are encoded
    refuse_merge(plain, name)  # first of all: its marks may stand in the head
    head = FIRST_ENTRY.search(plain)
    named = head and CHARSET.search(plain, *head.span())
    encoding = named[1] if named and named[1] != "CHARSET" else "UTF-8"  # gettext's word where none is known yet
    way_out = "Save the file in UTF-8, and let its head say so: charset=UTF-8."
    try:
        return data.decode(encoding)
    except LookupError:
        where = f"{name}, line {line_at(plain, named.start())}"
        raise BuildError(where, f"names an encoding that nobody knows: {encoding}", way_out) from None
    except UnicodeError as problem:
        where = f"{name}, line {line_at(plain, getattr(problem, 'start', 0))}"
        raise BuildError(where, f"is not {encoding}, which it should be", way_out) from None


def lines_of(text: str, name: str) -> list[str]:
    """The lines of a catalog for Babel; BuildError where one is malformed or in the wrong place, or there are none."""
    lines, last, begun = [], "", 0  # the last keyword, and the last line that says something
    for number, line in enumerate(text.split("\n"), 1):
        obsolete = line.strip().startswith("#~")
        rest = line.strip().removeprefix("#~").lstrip() if obsolete else line.strip()
        if obsolete and rest.startswith("|"):  # the former text of an entry that is no longer used; Babel refuses it
            line = rest = ""
        lines.append(line)
        if not rest or rest.startswith("#"):
            continue
        where = f"{name}, line {number}"
        if not (read := LINE.fullmatch(rest)):
            way_out = f"{WAY_OUT} A text stands between quotes; a backslash in it is written twice."
            raise BuildError(where, f"has what no catalog of the book has: {rest[:60]}", way_out)
        if keyword := read[1]:
            if last not in FOLLOWS[keyword]:
                what = f"has {keyword} behind {last or 'nothing'}: an entry has one msgid, then one msgstr"
                raise BuildError(where, what, WAY_OUT)
            last = keyword
        begun = number
    if not begun:  # what a full disk leaves; Babel takes it for a catalog without entries
        raise BuildError(name, "is empty", "Bring it back from git, or remove it and run make translations.")
    if last in ("msgctxt", "msgid"):
        raise BuildError(f"{name}, line {begun}", f"ends behind {last}, without a msgstr", WAY_OUT)
    return lines
