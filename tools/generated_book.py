"""Write a book of any number of sections with this project's machinery, to measure how the build grows.

A section's text depends on its number alone, so a longer book begins with the very pages of a shorter one: each
has the size, the formulas, the plots, the drawing and the exercise of a section that a person would write, and
refers to sections before it. Its code needs NumPy and matplotlib only, so that it is quick to execute.
"""

import random
import re
from functools import cache
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.copies import copy_machinery, editions

CHAPTER = "stations"
TEMPLATES = Path(__file__).with_name("generated")
SYLLABLES = ["mo", "rel", "da", "vin", "ta", "sor", "ki", "lun", "be", "gar", "no", "ti", "fel", "ra", "zu", "hem"]


@cache
def stock() -> dict[str, list[str]]:
    """The sentences, and the words for their slots."""
    return yaml.safe_load((TEMPLATES / "prose.yml").read_text("utf8"))


@cache
def templates() -> Environment:
    """The files that pages and drawings are made from."""
    return Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True)


def section_name(number: int) -> str:
    """The name of a section's file and the end of its label: section-017."""
    return f"section-{number:03}"


def town_name(chance: random.Random) -> str:
    """A name that few other sections have, as real pages have words of their own."""
    return "".join(chance.choices(SYLLABLES, k=3)).capitalize()


class Section:
    """What the template of section `number` asks for."""

    def __init__(self, number: int):
        self.number, self.chance = number, random.Random(number)
        self.towns = [town_name(self.chance) for _ in range(6)]

    def filled(self, sentence: str) -> str:
        """The sentence with words in its slots; a slot in capitals begins the sentence."""

        def word(slot: re.Match) -> str:
            name = slot[1].lower()
            chosen = self.chance.choice(self.towns if name == "town" else stock()[name])
            return chosen if slot[1] == name else chosen.capitalize()

        return re.sub(r"\{(\w+)\}", word, sentence)

    def prose(self) -> str:
        """A paragraph of three to five sentences."""
        chosen = self.chance.sample(stock()["sentences"], self.chance.randint(3, 5))
        return " ".join(map(self.filled, chosen))

    def paragraphs(self) -> str:
        """One to three of them."""
        return "\n\n".join(self.prose() for _ in range(self.chance.randint(1, 3)))

    def aim(self) -> str:
        """What a reader can do afterwards, as part of a list."""
        return self.filled(self.chance.choice(stock()["aims"]))

    def link(self) -> str:
        """A sentence that refers to this section or to one before it."""
        other = self.chance.randint(max(1, self.number - 20), self.number)
        form = self.chance.choice(["{ref}`sec-%s`", "{doc}`%s`", "{ref}`%s-mean`", "{numref}`%s-fig-path`"])
        return f"{self.chance.choice(self.towns)} is compared in {form % section_name(other)}."

    def facts(self) -> dict:
        """The names that the template knows."""
        size = self.chance.randint(5, 8)
        return {
            "number": self.number,
            "name": section_name(self.number),
            "towns": self.towns,
            "low": self.chance.randint(-10, 15),
            "spread": self.chance.randint(8, 20),
            "hours": sorted(self.chance.sample(range(24), 3)),
            "width": self.chance.randint(3, 6),
            "size": size,
            "limit": self.chance.randint(5, 25),
            "prose": self.prose,
            "paragraphs": self.paragraphs,
            "aim": self.aim,
            "link": self.link,
        }


def write(root: Path, folder: Path, num_sections: int) -> list[Path]:
    """Write a book of so many sections, in the source language, into `folder`; return its sections' files.

    `root` is the book that lends its machinery.
    """
    copy_machinery(root, folder)
    (folder / "editions.yml").write_text(yaml.safe_dump(editions(root)[:1], allow_unicode=True), "utf8")
    names = [section_name(number) for number in range(1, num_sections + 1)]
    toc = {
        "format": "jb-book",
        "root": f"{CHAPTER}/index",
        "chapters": [{"file": f"{CHAPTER}/{name}"} for name in names],
    }
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), "utf8")
    (folder / CHAPTER / "figures").mkdir(parents=True)
    (folder / CHAPTER / "index.md").write_text(templates().get_template("index.md.jinja").render(sections=names))
    return [write_section(folder / CHAPTER, number) for number in range(1, num_sections + 1)]


def write_section(folder: Path, number: int) -> Path:
    """Write one section and its drawing; return the section's file."""
    facts = Section(number).facts()
    page, drawing = folder / f"{facts['name']}.md", folder / "figures" / f"{facts['name']}.svg"
    page.write_text(templates().get_template("section.md.jinja").render(facts), "utf8")
    drawing.write_text(templates().get_template("drawing.svg.jinja").render(facts), "utf8")
    return page
