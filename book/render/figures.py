"""Set the book's own SVG drawings into the page itself, and measure the other images.

Inside the page a drawing takes its colours from the page's light or dark theme, its words can be
searched and read aloud, and it costs no request.
"""

import re
from functools import cache
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from PIL import Image, UnidentifiedImageError
from sphinx.application import Sphinx

from book.translate.drawings import translated

SHARED = Path(__file__).parents[2] / "_static/css/5-drawings.css"
RULE = re.compile(r"\.([\w-]+)\s*\{\s*([^}]*?)\s*\}")
FALLBACK = re.compile(r"(var\(--[\w-]+), #\w+\)")  # the page has all of the colours
STYLE = re.compile(r"<style>(.*?)</style>\s*", re.S)
CLASSES = re.compile(r'(?<= class=")[^"]*')
PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
NAME = re.compile(r"<title\b.*?</title>\s*", re.S)


@cache
def shared() -> dict[str, str]:
    """The looks that a page knows: name and declarations."""
    return dict(RULE.findall(SHARED.read_text("utf8")))


def with_shared_styles(svg: str, prefix: str) -> str:
    """The drawing without the rules that its page has as well, and without those that nothing in it uses.

    `prefix` begins the names of its classes; a class whose look is shared loses it.
    """
    used = {name for names in CLASSES.findall(svg) for name in names.split()}
    given = RULE.findall("".join(STYLE.findall(svg)))
    rules = {name: FALLBACK.sub(r"\1)", look) for name, look in given if name in used}
    short = {name: name.removeprefix(prefix) for name in rules}
    known = {name: short[name] for name, look in rules.items() if shared().get(short[name]) == look}
    svg = CLASSES.sub(lambda names: " ".join(known.get(name, name) for name in names[0].split()), svg)
    style = "".join(f".{name}{{{look}}}" for name, look in rules.items() if name not in known)
    return STYLE.sub(f"<style>{style}</style>\n" if style else "", svg)


def svg_of(path: Path, alt: str) -> str:
    """The file's <svg> element, announced to screen readers as one image with this alt text.

    Its title is left out: the alt text says more, and it would cover the drawing when a mouse rests there.
    """
    svg = translated(re.sub(r"^.*?(?=<svg\b)", "", path.read_text("utf8"), flags=re.DOTALL))
    svg = with_shared_styles(NAME.sub("", svg), f"{path.stem}-")
    start, rest = svg.split(">", 1)
    start = re.sub(r'\s(role|aria-\w+)="[^"]*"', "", start)
    rest = re.sub(r'<desc id="[^"]*"', "<desc", rest)
    return f'{start} role="img" aria-label="{escape(alt)}">{rest}'.strip()


def size(path: Path) -> tuple[int, int] | None:
    """Width and height of an image in CSS pixels; None where they are not known."""
    try:
        if path.suffix != ".svg":
            with Image.open(path) as image:
                return image.size
        _event, root = next(ElementTree.iterparse(path, ["start"]))
    except (FileNotFoundError, UnidentifiedImageError, ElementTree.ParseError):
        return None  # it lies on another host, or only a browser knows what it is
    lengths = [re.fullmatch(r"([\d.]+)([a-z]*)", root.get(name, "")) for name in ("width", "height")]
    if not all(length and length[2] in PIXELS for length in lengths):
        return None
    width, height = (round(float(length[1]) * PIXELS[length[2]]) for length in lengths)
    return width, height


def has_pixels(path: Path) -> bool:
    """Whether a plot has an image in it, a photograph or a map of colours, which must not change with the theme."""
    return path.suffix == ".svg" and path.is_file() and "<image" in path.read_text("utf8")


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
