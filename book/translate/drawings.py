"""The words inside the book's drawings (catalog `figures`): found for the translators, and put in for the readers."""

import re
from html import escape, unescape

from sphinx.locale import get_translation

_ = get_translation("figures")
WORDS = re.compile(r"(<(?:text|tspan|title|desc)\b[^>]*>)([^<]*[^<\s][^<]*)(?=<)")


def words(svg: str) -> list[str]:
    """The texts inside a drawing, its title and description; those without two letters in a row are not words."""
    texts = [unescape(text).strip() for start, text in WORDS.findall(svg)]
    return [text for text in texts if re.search(r"[^\W\d_]{2}", text)]


def translated(svg: str) -> str:
    """The drawing with its words in the language of the edition."""
    return WORDS.sub(lambda match: match[1] + escape(str(_(unescape(match[2]).strip())), quote=False), svg)
