"""Promises of the marks in code: no more than the colours need, and no letter lost."""

import html
import re
from pathlib import Path

import pytest

from book.render import highlighting

pytestmark = pytest.mark.fast
MARKS = re.compile("</?t-[a-z]+>")

NOWHERE = Path("no such folder", "page.json")


def highlighted(code: str, language: str = "python3", **options) -> str:
    """Code as the translator has it written."""
    return highlighting.Highlighter(NOWHERE).highlight_block(code, language, **options)


def test_the_code_stays_the_same_to_the_letter():
    code = 'def f(x: int) -> str:\n    """A <text> & more.\n\n    """\n    return f"{x:>3} of {x!r}\\n"  # a comment\n'
    written = highlighted(code)
    assert written.startswith("<pre>")
    assert html.unescape(MARKS.sub("", written)) == f"<pre>{code}</pre>"


def test_tokens_that_look_the_same_share_a_mark():
    kinds = re.findall(r"<t-(\w+)>", highlighted('print("a", "\\n", f"{x}")'))
    assert kinds == ["s", "s", "s", "s"], "two strings, and the two parts of the third around x; print is left plain"


def test_neighbours_share_a_mark_with_the_spaces_between_them():
    assert "<t-k>is not None</t-k>" in highlighted("x is not None")


def test_no_mark_goes_over_the_end_of_a_line():
    for line in highlighted('def f():\n    """One.\n\n    Two."""\n').removeprefix("<pre>").split("\n"):
        assert re.findall("<(t-[a-z]+)>", line) == re.findall("</(t-[a-z]+)>", line)


def test_every_kind_has_a_colour_in_both_themes():
    rules = highlighting.rules()
    for kind in set(highlighting.kinds().values()):
        assert f"\nt-{kind}{{color:#" in f"\n{rules}"
        assert f'[data-theme="dark"] t-{kind}{{color:#' in rules


def test_only_the_name_of_an_error_is_marked_in_its_message():
    message = "ValueError: x is 3 for KeyError: y\n"
    assert highlighted(message, "ipythontb", traceback=True) == f"<pre>{message}</pre>".replace(
        "ValueError", "<t-ne>ValueError</t-ne>"
    )


def test_what_a_program_asks_of_a_terminal_is_marked():
    printed = "\x1b[1;31mbold and red\x1b[0m, \x1b[37;44mwhite on blue\x1b[0m, plain"
    wanted = "<pre><t-bold><t-red>bold and red</t-red></t-bold>, white on blue, plain\n</pre>"
    assert highlighted(printed, "myst-ansi") == wanted


def test_an_empty_first_line_is_kept():
    assert highlighted("\nx = 1\n").startswith("<pre><span></span>\n")


@pytest.mark.fast
@pytest.mark.parametrize("spoil", [None, "{", "[]", '{"version": "older", "html": {}}'])
def test_what_is_kept_from_the_last_build_is_what_would_be_made(tmp_path, monkeypatch, spoil):
    notes = tmp_path / "pages" / "page.json"
    code = [("x = 1  # one", "ipython3", {}), ("Error: no", "myst-ansi", {"traceback": True})]
    first = highlighting.Highlighter(notes)
    made = [first.highlight_block(text, lang, **options) for text, lang, options in code]
    first.keep()
    if spoil is not None:
        notes.write_text(spoil)
    else:  # nothing is made anew
        monkeypatch.setattr(highlighting.Highlighter, "get_lexer", None)
    second = highlighting.Highlighter(notes)
    assert [second.highlight_block(text, lang, **options) for text, lang, options in code] == made


@pytest.mark.fast
def test_what_sphinx_warns_of_is_not_kept(tmp_path):
    """A page that is read again would pass without the warning."""
    notes = tmp_path / "page.json"
    one = highlighting.Highlighter(notes)
    one.highlight_block("x = ?$", "python3")
    one.highlight_block("x", "no-such-language")
    one.keep()
    assert not notes.exists()
