"""Formulas as MathML, made when the book is built: no script, no other host, fonts of their own (`_static/fonts`).

Sphinx asks a math renderer for the HTML of inline and displayed formulas; this one hands their TeX to
`book.render.tex`. Numbers and labels of equations are Sphinx's; here the block of an AMS environment gets its label
from the page.
"""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from book.render.notation import LABEL
from book.render.tex import FormulaError, Page, definitions, engine

WAYS_OUT = {  # by what Temml's message begins with
    "Unsupported function name": "mend its name, or define it in _config.yml: mathjax3_config: tex: macros:",
    "No such environment": "mend its name, or write it as one of aligned, gathered, array, cases, matrix",
}

logger = logging.getLogger(__name__)


def macros(config: Config) -> dict:
    """What `_config.yml` defines."""
    return (config.mathjax3_config or {}).get("tex", {}).get("macros") or {}


def page_of(translator: HTML5Translator) -> Page:
    """The page that is being written, with what its formulas so far have defined."""
    if not hasattr(translator, "formulas"):
        translator.formulas = engine(definitions(macros(translator.config))).page()
    return translator.formulas


def mathml(page: Page, node: nodes.Element, displayed: bool) -> str:
    """The MathML of a formula; a warning (so an error of the build) when the TeX is not understood."""
    try:
        return page.mathml(LABEL.sub("", node.astext()), displayed)
    except FormulaError as problem:
        way_out = next((out for words, out in WAYS_OUT.items() if str(problem).startswith(words)), "mend the formula")
        logger.warning("formula %r: %s; %s", node.astext(), problem, way_out, location=node)
        return f"<code>{escape(node.astext())}</code>"


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """An inline formula."""
    self.body.append(mathml(page_of(self), node, False))
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    """A displayed formula, with its number when it has a label; nothing for one that only defines macros."""
    if formula := mathml(page_of(self), node, True):
        number = f'<span class="eqno">({get_node_equation_number(self, node)})</span>' if node["number"] else ""
        self.body.append(f"{self.starttag(node, 'div', '', CLASS='math')}{formula}{number}</div>")
    raise nodes.SkipNode


class NameEquations(SphinxTransform):
    r"""Give the block of an AMS environment its own label, `\label{…}`, or one that every build gives.

    MyST-Parser numbers such a block and labels it by chance.
    """

    default_priority = 400  # the label has its place in the document, and no collector has seen it

    def apply(self, **kwargs) -> None:
        equations = self.env.get_domain("math").equations
        blocks = [node for node in self.document.findall(nodes.math_block) if "amsmath" in node["classes"]]
        for count, node in enumerate((node for node in blocks if node.get("label")), 1):
            old, own = node["label"], LABEL.search(node.astext())
            new = own[1] if own else f"{self.env.docname}-{count}"
            if new in equations:
                message = "duplicate label of equation %s, other instance in %s"
                logger.warning(message, new, equations[new][0], location=node)
            equations[new], node["label"] = equations.pop(old), new
            rename(self.document, nodes.make_id(f"equation-{old}"), nodes.make_id(f"equation-{new}"))


def rename(document: nodes.document, old: str, new: str) -> None:
    """Give what has one id another."""
    for node in document.findall(nodes.Element):
        node["ids"] = [new if name == old else name for name in node["ids"]]
        if node.get("refid") == old:
            node["refid"] = new
    document.ids[new] = document.ids.pop(old)


def check_macros(app: Sphinx, config: Config) -> None:
    """Refuse macros that cannot be read, before any page is."""
    try:
        engine(definitions(macros(config)))
    except FormulaError as problem:
        place = "_config.yml, sphinx: config: mathjax3_config: tex: macros:"
        raise ConfigError(f"{place} {problem}; compare with the macros in Jupyter Book's documentation") from None


def setup(app: Sphinx) -> None:
    """Register the renderer; `_config.yml` chooses it with html_math_renderer."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    app.add_transform(NameEquations)
    app.connect("config-inited", check_macros)
