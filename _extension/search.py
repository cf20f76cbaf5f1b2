"""Search that does not ask for accents: `parametro` finds `parâmetro`, and i finds ı, İ and I.

Sphinx stems the words of the index in Python and those of a query in JavaScript. Here both are folded
before and after stemming, in the same way.
"""

import unicodedata

from sphinx.application import Sphinx
from sphinx.search import SearchLanguage
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
            return fold(super().stem(fold(word)))

    return Folding


def setup(app: Sphinx) -> None:
    """Replace the search of the book's languages."""
    for base in (SearchEnglish, SearchPortuguese, SearchTurkish):
        app.add_search_language(without_accents(base))
