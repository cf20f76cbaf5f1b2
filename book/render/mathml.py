"""Formulas as MathML, made when the book is built: no script, no other host, one font (`_static/fonts`).

Sphinx asks a math renderer for the HTML of inline and displayed formulas; this one hands the
TeX to latex2mathml, and mends what browsers would set badly.
"""

import re
from html import escape, unescape

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

# Room for a letter with an ascender: the bar of a root would else lie on a small radicand.
STRUT = '<mspace width="0" height="0.76em" depth="0.1em"></mspace>'
# A fraction within a line has no more room around its bar than letters have.
SLASH = '<mo lspace="0" rspace="0">/</mo>'
# A prime already stands high in the font; a bar over a letter lies close to it and is as long.
PRIME = re.compile("<msup>(<mi>[^<]*</mi>)<mi>(&#x02032;)</mi></msup>")
BAR = re.compile('<mover>((?:<mrow>)?<mi>[^<]*</mi>(?:</mrow>)?)<mo stretchy="true">(&#x000AF;)</mo></mover>')
# A letter that the converter gives a number; the two that HTML itself needs stay. And what <math> means without saying.
NUMBERED = re.compile(r"&#x(?!0003C;|00026;)[0-9A-F]+;")
IMPLIED = re.compile(r' xmlns="[^"]*"| display="inline"')

logger = logging.getLogger(__name__)


def mathml(node: nodes.Element, display: str) -> str:
    """The MathML of a formula; a warning (so an error of the build) when the TeX is not understood."""
    tex = node.astext()
    try:
        html = convert(tex, display=display)
    except Exception as problem:  # latex2mathml raises a class of its own for each kind of mistake
        logger.warning("formula %r: %s", tex, type(problem).__name__, location=node)
        return f"<code>{escape(tex)}</code>"
    if "\\" in html:  # it passes commands it does not know through as text
        logger.warning("formula %r: a command that latex2mathml does not know", tex, location=node)
    html = html.replace("</msqrt>", f"{STRUT}</msqrt>")
    html = PRIME.sub(r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', html)
    html = BAR.sub(r'<mover accent="true">\1<mo stretchy="false">\2</mo></mover>', html)
    html = re.sub(r"<mo>(/|&#x0002F;)</mo>", SLASH, html)
    html = html.replace("<mo>&#x02016;</mo>", '<mo stretchy="false">&#x02016;</mo>')  # a norm is not as high as a slash
    return NUMBERED.sub(lambda letter: unescape(letter[0]), IMPLIED.sub("", html))


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """An inline formula."""
    self.body.append(mathml(node, "inline"))
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    """A displayed formula, with its number when it has a label."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(mathml(node, "block"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({node["number"]})</span>')
    self.body.append("</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the renderer; `_config.yml` chooses it with html_math_renderer."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
