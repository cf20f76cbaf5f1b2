"""Promises of formulas: they mean what TeX means, are small, and what is not understood is named."""

import io
import json
import unicodedata
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from PIL import Image

from book.render.notation import expanded, for_notebook
from book.render.tex import Engine, FormulaError, definitions
from conftest import ROOT, SmallBook, assert_fails
from hands import until

MACROS = {
    "RR": r"\mathbb{R}",
    "norm": [r"\left\lVert #1 \right\rVert", 1],
    "set": [r"\{#2\}_{#1}", 2, "k"],
    "bmat": [r"\left[\begin{array}"],
    "emat": [r"\end{array}\right]"],
    "E": r"\operatorname{\mathbb{E}}",
    "iid": r"\overset{\text{iid}}{\sim}",
}
KINDS = yaml.safe_load(Path(__file__).with_name("formulas.yml").read_text("utf8"))
FORMULAS = [formula for formulas in KINDS.values() for formula in formulas]
# Of MathML Core, which browsers draw
CORE = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded", "mphantom"}
CORE |= {"msub", "msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd"}
UNSEEN = "\u2061\u200b\ufe0e"  # function application, and what chooses a form of a letter
ALPHABETS = {
    r"\mathbb{ABCDEFGHIJKLMNOPQRSTUVWXYZ}": "DOUBLE-STRUCK CAPITAL",
    r"\mathcal{ABCDEFGHIJKLMNOPQRSTUVWXYZ}": "SCRIPT CAPITAL",
    r"\mathfrak{ABCDEFGHIJKLMNOPQRSTUVWXYZ}": "CAPITAL",  # BLACK-LETTER CAPITAL C, MATHEMATICAL FRAKTUR CAPITAL A
    r"\mathbf{abcxyz}": "MATHEMATICAL BOLD SMALL",
    r"\boldsymbol{abcxyz}": "MATHEMATICAL BOLD ITALIC SMALL",
    r"\mathsf{abcxyz}": "MATHEMATICAL SANS-SERIF SMALL",
    r"\mathtt{abcxyz}": "MATHEMATICAL MONOSPACE SMALL",
}
PAGE = r"""
$$\newcommand{\own}[1]{\langle #1 \rangle}$$

Inline $x \in \RR^n$ and $\own{\norm{x}}$.

$$ a = b $$ (one)

\begin{align}
a &= b \label{eq:two} \\
c &= d
\end{align}

\begin{align*}
a &= b \tag{X}
\end{align*}

```{math}
:label: three
a &= b \\
c &= d
```

\begin{equation} q \end{equation}

See {eq}`one`, {eq}`eq:two` and {eq}`three`.
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(definitions(MACROS))


def letters(html: str) -> str:
    """What a formula shows, without its spaces."""
    text = BeautifulSoup(html, "html.parser").get_text()
    return "".join(letter for letter in text if not letter.isspace() and letter not in UNSEEN)


def with_macros(book: SmallBook) -> None:
    """Write the macros into the book's `_config.yml`."""
    given = json.dumps({"tex": {"macros": MACROS}})
    setting = "    html_math_renderer: mathml\n"
    book.write("_config.yml", book.read("_config.yml").replace(setting, f"{setting}    mathjax3_config: {given}\n"))


@pytest.mark.fast
def test_there_are_formulas_of_all_kinds():
    assert len(FORMULAS) > 300
    assert len(KINDS) == 16


@pytest.mark.fast
@pytest.mark.parametrize(("tex", "text", "selector"), FORMULAS, ids=[tex for tex, _text, _selector in FORMULAS])
def test_a_formula_has_its_letters_and_its_structure(engine, tex, text, selector):
    html = engine.page().mathml(tex, True)
    page = BeautifulSoup(html, "html.parser")
    assert letters(html) == text
    assert page.select(selector), html
    assert {element.name for element in page.find_all(True)} <= CORE
    assert len(page.find_all("math")) == 1
    assert "undefined" not in html
    assert not page.select("mrow:not([class]):not([style]):has(> :only-child)"), "a row of one element is that element"


@pytest.mark.fast
@pytest.mark.parametrize(("tex", "name"), ALPHABETS.items())
def test_alphabets_are_letters_of_unicode(engine, tex, name):
    shown = letters(engine.page().mathml(tex, False))
    assert all(name in unicodedata.name(letter) for letter in shown)
    assert unicodedata.normalize("NFKC", shown) == tex.partition("{")[2].rstrip("}")


@pytest.mark.fast
def test_the_fonts_have_what_formulas_show(engine):
    fonts = [TTFont(ROOT / "_static/fonts" / name) for name in ("book-math.woff2", "book-math-more.woff2")]
    known = set().union(*(font.getBestCmap() for font in fonts))
    shown = set("".join(letters(engine.page().mathml(tex, True)) for tex, _text, _selector in FORMULAS))
    assert {letter for letter in shown if ord(letter) not in known} <= set("♡♣✓︎")


@pytest.mark.fast
@pytest.mark.parametrize("tex", [r"\bar\theta + \varphi'(z)", r"\bar{\theta} + \varphi'(z)"])
def test_a_bar_lies_close_and_a_prime_is_not_raised_twice(engine, tex):
    html = engine.page().mathml(tex, False)
    assert '<mover accent="true">' in html
    assert 'stretchy="true"' not in html
    assert "′" in html
    assert "<msup>" not in html


@pytest.mark.fast
def test_an_operator_between_texts_has_its_room_once(engine):
    html = engine.page().mathml(r"\text{fan-in} + \text{fan-out}", False)
    assert html == "<math><mrow><mtext>fan-in</mtext><mo>+</mo><mtext>fan-out</mtext></mrow></math>"


@pytest.mark.fast
def test_a_formula_is_small(engine):
    page = engine.page()
    assert page.mathml("x", False) == "<math><mi>x</mi></math>"
    assert page.mathml(r"\mathbf{W}_i", False) == "<math><msub><mi>𝐖</mi><mi>i</mi></msub></math>"
    assert len(page.mathml(r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", True)) < 220


@pytest.mark.fast
@pytest.mark.parametrize(
    ("tex", "words"),
    {
        r"\foo x": r"\foo",
        r"\frac{a}": "an argument is missing",
        "x_1_2": "Double subscript",
        "{x": "Expected '}'",
        r"\begin{foo}x\end{foo}": "No such environment: foo",
        "a & b": "got '&'",
        r"x \eqref{a}": "{eq}`label`",
        r"\phase{x}": "no browser draws",
        r"\left( x": r"\right",
        r"\begin{array}{r@{}l} x & y \end{array}": "alignment: @",
        r"\href{https://example.org}{x}": r"\href",
        r"\newcommand{\loop}{\loop}\loop": "infinite loop",
    }.items(),
)
def test_what_is_not_understood_is_named(engine, tex, words):
    with pytest.raises(FormulaError) as problem:
        engine.page().mathml(tex, False)
    assert words in str(problem.value)
    assert "book@end" not in str(problem.value)


@pytest.mark.fast
def test_what_a_page_defines_holds_until_its_end(engine):
    page = engine.page()
    assert page.mathml(r"\newcommand{\own}[2][n]{#2_{#1}} \DeclareMathOperator{\Tr}{Tr}", True) == ""
    assert letters(page.mathml(r"\own{x} + \own[m]{y} + \Tr A", False)) == "xn+ym+TrA"
    assert page.mathml(r"\newcommand{\own}{z} \own", False) == "<math><mi>z</mi></math>"
    assert letters(page.mathml(r"\RR", False)) == "ℝ"
    with pytest.raises(FormulaError):
        engine.page().mathml(r"\own{x}", False)


@pytest.mark.fast
@pytest.mark.parametrize(
    ("tex", "wanted"),
    {
        r"x^\RR": r"x^{\mathbb{R}}",
        r"\norm{\frac{a}{b}} \le 1": r"\left\lVert \frac{a}{b} \right\rVert \le 1",
        r"\set{a} \set[i]{b}": r"\{a\}_{k} \{b\}_{i}",
        r"\norm x": r"\left\lVert x \right\rVert",
        r"x \\RR \{\RR\}": r"x \\RR \{\mathbb{R}\}",
        r"\EE + \E[X]": r"\EE + \operatorname{\mathbb{E}}[X]",
    }.items(),
)
def test_a_notebook_needs_no_macros(tex, wanted):
    assert expanded(tex, MACROS) == wanted


@pytest.mark.fast
def test_a_numbered_block_can_stand_between_dollars():
    assert for_notebook(r"\begin{gather} a \\ b \end{gather}", {}, "7") == (
        r"\begin{gathered} a \\ b \end{gathered} \tag{7}"
    )
    assert for_notebook(r"\begin{align*} a \tag{A} \end{align*}", {}, "") == r"\begin{align*} a \tag{A} \end{align*}"
    assert for_notebook(r"a &= b \\ c &= d", {}, "1") == r"\begin{split}a &= b \\ c &= d\end{split} \tag{1}"


def test_equations_are_numbered_once_and_referred_to_on_the_page_and_in_the_notebook(small_book):
    with_macros(small_book)
    small_book.add("pages/second.md", PAGE)
    assert (result := small_book.run("book")).returncode == 0, result.stderr
    page = BeautifulSoup(small_book.read("_build/html/pages/second.html"), "html.parser").article
    blocks = page.select("div.math")
    numbers = [number.get_text() for block in blocks for number in block.select(".eqno") or [block.new_tag("i")]]
    assert numbers == ["(1)", "(2)", "", "(3)", "(4)"]
    assert [block.get("id") for block in blocks] == [
        *("equation-one", "equation-eq-two", None, "equation-three", "equation-pages-second-2")
    ]
    references = [(link.get_text(), link["href"]) for link in page.select("a[href*=equation]")]
    assert references == [("(1)", "#equation-one"), ("(2)", "#equation-eq-two"), ("(3)", "#equation-three")]
    assert letters(str(blocks[2])) == "a=b(X)"
    cells = json.loads(small_book.read("_build/notebooks/en/pages/second.ipynb"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    assert [text.count(f"\\tag{{{number}}}") for number in "1234X"] == [1] * 5
    assert r"x \in {\mathbb{R}}^n" in text
    assert r"\own{\left\lVert x \right\rVert}" in text
    assert "[(2)](#equation-eq-two)" in text


def test_a_mistake_in_a_formula_is_named_with_its_page_and_line(built_book):
    built_book.add("pages/second.md", "\nFirst $y$.\n\nThen $\\foo y$.\n")
    line = len(built_book.read("pages/second.md").splitlines())
    assert_fails(built_book, f"pages/second.md:{line}", r"\foo", "mathjax3_config: tex: macros:")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"tex": {"tags": "ams"}}, "tex: tags"),
        ({"loader": {"load": ["[tex]/physics"]}}, "loader"),
        ({"tex": {"macros": {"RR": 3}}}, "RR"),
        ({"tex": {"macros": {"RR": "{"}}}, "macros"),
    ],
)
def test_what_mathjax_alone_would_follow_is_refused(small_book, setting, words):
    text = small_book.read("_config.yml")
    small_book.write("_config.yml", f"{text}    mathjax3_config: {json.dumps(setting)}\n")
    assert_fails(small_book, "_config.yml", "mathjax3_config", words)


def ink(picture: bytes) -> tuple[int, int]:
    """How wide a picture is, and how much of that has ink in its upper third."""
    image = Image.open(io.BytesIO(picture)).convert("L")
    above = image.crop((0, 0, image.width, image.height // 3)).point(lambda grey: 255 * (grey < 225))
    left, _top, right, _bottom = above.getbbox()
    return image.width, right - left


def test_columns_are_aligned_and_marks_stretched_in_a_browser(small_book, chromium):
    formulas = [r"\begin{align*} a &= b \\ aaaa &= bbbb \end{align*}", r"\overline{acemnor}", r"\widehat{acemn}"]
    small_book.add("pages/second.md", "".join(f"\n$${formula}$$\n" for formula in formulas))
    small_book.add("pages/first.md", "\n$\\mathbb{A} \\mathcal{L}$\n")
    assert (result := small_book.run("book")).returncode == 0, result.stderr
    page = chromium.new_page()
    fonts = {}
    for name in ("first", "second"):
        page.goto((small_book.root / f"_build/html/pages/{name}.html").as_uri())
        for fonts_are in ("some((font) => font.status === 'loaded')", "every((font) => font.status !== 'loading')"):
            until(lambda fonts_are=fonts_are: page.evaluate(f"[...document.fonts].{fonts_are}"))
        loaded = "[...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family)"
        fonts[name] = [family.strip('"') for family in page.evaluate(loaded)]
    assert fonts == {"first": ["Book Math", "Book Math More"], "second": ["Book Math"]}
    left, right = page.locator("mtd:first-child").all(), page.locator("mtd:last-child").all()
    ends = [cell.evaluate("cell => cell.lastElementChild.getBoundingClientRect().right") for cell in left]
    begins = [cell.evaluate("cell => cell.firstElementChild.getBoundingClientRect().left") for cell in right]
    assert abs(ends[0] - ends[1]) < 1
    assert abs(begins[0] - begins[1]) < 1
    for mark in page.locator("mover").all():
        width, drawn = ink(mark.screenshot())
        assert drawn > 0.5 * width
    page.close()
