"""Promises of the marks in code: no more than the colours need, and no letter lost."""

import html
import re

import pytest

from book.render import highlighting

pytestmark = pytest.mark.fast


def highlighted(code: str) -> str:
    """Code as Sphinx writes it."""
    from sphinx.highlighting import PygmentsBridge

    return PygmentsBridge("html").highlight_block(code, "python3")


def test_the_code_stays_the_same_to_the_letter():
    code = 'def f(x: int = 1) -> str:\n    """A <text> & more."""\n    return f"{x:>3} of {x!r}\\n"  # a comment\n'
    simple = highlighting.simplify(highlighted(code))
    assert html.unescape(re.sub("<[^>]*>", "", simple)).strip() == code.strip()


def test_tokens_that_look_the_same_share_a_mark():
    simple = highlighting.simplify(highlighted('print("a", "\\n", f"{x}")'))
    kinds = re.findall(r"<t-(\w+)>", simple)
    assert kinds == ["s", "s", "s", "s"], "two strings, and the two parts of the third around x; print is left plain"


def test_every_kind_has_a_colour_in_both_themes():
    rules = highlighting.rules()
    for kind in set(highlighting.kinds().values()):
        assert f"\n.highlight t-{kind}{{" in f"\n{rules}"
        assert f'[data-theme="dark"] .highlight t-{kind}{{' in rules


def test_only_the_name_of_an_error_is_marked_in_its_message():
    message = '<span class="ne">ValueError</span>: x <span class="k">is</span> <span class="mi">3</span>'
    html = (
        f'<div class="output traceback highlight"><div class="highlight"><pre><span></span>{message}</pre></div></div>'
    )
    simple = highlighting.simplify(html)
    assert "<pre><t-ne>ValueError</t-ne>: x is 3</pre>" in simple


def test_an_empty_first_line_is_kept():
    assert "<pre><span></span>\n" in highlighting.simplify("<pre><span></span>\nx</pre>")
