"""Promises of the recorded outputs, with a recording made on this machine's CPU."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from book.execute import recordings
from book.project import source
from book.project.errors import BuildError
from book.project.inputs import Inputs
from book.translate import catalogs, code, spoken
from conftest import FRONT_MATTER, ROOT, SmallBook

FACTS = {"device": "Test GPU 3000", "driver": "1.2", "torch": "2.13.0", "cuda": "13.0", "python": "3.12"}
DEVICE_PAGE = (
    FRONT_MATTER.replace("kernelspec:", "accelerator: GPU\nkernelspec:")
    + """
(second)=
# The second page

Back to {doc}`first`.

```{code-cell} python3
import os
print("computed on", os.environ.get("TEST_DEVICE", "the local CPU"))
```

```{code-cell} python3
print("the same everywhere")
```
"""
)
RECORD = "from pathlib import Path; from book.execute.record import record; print(record(Path.cwd(), {facts}))"


@pytest.fixture(scope="module")
def recorded_book(tmp_path_factory) -> SmallBook:
    """A small book with a page that depends on the device, recorded elsewhere and built here."""
    book = SmallBook(tmp_path_factory.mktemp("recorded") / "book")
    book.write("pages/second.md", DEVICE_PAGE)
    code = "import os; os.environ['TEST_DEVICE'] = 'the test GPU'; " + RECORD.format(facts=FACTS)
    subprocess.run([sys.executable, "-c", code], cwd=book.root, check=True)
    assert book.run("book").returncode == 0
    return book


@pytest.fixture(scope="module")
def page_url(recorded_book) -> str:
    return (recorded_book.root / "_build/html/pages/second.html").as_uri()


def test_a_recording_names_its_machine_and_holds_the_outputs(recorded_book):
    import nbformat

    notebook = nbformat.read(recorded_book.root / "recorded/test-gpu-3000/second.ipynb", as_version=4)
    assert notebook.metadata["recorded"] == FACTS
    assert "computed on the test GPU\n" in [cell.outputs[0].text for cell in notebook.cells if cell.get("outputs")]


def test_the_page_has_both_outputs_where_they_differ(recorded_book):
    text = recorded_book.read("_build/html/pages/second.html")
    assert "computed on the local CPU" in text
    assert "computed on the test GPU" in text
    assert text.count("the same everywhere") == 3  # the code, one output, and the switch, which shows the last output
    assert text.count('<details class="recorded"') == 1
    assert "Recorded on Test GPU 3000, torch 2.13.0" in text


def test_without_scripts_both_outputs_can_be_reached(page_url, chromium):
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(page_url)
    recorded = page.get_by_text("computed on the test GPU")
    assert page.get_by_text("computed on the local CPU").is_visible()
    assert not recorded.is_visible()
    page.locator("details.recorded summary").click()
    assert recorded.is_visible()


def test_a_reader_switches_the_whole_page(page_url, chromium):
    page = chromium.new_page()
    page.goto(page_url)
    local, recorded = page.get_by_text("computed on the local CPU"), page.get_by_text("computed on the test GPU")
    assert local.is_visible()
    page.get_by_label("Test GPU 3000, torch 2.13.0").check()
    assert recorded.is_visible()
    page.emulate_media(media="print")
    assert local.is_visible(), "paper shows both"
    assert recorded.is_visible()
    page.emulate_media(media="screen")
    assert not local.is_visible()
    page.get_by_label("this build").check()
    assert local.is_visible()
    assert not recorded.is_visible()


def test_recordings_can_be_left_out(recorded_book):
    result = recorded_book.run("book", RECORDED="none")
    assert result.returncode == 0, result.stderr
    assert "computed on the test GPU" not in recorded_book.read("_build/html/pages/second.html")


@pytest.fixture(scope="module")
def translated_book(recorded_book, tmp_path_factory) -> SmallBook:
    """The recorded book with a second edition, whose code prints in German."""
    root = tmp_path_factory.mktemp("translated") / "book"
    shutil.copytree(recorded_book.root, root)
    book = SmallBook.existing(root)
    book.add("editions.yml", "- code: de\n  path: de\n  notebooks: de\n  title: Ein Buch\n  name: Deutsch\n")
    assert book.run("translations").returncode == 0
    path = book.root / "locale/de/LC_MESSAGES/pages/second.po"
    catalog = catalogs.load(path, "de")
    for text, translation in (("the same everywhere", "überall dasselbe"), ("computed on", "berechnet auf")):
        catalog.get(text, code.CONTEXT).string = translation
    catalogs.save(path, catalog)
    return book


def test_a_translated_page_shows_the_recording_where_the_machines_differ(translated_book):
    book = translated_book
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    assert "not used" not in result.stdout
    text = book.read("_build/html/de/pages/second.html")
    assert "berechnet auf the local CPU" in text
    assert "computed on the test GPU" in text
    assert "the same everywhere" not in text


def test_each_edition_is_recorded_in_its_own_language(translated_book):
    book = translated_book
    code = "import os; os.environ['TEST_DEVICE'] = 'the other GPU'; " + RECORD.format(facts=FACTS)
    result = subprocess.run([sys.executable, "-c", code], cwd=book.root, check=True, capture_output=True, text=True)
    assert "executing second (de) on Test GPU 3000" in result.stdout
    assert "berechnet auf the other GPU" in book.read("recorded/test-gpu-3000/de/second.ipynb")
    assert book.run("book").returncode == 0
    english, german = (book.read(f"_build/html/{folder}pages/second.html") for folder in ("", "de/"))
    assert "computed on the other GPU" in english and "berechnet" not in english
    assert "berechnet auf the other GPU" in german and "computed" not in german
    assert german.count('<details class="recorded"') == 1


def test_a_recording_fits_when_only_a_comment_has_changed(translated_book):
    book = translated_book
    before = book.read("pages/second.md")
    book.write("pages/second.md", before.replace("import os\n", "import os  # for the environment\n"))
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    assert "not used" not in result.stdout
    assert "computed on the" in book.read("_build/html/pages/second.html")
    book.write("pages/second.md", before)


def test_without_babel_the_first_language_is_recorded_and_that_is_said(translated_book):
    book = translated_book
    code = "import importlib.util as u; find = u.find_spec; u.find_spec = lambda n: None if n == 'babel' else find(n); "
    code += RECORD.format(facts=FACTS | {"device": "Other GPU"})
    result = subprocess.run([sys.executable, "-c", code], cwd=book.root, check=True, capture_output=True, text=True)
    assert "Babel is not installed here" in result.stdout
    written = [path.relative_to(book.root).as_posix() for path in (book.root / "recorded").glob("other-gpu/**/*.ipynb")]
    assert written == ["recorded/other-gpu/second.ipynb"]


def test_a_recording_of_other_code_is_not_used_and_the_build_says_so(recorded_book):
    recorded_book.write("pages/second.md", DEVICE_PAGE.replace("the same everywhere", "changed since"))
    result = recorded_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "recorded/test-gpu-3000/second.ipynb was recorded from other code and is not used" in result.stdout
    assert "computed on the test GPU" not in recorded_book.read("_build/html/pages/second.html")


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (lambda path: path.rename(path.parents[1] / path.name), "recorded/second.ipynb: lies in no folder of a device"),
        (lambda path: change(path, lambda text: text.replace('"recorded"', '"other"')), "KeyError: 'recorded'"),
        (lambda path: change(path, lambda text: f"<<<<<<< HEAD\n{text}"), "NotJSONError"),
        (lambda path: change(path, lambda text: "version https://git-lfs.github.com/spec/v1\n"), "NotJSONError"),
        (lambda path: change(path, lambda text: ""), "NotJSONError"),
        (lambda path: change(path, lambda text: "[]"), "is no recording of a page"),
        (lambda path: change(path, lambda text: text.replace('"torch": "2.13.0"', '"torch": 2.13')), "no texts"),
        (lambda path: change(path, lambda text: text.replace('"stream"', '"river"')), "is not valid"),
        (lambda path: path.write_bytes('"é"'.encode("latin-1")), "UnicodeDecodeError"),
    ],
    ids=["moved", "no facts", "half a merge", "a pointer", "empty", "a list", "a number", "no output", "latin-1"],
)
def test_a_broken_recording_is_said(broken, what, recorded_book, tmp_path):
    """Where the outputs of a page are laid ready, at the beginning of a build."""
    shutil.copytree(recorded_book.root / "recorded", tmp_path / "recorded")
    broken(tmp_path / "recorded/test-gpu-3000/second.ipynb")
    page = next(page for page in source.pages(recorded_book.root) if page.docname == "pages/second")
    with pytest.raises(BuildError, match=re.escape(what)) as raised:
        recordings.of_page(tmp_path, page)
    assert "recorded/" in str(raised.value) and "→" in str(raised.value)


def change(path: Path, how: Callable[[str], str]) -> None:
    path.write_text(how(path.read_text("utf8")), "utf8")


def test_a_gpu_that_does_not_compute_is_not_recorded():
    line = [sys.executable, str(ROOT / "tests/execute/pretend.py"), "an exclusive card", "-m", "book.execute.record"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 1, result.stdout
    assert "torch finds a GPU (cuda) that does not compute: CUDA error: CUDA-capable device(s)" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.fast
def test_a_mac_has_the_name_of_its_chip_and_a_tool_that_fails_says_nothing(monkeypatch, tmp_path):
    from book.execute import record

    script = tmp_path / "sysctl"
    script.write_text('#!/bin/sh\n[ "$2" = machdep.cpu.brand_string ] && echo Apple M2\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert record.device_name(None, SimpleNamespace(type="mps")) == "Apple M2"
    script.write_text("#!/bin/sh\necho sysctl has failed\nexit 9\n")
    assert record.device_name(None, SimpleNamespace(type="mps")).startswith("mps (")
    assert record.first_line("no-such-tool") == ""


@pytest.mark.fast
@pytest.mark.parametrize("name", ["jupytext", "nbclient", "torch", "ipykernel"])
def test_what_a_recording_machine_lacks_is_said(name):
    code = (
        f"import sys, runpy; sys.modules[{name!r}] = None; runpy.run_module('book.execute.record', run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert f"{name} is missing here" in result.stderr and "pip install" in result.stderr
    assert "Traceback" not in result.stderr


def test_recording_without_a_gpu_says_so():
    import torch

    if torch.accelerator.is_available():
        pytest.skip("this machine has a GPU")
    result = subprocess.run([sys.executable, "-m", "book.execute.record"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "torch finds no GPU here" in result.stderr


@pytest.mark.fast
def test_a_recorder_reads_pages_with_the_same_key_as_the_build():
    """jupytext, which the recording machine has, and myst-nb, which the build has, must see the same code."""
    import jupytext

    from book.execute import record

    pages = [page for page in source.pages(ROOT) if page.is_notebook]
    for page in pages:
        assert recordings.code(page.notebook) == recordings.code(jupytext.read(page.path)), page.docname
    first, *others = source.editions(ROOT)
    inputs = Inputs.read(ROOT)
    catalogs.compile_all(inputs, [first, *others])
    for edition in others:
        for page in spoken.in_language(inputs, pages, edition, False):
            text = record.in_language(ROOT, page.path, edition.code)
            assert recordings.code(page.notebook) == recordings.code(jupytext.reads(text, fmt="md:myst")), page.name
