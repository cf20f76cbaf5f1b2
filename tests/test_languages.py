"""Promises to readers of other languages, and to those who translate: with a small third language."""

import re
import subprocess
import sys

import pytest
from babel.messages.catalog import Catalog

from builder import translations
from builder.translations import lost
from conftest import SmallBook

GERMAN = {
    "The first page": "Die erste Seite",
    "The second page": "Die zweite Seite",
    "It has a formula, $x^2$, and points to {ref}`second`.": "Sie hat eine Formel, $x^2$, und zeigt auf {ref}`second`.",
}


@pytest.fixture(scope="module")
def german_book(tmp_path_factory) -> SmallBook:
    """A small book in English and German; one paragraph of the second page is not translated."""
    book = SmallBook(tmp_path_factory.mktemp("german") / "book")
    book.add("editions.yml", "- code: de\n  path: de\n  notebooks: de\n  title: Ein Buch\n  name: Deutsch\n")
    assert book.run("book").returncode == 0
    result = book.run("translations")
    assert result.returncode == 0, result.stderr
    for path in translations.catalogs(book.root, "de"):
        catalog = translations.load(path, "de")
        for message in catalog:
            message.string = GERMAN.get(message.id, "")
        translations.save(path, catalog)
    result = book.run("book", BOOK_URL="https://books.example.org")
    assert result.returncode == 0, result.stderr
    assert "0 of 2 notebooks executed" in result.stdout
    return book


def test_a_new_language_is_one_entry_and_one_command(german_book):
    page = german_book.read("_build/html/de/pages/first.html")
    assert '<html lang="de"' in page
    assert "Die erste Seite" in page
    assert "Sie hat eine Formel" in page
    assert "Die zweite Seite</" in page  # the text of a link comes from the title of the page it leads to


def test_a_paragraph_without_translation_is_shown_in_english_and_marked(german_book):
    page = german_book.read("_build/html/de/pages/second.html")
    paragraph = re.search(r"<p([^>]*)>Back to", page)[1]
    assert 'lang="en"' in paragraph
    assert "untranslated" in paragraph
    assert "untranslated" not in german_book.read("_build/html/pages/second.html")


def test_notebooks_are_in_the_language_and_their_code_is_the_same(german_book):
    import nbformat

    english, german = (
        nbformat.read(german_book.root / f"_build/notebooks/{code}/pages/first.ipynb", as_version=4)
        for code in ("en", "de")
    )
    assert "# Die erste Seite" in german.cells[1].source
    assert [cell.source for cell in german.cells if cell.cell_type == "code"] == [
        cell.source for cell in english.cells if cell.cell_type == "code"
    ]


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
        path.with_suffix(".mo").unlink()
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
        ("A [link](https://a.org/b).", "Ein [Link](https://a.org/c).", "link 'https://a.org/b' is missing"),
        ("It is $x^2$.", "Es ist x².", "maths 'x^2' is missing"),
        ("From %s", "Von", "placeholder '%s' is missing"),
        ("`a` then `b`", "`b` nach `a`", None),
    ],
)
def test_what_a_translation_must_keep_is_checked(source, translation, missing):
    found = lost(source, translation)
    assert missing in found if missing else found == []


def test_the_browser_folds_words_as_the_index_does():
    """`parametro` finds `parâmetro`, and Turkish i finds ı, İ and I."""
    from _extension.search import fold

    assert fold("parâmetro") == fold("PARAMETRO") == "parametro"
    assert fold("ışık") == fold("IŞIK") == fold("isik") == "isik"
    assert fold("İlkleme") == "ilkleme"


@pytest.mark.fast
def test_the_editions_of_the_book_are_complete():
    """Every entry translated, none fuzzy, nothing lost; no catalog without its source."""
    from builder import source
    from conftest import ROOT

    editions = source.editions(ROOT)
    found = [line for edition in editions[1:] for line in translations.problems(ROOT, edition.code)]
    assert found == [], "\n".join(found[:40])


def test_a_catalog_counts_only_real_entries(tmp_path):
    catalog = Catalog(locale="de")
    catalog.add("   ")
    folder = tmp_path / "locale/de/LC_MESSAGES"
    folder.mkdir(parents=True)
    translations.save(folder / "x.po", catalog)
    assert translations.problems(tmp_path, "de") == []


def test_translations_without_another_language_do_nothing(small_book):
    result = subprocess.run(
        [sys.executable, "-m", "builder.cli", "translations"], cwd=small_book.root, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert not (small_book.root / "locale").exists()
