"""Promises of pictures: they show as in any Jupyter Book, in their own proportions, on wide and on narrow pages."""

import pypdf
import pytest
from PIL import Image

from conftest import SmallBook

# Directives and outputs, each with an alt text, and its box on a page that is 1280 px wide (the column has 736)
PICTURES = {
    "plain": ("![plain](wide.png)", (736, 414)),
    "half": ("```{image} wide.png\n:width: 50%\n:alt: half\n```", (368, 207)),
    "pixels": ("```{image} photo.jpg\n:width: 200px\n:alt: pixels\n```", (200, 150)),
    "height": ("```{image} photo.jpg\n:height: 120px\n:alt: height\n```", (160, 120)),
    "scaled": ("```{image} wide.png\n:scale: 60\n:alt: scaled\n```", (736, 414)),
    "small": ("```{image} photo.jpg\n:scale: 25\n:alt: small\n```", (160, 120)),
    "figure": ("```{figure} photo.jpg\n:width: 320px\n:alt: figure\n\nA caption.\n```", (320, 240)),
}
OUTPUTS = {
    "output": ('PIL.Image.new("RGB", (400, 300))', (400, 300)),
    "plot": ("plt.figure(figsize=(4, 3)); plt.plot([1, 2]);", None),
    "sharp": ("sharp()", (320, 240)),
    "png": ("png()", (640, 480)),
}
CELL = """
```{code-cell} python3
---
mystnb:
  image:
    alt: %s
---
%s
```
"""
SETUP = """import io

import matplotlib.pyplot as plt
import PIL.Image
from IPython.display import Image, display


def data(width, height):
    PIL.Image.new("RGB", (width, height), "teal").save(file := io.BytesIO(), "PNG")
    return file.getvalue()


def sharp():
    display(Image(data(640, 480), retina=True))


def png():
    display(Image(data(640, 480)))
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> SmallBook:
    """A book with pictures of all kinds."""
    book = SmallBook(tmp_path_factory.mktemp("pictures") / "book")
    Image.new("RGB", (1600, 900), "teal").save(book.root / "pages" / "wide.png")
    Image.new("RGB", (640, 480), "red").save(book.root / "pages" / "photo.jpg")
    book.add_cell(SETUP)
    for name, (code, _box) in OUTPUTS.items():
        book.add("pages/second.md", CELL % (name, code))
    book.add("pages/second.md", "\n" + "\n\n".join(text for text, _box in PICTURES.values()) + "\n")
    assert (result := book.run("book")).returncode == 0, result.stderr
    return book


@pytest.mark.parametrize("width", [1280, 390])
def test_a_picture_has_its_size_and_its_proportions(pictures, chromium, width):
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto((pictures.root / "_build/html/pages/second.html").as_uri())
    page.evaluate("""Promise.all([...document.images].map((image) => {
        image.loading = "eager"; return image.decode(); }))""")
    column = page.locator("article").bounding_box()["width"]
    for name, (_source, wanted) in (PICTURES | OUTPUTS).items():
        image = page.get_by_alt_text(name, exact=True)
        box = image.bounding_box()
        natural = image.evaluate("image => image.naturalWidth / image.naturalHeight")
        assert abs(box["width"] / box["height"] - natural) < 0.02, name
        assert box["width"] <= column, name
        if width == 1280 and wanted:
            assert (round(box["width"]), round(box["height"])) == wanted, name
    page.close()


def test_a_page_does_not_move_while_its_pictures_load(pictures, chromium):
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.route("**/_images/*", lambda route: None)  # they never come
    page.goto((pictures.root / "_build/html/pages/second.html").as_uri(), wait_until="domcontentloaded")
    before = {name: page.get_by_alt_text(name, exact=True).bounding_box() for name in ("plain", "half", "output")}
    for box in before.values():
        assert box["height"] > 0.5 * box["width"] > 50
    page.close()


def test_pictures_keep_their_proportions_on_paper(pictures):
    assert (result := pictures.run("pdf")).returncode == 0, result.stderr
    drawn = []

    def visit(operator, operands, matrix, _text_matrix):
        if operator == b"Do":
            drawn.append(abs(matrix[0] / matrix[3]))

    path = next((pictures.root / "_build" / "pdf").glob("*.pdf"))
    for page in pypdf.PdfReader(path).pages:
        page.extract_text(visitor_operand_before=visit)
    ratios = [ratio for ratio in drawn if ratio != 1]
    assert len(ratios) >= 9
    assert all(min(abs(ratio - 4 / 3), abs(ratio - 16 / 9)) < 0.02 for ratio in ratios), ratios
