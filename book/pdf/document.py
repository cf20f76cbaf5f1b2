"""One long HTML document of all pages of an edition, made for printing: what `book.pdf.make` hands to the browser.

Cover, contents, the pages in the order of the table of contents, and their solutions. Ids are made unique by
the page they come from, links between pages become links inside the document, and everything that needs a
screen or a script is taken out. `document.css` has the look.
"""

import gettext
import posixpath
from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from book.project.address import site_url
from book.project.errors import BuildError
from book.project.source import Edition, config
from book.render import figures

HERE = Path(__file__).parent
COLOURS = HERE.parents[1] / "_static/css/0-colours.css"
FONTS = HERE.parents[1] / "_static" / "fonts"
MATH_FONTS = {"Book Math": "book-math.woff2", "Book Math More": "book-math-more.woff2"}
# What a page has for the screen only.
FOR_THE_SCREEN = (
    ".begin, .to-errors, script, template, nav, button, form, .headerlink, .outputs-switch, .toctree-wrapper"
)
# A cell up to this many lines stays on one page with its output; the code of a longer one may break at an empty line.
SHORT_CELL = 14
SHORT_LISTING, WITH_OUTPUT = 10, 24  # a few lines of code stay with their output when both have no more lines than this
SHORT_OUTPUT = 3  # lines that do not begin a page without their code
SHORT_LEAD = 170  # letters of a paragraph that stays with the cell it announces: about two lines
SHORT_PARAGRAPH = 300  # letters of a paragraph that stays on one page: about three lines
FEWEST_LINES = 4  # of code before or after a break
SHORT_TABLE = 10  # rows of a table that stays on one page
SHORT_SECTION = 800  # letters of a section without cells that stays on one page, such as an entry of an index
SHORT_CODE = 30  # letters of code inside a sentence that stays on one line
# The marks in code that show in print; every other one would only make the PDF larger.
PRINTED = {"t-c", "t-k", "t-s", "t-m", "t-ne", "t-bold"}
PLACEHOLDER = "000"  # where a page number will stand


def translation(root: Path, edition: Edition) -> Callable[[str], str]:
    """The words of the document in the language of the edition."""
    return gettext.translation("book", root / "_build" / "locale", [edition.code], fallback=True).gettext


def page_file(root: Path, edition: Edition, docname: str) -> Path:
    """The built page."""
    return root / "_build" / "html" / edition.path / f"{docname}.html"


def slug(docname: str) -> str:
    """The page's id in the document, and the beginning of the ids of its elements."""
    return docname.replace("/", "-")


def make(root: Path, edition: Edition, docnames: list[str], version: str) -> str:
    """The document of an edition; `version` stands on its cover."""
    _ = translation(root, edition)
    chapters = [Chapter(root, edition, docname, set(docnames)) for docname in docnames]
    places = {label: heading for chapter in chapters for label, heading in chapter.places.items()}
    for chapter in chapters:
        chapter.lead(places, _("p. %s"))
    parts = [(chapter.id, chapter.title, chapter.body(_)) for chapter in chapters]
    if solutions := "".join(chapter.solutions(_) for chapter in chapters if chapter.solved):
        title = _("Solutions")
        parts.append(("solutions", title, f"<h1>{title}</h1>{solutions}"))
    book = "".join(section(name, html) for name, _title, html in parts)
    parts.insert(0, ("contents", _("Contents"), ""))
    looks = "\n".join(path.read_text("utf8") for path in (COLOURS, HERE / "document.css", figures.SHARED))
    style = "\n".join([math_fonts(), looks, running_heads(edition, parts)])
    return f"""<!DOCTYPE html>
<html lang="{edition.tag}">
<head>
<meta charset="utf-8">
<title>{escape(edition.title)}</title>
<style>
{style}
</style>
</head>
<body>
{cover(root, edition, chapters[0].description, version, _)}
{contents(book, _)}
{book}
</body>
</html>
"""


class Chapter:
    """One page of the book on its way into the document."""

    def __init__(self, root: Path, edition: Edition, docname: str, known: set[str]):
        path = page_file(root, edition, docname)
        page = BeautifulSoup(path.read_text("utf8"), "html.parser")
        self.article = page.select_one("article.bd-article")
        if not self.article or not self.article.h1:
            raise BuildError(str(path), "has no article with a title", "Run make book, then make pdf again.")
        description = page.select_one("meta[name=description]")
        self.root, self.edition, self.docname, self.known, self.file = root, edition, docname, known, path
        self.description = description["content"] if description else ""
        self.id = slug(docname)
        self.places = {self.id: self.id}  # what a link may name: the heading that it leads to
        self.clean()
        self.find_environment()
        self.hold_together()
        self.title = self.article.h1.get_text().strip()
        if section := page.select_one("nav.book a[aria-current][data-number]"):
            number = BeautifulSoup(f'<span class="number">{section["data-number"]}</span> ', "html.parser")
            self.article.h1.insert(0, number)
        self.solved = self.take_solutions()

    def clean(self) -> None:
        """Take out what is for the screen, open what is folded, and mend ids, links and pictures."""
        for element in self.article.select(FOR_THE_SCREEN):
            element.decompose()
        for box in self.article.select("details"):
            unfold(box)
        for element in self.article.find_all(id=True):
            if not element.find_parent("svg"):  # a drawing's ids begin with its name, and its style uses them
                element["id"] = f"{self.id}--{element['id']}"
        for heading in self.article.select("section[id] > :is(h1, h2, h3, h4, h5, h6)"):
            self.name(heading)
        for figure in self.article.find_all("figure"):
            figure["role"] = "group"  # the picture in it is the one that has an alternative text
        for link in self.article.find_all("a", href=True):
            self.mend_link(link)
        for image in self.article.find_all("img", src=True):
            image["src"] = (self.file.parent / image["src"]).resolve().as_uri()
            image.attrs.pop("loading", None)
        for element in self.article.select(".beyond"):
            element.decompose()
        for pre in self.article.find_all("pre"):
            hang_lines(pre)

    def find_environment(self) -> None:
        """Mark the cell at the end that says where the outputs come from; on paper only what it prints is shown."""
        for cell in self.article.select("div.cell")[-1:]:
            if "torch.__version__" in cell.get_text():
                mark(cell, "environment")

    def hold_together(self) -> None:
        """Mark what stays on one page, and what may break; `document.css` has the rules."""
        for cell in self.article.select("div.cell"):
            length, listing = (len(cell.select(f"{part} pre .line")) for part in ("", ".cell_input"))
            if not cell.img and length <= (WITH_OUTPUT if listing <= SHORT_LISTING else SHORT_CELL):
                mark(cell, "short")
        for output in self.article.select(".cell_output"):
            if len(output.select("pre .line")) <= SHORT_OUTPUT and not output.img:
                mark(output, "short")
        for box in self.article.select(".cell_input"):
            if len(box.select(".lines")) > 1:
                mark(box, "breaks")
        for paragraph in self.article.find_all("p"):
            if len(paragraph.get_text()) <= SHORT_PARAGRAPH:
                mark(paragraph, "short")
        for lead in self.article.select("p:has(+ .cell)"):
            if len(lead.get_text()) <= SHORT_LEAD:
                mark(lead, "lead")
        for table in self.article.find_all("table"):
            if len(table.find_all("tr")) <= SHORT_TABLE:
                mark(table, "short")
        sections = self.article.select("section:not(:has(section, .exercise, .cell:not(.environment)))")
        for section in sections:
            if len(section.get_text()) <= SHORT_SECTION:
                mark(section, "entry")
            elif not section.find_next("section"):
                mark(section, "ending")
        for code in self.article.select(":is(p, li, dt) > code"):
            if len(code.get_text()) <= SHORT_CODE:
                mark(code, "short")

    def name(self, heading: Tag) -> None:
        """Give a heading the id of its section, in place of all labels; they may stay on the page that it leaves."""
        heading["id"] = heading.parent.attrs.pop("id")
        self.places[heading["id"]] = heading["id"]
        for label in heading.parent.select(":scope > span[id]:empty"):
            self.places[label["id"]] = heading["id"]
            label.decompose()

    def mend_link(self, link: Tag) -> None:
        """Lead inside the document, to another host, or to the published site; else be plain text."""
        parts = urlsplit(link["href"])
        if parts.scheme:
            return
        target = posixpath.normpath(posixpath.join(posixpath.dirname(self.docname), parts.path))
        docname = target.removesuffix(".html") if parts.path else self.docname
        if docname in self.known:
            link["href"] = f"#{slug(docname)}" + (f"--{parts.fragment}" if parts.fragment else "")
        elif address := site_url(self.root):
            link["href"] = "/".join(part for part in (address, self.edition.path, target) if part)
        else:
            link.unwrap()

    def take_solutions(self) -> list[tuple[Tag, Tag]]:
        """Take the solutions out, the hints before them; return each with the exercise that stands before it.

        Paper folds nothing: a hint below its exercise would be read with it.
        """
        found = []
        for number, solution in enumerate(self.article.select(".solution.admonition"), 1):
            exercise = solution.find_previous(class_="exercise")
            solution["id"] = f"{self.id}--solution-{number}"
            for hint in reversed(exercise.select(".hint")):
                solution.select_one(".admonition-title").insert_after(hint.extract())
            found.append((exercise, solution.extract()))
        return found

    def lead(self, places: dict[str, str], words: str) -> None:
        """Lead links to headings, each with its page; `places` says which heading a label belongs to."""
        for part in (self.article, *(solution for _exercise, solution in self.solved)):
            for link in part.select("a[href^='#']"):
                if target := places.get(link["href"][1:]):
                    link["href"] = f"#{target}"
                    link.insert_after(on_page(link, target, words))

    def body(self, _: Callable[[str], str]) -> str:
        """The page itself, each exercise with a link to its solution and hints, and the environment under a title."""
        for cell in self.article.select(".environment"):
            title = BeautifulSoup('<p class="made-with"></p>', "html.parser").p
            title.string = _("The outputs of this section were made with:")
            cell.insert_before(title)
        for exercise, solution in self.solved:
            words = _("Hints and solution on page %s") if solution.select(".hint") else _("Solution on page %s")
            exercise.append(to_page(solution["id"], words, "to-solution"))
        return self.article.decode_contents()

    def solutions(self, _: Callable[[str], str]) -> str:
        """The hints and solutions of the page's exercises, under its title."""
        pieces = [f'<h2 id="{self.id}--solutions">{escape(self.title)}</h2>']
        for exercise, solution in self.solved:
            heading = exercise.select_one(".admonition-title").decode_contents().strip()
            solution.select_one(".admonition-title").decompose()
            back = to_page(exercise["id"], _("Exercise on page %s"), "to-exercise")
            pieces.append(f'<section id="{solution["id"]}" class="solution"><h3>{heading}</h3>{back.decode()}')
            pieces.append(f"{solution.decode_contents()}</section>")
        return "".join(pieces)


def mark(element: Tag, name: str) -> None:
    """Give an element one more class."""
    element["class"] = [*element.get("class", []), name]


def unfold(box: Tag) -> None:
    """Turn a <details> into a block that shows everything; the label of a recorded output or a box stays."""
    box.name = "div"
    box.attrs.pop("open", None)
    summary = box.find("summary", recursive=False)
    if summary and {"recorded", "admonition"} & set(box.get("class", [])):
        summary.name = "p"
    elif summary:
        summary.decompose()
        box.unwrap()


def lines(pre: Tag) -> list[str]:
    """The lines of a block of code as HTML; no mark goes over the end of one."""
    return pre.decode_contents().rstrip("\n").split("\n")


def groups(code: list[str]) -> list[list[str]]:
    """The lines of code in groups that stay on one page; each but the last ends with an empty line."""
    found = [[]]
    for number, line in enumerate(code):
        found[-1].append(line)
        if not line.strip() and len(found[-1]) >= FEWEST_LINES and len(code) - number > FEWEST_LINES:
            found.append([])
    return found


def hang_lines(pre: Tag) -> None:
    """Make each line an element of its own, so that the rest of a line that is too long is indented."""
    for token in pre.find_all(True):
        if token.name not in PRINTED:
            token.unwrap()
    html = "".join(
        '<span class="lines">' + "".join(f'<span class="line">{line}\n</span>' for line in group) + "</span>"
        for group in groups(lines(pre))
    )
    parsed = BeautifulSoup(f"<pre>{html}</pre>", "html.parser")  # outside <pre> it would drop indentation
    pre.clear()
    pre.extend(list(parsed.pre.children))


def to_page(target: str, words: str, kind: str) -> Tag:
    """A paragraph with a link; `words` have %s where the number of the target's page comes."""
    number = f'<span class="page-number" data-page-of="{target}">{PLACEHOLDER}</span>'
    html = f'<p class="{kind}"><a href="#{target}">{escape(words) % number}</a></p>'
    return BeautifulSoup(html, "html.parser").p


def on_page(link: Tag, target: str, words: str) -> Tag:
    """The page of a link's target, in brackets unless the link stands in some."""
    before, after = link.previous_sibling, link.next_sibling
    inside = str(before or "").endswith("(") and str(after or "").startswith(")")
    start, end = (", ", "") if inside else ("\N{NO-BREAK SPACE}(", ")")
    number = f'<span class="page-number" data-page-of="{target}">{PLACEHOLDER}</span>'
    html = f'<span class="on-page">{start}{escape(words) % number}{end}</span>'
    return BeautifulSoup(html, "html.parser").span


def section(identifier: str, html: str) -> str:
    """A part of the book that begins on a new page and has a running head of its own."""
    return f'<section class="part" id="{identifier}" style="page: {identifier}">{html}</section>\n'


def running_heads(edition: Edition, parts: list[tuple[str, str, str]]) -> str:
    """CSS for the head of every page: the book's title, and that of the part where it is another one."""
    heads = [f"@page {{ @top-left {{ content: {css_text(edition.title)}; }} }}"]
    heads += [
        f"@page {name} {{ @top-right {{ content: {css_text(title)}; }} }}"
        for name, title, _html in parts
        if title != edition.title
    ]
    return "\n".join(heads)


def math_fonts() -> str:
    """CSS that loads the fonts of the formulas, which are the site's."""
    files = {family: (FONTS / name).as_uri() for family, name in MATH_FONTS.items()}
    return "\n".join(f'@font-face {{ font-family: "{family}"; src: url("{file}"); }}' for family, file in files.items())


def css_text(text: str) -> str:
    """A text as CSS writes it inside a <style> element."""
    special = {'"': "\\22 ", "\\": "\\5c ", "<": "\\3c ", "\n": " "}
    return '"' + "".join(special.get(letter, letter) for letter in text) + '"'


def contents(book: str, _: Callable[[str], str]) -> str:
    """The table of contents: titles of the parts and of what is right below them, with their pages."""
    entries = []
    for heading in BeautifulSoup(book, "html.parser").find_all(["h1", "h2"]):
        target = heading.get("id") or heading.find_parent("section", id=True)["id"]
        for anchor in heading.select("[id]"):
            anchor.decompose()
        number = f'<span class="page-number" data-page-of="{target}">{PLACEHOLDER}</span>'
        title = f'<span class="title">{heading.decode_contents().strip()}</span>'
        level = "part-entry" if heading.name == "h1" else "entry"
        entries.append(f'<li class="{level}"><a href="#{target}">{title}<span class="dots"></span>{number}</a></li>')
    title = _("Contents")
    return section("contents", f'<h1>{title}</h1><ul class="contents">{"".join(entries)}</ul>')


def cover(root: Path, edition: Edition, description: str, version: str, _: Callable[[str], str]) -> str:
    """The first page."""
    address = site_url(root)
    facts = [
        escape(config(root)["author"]),
        escape(edition.name),
        escape(_("Version %s") % version) if version else "",
        _("Text and drawings: CC BY-SA 4.0. Code: MIT-0."),
        f'<a href="{escape(address)}/">{escape(address.partition("//")[2])}</a>' if address else "",
    ]
    return f"""<section class="cover">
{(HERE / "cover.svg").read_text("utf8")}
<p class="book-title">{escape(edition.title)}</p>
<p class="description">{escape(description)}</p>
<div class="facts">{"".join(f"<p>{fact}</p>" for fact in facts if fact)}</div>
</section>
"""
