"""The texts inside the code of a page: its comments, docstrings, and strings that are sentences or labels.

Found for the translators, and put in for the readers: the code stays the same but for them. `strings` says which
strings are texts: what is a name (of a tensor, a layer, a device, a file), a pattern or code is none of them.
"""

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from inspect import cleandoc

from markdown_it import MarkdownIt

from book.project.page_settings import CODE_CELLS
from book.translate import literals
from book.translate.literals import NotAText
from book.translate.strings import LETTERS, Strings, is_string

CONTEXT = "code"  # of these texts in a catalog
WIDTH = 79  # columns of a cell, unless a line of the English has more
MAGIC = re.compile(r"^(\s*)[%!].*$", re.M)
# Behind the fence of a program that is shown only, and of a directive that may hold others
PROGRAM = re.compile(r"(\{(code|code-block|sourcecode)\} ?)?python3?\b")
OPENS = re.compile(r"\{(?!(code|code-block|code-cell|sourcecode|math|raw|literalinclude)\})")
NO_TEXT = re.compile(r"#\s*(noqa|type:|fmt:|pragma|!|-\*-)")  # comments for programs


@dataclass
class Found:
    """One text: what translators see, and where it stands (offsets into the code)."""

    kind: str  # comment, docstring or string
    text: str
    start: int
    end: int
    node: ast.AST | None = None


def legible(code: str) -> str:
    """The code without IPython's magic, as long as it was in lines; a cell of `%%writefile` is the file's content."""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return MAGIC.sub(r"\1pass", code)
    return code


@lru_cache(maxsize=512)
def find(code: str) -> tuple[Found, ...]:
    """The texts of a cell, in order; none of one that Python cannot read."""
    plain = legible(code)
    try:
        tree = ast.parse(plain)
        tokens = list(tokenize.generate_tokens(io.StringIO(plain).readline))
    except (SyntaxError, tokenize.TokenError, ValueError):
        return ()
    lines = code.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(row: int, column: int) -> int:
        return starts[row - 1] + column

    def place(node: ast.AST) -> tuple[int, int]:
        spans = ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
        return tuple(offset(row, len(lines[row - 1].encode()[:column].decode())) for row, column in spans)

    found = list(comments(tokens, offset))
    for node, kind in Strings.of(tree):
        start, end = place(node)
        if kind == "docstring":
            found.append(Found(kind, unwrapped(cleandoc(node.value)), start, end, node))
            continue
        try:
            text = literals.read(code[start:end]).content
        except NotAText:
            continue
        if LETTERS.search("".join(part for part, is_field in parts(text, node) if not is_field)):
            found.append(Found(kind, text, start, end, node))
    return tuple(sorted(found, key=lambda one: one.start))


def parts(text: str, node: ast.AST) -> list[tuple[str, bool]]:
    """The parts of the text of a string, expressions marked."""
    return literals.split(text) if isinstance(node, ast.JoinedStr) else [(text, False)]


def lines_of(cell: str, one: Found) -> list[str]:
    """The lines of a cell in which a text stands."""
    start = cell.rfind("\n", 0, one.start) + 1
    end = cell.find("\n", one.end)
    return cell[start : len(cell) if end < 0 else end].splitlines()


def lost(source: str, translation: str) -> list[str]:
    """What a translated text of code must have as the English one has it, and does not."""
    found = []
    try:
        wanted = literals.fields(source)
    except NotAText:  # no f-string
        wanted = []
    try:
        given = literals.fields(translation)
    except NotAText:
        given = []
    if wanted != given:
        found.append(f"the expressions are {given}, not {wanted}")
    for name, ends in (("start", r"^\s*"), ("end", r"\s*$")):
        if ("\n" in re.search(ends, source)[0]) != ("\n" in re.search(ends, translation)[0]):
            found.append(f"the line breaks at its {name} differ")
    return found


def comments(tokens: list[tokenize.TokenInfo], offset: Callable[[int, int], int]) -> Iterator[Found]:
    """The comments that have words; those of neighbouring lines are one text, as a paragraph."""
    groups: list[list[tokenize.TokenInfo]] = []
    for token in tokens:
        if token.type != tokenize.COMMENT:
            continue
        alone = not token.line[: token.start[1]].strip()
        before = groups[-1][-1] if groups else None
        if alone and before and before.start == (token.start[0] - 1, token.start[1]) and is_alone(before):
            groups[-1].append(token)
        else:
            groups.append([token])
    for group in groups:
        text = "\n".join(re.sub("^#+ ?", "", token.string) for token in group)
        if LETTERS.search(text) and not any(NO_TEXT.match(token.string) for token in group):
            yield Found("comment", unwrapped(text), offset(*group[0].start), offset(*group[-1].end))


def is_alone(token: tokenize.TokenInfo) -> bool:
    """Whether a comment has its line to itself."""
    return not token.line[: token.start[1]].strip()


def unwrapped(text: str) -> str:
    """A text whose paragraphs are lines, but those that are set by hand."""
    paragraphs = [paragraph.rstrip() for paragraph in re.split(r"\n\s*\n", text)]
    by_hand = re.compile(r"\n(\s|[-*•] )")
    return "\n\n".join(p if by_hand.search(p) else " ".join(p.split("\n")) for p in paragraphs)


def translated(
    code: str, translate: Callable[[str], str | None], texts: Callable[[str], tuple[Found, ...]] = find
) -> tuple[str, list[str]]:
    """The code with its texts in another language, and what could not be put in, each with its reason.

    `translate` gives the translation of a text, or None. What does not fit stays as it was.
    """
    new, problems = code, []
    for one in reversed(texts(code)):
        text = translate(one.text)
        if not text or text == one.text:
            continue
        try:
            changed = put_in(new, code, one, text)
        except NotAText as problem:
            problems.append(f"{one.text[:60]!r}: {problem}")
            continue
        new = changed
    if new != code and not same_but_texts(code, new):
        return code, [*problems, "the code would not be the same"]
    return new, problems[::-1]


def put_in(now: str, english: str, one: Found, text: str) -> str:
    """The cell with one text replaced; what stands behind it may be translated already. NotAText when it cannot be."""
    start, end = one.start, one.end  # from the end to the start, so that these still hold
    before, after = now[:start], now[end:]
    column = len(before) - before.rfind("\n") - 1
    tail = len(after.partition("\n")[0])
    original = [len(line) for line in english.splitlines()]
    first = english.count("\n", 0, start)
    limit = max(WIDTH, *original[first : english.count("\n", 0, end) + 1])
    if one.kind == "comment":
        alone = not before[len(before) - column :].strip()
        lines = comment(text, limit - column, alone)
    elif one.kind == "docstring":
        lines = docstring(now[start:end], text, limit - column)
    else:
        return before + string(now, start, end, one, text, limit) + after
    if any(len(line) > limit - column for line in lines) or len(lines[-1]) + column + tail > limit:
        raise NotAText(f"does not fit in {limit} columns: {text[:60]!r}")
    return before + ("\n" + " " * column).join(lines).replace("\n" + " " * column + "\n", "\n\n") + after


def comment(text: str, width: int, alone: bool) -> list[str]:
    """The lines of a comment; one line only beside code."""
    if not alone:
        return [f"# {text}"]
    lines = [part for line in text.split("\n") for part in wrapped(line, width - 2)]
    return [f"# {line}".rstrip() for line in lines]


def wrapped(line: str, width: int) -> list[str]:
    """One line as several, none wider than `width` where words allow it."""
    if len(line) <= width:
        return [line]
    indent = re.match(r"\s*([-*•] )?", line)[0]
    return textwrap.wrap(
        line, width, subsequent_indent=" " * len(indent), break_long_words=False, break_on_hyphens=False
    )


def docstring(original: str, text: str, width: int) -> list[str]:
    """The lines of a docstring in the style of another: the same quotes, closed on a line of its own or not."""
    quotes = re.match(r"\"{3}|'{3}|\"|'", original)
    if not quotes:
        raise NotAText("a docstring with a prefix")
    quote = quotes[0]
    body = literals.escaped(text, "\0").replace("\\n", "\n").replace("\\t", "\t").replace(quote, f"\\{quote}")
    paragraphs = body.split("\n")
    opening = "\0" * len(quote)  # stands for the quotes, which take their width and indent nothing
    lines = [part for n, line in enumerate(paragraphs) for part in wrapped(opening * (n == 0) + line, width)]
    lines[0] = lines[0].removeprefix(opening)
    if len(quote) == 1 and len(lines) > 1:
        raise NotAText("a docstring in single quotes has one line")
    lines[0] = quote + lines[0]
    own_line = original.rstrip(quote[0]).rpartition("\n")[2].strip() == "" and "\n" in original
    if own_line or len(lines[-1]) + len(quote) > width:
        return [*lines, quote]
    return [*lines[:-1], lines[-1] + quote]


def string(now: str, start: int, end: int, one: Found, text: str, limit: int) -> str:
    """What replaces the literals from `start` to `end` (and may begin with a new line)."""
    style = literals.read(now[start:end])
    if style.formatted and literals.fields(text) != literals.fields(one.text):
        raise NotAText(f"has other expressions: {text[:60]!r}")
    column = start - now.rfind("\n", 0, start) - 1
    tail = len(now[end:].partition("\n")[0])
    whole = literals.written(style, text, 10**6)
    if len(whole) == 1 and column + len(whole[0]) + tail <= limit:
        return whole[0]
    bracketed = depth(now, start) > 0
    line = now[now.rfind("\n", 0, start) + 1 :]
    deeper = len(line) - len(line.lstrip()) + 4
    places = [(column, "", "")] if bracketed else [(column + 1, "(", ")")]
    places.append((deeper, "\n" + " " * deeper, "") if bracketed else (deeper, "(\n" + " " * deeper, ")"))
    for at, opening, closing in places:
        for less in (0, tail + len(closing)):
            lines = literals.written(style, text, limit - at - less)
            fits = all(at + len(one) <= limit for one in lines)
            if fits and at + len(lines[-1]) + len(closing) + tail <= limit:
                return opening + ("\n" + " " * at).join(lines) + closing
    raise NotAText(f"does not fit in {limit} columns: {text[:60]!r}")


def depth(code: str, place: int) -> int:
    """How many brackets are open at a place of the code."""
    level = 0
    line = code.count("\n", 0, place) + 1
    column = place - code.rfind("\n", 0, place) - 1
    for token in tokenize.generate_tokens(io.StringIO(legible(code)).readline):
        if token.start >= (line, column):
            break
        if token.type == tokenize.OP:
            level += (token.string in "([{") - (token.string in ")]}")
    return level


def same_but_texts(english: str, other: str) -> bool:
    """Whether two cells are the same program but for the texts that the English one has."""
    texts = {(n.lineno, n.col_offset) for one in find(english) if (n := one.node) is not None}
    try:
        return alike(ast.parse(legible(english)), ast.parse(legible(other)), texts)
    except SyntaxError:
        return english == other


def alike(one: object, other: object, texts: set[tuple[int, int]]) -> bool:
    """Whether two parts of programs are the same, but for strings that begin at one of the places `texts`."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(alike(a, b, texts) for a, b in zip(one, other, strict=True))
    if not isinstance(one, ast.AST):
        return one == other
    if isinstance(one, ast.JoinedStr) and (one.lineno, one.col_offset) in texts:
        return expressions(one) == expressions(other)
    if is_string(one) and is_string(other) and (one.lineno, one.col_offset) in texts:
        return True
    return all(alike(getattr(one, name, None), getattr(other, name, None), texts) for name in one._fields)


def expressions(node: ast.JoinedStr) -> list[str]:
    """What an f-string puts into its text, in no order."""
    return sorted(ast.dump(part) for part in node.values if isinstance(part, ast.FormattedValue))


def spoken(text: str, translate: Callable[[str], str | None]) -> tuple[str, list[str]]:
    """The text of a page with its code translated; and what could not be put in, with the number of its cell."""
    pieces, problems, end, cells = [], [], 0, 0
    for start, stop, is_cell in bodies(text):
        cells += is_cell
        new, failed = translated(text[start:stop], translate, find if is_cell else find_comments)
        where = f"code cell {cells}" if is_cell else f"the program in line {text.count(chr(10), 0, start) + 1}"
        problems += [f"{where}: {problem}" for problem in failed]
        pieces += [text[end:start], new]
        end = stop
    return "".join([*pieces, text[end:]]), problems


def bodies(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where each piece of code begins and ends in the text of a page, behind its options; and whether it is a cell.

    The others are programs in Python that are shown only; one in the text of a cell, or of another program, is none.
    """
    starts = [0, *(found.end() for found in re.finditer("\n", text)), len(text)]
    blocks = [(*cell.span(), True) for cell in CODE_CELLS.finditer(text)]
    blocks += [(starts[first], starts[last] - 1, False) for first, last in shown_only(text)]
    for begin, end, is_cell in sorted(blocks):
        start = text.index("\n", begin) + 1
        stop = text.rindex("\n", start - 1, end) + 1
        options = re.compile(r"---\n.*?^---\n|(:[\w-]+:[^\n]*\n)+", re.M | re.S).match(text, start, stop)
        yield (options.end() if options else start), stop, is_cell


def shown_only(text: str, line: int = 0) -> Iterator[tuple[int, int]]:
    """The first line and the one behind the last of the fences of programs in Python that are no cells.

    Those inside directives as well; not those inside other code. `line` is where `text` begins.
    """
    for token in MarkdownIt().parse(text) if PROGRAM.search(text) else ():
        kind = " ".join(token.info.split())
        if token.type == "fence" and PROGRAM.fullmatch(kind):
            yield line + token.map[0], line + token.map[1]
        elif token.type == "fence" and OPENS.match(kind):
            yield from shown_only(token.content, line + token.map[0] + 1)


def find_comments(program: str) -> tuple[Found, ...]:
    """The comments of a program that is no cell, such as those of errors: a string in it may be what it is about."""
    return tuple(one for one in find(program) if one.kind == "comment")


def programs(text: str) -> Iterator[str]:
    """The Python in the text of a page that is in no cell."""
    for start, stop, is_cell in bodies(text):
        if not is_cell:
            yield text[start:stop]
