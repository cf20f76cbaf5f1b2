"""A page as HTML: what of Sphinx's own the book writes in another way.

Sphinx calls `visit_<node>` before the children of a node are written, and `depart_<node>` after them.
"""

import re
from itertools import pairwise
from pathlib import Path

from docutils import nodes

# myst-nb's names are not public: this node of a folded part of a cell, and below "nb_element", "prompt_show" and
# "prompt_hide". A transform of ours, which makes cells of nodes of its own, would take their place.
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import admonitionlabels, get_translation
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, is_exercise_node, solution_node

from book.render.figures import has_pixels, size
from book.render.highlighting import Highlighter

_ = get_translation("book")
# Classes that docutils and Sphinx give, and no rule and no script of the book uses; those that an author gives stay.
UNUSED = {
    *("align-default", "compound", "container", "docutils", "head", "internal", "literal", "myst"),
    *("nohighlight", "notranslate", "reference", "simple"),
}
ROLES = {"doc", "std", "std-doc", "std-ref"}
PUNCTUATION = tuple(".,;:")
LONG_NAME = re.compile(r"[\w.(/=]{16,}")  # which the line of a phone may not hold
JOINT = re.compile(r"(?<=\w)[._(/=](?=\w)")  # where it may be broken
LONG = 40  # lines of output that a page shows at once
PAPER = 200  # lines of one output that are printed: four pages


def stop(node: nodes.Node) -> str:
    """The punctuation mark right behind a formula."""
    after = node.next_node(descend=False, siblings=True)
    return after[0] if isinstance(after, nodes.Text) and after.startswith(PUNCTUATION) else ""


def says_only_the_role(node: nodes.inline) -> bool:
    """Whether a box inside a link has no other class than those of the role that made it."""
    return isinstance(node.parent, nodes.reference) and set(node["classes"]) <= ROLES


def proportions(node: nodes.image, known: tuple[int, int] | None) -> dict[str, str]:
    """The style of an image whose author says nothing of its width: the other side follows, on narrow pages too."""
    if "height" in node:
        height = node["height"]
        return {"style": f"height: {height}{'px' * height.isdigit()}; width: auto"}
    return {"style": f"width: {known[0] * node['scale'] // 100}px"} if known and "scale" in node else {}


def box(node: nodes.Element) -> str:
    """The element of a box: folded, with or without a script, when it is a solution or its author says so."""
    folded = isinstance(node, nodes.Admonition) and "dropdown" in node["classes"]
    return "details" if folded or isinstance(node, solution_node) else "div"


def opening(part: str) -> str:
    """What opens a folded part of a cell. `part` is myst-nb's name of it, or else the words of the page's author."""
    output = _("Show the output")
    ours = {"content": _("Show the cell"), "source": _("Show the code"), "output": output, "outputs": output}
    return ours.get(part, part)


def closing(part: str) -> str:
    """What closes it."""
    output = _("Hide the output")
    ours = {"content": _("Hide the cell"), "source": _("Hide the code"), "output": output, "outputs": output}
    return ours.get(part, part)


def num_lines(text: nodes.Node) -> int:
    """The lines of an output."""
    return text.astext().rstrip("\n").count("\n") + 1


def scrolls(output: nodes.Element) -> bool:
    """Whether an output has a box that scrolls: it has many lines, or its cell asks for it."""
    cell = output.parent
    while cell is not None and "cell" not in cell.get("classes", []):
        cell = cell.parent
    asked = cell is not None and "tag_scroll-output" in cell["classes"]
    return asked or sum(num_lines(part) for part in output.findall(nodes.literal_block)) > LONG


class BookTranslator(HTML5Translator):
    """The HTML of the book. What a node has in its dictionary "html" are attributes of its element."""

    def __init__(self, document, builder):
        super().__init__(document, builder)
        page = getattr(builder, "current_docname", "")
        self.highlighter = Highlighter(Path(builder.outdir).parent / "highlighted" / f"{page}.json")
        self.meta.pop()  # docutils' last line is the viewport, which `_templates/layout.html` names on every page

    def starttag(self, node, tagname, suffix="\n", empty=False, **attributes):
        """A tag with the attributes that its node brings, and without the classes that nothing uses."""
        attributes = {name.lower(): value for name, value in attributes.items()} | node.get("html", {})
        names = [*attributes.pop("classes", []), *attributes.pop("class", "").split()]
        names = ["highlight" if name.startswith("highlight-") else name for name in names if name not in UNUSED]
        return super().starttag(node, tagname, suffix, empty, CLASS=" ".join(names), **attributes)

    def depart_document(self, node):
        super().depart_document(node)
        self.highlighter.keep()

    # Text
    def visit_Text(self, node):
        """The mark behind a formula is written with it.

        Of code inside a sentence, spaces do not become one, and a long name is broken where its parts meet.
        """
        before = next((before for before, after in pairwise(node.parent.children) if after is node), None)
        if self.protect_literal_text:
            text = re.sub(" (?= )", "\N{NO-BREAK SPACE}", self.encode(node.astext()))
            self.body.append(LONG_NAME.sub(lambda name: JOINT.sub(r"\g<0><wbr>", name[0]), text))
        elif isinstance(before, nodes.math) and stop(before):
            super().visit_Text(nodes.Text(node[1:]))
        else:
            super().visit_Text(node)

    def visit_inline(self, node):
        """Sphinx says of each link, in a box inside it, what kind of place it leads to."""
        if not says_only_the_role(node):
            super().visit_inline(node)

    def depart_inline(self, node):
        if not says_only_the_role(node):
            super().depart_inline(node)

    def visit_math(self, node, math_env=""):
        """A formula stays on one line with the mark behind it."""
        mark = stop(node)
        self.body.append('<span class="together">' if mark else "")
        try:
            super().visit_math(node, math_env)
        finally:  # a renderer of formulas leaves with SkipNode
            self.body.append(f"{mark}</span>" if mark else "")

    # Cells
    def visit_container(self, node):
        """The parts of a cell are named for screen readers; its code and the frame around it are one box."""
        if node.get("nb_element") == "cell_code_source":
            code = next(node.findall(nodes.literal_block))
            code["classes"] = [*node["classes"], *code["classes"]]
            code["html"] = {"role": "group", "aria-label": _("Code")}
            return
        if "cell_output" in node["classes"]:
            failed = any("traceback" in part["classes"] for part in node.findall(nodes.literal_block))
            node["html"] = {"role": "group", "aria-label": _("Error") if failed else _("Output")}
            if scrolls(node):
                node["classes"].append("scrolls")
                node["html"]["tabindex"] = "0"
            for text in node.findall(nodes.literal_block):
                if (left := num_lines(text) - PAPER) > 0:
                    text["highlight_args"] = {"paper": (PAPER, _("… and %s more lines on the page itself") % left)}
            for image in node.findall(nodes.image):
                if "width" in image:  # it says both where a plot has more pixels than the page gives it
                    image.attributes.pop("height", None)
                if has_pixels(Path(self.builder.srcdir, image["uri"])):
                    image["classes"].append("as-it-is")
        super().visit_container(node)

    def depart_container(self, node):
        if node.get("nb_element") != "cell_code_source":
            super().depart_container(node)

    def visit_literal_block(self, node):
        """Code in one box, which says in its class what it is; `highlighting` writes what is in it."""
        if "traceback" in node["classes"]:
            node["highlight_args"] = node.get("highlight_args", {}) | {"traceback": True}
        super().visit_literal_block(node)

    def visit_folded(self, node):
        """A folded part of a cell, and what opens and closes it."""
        self.body.append(self.starttag(node, "details", CLASS="hide"))
        self.body.append(f'<summary><span class="collapsed">{self.encode(opening(node["prompt_show"]))}</span>')
        self.body.append(f'<span class="expanded">{self.encode(closing(node["prompt_hide"]))}</span></summary>\n')

    def depart_folded(self, node):
        self.body.append("</details>\n")

    def visit_recorded_output(self, node):
        """What the cell printed on another machine: open to who asks for it, here or in the page's switch."""
        machine = f"{node['device']}, torch {node['torch']}"
        node["html"] = {"data-machine": machine}
        self.body.append(self.starttag(node, "details", "", CLASS="recorded"))
        words = _("Recorded on %s") % machine  # not in the f-string: Babel does not look into these
        self.body.append(f"<summary>{self.encode(words)}</summary>\n")

    depart_recorded_output = depart_folded

    # Boxes
    def visit_admonition(self, node, name=""):
        """A box, an exercise or a solution."""
        if name:
            node.insert(0, nodes.title("", admonitionlabels[name]))
        self.body.append(self.starttag(node, box(node), CLASS=f"admonition {name}"))

    def depart_admonition(self, node=None):
        self.body.append(f"</{box(node)}>\n")

    def visit_title(self, node):
        """The title of what is folded is what opens it. A heading is no link back to a list of contents.

        That of an exercise is a heading for who goes from one to the next, and stays out of the contents.
        """
        node.attributes.pop("refid", None)
        if box(node.parent) == "details":
            self.body.append(self.starttag(node, "summary", "", CLASS="admonition-title"))
            self.context.append("</summary>\n")
        else:
            if is_exercise_node(node.parent):
                node["html"] = {"role": "heading", "aria-level": str(min(self.section_level + 1, 6))}
            super().visit_title(node)

    # Figures and tables
    def visit_image(self, node):
        """An image keeps its place while it loads, and loads when it is near."""
        known = size(Path(self.builder.srcdir, node["uri"]))
        node["html"] = {"decoding": "async"} | dict(zip(("width", "height"), known or (), strict=False))
        if "width" not in node:
            node["html"] |= proportions(node, known)
        node.setdefault("loading", "lazy")
        super().visit_image(node)

    def add_fignumber(self, node):
        """The number of a figure ends with a point: "Fig. 1."

        Sphinx's format of numbers would put it into references as well. The builder's table is not public; it is what
        `env.toc_fignumbers` has for the page.
        """
        known = self.builder.fignumbers.get("figure", {}) if isinstance(node, nodes.figure) else {}
        if number := next((known[name] for name in node["ids"] if name in known), None):
            words = self.config.numfig_format["figure"] % ".".join(map(str, number))
            self.body.append(f'<span class="caption-number">{words}. </span>')
        else:
            super().add_fignumber(node)

    def visit_table(self, node):
        """A table that is too wide scrolls in a box of its own."""
        self.body.append('<div class="table-box">')
        super().visit_table(node)

    def depart_table(self, node):
        super().depart_table(node)
        self.body.append("</div>\n")

    def visit_row(self, node):
        """A row as docutils writes it; Sphinx's says whether it is even."""
        super(HTML5Translator, self).visit_row(node)


def name_what_is_folded(app: Sphinx, config: Config) -> None:
    """Have myst-nb give the name of the part that it folds, where the author has not chosen words."""
    for name in ("nb_code_prompt_show", "nb_code_prompt_hide"):
        if name not in config.overrides:
            config[name] = "{type}"


def setup(app: Sphinx) -> None:
    """Register the translator.

    Where another extension has registered a visitor for a node, that one is asked and not the translator's: it is
    replaced, so this extension comes after it in `_config.yml`. MyST-Parser has one for containers, with a class less.
    """
    ours = BookTranslator
    app.set_translator("html", ours)
    app.add_node(nodes.container, override=True, html=(ours.visit_container, ours.depart_container))
    app.add_node(HideCodeCellNode, override=True, html=(ours.visit_folded, ours.depart_folded))
    for node in (exercise_node, exercise_enumerable_node, solution_node):
        app.add_node(node, override=True, html=(ours.visit_admonition, ours.depart_admonition))
    app.connect("config-inited", name_what_is_folded, priority=900)  # after `language`
