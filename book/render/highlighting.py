"""The colours of code: their rules, and the marks in a page that the rules colour.

Pygments knows several dozen classes of tokens, most of which look like another one. A page is smaller and sooner
painted with one kind for each look, one mark for neighbours of the same look, and none for plain names. A mark is
an element named after its kind, <t-k> for a keyword: of a span with a class there would be a thousand on a page.
"""

import re
from functools import cache

from pygments.formatters import HtmlFormatter

LIGHT, DARK = "a11y-high-contrast-light", "a11y-high-contrast-dark"  # at least AA on the page's grounds
# The looks that the book uses, each by the class that stands for it: what looks otherwise is left plain.
KINDS = ["c", "k", "s", "m", "nc"]
OWN = {"ne", "gr"}  # in a traceback they have a rule of their own
# A quarter of all marks would be signs such as = and +, another tenth self, print and len: they are read without.
PLAIN = {"hll", "o", "nb", "bp"}
MARK = re.compile(r'<span class="([a-z]\w{0,2})">([^<]*)</span>')
GUARD = re.compile(r"<pre><span></span>(?!\n)")  # browsers drop an empty first line that nothing stands before
# The message of an error is read as Python by Pygments, with its "for" and "is" in the colour of keywords.
TRACEBACK = re.compile(r'<div class="output traceback.*?</pre>', re.S)
NEIGHBOURS = re.compile(r'<span class="(\w+)">[^<]*</span>(?: *<span class="\1">[^<]*</span>)+')
PREFIX = "t-"  # of the names of marks


def colours(style: str) -> dict[str, str]:
    """The declarations of a Pygments style for each class of token."""
    definitions = HtmlFormatter(style=style).get_style_defs(".highlight")
    return dict(re.findall(r"^\.highlight \.(\w+) \{ (.+?) \}", definitions, re.M))


@cache
def kinds() -> dict[str, str]:
    """The class that stands for each class of token that does not look like a plain name."""
    light, dark = colours(LIGHT), colours(DARK)
    known = {(light.get(name), dark.get(name)): name for name in KINDS}
    stand_ins = {name: known.get((light.get(name), dark.get(name))) for name in light.keys() | dark.keys()}
    kinds = {name: kind for name, kind in stand_ins.items() if kind and name not in PLAIN}
    return kinds | {name: name for name in OWN & light.keys()}


def rules() -> str:
    """The colours of code, for both themes; paper has those of the light one."""
    light, dark = (
        "\n".join(
            f"{start}.highlight {PREFIX}{kind}{{{style.get(kind, style['n'])}}}"
            for kind in sorted(set(kinds().values()))
        )
        for style, start in ((colours(LIGHT), ""), (colours(DARK), '[data-theme="dark"] '))
    )
    return f"{light}\n@media screen{{\n{dark}\n}}\n"


def remark(mark: re.Match) -> str:
    """A token with the class of its kind, or without a mark when it looks like a plain name."""
    kind = kinds().get(mark[1])
    return f'<span class="{kind}">{mark[2]}</span>' if kind else mark[2]


def without_code(traceback: re.Match) -> str:
    """A traceback in which only the name of the error is marked; a word with a colon after it is marked like one."""
    html = MARK.sub(lambda mark: mark[0] if mark[1] in OWN else mark[2], traceback[0])
    first, end, rest = html.partition("</span>")
    return first + end + MARK.sub(r"\2", rest)


def join(neighbours: re.Match) -> str:
    """One mark around tokens of the same kind."""
    text = neighbours[0].replace(f'<span class="{neighbours[1]}">', "").replace("</span>", "")
    return f'<span class="{neighbours[1]}">{text}</span>'


def simplify(html: str) -> str:
    """The HTML of a page with no more marks in its code than its colours need."""
    html = TRACEBACK.sub(without_code, GUARD.sub("<pre>", html))
    html = NEIGHBOURS.sub(join, MARK.sub(remark, html))
    return MARK.sub(rf"<{PREFIX}\1>\2</{PREFIX}\1>", html)
