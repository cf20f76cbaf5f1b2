"""Promises of the exported notebooks: they open on Colab, read well and run to their end anywhere."""

import base64
import io
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import Distribution, distribution
from itertools import takewhile
from pathlib import Path

import answers
import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

from book.execute import kernel
from book.project import source
from book.project.environment import interpreter
from conftest import ROOT, SmallBook, assert_fails

SECTIONS = [page.docname for page in source.pages(ROOT) if page.notebook]
MYST = re.compile(r"\{(ref|doc|numref|eq|term|code-cell)\}|:::|```\{|^\(\w[\w-]*\)=$|^%|\{\.[\w-]+\}", re.M)
BARE = ["torch", "numpy", "matplotlib", "ipykernel"]


@pytest.fixture(scope="module")
def notebooks(html) -> dict[str, nbformat.NotebookNode]:
    """The exported English notebooks by the name of their page."""
    folder = ROOT / "_build" / "notebooks" / "en"
    return {name: nbformat.read(folder / f"{name}.ipynb", as_version=4) for name in SECTIONS}


def markdown(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_every_page_is_a_valid_notebook_without_outputs(notebooks):
    for name, notebook in notebooks.items():
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5), name
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert code, name
        assert not any(cell.outputs or cell.execution_count for cell in code), name


def test_nothing_of_myst_is_left(notebooks):
    for name, notebook in notebooks.items():
        found = MYST.search(re.sub(r'"data:[^"]*"', "", markdown(notebook)))
        assert not found, f"{name}: {found}"


def test_the_code_is_the_code_of_the_page(notebooks):
    for page in (page for page in source.pages(ROOT) if page.notebook):
        wanted = [
            cell.source
            for cell in page.notebook.cells
            if cell.cell_type == "code" and "solution" not in cell.metadata.get("tags", [])
        ]
        exported = [cell.source for cell in notebooks[page.docname].cells if cell.cell_type == "code"]
        assert exported == wanted, page.docname


def test_exercises_are_there_and_solutions_are_not(notebooks):
    notebook = notebooks["chapter_computation/model-construction"]
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    assert tags.count("starter") >= 5
    assert tags.count("check") == tags.count("starter")
    assert "solution" not in tags
    assert "**Exercise 1**" in markdown(notebook)


def test_only_the_page_on_gpus_asks_colab_for_one(notebooks):
    asking = [name for name, notebook in notebooks.items() if notebook.metadata.get("accelerator") == "GPU"]
    assert asking == ["chapter_computation/use-gpu"]


@pytest.mark.parametrize("edition", [edition.notebooks for edition in source.editions(ROOT)])
def test_drawings_travel_inside_as_pictures_that_every_viewer_shows(html, edition):
    """PNG, since Colab and VS Code take no SVG; twice as fine as it is shown; named; and no heavier than 1 MB."""
    figures = 0
    for path in (ROOT / "_build" / "notebooks" / edition).rglob("*.ipynb"):
        assert path.stat().st_size < 1_000_000, path
        text = markdown(nbformat.read(path, as_version=4))
        assert "image/svg" not in text, path
        for kind, data, alt, width in re.findall(
            r'<img src="data:([^;]*);base64,([^"]*)" alt="([^"]*)" width="(\d+)">', text
        ):
            figures += 1
            with Image.open(io.BytesIO(base64.b64decode(data))) as image:
                assert (kind, image.format, image.width) == ("image/png", "PNG", 2 * int(width)), alt
            assert len(alt) > 20, alt
    assert figures == len(list((ROOT / "chapter_computation" / "figures").glob("*.svg")))


def test_the_words_in_a_drawing_are_those_of_the_edition(html):
    """The same drawing is another picture in another language."""
    pictures = [
        re.findall(r'base64,([^"]*)', markdown(nbformat.read(ROOT / "_build/notebooks" / name, as_version=4)))
        for name in (f"{edition.notebooks}/chapter_computation/use-gpu.ipynb" for edition in source.editions(ROOT))
    ]
    assert len({tuple(data) for data in pictures}) == len(source.editions(ROOT))


def test_a_figure_has_the_number_that_the_text_cites(notebooks):
    text = markdown(notebooks["chapter_computation/model-construction"])
    cited = re.findall(r"\[(Fig\. \d+)\]\(#([\w-]+)\)", text)
    assert cited
    for number, anchor in cited:
        assert re.search(rf'<a id="{anchor}"[^>]*></a>\s+<img [^>]*>\s+\*\*{re.escape(number)}\.\*\* ', text), number


def test_hidden_cells_are_hidden_in_colab_and_jupyterlab(notebooks):
    notebook = notebooks["chapter_computation/model-construction"]
    judge = next(cell for cell in notebook.cells if cell.source.startswith("def judge("))
    assert judge.metadata["cellView"] == "form"
    assert judge.metadata["jupyter"] == {"source_hidden": True}


def test_links_inside_a_notebook_lead_to_an_anchor(notebooks):
    for name, notebook in notebooks.items():
        text = markdown(notebook)
        for target in re.findall(r"\]\(#([^)]+)\)", text):
            assert f'<a id="{target}"' in text, f"{name}: #{target}"


EXPORTED = """
{.under-the-hood}
## A heading with *emphasis*

:::{admonition} A box with $a^2$
:class: question
Its text, with `code` and a [link](https://example.org/a_b).

- an item
:::

See {ref}`first` and {ref}`this place <here>`.

(here)=
### Here

| a | b |
|---|---|
| $x_1$ | `y|z` |

$$ a = \\frac{b}{c} $$ (small-eq)

By {eq}`small-eq`, a * b * c and snake_case_name stay.

```{code-cell} python3
:tags: [hide-input, raises-exception]
1 / 0
```
"""


def test_what_a_page_may_hold_becomes_plain_markdown(tmp_path):
    book = SmallBook(tmp_path / "book")
    book.add("pages/second.md", EXPORTED)
    book.write("pages/second.md", book.read("pages/second.md").replace("kernelspec:", "accelerator: GPU\nkernelspec:"))
    result = book.run("book", BOOK_URL="https://books.example.org/deep/")
    assert result.returncode == 0, result.stderr
    notebook = nbformat.read(book.root / "_build/notebooks/en/pages/second.ipynb", as_version=4)
    text = markdown(notebook)
    assert notebook.cells[0].source.startswith(
        "From [The second page · Deep Learning Computation](https://books.example.org/deep/pages/second.html)"
    )
    assert not MYST.search(text)
    for expected in [
        "## A heading with *emphasis*",
        "> **A box with $a^2$**",
        "> Its text, with `code` and a [link](https://example.org/a_b).",
        "[The first page](https://books.example.org/deep/pages/first.html#first)",
        "[this place](#here)",
        '<a id="here" name="here"></a>',
        "$$\na = \\frac{b}{c} \\tag{1}\n$$",
        "[(1)](#equation-small-eq)",
        "snake_case_name stay",
    ]:
        assert expected in text, f"{expected!r} is not in:\n{text}"
    cell = notebook.cells[-1]
    assert cell.metadata == {
        "tags": ["hide-input", "raises-exception"],
        "cellView": "form",
        "jupyter": {"source_hidden": True},
    }
    assert notebook.metadata["accelerator"] == "GPU"
    assert notebook.metadata["colab"]["gpuType"] == "T4"


# What a page may hold, and what of it a notebook's text must and must not have
KEPT = {
    "superscript": ("1 {sup}`st` H{sub}`2`O", ["1 <sup>st</sup> H<sub>2</sub>O"], []),
    "money": (r"It costs \$5 and \$6.", [r"<span>\$</span>5 and <span>\$</span>6"], []),
    "no heading": (r"\# x", [r"\# x"], []),
    "no list": ("1\\. x\n\n\\- y", ["1\\. x", "\\- y"], []),
    "no link": (r"\[a\](b)", [r"[a\](b)"], []),
    "no element": (r"\<b>x", [r"\<b>x"], []),
    "hard break": ("one\\\ntwo", ["one<br />two"], ["onetwo"]),
    "nested fence": ("````md\n```python\nx\n```\n````", ["````md\n```python\nx\n```\n````"], []),
    "code in a sentence": ("`` a`b ``", ["``a`b``"], []),
    "box of a kind": (":::{warning}\nHot.\n:::", ["> **Warning**\n> \n> Hot."], []),
    "hint": (
        ":::{hint}\n:class: dropdown\nThink of `x`.\n:::",
        ["<details>\n<summary>Hint</summary>\n\nThink of `x`.\n\n</details>"],
        ["> **Hint**"],
    ),
    "HTML": ("<kbd>Esc</kbd>", ["<kbd>Esc</kbd>"], []),
    "a bar in a table": ("| a | b |\n|---|---|\n| `x\\|y` | $\\|z\\|$ |", ["`x\\|y`", r"$\vert z\vert $"], []),
    "short form": ("{abbr}`API (interface of a program)`", ["API (interface of a program)"], []),
    "sidebar": (":::{sidebar} Aside\nBy the way.\n:::", ["> **Aside**\n> \n> By the way."], []),
    "definition": ("Term\n: What it means.", ["**Term**\n\nWhat it means."], []),
    "listing with a caption": ("```{code-block} python\n:caption: Here\nx = 1\n```", ["**Listing 1.** Here"], []),
    "citation": ("{cite}`knuth`\n\n```{bibliography}\n```", ["Knuth", "The book"], []),
    "card": ("```{card} Its title\nIts text.\n```", ["Its title", "Its text."], []),
    "glued": ("{glue}`seven` times", ["7 times"], []),
    "what has only code": ("{diagram}`a -> b`", ["```diagram\na -> b\n```"], []),
    "what has nothing to read": (
        "{picture}`x`",
        ["*[Shown on the page of this section](https://books.example.org/"],
        [],
    ),
}
DIAGRAMS = """
from docutils import nodes

class diagram(nodes.General, nodes.Inline, nodes.Element):
    pass

class picture(nodes.General, nodes.Inline, nodes.Element):
    pass

def skip(self, node):
    raise nodes.SkipNode

def setup(app):
    for kind in (diagram, picture):
        app.add_node(kind, html=(skip, None))
    app.add_role("diagram", lambda name, raw, text, *rest, **more: ([diagram("", code=text)], []))
    app.add_role("picture", lambda *rest, **more: ([picture("")], []))
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> str:
    """The text of a notebook with all of it, each part behind its name."""
    book = SmallBook(tmp_path_factory.mktemp("kept") / "book")
    config = book.read("_config.yml")
    extra = (
        "  extra_extensions: [sphinx_design, sphinxcontrib.bibtex, diagrams]\n  local_extensions:\n    diagrams: .\n"
    )
    config = config.replace("sphinx:\n  local_extensions:\n", f"bibtex_bibfiles: [books.bib]\n\nsphinx:\n{extra}")
    book.write("_config.yml", config)
    book.write("books.bib", "@book{knuth, author={Knuth}, title={The book}, publisher={P}, year={1984}}\n")
    book.write("diagrams.py", DIAGRAMS)
    glue = 'from myst_nb import glue\nglue("seven", 7, display=False)'
    book.add_cell(glue)
    book.add("pages/second.md", "".join(f"\n## {name}\n\n{text}\n" for name, (text, *_) in KEPT.items()))
    result = book.run("book", BOOK_URL="https://books.example.org/deep/")
    assert result.returncode == 0, result.stderr
    return markdown(nbformat.read(book.root / "_build/notebooks/en/pages/second.ipynb", as_version=4))


@pytest.mark.parametrize("name", KEPT)
def test_what_a_page_may_hold_reads_the_same_in_a_notebook(kept, name):
    part = kept.partition(f"## {name}\n")[2].partition("\n## ")[0]
    for expected in KEPT[name][1]:
        assert expected in part, part
    for refused in KEPT[name][2]:
        assert refused not in part, part


HIDDEN = """
```{code-cell} python3
:tags: [remove-cell]
secret = 6
```

```{code-cell} python3
:tags: [remove-input]
print(secret * 7)
```

```{code-cell} python3
:tags: [remove-input, remove-output]
secret += 1
```

```{code-cell} python3
:tags: [remove_cell]
del secret
```
"""


def test_cells_that_the_page_does_not_show_are_in_the_notebook_folded(small_book):
    small_book.add("pages/second.md", HIDDEN)
    assert small_book.run("book").returncode == 0
    notebook = nbformat.read(small_book.root / "_build/notebooks/en/pages/second.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"][1:]
    assert [cell.source for cell in code] == ["secret = 6", "print(secret * 7)", "secret += 1", "del secret"]
    assert all(cell.metadata.jupyter.source_hidden for cell in code)
    page = small_book.read("_build/html/pages/second.html")
    assert "42" in page
    assert "secret" not in page


def test_without_a_site_links_lead_to_the_notebooks_beside_it(built_book):
    text = markdown(nbformat.read(built_book.root / "_build/notebooks/en/pages/second.ipynb", as_version=4))
    assert "[The first page](first.ipynb)" in text


CAPTIONED = """
See {numref}`straight`.

```{code-cell} python3
---
mystnb:
  figure:
    name: straight
    caption: A straight line
---
import matplotlib.pyplot as plt

_ = plt.plot([0, 1])
```
"""


def test_a_cell_whose_output_is_a_figure_has_its_number_and_caption_below(small_book):
    small_book.add("pages/second.md", CAPTIONED)
    assert (result := small_book.run("book")).returncode == 0, result.stderr
    notebook = nbformat.read(small_book.root / "_build/notebooks/en/pages/second.ipynb", as_version=4)
    cited, code, caption = notebook.cells[-3:]
    assert cited.source.endswith("See [Fig. 1](#straight).")
    assert code.source.endswith("plt.plot([0, 1])")
    assert caption.source == '<a id="straight" name="straight"></a>\n\n**Fig. 1.** A straight line'


def test_a_drawing_that_cannot_be_drawn_is_named_with_its_page(small_book):
    small_book.write("pages/broken.svg", "<svg")
    small_book.add("pages/second.md", "\n```{figure} broken.svg\n:alt: Broken\nBroken.\n```\n")
    assert_fails(small_book, "pages/second.md", "broken.svg", "cannot be drawn")


def needed(names: list[str]) -> list[Distribution]:
    """These packages and all that they need, as they are installed here."""
    found, left = {}, list(names)
    while left:
        name = canonicalize_name(left.pop())
        if name in found:
            continue
        found[name] = distribution(name)
        requirements = [Requirement(text) for text in found[name].requires or []]
        left += [one.name for one in requirements if not one.marker or one.marker.evaluate({"extra": ""})]
    return list(found.values())


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory) -> Path:
    """A Python with only what a notebook may need: an environment whose packages are links to those of this one."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    for package in needed(BARE):
        for top in {file.parts[0] for file in package.files} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(package.locate_file(top))
    return interpreter(folder)


def test_the_bare_environment_has_nothing_of_the_build(bare_python):
    for package, there in (("torch", True), ("numpy", True), ("sphinx", False), ("nbformat", False)):
        status = subprocess.run([bare_python, "-c", f"import {package}"], capture_output=True).returncode
        assert (status == 0) == there, package


def code_until_exercises(notebook) -> list:
    """The code cells before the first that belongs to an exercise; behind it, the page has solutions that ran, too."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return list(takewhile(lambda cell: "starter" not in cell.metadata.get("tags", []), code))


def printed(outputs: list) -> list[str]:
    """What outputs say in words: what was printed, the values, and the messages of errors."""
    said = ["".join(one["text"]) for one in outputs if one.get("name") == "stdout"]
    values = [one["data"]["text/plain"] for one in outputs if one["output_type"] == "execute_result"]
    raised = [f"{one['ename']}: {one['evalue']}" for one in outputs if one["output_type"] == "error"]
    return ["".join(said), *values, *raised]


def runs() -> list:
    """Each English notebook; in another language, those with exercises: the code of the rest is the same and ran."""
    first, *others = source.editions(ROOT)
    judged = [name for name in SECTIONS if ":::{exercise" in (ROOT / f"{name}.md").read_text("utf8")]
    pairs = [(name, first) for name in SECTIONS] + [(name, edition) for edition in others for name in judged]
    return [pytest.param(name, edition, id=f"{name}-{edition.tag}") for name, edition in pairs]


@pytest.mark.parametrize("name, edition", runs())
def test_run_all_reaches_the_last_cell_in_a_bare_environment(name, edition, html, bare_python, tmp_path):
    """And behind the exercises, the checks judge the answers of tests/exercises/ as they should, in every language.

    English judges all of them; another language, whose code is the same, a right and a wrong one of each exercise.
    Up to the exercises, cells print what the page shows, in another folder as well; but for those tagged `timing`.
    """
    first = edition == source.editions(ROOT)[0]
    kernels = tmp_path / "kernels" / "bare"
    kernels.mkdir(parents=True)
    argv = [str(bare_python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernels / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "bare", "language": "python"}))
    notebook = nbformat.read(ROOT / "_build" / "notebooks" / edition.notebooks / f"{name}.ipynb", as_version=4)
    given = answers.of_page(Path(name).name)
    if not first:
        given = answers.in_language(ROOT, edition, name, answers.sample(given))
    order = answers.labels((ROOT / f"{name}.md").read_text("utf8"))
    nbformat.write(answers.tried(notebook, order, given), tmp_path / "run.ipynb")
    sockets = kernel.transport(tmp_path)["KernelManager"]
    options = ["--timeout=120", "--inplace", *(f"--KernelManager.{name}={value}" for name, value in sockets.items())]
    result = subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", "--kernel_name=bare", *options, "run.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        # one thread: two of them wait for each other where other tests use every core
        env=os.environ | {"JUPYTER_PATH": str(tmp_path), "OMP_NUM_THREADS": "1"},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    executed = nbformat.read(tmp_path / "run.ipynb", as_version=4)
    counts = [cell.execution_count for cell in executed.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    for cell in executed.cells:
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        assert not errors or "raises-exception" in cell.metadata.tags, errors
    said = answers.verdicts(executed)
    misjudged = [
        f"{one['exercise']}, {one['title']}: {said[number]}"
        for number, one in enumerate(given)
        if not said[number].startswith("✓ " if one["right"] else "✗ ")
    ]
    assert not misjudged, "\n".join(misjudged)
    shown = json.loads(
        (ROOT / "_build" / "executed" / ("" if first else edition.notebooks) / f"{name}.json").read_text("utf8")
    )
    compared = code_until_exercises(executed)
    assert compared and len(compared) <= len(shown["outputs"])
    differing = [
        f"{cell.source}\n→ {printed(cell.outputs)} instead of {printed(own)}"
        for cell, own in zip(compared, shown["outputs"], strict=False)
        if printed(cell.outputs) != printed(own)
        and "timing" not in cell.metadata.get("tags", [])
        and "safetensors" not in cell.source  # which is not in the bare environment
    ]
    assert not differing, "\n".join(differing)
