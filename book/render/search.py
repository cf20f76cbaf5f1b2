"""Search that does not ask for accents: `parametro` finds `parâmetro`, and i finds ı, İ and I.

Sphinx stems the words of the index in Python and those of a query in JavaScript. Here both are folded
before and after stemming, in the same way. And the index holds sections instead of pages, so that a result
leads to the place where the words stand; `_static/search/sections.js` is the other half of that.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from types import SimpleNamespace

from docutils import nodes, utils
from sphinx.application import Sphinx
from sphinx.search import IndexBuilder, SearchLanguage
from sphinx.search.en import SearchEnglish
from sphinx.search.pt import SearchPortuguese
from sphinx.search.tr import SearchTurkish

# Sphinx puts this behind the stemmer's code; its own splitter of words stays in use.
FOLD = r"""
;(function () {
  const fold = (word) => word.replace(/[ıİI]/g, "i").normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const Plain = Stemmer;
  Stemmer = function () {
    const plain = new Plain();
    this.stemWord = (word) => fold(plain.stemWord(fold(word)));
  };
})();
"""


def fold(word: str) -> str:
    """The word in small letters without accents; every i of Turkish is one i."""
    word = unicodedata.normalize("NFD", word.translate({ord(letter): "i" for letter in "ıİI"}))
    return "".join(letter for letter in word if not unicodedata.combining(letter)).lower()


def without_accents(base: type[SearchLanguage]) -> type[SearchLanguage]:
    """The search of a language, folding words before and after it stems them."""

    class Folding(base):
        stopwords = {fold(word) for word in base.stopwords}  # noqa: RUF012 (Sphinx's attribute)
        js_splitter_code = FOLD

        def stem(self, word: str) -> str:
            return stemmed(self, word)

    @cache  # a stemmer in Python takes its time, and a book repeats its words
    def stemmed(language: Folding, word: str) -> str:
        return fold(base.stem(language, fold(word)))

    return Folding


def sections(doctree: nodes.document) -> Iterator[tuple[str, str, nodes.document]]:
    """The anchor, the title and the text of each section of a page, without the sections inside it.

    Takes the doctree apart.
    """
    for section in list(doctree.findall(nodes.section)):
        title = next(section.findall(nodes.title), None)
        if title is None or not section["ids"]:
            continue
        part = utils.new_document("")
        part += [child for child in section.children if not isinstance(child, nodes.section)]
        yield section["ids"][0], title.astext(), part


def index_sections(app: Sphinx, exception: Exception | None) -> None:
    """Write the index of sections in the place of Sphinx's index of pages."""
    if exception is not None or app.builder.name != "html":
        return
    if getattr(app.builder, "indexer", None) is None:  # nothing was out of date: the index is there already
        return
    tables = ["titles", "filenames", "mapping", "title_mapping", "all_titles", "index_entries", "objtypes", "objnames"]
    environment = SimpleNamespace(
        version=app.env.version, domains={}, **{f"_search_index_{name}": {} for name in tables}
    )
    indexer = IndexBuilder(environment, app.config.language, app.config.html_search_options, "")
    for docname in sorted(app.env.found_docs):
        page = app.env.titles[docname].astext()
        for anchor, title, part in sections(app.env.get_doctree(docname)):
            name = f"{docname}#{anchor}"
            shown = escape(title) if title == page else f"{escape(title)}<small>{escape(page)}</small>"
            indexer.feed(name, docname, shown, part)
            indexer._all_titles[name] = [(title, None)]  # the name leads there; no other anchor is needed
    with Path(app.outdir, app.builder.searchindex_filename).open("w", encoding="utf8") as file:
        indexer.dump(file, app.builder.indexer_format)


def setup(app: Sphinx) -> None:
    """Replace the search of the book's languages."""
    app.connect("build-finished", index_sections)
    for base in (SearchEnglish, SearchPortuguese, SearchTurkish):
        app.add_search_language(without_accents(base))
