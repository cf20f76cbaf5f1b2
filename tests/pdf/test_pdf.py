"""The PDF of an edition, read back, and a page printed from the browser."""

import io
import re
import shutil

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Destination

from book.pdf import document, printing
from book.project.errors import BuildError
from book.project.places import pdf_name
from book.project.source import Edition, editions
from conftest import ENGLISH, ROOT, SmallBook

PORTUGUESE = "- code: pt_BR\n  path: pt-br\n  notebooks: pt-br\n  title: Livro <pequeno>\n  name: Português\n"
EXERCISE = """
## An exercise

:::{exercise-start} recall · How many?
:label: first-ex-many
:::
Print the number with six zeros.

```{code-cell} python3
:tags: [starter]

number = ...  # your turn
```

:::{hint}
:class: dropdown
Count the zeros.
:::
:::{exercise-end}
:::

:::{solution-start} first-ex-many
:class: dropdown
:::
The idea behind it.

```{code-cell} python3
:tags: [solution]

print("a million")
```
:::{solution-end}
:::

## After the exercise

### Small

#### Smaller

##### Smallest

```{code-cell} python3
if "indented":
    print("long " * 60 + "endofline")
```

```{code-cell} python3
from IPython.display import HTML

HTML("<h4>Shown</h4><h4 hidden>Kept back</h4><h4></h4><h4 role='presentation'>Plain</h4>")
```
"""


@pytest.fixture(scope="module")
def printed_book(tmp_path_factory) -> SmallBook:
    """A small book in two languages, printed."""
    book = SmallBook(tmp_path_factory.mktemp("printed") / "book")
    book.write("editions.yml", ENGLISH + PORTUGUESE)
    words = book.root / "locale" / "pt_BR" / "LC_MESSAGES"
    words.mkdir(parents=True)
    shutil.copy(ROOT / "locale" / "pt_BR" / "LC_MESSAGES" / "book.po", words)
    book.add("pages/first.md", EXERCISE)
    result = book.run("pdf")
    assert result.returncode == 0, result.stderr
    return book


@pytest.fixture(scope="module")
def pdf(printed_book) -> PdfReader:
    """The English PDF."""
    return PdfReader(printed_book.root / "_build" / "pdf" / "deep-learning-computation-en.pdf")


@pytest.fixture(scope="module")
def portuguese(printed_book) -> PdfReader:
    """The Portuguese PDF."""
    return PdfReader(printed_book.root / "_build" / "pdf" / "deep-learning-computation-pt-br.pdf")


def bookmarks(pdf: PdfReader, entries: list | None = None) -> dict[str, int]:
    """Title, without its number, and page, counted from 1, of every bookmark; of equal titles the first."""
    found = {}
    for entry in pdf.outline if entries is None else entries:
        if isinstance(entry, Destination):
            found.setdefault(re.sub(r"^\d ", "", entry.title), pdf.get_destination_page_number(entry) + 1)
        else:
            found |= bookmarks(pdf, entry) | found
    return found


def text(pdf: PdfReader, page: int) -> str:
    """The words of a page, counted from 1, with single spaces."""
    return " ".join(pdf.pages[page - 1].extract_text().split())


def links(pdf: PdfReader, page: int) -> list:
    """The links on a page."""
    return [note.get_object() for note in pdf.pages[page - 1].get("/Annots", [])]


def targets(pdf: PdfReader, page: int) -> list[int]:
    """The pages that the links on a page lead to, inside the document."""
    names = [link.get("/Dest") for link in links(pdf, page) if link.get("/Dest")]
    return [pdf.get_destination_page_number(pdf.named_destinations[name]) + 1 for name in names]


def test_bookmarks_lead_to_every_part(pdf):
    titles = ["Contents", "The first page", "An exercise", "Exercise 1 (recall · How many?)", "After the exercise"]
    titles += ["Small", "Smaller", "Smallest", "Shown", "The second page", "Solutions"]
    assert list(bookmarks(pdf)) == titles


def test_the_contents_name_the_pages_where_things_are(pdf):
    places = bookmarks(pdf)
    contents = text(pdf, places["Contents"])
    assert "1 The second page" in contents, "the first page that is not the start page"
    for title in ("The first page", "After the exercise", "The second page", "Solutions"):
        number = re.search(rf"{title} (\d+)", contents)
        assert number and int(number[1]) == places[title], f"{title} is on page {places[title]}: {contents}"
        assert title in text(pdf, places[title])


def test_links_inside_lead_to_pages_and_links_out_are_kept(pdf):
    places = bookmarks(pdf)
    assert places["The second page"] in targets(pdf, places["The first page"]), "the cross reference of the first page"
    assert places["The first page"] in targets(pdf, places["The second page"])
    for page in range(1, len(pdf.pages) + 1):
        targets(pdf, page)  # raises when a destination does not exist
        assert not [link for link in links(pdf, page) if "file:" in str(link.get("/A", ""))]


def test_a_reference_names_the_page_that_it_leads_to(pdf, portuguese):
    for print_ in (pdf, portuguese):
        places = bookmarks(print_)
        assert f"The second page (p. {places['The second page']})" in text(print_, places["The first page"])
        assert f"The first page (p. {places['The first page']})" in text(print_, places["The second page"])


@pytest.mark.fast
def test_bookmarks_have_the_text_of_their_headings():
    """Chromium writes it twice when a heading was moved to a new page."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    outer = writer.add_outline_item(title="OuterOuter", page_number=0)
    writer.add_outline_item(title="an innerplace", page_number=0, parent=outer)
    writer.add_outline_item(title="Last", page_number=0)
    printing.name_bookmarks(writer, ["Outer", "an inner place", "Last"])
    assert list(bookmarks(written(writer))) == ["Outer", "an inner place", "Last"]
    with pytest.raises(BuildError, match="3 for 1 headings"):
        printing.name_bookmarks(writer, ["Outer"])


def written(writer: PdfWriter) -> PdfReader:
    """A document, written and read."""
    file = io.BytesIO()
    writer.write(file)
    return PdfReader(file)


@pytest.mark.fast
def test_code_breaks_at_empty_lines_and_leaves_no_line_alone():
    assert document.groups([*"abcd", "", *"efghi"]) == [["a", "b", "c", "d", ""], list("efghi")]
    assert len(document.groups(["a", "", *"bcdefgh"])) == 1, "one line would stay behind"
    assert len(document.groups([*"abcdefgh", "", "i", "j"])) == 1, "two lines would be left over"


def test_solutions_come_last_and_are_linked_both_ways(pdf):
    places = bookmarks(pdf)
    exercise, solutions = places["An exercise"], places["Solutions"]
    assert solutions == max(places.values()) == len(pdf.pages)
    assert "a million" in text(pdf, solutions)
    assert "a million" not in text(pdf, exercise)
    assert f"Hints and solution on page {solutions}" in text(pdf, exercise)
    assert "Count the zeros" not in text(pdf, exercise)
    assert "Count the zeros" in text(pdf, solutions)
    assert f"Exercise on page {exercise}" in text(pdf, solutions)
    assert solutions in targets(pdf, exercise)
    assert exercise in targets(pdf, solutions)


def test_running_heads_name_book_and_part(pdf):
    places = bookmarks(pdf)
    for title in ("The first page", "The second page", "Solutions"):
        assert text(pdf, places[title]).startswith(f"Deep Learning Computation {title}")
    assert "Deep Learning Computation Contents" not in text(pdf, 1), "the cover has no head"


def test_the_pdf_is_tagged_and_says_what_it_is(pdf, portuguese):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en"
    assert pdf.metadata.title == "Deep Learning Computation"
    assert pdf.metadata.author
    assert portuguese.trailer["/Root"]["/Lang"] == "pt-BR"
    assert portuguese.metadata.title == "Livro <pequeno>"


def test_the_words_around_the_text_are_translated(portuguese):
    places = bookmarks(portuguese)
    assert {"Sumário", "Soluções"} <= set(places)
    assert f"Dicas e solução na página {places['Soluções']}" in text(portuguese, places["An exercise"])
    assert text(portuguese, places["Soluções"]).startswith("Livro <pequeno> Soluções")


def test_code_keeps_its_indentation_and_long_lines_stay_on_the_page(pdf):
    page = pdf.pages[bookmarks(pdf)["After the exercise"] - 1]
    lines = page.extract_text(extraction_mode="layout").splitlines()
    condition, body = (next(line for line in lines if start in line) for start in ('if "', 'print("long'))
    assert body.index("print") >= condition.index("if") + 4, "the body of the if is indented"

    ends = []

    def note_end(piece, transformation, place, _font, size):
        if "long " in piece or "endofline" in piece:  # in the font of code every letter is 0.6 of its size wide
            start = place[4] * transformation[0] + transformation[4]
            ends.append(start + len(piece.rstrip()) * 0.6 * size * transformation[0])

    page.extract_text(visitor_text=note_end)
    assert "endofline" in page.extract_text()
    assert max(ends) < float(page.mediabox.width) - 55, "a line runs into the right margin"


def test_the_pages_offer_the_pdf(printed_book):
    site = printed_book.root / "_build" / "html"
    for folder, edition in (("", "en"), ("pt-br", "pt-br")):
        name = f"deep-learning-computation-{edition}.pdf"
        assert f'href="../{name}"' in (site / folder / "pages" / "first.html").read_text("utf8")
        assert (site / folder / name).read_bytes() == (printed_book.root / "_build" / "pdf" / name).read_bytes()


@pytest.mark.fast
@pytest.mark.parametrize(
    ("title", "name"), [("Computação em curso", "computacao-em-curso-en.pdf"), ("深度学习", "book-en.pdf")]
)
def test_a_pdf_has_the_name_of_its_book(tmp_path, title, name):
    (tmp_path / "_config.yml").write_text(f"title: {title}\n", "utf8")
    assert pdf_name(tmp_path, editions(ROOT)[0]) == name


def test_a_second_print_of_the_same_book_is_the_same(printed_book):
    folder = printed_book.root / "_build" / "pdf"
    before = {path.name: path.read_bytes() for path in folder.glob("*.pdf")}
    assert printed_book.run("pdf").returncode == 0
    assert {path.name: path.read_bytes() for path in folder.glob("*.pdf")} == before


def test_a_failed_print_leaves_the_earlier_pdf(printed_book):
    folder = printed_book.root / "_build" / "pdf"
    before = {path.name: path.read_bytes() for path in folder.glob("*.pdf")}
    result = printed_book.run("pdf", BOOK_BROWSER=shutil.which("false"))
    assert result.returncode == 1
    assert "BOOK_BROWSER" in result.stderr
    assert "Traceback" not in result.stderr
    assert {path.name: path.read_bytes() for path in folder.glob("*.pdf")} == before
    assert not list(folder.glob("*.partial"))


@pytest.mark.fast
def test_titles_cannot_break_the_style_sheet():
    assert document.css_text('a "b" </style> \\') == '"a \\22 b\\22  \\3c /style> \\5c "'


@pytest.mark.fast
def test_what_is_folded_on_a_page_lies_open_in_the_document(tmp_path):
    page = """<article class="bd-article"><section id="a"><span id="label"></span>
    <h1>Title<a class="headerlink">#</a></h1>
    <fieldset class="outputs-switch">Outputs from</fieldset>
    <div class="cell"><details class="hide"><summary>Show the code</summary>
    <div class="cell_input"><pre><t-k>def</t-k> <t-nc>f</t-nc>():\n    pass\n</pre></div>
    </details>
    <div class="cell_output"><img src="plot.svg" alt="A plot" loading="lazy"></div>
    <details class="recorded"><summary>Recorded on a GPU</summary><div class="cell_output">faster</div></details></div>
    <p><a href="second.html#b">there</a> <a href="../index.html">start</a> <a href="https://pytorch.org">out</a></p>
    <div class="exercise admonition" id="ex"><p class="admonition-title">Exercise 1</p>
    <details class="hint admonition"><summary class="admonition-title">Hint</summary><p>First</p></details>
    <details class="hint admonition"><summary class="admonition-title">Hint</summary><p>Second</p></details></div>
    <details class="solution admonition"><summary class="admonition-title">Solution</summary><p>The idea</p></details>
    </section></article>"""
    edition = Edition("en", "", "en", "A book", "English")
    path = tmp_path / "_build" / "html" / "pages" / "first.html"
    path.parent.mkdir(parents=True)
    path.write_text(page, "utf8")
    chapter = document.Chapter(tmp_path, edition, "pages/first", {"pages/first", "pages/second"})
    body, solutions = chapter.body(str), chapter.solutions(str)
    assert "<details" not in body + solutions
    for left_out in ("Outputs from", "Show the code", "The idea", "First<", "headerlink", "loading"):
        assert left_out not in body
    for kept in (
        "<t-k>def</t-k> f():",
        "    pass",
        "Recorded on a GPU",
        "faster",
        "https://pytorch.org",
    ):
        assert kept in body
    assert 'href="#pages-second--b"' in body
    assert 'href="#pages-first--solution-1"' in body
    assert (path.parent / "plot.svg").as_uri() in body
    assert " start " in body, "a page that is not printed has no link"
    assert solutions.index("First<") < solutions.index("Second<") < solutions.index("The idea")
    assert 'href="#pages-first--ex"' in solutions


@pytest.fixture(scope="module")
def page_on_paper(printed_book, chromium):
    """A page of the site, in the dark theme, as it is printed."""
    page = chromium.new_page(color_scheme="dark")
    page.goto((printed_book.root / "_build" / "html" / "pages" / "first.html").as_uri())
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    yield page
    page.close()


def test_a_printed_page_is_its_text_and_nothing_else(page_on_paper):
    for selector in ("nav", "button", "header", "form", ".headerlink"):
        for element in page_on_paper.locator(selector).all():
            assert not element.is_visible(), f"{selector} is printed"
    printed = PdfReader(io.BytesIO(page_on_paper.pdf()))
    words = " ".join(" ".join(page.extract_text() for page in printed.pages).split())
    assert "a million" in words, "the folded solution lies open"
    assert "endofline" in words, "long lines wrap"


def test_a_dark_page_is_printed_in_light_colours(page_on_paper):
    for selector in ("article p", "article pre", "article pre :is(t-m, t-s)"):
        element = page_on_paper.locator(selector).first
        colour = element.evaluate("element => getComputedStyle(element).color")
        assert max(map(int, re.findall(r"\d+", colour)[:3])) < 130, f"{selector} is {colour}"
    backgrounds = """[...document.querySelectorAll("html, body, main, article, pre")].map(
        element => getComputedStyle(element).backgroundColor)"""
    for colour in page_on_paper.evaluate(backgrounds):
        parts = [float(part) for part in re.findall(r"[\d.]+", colour)]
        assert parts[3:] == [0] or min(parts[:3]) > 200, f"a background is {colour}"


def test_code_on_a_printed_page_wraps(page_on_paper):
    wide = "[...document.querySelectorAll('pre')].filter(pre => pre.scrollWidth > pre.clientWidth + 1).length"
    assert page_on_paper.evaluate(wide) == 0
