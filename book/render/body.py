"""The last touches to the text of a page, before the layout goes around it."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.locale import get_translation
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import solution_node

from book.render import highlighting

_ = get_translation("book")
PIXELS = {"pt": 96 / 72, "px": 1.0, "": 1.0}
# docutils' and Sphinx's names that no rule and no script of ours asks for
UNUSED = re.compile(
    r' class="docutils literal notranslate"| class="reference internal"| docutils(?: container)?(?=[" ])'
    r'| notranslate(?=")| class="tex2jax_ignore mathjax_ignore"'
)
# Code in two boxes, one of which says its language; a cell puts a third one around its code.
INNER = r'\s*<div class="highlight">(<pre>.*?</pre>)\s*</div>\s*</div>'
CODE = re.compile(rf'<div class="([^"]*)\bhighlight-[\w-]+">{INNER}', re.S)
INPUT = re.compile(rf'<div class="(cell_input[^"]*)">{INNER}', re.S)
FORMULA = re.compile(r"<math>(?:(?!</math>).)*</math>[.,;:]", re.S)
FOLDED = re.compile(r'(<details class="[^"]*\bsolution\b[^>]*>\s*)<p class="admonition-title">(.*?)</p>')
ERROR = re.compile(r'<div (?=class="cell_output[^>]*>\s*<div class="output traceback)')
CAPTION = re.compile(r'(<figcaption>\s*<p><span class="caption-number">[^<]*?) </span>')
IMAGE = re.compile(r'<img\b[^>]*?\bsrc="([^"]+)"[^>]*?/?>')


def size(path: Path) -> tuple[int, int]:
    """Width and height of an image in CSS pixels; PNGs are drawn at twice their size."""
    if path.suffix != ".svg":
        with Image.open(path) as image:
            return image.width // 2, image.height // 2
    _event, root = next(ElementTree.iterparse(path, ["start"]))
    width, height = (re.fullmatch(r"([\d.]+)([a-z]*)", root.get(name)) for name in ("width", "height"))
    return round(float(width[1]) * PIXELS[width[2]]), round(float(height[1]) * PIXELS[height[2]])


def with_size(app: Sphinx, match: re.Match) -> str:
    """An image that keeps its place while it loads, and loads when it is near."""
    sources = {name: path for path, name in app.builder.images.items()}  # Sphinx copies them when all pages are written
    name = match[1].split("/")[-1]
    if "width=" in match[0] or name not in sources:
        return match[0]
    width, height = size(Path(app.srcdir, sources[name]))
    return match[0].replace("<img", f'<img width="{width}" height="{height}" loading="lazy" decoding="async"', 1)


def shown(node: nodes.Node) -> Iterator[nodes.Node]:
    """A part of a page and all its parts, except what is folded."""
    yield node
    for child in node.children:
        if not isinstance(child, solution_node):
            yield from shown(child)


def height(section: nodes.section) -> int:
    """The pixels that a section takes on a phone, roughly, and rather too many than too few.

    The weights were fitted to the pages of this book; a little more keeps a section that has not been laid out
    from reaching into the next one.
    """
    pixels = 0.0
    for node in shown(section):
        if isinstance(node, nodes.literal_block):
            pixels += 51 + 20 * (node.astext().rstrip("\n").count("\n") + 1)
        elif isinstance(node, nodes.paragraph | nodes.title | nodes.term | nodes.caption):
            pixels += 25 + 0.73 * len(node.astext())
        elif isinstance(node, nodes.image) or (isinstance(node, nodes.raw) and "<svg" in node.astext()):
            pixels += 300
        elif isinstance(node, nodes.Admonition):
            pixels += 69
    return round(pixels * 1.15)


def simplify(html: str) -> str:
    """HTML without the marks, names and boxes that neither a style nor a script of the book uses."""
    html = UNUSED.sub("", highlighting.simplify(html))
    html = CODE.sub(r'<div class="\1highlight">\2</div>', html)
    return INPUT.sub(r'<div class="\1 highlight">\2</div>', html)


def finish(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Name the parts of a cell for screen readers, give images their size, end "Fig. 1", leave out empty markup."""
    if app.builder.name != "html" or not context.get("body"):
        return
    html = simplify(context["body"])
    html = FORMULA.sub(r'<span class="together">\g<0></span>', html)
    html = FOLDED.sub(r'\1<summary class="admonition-title">\2</summary>', html)
    html = CAPTION.sub(r"\1. </span>", html)
    html = IMAGE.sub(partial(with_size, app), html)
    code, output, error = (f'<div role="group" aria-label="{name}" ' for name in (_("Code"), _("Output"), _("Error")))
    html = html.replace('<div class="cell_input', f'{code}class="cell_input')
    html = ERROR.sub(error, html)
    html = html.replace('<div class="cell_output', f'{output}class="cell_output')
    html = html.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    html = html.replace('<div class="pst-scrollable-table-container">', '<div class="table-box">')
    for section in doctree.findall(nodes.section) if doctree else []:
        if section.parent.parent is doctree:  # its place is kept until it is laid out: see content-visibility
            start = re.compile(rf'(<section\b[^>]*) id="{section["ids"][0]}"')
            html = start.sub(rf'\g<0> style="--height:{height(section)}px"', html, count=1)
    context["body"] = html


def visit_solution(self: HTML5Translator, node: solution_node) -> None:
    """A solution is folded, with or without a script."""
    self.body.append(self.starttag(node, "details", CLASS="admonition"))


def depart_solution(self: HTML5Translator, node: solution_node) -> None:
    """Its title is what opens it."""
    self.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    """Connect to Sphinx, before the layout is filled (priority 600)."""
    app.add_node(solution_node, override=True, html=(visit_solution, depart_solution))
    app.connect("html-page-context", finish, priority=550)
