"""Set the book's own SVG drawings into the page itself.

Inside the page a drawing takes its colours from the page's light or dark theme, its words can be
searched and read aloud, and it costs no request.
"""

import re
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
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


def svg_of(path: Path, alt: str) -> str:
    """The file's <svg> element, announced to screen readers as one image with this alt text."""
    svg = translated(re.sub(r"^.*?(?=<svg\b)", "", path.read_text("utf8"), flags=re.DOTALL))
    start, rest = svg.split(">", 1)
    start = re.sub(r'\s(role|aria-\w+)="[^"]*"', "", start)
    return f'{start} role="img" aria-label="{escape(alt)}">{rest}'.strip()


def set_into_page(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace images that are drawings of ours by their SVG, on HTML pages."""
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".svg" and path.parent.name == "figures" and path.is_file():
            svg = svg_of(path, image.get("alt", ""))
            image.replace_self(nodes.raw("", f'<div class="drawing">{svg}</div>', format="html"))


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("doctree-resolved", set_into_page)
