"""Promises to readers of other languages, and to those who translate: with a small third language."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from babel.messages.catalog import Catalog
from bs4 import BeautifulSoup

from book.execute.store import shown_file
from book.project import source
from book.translate import catalogs as translations
from book.translate.catalogs import lost
from conftest import ROOT, SmallBook, assert_fails

EDITIONS = source.editions(ROOT)

GERMAN = {
    "The first page": "Die erste Seite",
    "The second page": "Die zweite Seite",
    "first": "erste",
    "It has a formula, $x^2$, and points to {ref}`second`.": "Sie hat eine Formel, $x^2$, und zeigt auf {ref}`second`.",
}


@pytest.fixture(scope="module")
def german_book(tmp_path_factory) -> SmallBook:
    """A small book in English and German; one paragraph of the second page is not translated."""
    book = SmallBook(tmp_path_factory.mktemp("german") / "book")
    book.add("editions.yml", "- code: de\n  path: de\n  notebooks: de\n  title: Ein Buch\n  name: Deutsch\n")
    result = book.run("translations")
    assert result.returncode == 0, result.stderr
    for path in translations.catalogs(book.root, "de"):
        catalog = translations.load(path, "de")
        for message in catalog:
            message.string = GERMAN.get(message.id, "")
        translations.save(path, catalog)
    result = book.run("book", BOOK_URL="https://books.example.org")
    assert result.returncode == 0, result.stderr
    assert "3 of 4 notebooks executed" in result.stdout  # one is the same in both languages
    return book


def test_a_new_language_is_one_entry_and_one_command(german_book):
    page = german_book.read("_build/html/de/pages/first.html")
    assert '<html lang="de"' in page
    assert "Die erste Seite" in page
    assert "Sie hat eine Formel" in page
    assert "Die zweite Seite</" in page  # the text of a link comes from the title of the page it leads to


def test_the_page_for_wrong_addresses_leads_on_in_its_language(german_book):
    menu = german_book.read("_build/html/de/404.html").split('id="book-nav"')[1].split("</nav>")[0]
    assert 'href="https://books.example.org/de/pages/first.html"' in menu


def test_a_paragraph_without_translation_is_shown_in_english_and_marked(german_book):
    page = german_book.read("_build/html/de/pages/second.html")
    paragraph = re.search(r"<p([^>]*)>Back to", page)[1]
    assert 'lang="en"' in paragraph
    assert 'class="untranslated' in paragraph
    assert 'class="untranslated' not in german_book.read("_build/html/pages/second.html")


def add_german(book: SmallBook, text: str, texts: dict[str, str]) -> None:
    """Put a text behind the second page, and the German for what it says into the catalog."""
    book.add("editions.yml", "- code: de\n  path: de\n  notebooks: de\n  title: Ein Buch\n  name: Deutsch\n")
    book.add("pages/second.md", f"\n{text}")
    assert book.run("translations").returncode == 0
    path = next(path for path in translations.catalogs(book.root, "de") if path.stem == "second")
    catalog = translations.load(path, "de")
    for said, german in texts.items():
        catalog[said].string = german
    translations.save(path, catalog)


def test_a_footnote_is_translated_with_its_paragraph(small_book):
    texts = {"A note[^n].": "Eine Note[^n].", "Its text.": "Ihr Text."}
    add_german(small_book, "A note[^n].\n\n[^n]: Its text.\n", texts)
    assert (result := small_book.run("book")).returncode == 0, result.stderr
    page = BeautifulSoup(small_book.read("_build/html/de/pages/second.html"), "html.parser")
    mark = page.find("a", role="doc-noteref")
    assert mark.parent.get_text() == "Eine Note[1]."
    assert "Ihr Text." in page.select_one(mark["href"]).get_text()


def test_the_words_of_a_displayed_formula_are_translated(small_book):
    said, german = r"y = x^2 \quad \text{for all } x", r"y = x^2 \quad \text{für alle } x"
    add_german(small_book, f"$${said}$$\n", {said: german})
    assert (result := small_book.run("book")).returncode == 0, result.stderr
    for edition, words in (("", "for all"), ("de/", "für alle")):
        page = BeautifulSoup(small_book.read(f"_build/html/{edition}pages/second.html"), "html.parser")
        formula = page.find("math", display="block")
        assert words in formula.get_text().replace("\N{NO-BREAK SPACE}", " ")
        assert formula.find_parent(lang=True).name != "p"  # none is marked as another language
        assert not page.find("p", string="::")


@pytest.mark.parametrize("german", ["0. Schritt, und was danach kommt.", "- ein Strich", "# ein Titel", "> ein Zitat"])
def test_a_translation_that_begins_as_a_list_does_is_named(small_book, german):
    add_german(small_book, "Step zero, and what comes after it.\n", {"Step zero, and what comes after it.": german})
    assert_fails(small_book, "pages/second.md", german, "word it anew")


@pytest.mark.parametrize(
    ("texts", "words"), [("", '"n"'), ("[^n]: One.\n\n[^n]: Another.\n", "Multiple footnote definitions")]
)
@pytest.mark.parametrize("page", ["first", "second"])
def test_a_footnote_without_one_text_is_named(built_book, page, texts, words):
    built_book.write("pages/first.md", "# First\n\nA page without code.\n")
    built_book.add(f"pages/{page}.md", f"\nA note[^n].\n\n{texts}")
    assert_fails(built_book, f"pages/{page}.md", words)


def test_outputs_are_those_of_the_code_in_the_language(german_book):
    said = {path: german_book.read(f"_build/html/{path}pages/first.html") for path in ("", "de/")}
    for path, word in (("", "first"), ("de/", "erste")):
        page = BeautifulSoup(said[path], "html.parser")
        assert page.select_one(".cell_input").get_text().strip() == f'print("{word}", 6 * 7)'
        assert page.select_one(".cell_output").get_text().strip() == f"{word} 42"


def test_a_failing_cell_of_a_translation_is_named_with_its_edition(german_book, tmp_path):
    shutil.copytree(german_book.root, tmp_path / "book")
    book = SmallBook.existing(tmp_path / "book")
    book.add_cell("print('first' if 1 else 0)\nassert 'some words' != 'ein paar Worte', 'they differ'")
    assert book.run("translations").returncode == 0
    path = book.root / "locale/de/LC_MESSAGES/pages/second.po"
    catalog = translations.load(path, "de")
    catalog.get("some words", "code").string = "ein paar Worte"
    catalog.get("ein paar Worte", "code").string = "ein paar Worte"
    translations.save(path, catalog)
    assert_fails(book, "pages/second.md, code cell 2 (line ", "in de", "AssertionError")


def test_one_edition_can_be_built_alone(german_book, tmp_path):
    shutil.copytree(german_book.root, tmp_path / "book")
    book = SmallBook.existing(tmp_path / "book")
    english = book.read("_build/html/pages/first.html")
    book.add("pages/first.md", "\nOne more paragraph.\n")
    assert "0 of 2 notebooks executed" in book.run("book", EDITION="de").stdout
    assert "One more paragraph" in book.read("_build/html/de/pages/first.html")
    assert book.read("_build/html/pages/first.html") == english
    assert book.run("book").returncode == 0
    assert "One more paragraph" in book.read("_build/html/pages/first.html")
    shutil.rmtree(book.root / "_build")
    assert book.run("book", EDITION="en").returncode == 0  # of a book that has never been built
    assert not (book.root / "_build/html/de").exists()
    assert_fails(book, "EDITION", "'fr'", "EDITION=de (Deutsch)", EDITION="fr")


def test_notebooks_are_in_the_language_and_their_code_is_the_same(german_book):
    import nbformat

    english, german = (
        nbformat.read(german_book.root / f"_build/notebooks/{code}/pages/first.ipynb", as_version=4)
        for code in ("en", "de")
    )
    assert "# Die erste Seite" in german.cells[1].source
    assert [cell.source for cell in english.cells if cell.cell_type == "code"] == ['print("first", 6 * 7)']
    assert [cell.source for cell in german.cells if cell.cell_type == "code"] == ['print("erste", 6 * 7)']


def test_every_page_leads_to_itself_in_the_other_language(german_book):
    english = german_book.read("_build/html/pages/first.html")
    german = german_book.read("_build/html/de/pages/first.html")
    assert 'href="../de/pages/first.html"' in english
    assert 'href="../../pages/first.html"' in german
    for page in (english, german):
        assert '<link rel="alternate" hreflang="de" href="https://books.example.org/de/pages/first.html">' in page
        assert '<link rel="alternate" hreflang="en" href="https://books.example.org/pages/first.html">' in page
    assert '<link rel="canonical" href="https://books.example.org/de/pages/first.html"' in german


def test_refreshing_catalogs_twice_changes_nothing(german_book):
    before = {path: path.read_bytes() for path in translations.catalogs(german_book.root, "de")}
    assert before
    assert german_book.run("translations").returncode == 0
    assert {path: path.read_bytes() for path in translations.catalogs(german_book.root, "de")} == before


def test_a_changed_paragraph_falls_back_to_english_and_is_reported(german_book):
    source = german_book.read("pages/first.md")
    try:
        german_book.write("pages/first.md", source.replace("It has a formula", "It has one formula"))
        assert german_book.run("translations").returncode == 0
        reports = "\n".join(translations.problems(german_book.root, "de"))
        assert "'It has one formula" in reports
        assert "fuzzy" in reports
        assert german_book.run("book").returncode == 0
        assert "It has one formula" in german_book.read("_build/html/de/pages/first.html")
    finally:
        german_book.write("pages/first.md", source)


def test_a_broken_catalog_stops_the_build_with_its_name(german_book):
    path = german_book.root / "locale/de/LC_MESSAGES/pages/first.po"
    text = path.read_text("utf8")
    try:
        path.write_text(text + '\nmsgid "unfinished\n', "utf8")
        result = german_book.run("book")
        assert result.returncode == 1
        assert "locale/de/LC_MESSAGES/pages/first.po" in result.stderr
        assert "Traceback" not in result.stderr
    finally:
        path.write_text(text, "utf8")


@pytest.mark.fast
@pytest.mark.parametrize(
    ("source", "translation", "missing"),
    [
        ("Call `net(X)`.", "Rufe net(X) auf.", "code 'net(X)' is missing"),
        ("See {ref}`mc-call`.", "Siehe {ref}`mc-cal`.", "role 'mc-call' is missing"),
        ("See {ref}`this <mc-call>`.", "Siehe {ref}`dies <mc-call>`.", None),
        ("{ref}`This <a>` has `X`, not `Y`.", "{ref}`Dies <a>` hat nicht `Y`, aber `X`.", None),
        ("A [link](https://a.org/b).", "Ein [Link](https://a.org/c).", "link 'https://a.org/b' is missing"),
        ("It is $x^2$.", "Es ist x².", "maths 'x^2' is missing"),
        ("From %s", "Von", "placeholder '%s' is missing"),
        ("`a` then `b`", "`b` nach `a`", None),
    ],
)
def test_what_a_translation_must_keep_is_checked(source, translation, missing):
    found = lost(source, translation)
    assert missing in found if missing else found == []


@pytest.mark.fast
def test_prose_quotes_what_the_code_prints_in_the_language():
    printed = {"steps: {n}": "Schritte: {n}", "loss": "Verlust"}
    assert lost("See `steps:` and `loss`.", "Siehe `Verlust` und `Schritte:`.", printed) == []
    assert lost("See `steps:`.", "Siehe `Verlust`.", printed) != []
    assert lost("See `steps:`.", "Siehe `Schritte:`.") != []


def test_the_search_compares_words_without_accents(chromium, html):
    """`parametro` finds `parâmetro`, and every i of Turkish is one i."""
    page = chromium.new_page()
    page.goto((html / "tr/search.html").as_uri())
    words = ["parâmetro", "PARAMETRO", "ışık", "IŞIK", "İlkleme"]
    assert page.evaluate("words => words.map(fold)", words) == ["parametro", "parametro", "isik", "isik", "ilkleme"]
    page.close()


# One term of English is one term in a language: other words that translators have used for it.
FORBIDDEN = {
    "pt_BR": r"\bgancho|\batrelad|hospedeir|invólucro|escalonador|estimador direto",
    "tr": r"\baygıt|denetim nokta|kaputun|ağırlık azalt|düzgün dağıl|\bgraf(?!ik|iğ)|duyarlık|kitaplık|bağdaştırıcı",
}


@pytest.mark.fast
@pytest.mark.parametrize("language", FORBIDDEN)
def test_a_term_has_one_name(language):
    texts = [
        (path.stem, message.string)
        for path in translations.catalogs(ROOT, language)
        for message in translations.load(path, language)
        if message.id
    ]
    assert [(page, text) for page, text in texts if re.search(FORBIDDEN[language], str(text), re.I)] == []


@pytest.mark.fast
def test_other_names_of_a_term_would_be_found():
    said = {"pt_BR": "Um gancho (hook) na CPU", "tr": "bir hesap grafı"}
    assert all(re.search(FORBIDDEN[language], text, re.I) for language, text in said.items())
    assert not re.search(FORBIDDEN["tr"], "bir grafik", re.I)


@pytest.mark.fast
def test_the_editions_of_the_book_are_complete():
    """Every entry translated, none fuzzy, nothing lost."""
    found = [line for edition in EDITIONS[1:] for line in translations.problems(ROOT, edition.code)]
    assert found == [], "\n".join(found[:40])


@pytest.mark.fast
def test_the_catalogs_are_in_step_with_the_english_source():
    """Every text of the book is in them, and nothing that the book no longer has."""
    pots = translations.extract(ROOT)
    found = [line for edition in EDITIONS[1:] for line in translations.out_of_step(ROOT, pots, edition.code)]
    assert found == [], "\n".join(found[:40])


def test_a_catalog_with_an_old_or_a_missing_text_is_reported(german_book):
    pots = german_book.root / "_build/gettext"
    assert translations.out_of_step(german_book.root, pots, "de") == []
    path = german_book.root / "locale/de/LC_MESSAGES/pages/first.po"
    before = path.read_bytes()
    catalog = translations.load(path, "de")
    catalog.delete("The first page")
    catalog.add("A page that was", "Eine Seite von gestern")
    translations.save(path, catalog)
    found = "\n".join(translations.out_of_step(german_book.root, pots, "de"))
    path.write_bytes(before)
    assert "pages/first.po: 'The first page' is missing" in found
    assert "pages/first.po: 'A page that was' is no longer used" in found


# Words that hardly a Portuguese or a Turkish sentence has, and hardly an English one does without.
ENGLISH_WORDS = {
    *("the", "and", "of", "is", "which", "with", "this", "that", "are", "from", "when", "what", "it", "has", "have"),
    *("into", "how", "be", "does", "your"),
}
# A quoted message stays as PyTorch prints it, and a journal has its name.
STAYS_ENGLISH = re.compile("“[^”]*”|Communications of the ACM")
# Code, output, formulas, titles of papers, and what is marked as being in another language
# A link to an entry of the index of errors, or to a question, has PyTorch's message in plain letters; the heading
# itself is read at its own place, where a message is code
NOT_IN_THE_LANGUAGE = "pre, code, math, script, style, .cell_input, .cell_output, em, a.external, [lang]:not(html)"
NOT_IN_THE_LANGUAGE += ", a[href*='errors.html#err-'], a[href^='#err-'], a[href*='-asked-']"
ELEMENTS_WITH_TEXT = (
    "title, h1, h2, h3, h4, p, li, td, th, dt, dd, figcaption, button, label, summary, svg text, svg title, svg desc"
)
WORDS_IN_ATTRIBUTES = ["alt", "title", "aria-label", "placeholder", "data-bs-original-title"]


def english_sentences(html: str) -> list[str]:
    """The texts of a page, attributes and head included, that read like English."""
    page = BeautifulSoup(html, "html.parser")
    for element in page.select(NOT_IN_THE_LANGUAGE):
        element.decompose()
    texts = [
        element.get_text(" ") for element in page.select("title, h1, h2, h3, h4, p, li, td, th, dt, dd, figcaption")
    ]
    texts += [element.get_text(" ") for element in page.select("button, label, summary, svg text, svg title, svg desc")]
    texts += [meta["content"] for meta in page.select("meta[name=description]")]
    texts += [element[name] for name in WORDS_IN_ATTRIBUTES for element in page.select(f"[{name}]")]
    own = [STAYS_ENGLISH.sub("", text) for text in texts]
    return [text for text in own if len(ENGLISH_WORDS & set(re.findall(r"[^\W\d_]+", text.lower()))) >= 2]


def test_english_on_a_translated_page_would_be_found():
    sentence, alt = "The weights of the layer are shared.", "A tree which has two leaves"
    page = f'<p>{sentence}</p><p>Os pesos são os mesmos.</p><img alt="{alt}"><code>the code of it is</code>'
    assert english_sentences(page) == [sentence, alt]


@pytest.mark.parametrize("edition", EDITIONS[1:], ids=lambda edition: edition.tag)
@pytest.mark.parametrize("name", [*(page.docname for page in source.pages(ROOT)), "search"])
def test_no_english_sentence_is_left_on_a_translated_page(html, name, edition):
    found = english_sentences((html / edition.path / f"{name}.html").read_text("utf8"))
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    ("path", "words", "title"),
    [
        ("pt-br/", "parametro", "Acesso, compartilhamento e inicialização de parâmetros"),
        ("pt-br/", "parâmetros", "Acesso, compartilhamento e inicialização de parâmetros"),
        ("pt-br/", "inicializacao adiada", "Inicialização adiada"),
        ("tr/", "parametre", "Parametrelere erişim, paylaşım ve ilkleme"),
        ("tr/", "ERTELENMİŞ", "Ertelenmiş ilkleme"),
        ("tr/", "ertelenmis", "Ertelenmiş ilkleme"),
        ("tr/", "ozel katman", "Özel katmanlar"),
    ],
)
def test_search_in_the_language_with_and_without_accents(chromium, html, path, words, title):
    page = chromium.new_page()
    page.goto(f"{(html / path / 'search.html').as_uri()}?q={words}")
    page.locator("#search-results li a", has_text=title).first.wait_for(timeout=10_000)
    page.close()


MEASURED = re.compile(r"\b(ms|µs|s|GB/s|GFLOP/s|TFLOP/s|MiB)\b|\"rates\"")
NUMBERS = re.compile(r"\d+|\b(?:True|False|nan|inf)\b|[✓✗]")


def numbers(outputs: list[dict]) -> list[str] | None:
    """The numbers and verdicts that a cell prints; None of what is measured and never the same twice."""
    printed = "".join(output.get("text", "") for output in outputs)
    return None if MEASURED.search(printed) else sorted(NUMBERS.findall(printed))


@pytest.mark.parametrize("edition", EDITIONS[1:], ids=lambda edition: edition.tag)
def test_every_edition_computes_the_same(html, edition):
    """A program that looks for an English word in a string which is translated would give something else."""
    different = []
    for name in (page.docname for page in source.pages(ROOT) if page.is_notebook):
        pair = [
            json.loads(shown_file(ROOT, f"{path}{name}").read_text("utf8"))["outputs"]
            for path in ("", f"{edition.notebooks}/")
        ]
        for number, (here, there) in enumerate(zip(*pair, strict=True), 1):
            if None not in (numbers(here), numbers(there)) and numbers(here) != numbers(there):
                different.append((name, number, here, there))
    assert different == []


def test_a_catalog_counts_only_real_entries(tmp_path):
    catalog = Catalog(locale="de")
    catalog.add("   ")
    folder = tmp_path / "locale/de/LC_MESSAGES"
    folder.mkdir(parents=True)
    translations.save(folder / "x.po", catalog)
    assert translations.problems(tmp_path, "de") == []


def test_translations_without_another_language_do_nothing(small_book):
    result = subprocess.run(
        [sys.executable, "-m", "book.cli", "translations"], cwd=small_book.root, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert not (small_book.root / "locale").exists()
