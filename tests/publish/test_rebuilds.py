"""One promise: a build after any change gives the same bytes as a clean build of the same tree.

A small book with something of everything is built once. Each case changes one thing in a copy of it and builds again;
the site and the notebooks must be those of a clean build.
"""

import os
import shutil
import subprocess

import pytest
from PIL import Image

from conftest import ENGLISH, FRONT_MATTER, SmallBook

TURKISH = "- code: tr\n  path: tr\n  notebooks: tr\n  title: Deneme\n  name: Türkçe\n"
FIRST = (
    FRONT_MATTER
    + """
(first)=
# The first page

It points to {ref}`second`, to {doc}`errors`, to {numref}`second-figure` and to {ref}`second-exercise`.

```{include} part.txt
```

```{figure} drawing.svg
:name: first-drawing
:alt: A box
A drawing.
```

```{code-cell} python3
print(open("data.csv").read())
```

```{code-cell} python3
import matplotlib.pyplot as plt
# Draws a line
plt.plot([1, 2, 3])
plt.title("a rising line");
```
"""
)
SECOND = (
    FRONT_MATTER
    + """
(second)=
# The second page

(second-part)=
## A part of it

Back to {doc}`first`, and to {eq}`second-sum`.

$$ y = x^2 $$ (second-sum)

```{figure} picture.png
:name: second-figure
:alt: A picture
A picture of nothing.
```

:::{exercise-start} recall · One
:label: second-exercise
:::
Do something.
:::{exercise-end}
:::

:::{exercise} apply · Two
:label: second-other
:nonumber:

Do something else.
:::

(second-fails)=
## What fails

```{code-cell} python3
:tags: [raises-exception]
[1, 2][5]
```
"""
)
ERRORS = """# Errors

## Lists

### `list index out of range`

Shown in {ref}`second-fails`.
"""
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 40" width="400" height="40"><title>A box</title>'
    '<text x="9" y="20">inside</text></svg>'
)
CATALOG = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: tr\\n"\n'


def entry(text: str, translation: str, context: str = "") -> str:
    begin = f'msgctxt "{context}"\n' if context else ""
    return f'\n{begin}msgid "{text}"\nmsgstr "{translation}"\n'


class Book(SmallBook):
    """A small book in two languages."""

    def __init__(self, root):
        super().__init__(root)
        self.write("editions.yml", ENGLISH + TURKISH)
        self.write(
            "_toc.yml", "format: jb-book\nroot: pages/first\nchapters:\n- file: pages/second\n- file: pages/errors\n"
        )
        self.write("pages/first.md", FIRST)
        self.write("pages/second.md", SECOND)
        self.write("pages/errors.md", ERRORS)
        self.write("pages/part.txt", "An included part.\n")
        self.write("pages/data.csv", "1,2,3\n")
        self.write("pages/drawing.svg", DRAWING)
        Image.new("RGB", (40, 20), "red").save(root / "pages/picture.png")
        catalogs = root / "locale/tr/LC_MESSAGES"
        (catalogs / "pages").mkdir(parents=True)
        for name, translated in {
            "pages/first": entry("The first page", "Birinci sayfa")
            + entry("Draws a line", "Bir çizgi çizer", "code")
            + entry("a rising line", "yükselen çizgi", "code"),
            "pages/second": entry("The second page", "İkinci sayfa") + entry("A picture of nothing.", "Bir resim."),
            "book": entry("Search this book", "Bu kitapta ara"),
            "figures": entry("inside", "içeride"),
            "sphinx": entry("Fig. %s", "Şek. %s"),
        }.items():
            (catalogs / f"{name}.po").write_text(CATALOG + translated, "utf8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new))

    def catalog(self, name: str, old: str, new: str) -> None:
        self.replace(f"locale/tr/LC_MESSAGES/{name}.po", old, new)

    def result(self) -> dict[str, bytes]:
        """The site and the notebooks, file by file."""
        build = self.root / "_build"
        paths = (path for name in ("html", "notebooks") for path in (build / name).rglob("*"))
        return {path.relative_to(build).as_posix(): path.read_bytes() for path in paths if path.is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Book:
    """The book, built once; each case works on a copy."""
    book = Book(tmp_path_factory.mktemp("built") / "book")
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    return book


def copy(book: Book, root, *left_out: str) -> Book:
    shutil.copytree(book.root, root, ignore=shutil.ignore_patterns(*left_out))
    return Book.existing(root)


def rename_label(book):
    book.replace("pages/second.md", "(second)=", "(other)=")
    book.replace("pages/first.md", "{ref}`second`", "{ref}`other`")


def take_label_away(book):
    book.replace("pages/second.md", "(second-part)=\n", "")


def rename_label_of_an_error(book):
    book.replace("pages/second.md", "(second-fails)=", "(second-breaks)=")
    book.replace("pages/errors.md", "{ref}`second-fails`", "{ref}`second-breaks`")


def copy_page(book):
    text = book.read("pages/first.md")
    for label in ("first", "first-drawing"):
        text = text.replace(f"({label})=", "(third)=").replace(f":name: {label}", ":name: third-drawing")
    book.write("pages/third.md", text)
    book.add("_toc.yml", "- file: pages/third\n")


def swap_pages(book):
    book.write(
        "_toc.yml", "format: jb-book\nroot: pages/first\nchapters:\n- file: pages/errors\n- file: pages/second\n"
    )


def drop_page(book):
    book.write("_toc.yml", "format: jb-book\nroot: pages/first\nchapters:\n- file: pages/second\n")
    book.replace("pages/first.md", "to {doc}`errors`, ", "")


def add_remote(book):
    subprocess.run(["git", "init", "-q"], cwd=book.root, check=True)
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/octo/deep.git"], cwd=book.root, check=True)


def change_requirement(book):
    first = book.read("requirements.txt").splitlines()[1]
    book.replace("requirements.txt", first, f"{first}.1")


def insert_exercise(book):
    new = ":::{exercise-start} apply · Before\n:label: second-before\n:::\nFirst this.\n:::{exercise-end}\n:::\n\n"
    book.replace("pages/second.md", ":::{exercise-start} recall", new + ":::{exercise-start} recall")


def backdate(book):
    book.add("pages/second.md", "\nOne more paragraph.\n")
    os.utime(book.root / "pages/second.md", (1, 1))


def take_image_away(book):
    book.replace("pages/second.md", "picture.png", "../pages/drawing.svg")
    (book.root / "pages/picture.png").unlink()


CHANGES = {  # a change of one thing, and how many notebooks it executes
    "a paragraph": (lambda book: book.add("pages/second.md", "\nOne more paragraph.\n"), 0),
    "a cell": (lambda book: book.add_cell("print('new')", "pages/second.md"), 1),
    "a comment": (lambda book: book.replace("pages/first.md", "# Draws a line", "# Draws one line"), 0),
    "a comment in a catalog": (lambda book: book.catalog("pages/first", "Bir çizgi çizer", "Çizer"), 0),
    "a label": (lambda book: book.replace("pages/first.md", "a rising line", "a line that rises"), 1),
    "a label in a catalog": (lambda book: book.catalog("pages/first", "yükselen çizgi", "çizgi yükselir"), 1),
    "a title": (lambda book: book.replace("pages/second.md", "# The second page", "# Another title"), 0),
    "a label renamed": (rename_label, 0),
    "a label taken away": (take_label_away, 0),
    "the label of an error renamed": (rename_label_of_an_error, 0),
    "a caption": (lambda book: book.replace("pages/second.md", "A picture of nothing.", "A caption."), 0),
    "an exercise before another": (insert_exercise, 0),
    "an exercise that is hidden": (
        lambda book: book.replace("pages/second.md", "-other\n", "-other\n:hidden:\n"),
        0,
    ),
    "a word in a page's catalog": (lambda book: book.catalog("pages/second", "İkinci", "Öteki"), 0),
    "a word in the layout's catalog": (lambda book: book.catalog("book", "Bu kitapta ara", "Ara"), 0),
    "a word in the drawings' catalog": (lambda book: book.catalog("figures", "içeride", "iç"), 0),
    "a word in Sphinx's catalog": (lambda book: book.catalog("sphinx", "Şek.", "Resim"), 0),
    "a catalog taken away": (lambda book: (book.root / "locale/tr/LC_MESSAGES/pages/second.po").unlink(), 0),
    "a page copied with its cells": (copy_page, 0),
    "the order of pages": (swap_pages, 0),
    "a page dropped": (drop_page, 0),
    "a remote": (add_remote, 0),
    "a version in requirements.txt": (change_requirement, 3),
    "the style of plots": (
        lambda book: book.replace("book/execute/matplotlibrc", "axes.grid: True", "axes.grid: False"),
        3,
    ),
    "a data file": (lambda book: book.write("pages/data.csv", "4,5,6\n"), 3),
    "an included file": (lambda book: book.write("pages/part.txt", "Another part.\n"), 3),
    "a picture": (lambda book: Image.new("RGB", (80, 20), "blue").save(book.root / "pages/picture.png"), 0),
    "a drawing": (lambda book: book.replace("pages/drawing.svg", "inside", "outside"), 0),
    "a picture taken away": (take_image_away, 0),
    "a style sheet": (lambda book: book.add("_static/css/1-base.css", "\nmain { color: red; }\n"), 0),
    "a template": (lambda book: book.replace("_templates/layout.html", "<footer", "<p>New</p><footer"), 0),
    "an edition dropped": (lambda book: book.write("editions.yml", ENGLISH), 0),
    "a paragraph with an old time stamp": (backdate, 0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_build_after_a_change_is_that_of_a_clean_tree(built, tmp_path, change):
    make, executed = CHANGES[change]
    again = copy(built, tmp_path / "again")
    make(again)
    assert again.read("_toc.yml")
    clean = copy(again, tmp_path / "clean", "_build")
    result, reference = again.run("book"), clean.run("book")
    assert (result.returncode, reference.returncode) == (0, 0), result.stderr + reference.stderr
    assert f"{executed} of " in result.stdout
    assert differences(again, clean) == []
    assert again.result() != built.result() or change == "a version in requirements.txt"


@pytest.mark.parametrize(
    "setting", [{"BOOK_URL": "https://books.example.org"}, {"BOOK_REPOSITORY": "octo/deep"}], ids=repr
)
def test_a_build_with_another_setting_is_that_of_a_clean_tree(built, tmp_path, setting):
    again, clean = copy(built, tmp_path / "again"), copy(built, tmp_path / "clean", "_build")
    result, reference = again.run("book", **setting), clean.run("book", **setting)
    assert (result.returncode, reference.returncode) == (0, 0), result.stderr + reference.stderr
    assert differences(again, clean) == []
    assert again.run("book").returncode == 0
    assert differences(again, built) == [], "and back again"


def differences(one: Book, other: Book) -> list[str]:
    """The files that differ."""
    first, second = one.result(), other.result()
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def test_the_first_build_after_one_that_executed_has_nothing_to_do(built, tmp_path):
    book = copy(built, tmp_path / "book")
    before = book.result()
    assert "0 of 4 notebooks executed; built in" in book.run("book").stdout
    assert book.result() == before


def test_a_change_made_while_a_build_failed_is_seen_by_the_next(built, tmp_path):
    """A mistake on one page, a corrected word on another: both are right when the mistake is mended."""
    book = copy(built, tmp_path / "book")
    book.add("pages/first.md", "\n{ref}`nowhere`\n")
    book.catalog("pages/second", "İkinci", "Öteki")
    assert book.run("book").returncode == 1
    book.replace("pages/first.md", "\n{ref}`nowhere`\n", "\nMended.\n")
    assert book.run("book").returncode == 0
    clean = copy(book, tmp_path / "clean", "_build")
    assert clean.run("book").returncode == 0
    assert differences(book, clean) == []
    assert b"\xc3\x96teki sayfa" in book.result()["html/tr/pages/second.html"]
