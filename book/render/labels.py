"""A section that its author gave a label has that label as its only id.

Sphinx puts the id that it makes of the title first. That one changes with the title, and the label, which does not,
would be a second element on the page.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class LabelsAsIds(SphinxTransform):
    """Leave out the ids that are made of titles where there is a label."""

    default_priority = 800  # after labels have moved to their sections (260), before Sphinx notes them (850)

    def apply(self) -> None:
        explicit = {self.document.nameids[name] for name, label in self.document.nametypes.items() if label}
        moved: dict[str, str] = {}
        for section in self.document.findall(nodes.section):
            if labels := [name for name in section["ids"] if name in explicit]:
                moved |= dict.fromkeys(set(section["ids"]) - set(labels), labels[0])
                section["ids"] = labels
        for link in self.document.findall(nodes.reference):  # of a list of contents, say
            if link.get("refid") in moved:
                link["refid"] = moved[link["refid"]]


def setup(app: Sphinx) -> None:
    """Add the transform."""
    app.add_transform(LabelsAsIds)
