"""Promises of the pages, in a real browser."""

import re
import unicodedata

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from fontTools.ttLib import TTFont

from book.project import source
from book.render import figures
from book.render.page import end_once
from conftest import ROOT, everywhere
from hands import until

PAGES = [page.docname for page in source.pages(ROOT)]
NOTEBOOKS = [page.docname for page in source.pages(ROOT) if page.notebook]
DRAWINGS = sorted((ROOT / "chapter_computation" / "figures").glob("*.svg"))
# The looks of the elements of both drawings of a document, in their order
LOOKS = """() => [...document.querySelectorAll("svg")].map((svg) => [...svg.querySelectorAll("*")]
  .filter((element) => element.matches("rect, path, circle, line, ellipse, text, tspan, polygon, polyline"))
  .map((element) => ["fill", "stroke", "strokeWidth", "strokeDasharray", "font", "textAnchor"]
    .map((name) => getComputedStyle(element)[name]).join("; ")))"""


APPLIED = "\u2061"  # says aloud that a function is applied; nothing is drawn
FORMULA = "\n$$ y = \\frac{1}{\\sqrt{2\\pi}} \\sum_{i=1}^n x_i^2 $$ (eq-sum)\n\n{eq}`eq-sum`\n"


@pytest.fixture
def visit(chromium, address):
    """Open a page of the site; fail at the end when it complained or asked for what is not there."""
    complaints, contexts = [], []

    def open_page(name: str, width: int = 1280, theme: str = "light", **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "requestfailed",  # one that a click away from the page cuts off is no failure
            lambda request: (
                None if request.failure == "net::ERR_ABORTED" else complaints.append(f"failed: {request.url}")
            ),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:"))
                else complaints.append(f"another host: {request.url}")
            ),
        )
        page.on(
            "response",
            lambda response: (
                complaints.append(f"{response.status}: {response.url}") if response.status >= 400 else None
            ),
        )
        page.goto(f"{address}/{name}", wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_its_content_and_fits_the_screen(visit, name, theme, width):
    page = visit(f"{name}.html", width, theme)
    assert page.locator("article h1").is_visible()
    if name in NOTEBOOKS:
        assert page.locator(".cell_input.highlight").first.is_visible()
        assert page.locator(".cell_output").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for drawing in page.locator(".drawing svg").all():
        box = drawing.bounding_box()
        assert box["width"] > 250
        assert box["height"] > 80
    for image in page.locator("article img").all():
        width = "image => { image.loading = 'eager'; return image.decode().then(() => image.naturalWidth) }"
        assert image.evaluate(width) > 100
        assert len(image.get_attribute("alt")) > 20


def test_search_finds_an_error_message(visit):
    page = visit("search.html?q=mat1+and+mat2")
    page.locator("#search-results li").first.wait_for()
    found = "\n".join(page.locator("#search-results li a").all_inner_texts())
    assert "Index of error messages" in found
    assert "Layers, blocks and models" in found


def test_error_cells_show_their_message(visit):
    page = visit("chapter_computation/model-construction.html")
    errors = page.locator(".tag_raises-exception .traceback").all_text_contents()
    assert any("mat1 and mat2 shapes cannot be multiplied" in error for error in errors)
    assert any("optimizer got an empty parameter list" in error for error in errors)


def test_solutions_are_folded_until_asked_for(visit):
    page = visit("chapter_computation/model-construction.html")
    solution = page.locator(".solution").first
    code = solution.locator(".cell_input").first
    assert not code.is_visible()
    solution.locator("summary").first.click()
    assert code.is_visible()
    assert "✓ Solved" in solution.inner_text()


def test_hints_are_folded_and_open_one_by_one_with_the_keyboard(visit):
    page = visit("chapter_computation/model-construction.html")
    hints = page.locator("#mc-ex-nan .hint")
    texts = [hint.locator("p:not(.admonition-title)").first for hint in hints.all()]
    assert [text.is_visible() for text in texts] == [False, False]
    hints.first.locator("summary").press("Enter")
    assert [text.is_visible() for text in texts] == [True, False]
    hints.last.locator("summary").press("Space")
    assert [text.is_visible() for text in texts] == [True, True]


def test_formulas_are_laid_out_without_a_script(built_book, chromium):
    built_book.add("pages/second.md", FORMULA)
    assert built_book.run("book").returncode == 0
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto((built_book.root / "_build/html/pages/second.html").as_uri())
    fraction, root = (page.locator(f"math {name}").bounding_box() for name in ("mfrac", "msqrt"))
    assert fraction["height"] > 1.5 * page.locator("math mi").first.bounding_box()["height"]
    assert root["width"] > 15
    assert page.locator("a[href='#equation-eq-sum']").last.inner_text() == "(1)"


def test_the_number_of_a_figure_ends_with_a_point(html):
    pages = [BeautifulSoup((html / f"{name}.html").read_text("utf8"), "html.parser") for name in everywhere()]
    numbers = [number.get_text() for page in pages for number in page.select("figcaption .caption-number")]
    assert len(numbers) > 30
    assert [text for text in numbers if not re.fullmatch(r"\w+\.? \d+\. ", text)] == []


def drawn(letter: str) -> str:
    """The letter that a browser draws for a variable: x is set as an italic x of its own."""
    words = unicodedata.name(letter).replace(" LETTER", "").split()
    if words[0] not in ("LATIN", "GREEK"):
        return letter
    return "ℎ" if letter == "h" else unicodedata.lookup(" ".join(["MATHEMATICAL ITALIC", *words[1:]]))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_font_of_the_formulas_has_all_their_letters(html, name):
    page = BeautifulSoup((html / f"{name}.html").read_text("utf8"), "html.parser")
    letters = set("".join(formula.get_text() for formula in page.select("math")))
    letters |= {drawn(variable.get_text()) for variable in page.select("math mi") if len(variable.get_text()) == 1}
    font = TTFont(ROOT / "_static" / "fonts" / "book-math.woff2").getBestCmap()
    assert {
        letter for letter in letters if not (letter.isspace() or letter == APPLIED) and ord(letter) not in font
    } == set()


def test_formulas_are_set_in_the_books_font_which_comes_after_the_first_paint(visit):
    page = visit("chapter_computation/parameters.html")
    until(lambda: page.evaluate("[...document.fonts].some((font) => font.status === 'loaded')"))
    paint, font = page.evaluate("""[performance.getEntriesByName("first-contentful-paint")[0].startTime,
        performance.getEntriesByType("resource").find((entry) => entry.name.includes("book-math")).startTime]""")
    assert font > paint
    page.locator("msqrt").first.scroll_into_view_if_needed()
    root, radicand = (page.locator(where).first.bounding_box() for where in ("msqrt", "msqrt mi, msqrt mn"))
    assert radicand["y"] - root["y"] > 2, "the bar lies on the radicand"


def test_the_root_leads_to_the_first_page(visit):
    page = visit("index.html")
    page.wait_for_url("**/chapter_computation/index.html")


def test_the_root_leads_to_the_language_chosen_last(visit):
    page = visit("chapter_computation/parameters.html")
    page.locator("[popovertarget=menu-language]").click()
    page.locator("a[data-language=tr]").click()
    page.wait_for_url("**/tr/chapter_computation/parameters.html*")
    root = page.url.split("/tr/")[0]
    page.goto(f"{root}/index.html")
    page.wait_for_url("**/tr/chapter_computation/index.html")
    page.goto(f"{root}/chapter_computation/parameters.html")  # elsewhere the choice forces nothing
    assert page.locator("html").get_attribute("lang") == "en"


def test_drawings_follow_the_theme(visit):
    name = "chapter_computation/model-construction.html"
    colours = {
        theme: visit(name, theme=theme)
        .locator(".drawing svg text")
        .first.evaluate("text => getComputedStyle(text).fill")
        for theme in ("light", "dark")
    }
    assert colours["light"] != colours["dark"]


@pytest.mark.parametrize("path", DRAWINGS, ids=[path.name for path in DRAWINGS])
def test_a_drawing_looks_in_a_page_as_it_does_alone(chromium, path):
    styles = "".join(
        (ROOT / "_static" / "css" / name).read_text("utf8") for name in ("0-colours.css", "5-drawings.css")
    )
    inside = figures.svg_of(path, "An alternative text")
    page = chromium.new_page()
    page.set_content(f'<style>{styles}</style>{path.read_text("utf8")}<div class="drawing">{inside}</div>')
    alone, within = page.evaluate(LOOKS)
    page.close()
    assert len(alone) > 10
    assert len(set(alone)) > 3
    assert within == alone
    assert f"{path.stem}-paper" not in inside, "a look that drawings share is left to the page"


@pytest.mark.fast
@pytest.mark.parametrize(
    "drawing, inside",
    [
        ('<svg><path class="x"/></svg>', '<svg><path class="x"/></svg>'),
        ('<svg><style>.f-x { fill: red }</style><path class="f-x y"/></svg>', ".f-x{fill: red}"),
        ('<svg><style>.f-c { text-anchor: middle; }</style><text class="f-c y"/></svg>', '<svg><text class="c y"/>'),
        ('<svg><style>.f-c { text-anchor: start; }</style><text class="f-c"/></svg>', '<text class="f-c"/>'),
    ],
    ids=["no style", "a look of its own", "a shared look", "a name that means something else here"],
)
def test_only_a_shared_look_is_left_to_the_page(drawing, inside):
    assert inside in figures.with_shared_styles(drawing, "f-")


def test_a_section_has_its_label_as_its_only_id_in_every_language(html):
    ids = {}
    for edition in source.editions(ROOT):
        for name in PAGES:
            page = BeautifulSoup((html / edition.path / f"{name}.html").read_text("utf8"), "html.parser")
            assert page.select("article section > span[id]:empty") == []
            ids.setdefault(name, []).append([section["id"] for section in page.select("article section")])
    for name, (first, *others) in ids.items():
        assert len(first) > 3, name
        assert all(other == first for other in others), name


def test_the_page_works_from_disk_and_without_scripts(html, chromium):
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto((html / "chapter_computation/model-construction.html").as_uri())
    assert page.locator("article h1").is_visible()
    assert page.locator(".cell_output").first.is_visible()


def test_a_sentence_that_ends_with_the_title_of_a_question_has_no_full_stop_behind_it(html):
    """Nor has it one in the notebooks, which are made of the same; elsewhere the full stop stays."""
    pages = [path.read_text("utf8") for path in (html / "chapter_computation").glob("*.html")]
    notebooks = [path.read_text("utf8") for path in (html.parent / "notebooks/en").rglob("*.ipynb")]
    links = [link for page in pages for link in re.findall(r"([?!.\w])(?:</span>)?</a>(.)", page)]
    assert ("?", ".") not in links
    assert {("?", ","), ("?", ")")} <= set(links)
    assert ("s", ".") in links
    assert not [text for text in notebooks if re.search(r"\?\]\([^()]*\)\.", text)]


def linked(words: str, kind: type[nodes.Element] = nodes.inline) -> nodes.reference:
    return nodes.reference("", "", kind("", words), refuri="#there")


@pytest.mark.parametrize(
    ("link", "behind", "after"),
    [
        (linked("Why?"), ". And", "Why? And"),
        (linked("Why?"), ".)", "Why?)"),
        (nodes.emphasis("", "", linked("Oh!")), ".", "Oh!"),
        (linked("This"), ".", "This."),
        (linked("torch.add?", nodes.literal), ".", "torch.add?."),
        (linked("n!", nodes.math), ".", "n!."),
        (linked("Oh!"), ".py", "Oh!.py"),
        (linked("Why?"), "...", "Why?..."),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_which_full_stop_is_one_too_many(link, behind, after):
    document = new_document("")
    document += nodes.paragraph("", "", linked("First"), nodes.Text("."), link.deepcopy(), nodes.Text(behind))
    end_once(None, document, "")
    assert document.astext() == f"First.{after}"


def test_the_notebook_can_be_downloaded(visit, address):
    page = visit("chapter_computation/model-construction.html")
    page.locator("[popovertarget=menu-download]").click()
    link = page.locator("#menu-download a[href$='.ipynb']")
    response = page.request.get(f"{address}/chapter_computation/{link.get_attribute('href')}")
    assert response.json()["nbformat"] == 4
