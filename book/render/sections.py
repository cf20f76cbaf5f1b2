"""The parts of a page that a search may lead to, with their texts: sections, entries of the index of errors, exercises,
solutions. `book.render.search` makes the index of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from docutils import nodes
from sphinx import addnodes
from sphinx.util import docname_join
from sphinx_exercise.nodes import (
    exercise_enumerable_node,
    exercise_node,
    exercise_subtitle,
    exercise_title,
    solution_node,
    solution_title,
)

from book.render.error_index import INDEX

EXERCISE = exercise_node | exercise_enumerable_node
# The title of another section is known when all pages are read: until then its label stands between these two.
OPEN, CLOSE = "\ue000", "\ue001"
ASKED = "-asked"  # how the name of a page of questions ends


@dataclass
class Part:
    """A part of a page without the parts inside it; `shown` are the labels that an entry names."""

    kind: str
    anchor: str
    title: str = ""
    text: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def record(self) -> dict:
        """What the index has of it: nothing that is empty."""
        texts = {name: "\n".join(filter(None, getattr(self, name))) for name in ("text", "code", "output")}
        shown = self.shown if self.kind == "entry" else []
        record = {"kind": self.kind, "anchor": self.anchor, "title": self.title, **texts, "shown": shown}
        return {name: value for name, value in record.items() if value}


def parts(doctree: nodes.document, docname: str) -> list[Part]:
    """The parts of a page in their order; a solution has the title and the place of its exercise."""
    found = []
    gather(doctree, Part("", ""), found, is_index=docname.split("/")[-1] == INDEX)
    titles = {part.anchor: part.title for part in found if part.kind == "exercise"}
    for part in found:
        part.title = part.title or titles.get(part.anchor, "")
        if part.kind == "section" and docname.endswith(ASKED):
            part.kind = "question"
    return found


def gather(node: nodes.Element, part: Part, found: list[Part], *, is_index: bool, listing: str = "code") -> None:
    """Put the texts inside a node where they belong; `listing` names the field for what is printed as code."""
    for child in node.children:
        if new := begun(child, is_index):
            found.append(new)
            gather(child, new, found, is_index=is_index)
        elif isinstance(child, nodes.literal_block):
            getattr(part, listing).append(child.astext().strip())
        elif isinstance(child, nodes.image):
            part.text.append(child.get("alt", ""))
        elif isinstance(child, nodes.TextElement):
            if not isinstance(child, nodes.raw | nodes.Invisible) and not is_heading(child):
                part.text.append(" ".join(text(child).split()))
                part.shown += labels(child)
        else:
            inside = "output" if child.get("nb_element") == "cell_code_output" else listing
            gather(picture(child) or child, part, found, is_index=is_index, listing=inside)


def begun(node: nodes.Node, is_index: bool) -> Part | None:
    """The part that begins with this node; None where the one before goes on."""
    if isinstance(node, solution_node):
        return Part("solution", node["target_label"])
    if isinstance(node, EXERCISE):
        return Part("exercise", node["ids"][0], "".join(text(title) for title in node.findall(exercise_subtitle)))
    if not isinstance(node, nodes.section) or not isinstance(node[0], nodes.title):
        return None  # what sphinx-exercise puts around the content of an exercise is a section without a title
    message = len(node[0].children) == 1 and isinstance(node[0][0], nodes.literal)
    return Part("entry" if is_index and message else "section", node["ids"][0], text(node[0]))


def is_heading(node: nodes.Node) -> bool:
    """Whether a node is the title of a part, which has it already; boxes have titles, too."""
    own = isinstance(node, nodes.title) and isinstance(node.parent, nodes.section)
    return own or isinstance(node, exercise_title | solution_title)


def text(node: nodes.Node) -> str:
    """The text of a paragraph, in which a reference that has no words of its own is left open."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, addnodes.pending_xref) and not node["refexplicit"]:
        if node["reftype"] == "doc":
            return f"{OPEN}/{docname_join(node['refdoc'], node['reftarget'])}{CLOSE}"
        return f"{OPEN}{node['reftarget']}{CLOSE}" if node["reftype"] == "ref" else "…"
    return "".join(text(child) for child in node.children)


def labels(node: nodes.Element) -> Iterator[str]:
    """The labels of sections that a paragraph names."""
    return (one["reftarget"] for one in node.findall(addnodes.pending_xref) if one["reftype"] == "ref")


def picture(node: nodes.Element) -> nodes.Element | None:
    """Of an output in several formats the picture: its text is the name of a class."""
    formats = node.children if node.get("nb_element") == "mime_bundle" else []
    return next((one for one in formats if one.get("mime_type", "").startswith("image/")), None)
