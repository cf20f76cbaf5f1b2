"""Promises of `make lab`: the notebooks open with their drawings, and what a reader saves there is kept."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

import hands
from book.live import lab
from book.live.lab import NOTES, Copies
from book.project import inputs
from book.project.places import READERS_FOLDER
from conftest import ROOT, SmallBook

DRAWN = """
```{figure} figures/tree.svg
:name: second-tree
:alt: A tree of four boxes, and what each of them holds
The tree.
```

```{code-cell} python3
answer = 6 * 7
```
"""


@pytest.fixture
def books_files(tmp_path):
    """Two files of the book, and a folder that is the reader's."""
    (tmp_path / "book").mkdir()
    files = {name: tmp_path / "book" / name for name in ("one.ipynb", "two.ipynb")}
    for path in files.values():
        path.write_text("as the book has it")
    return files, tmp_path / "mine"


def test_only_what_the_reader_has_not_touched_is_replaced(books_files):
    files, mine = books_files
    assert Copies.at(mine).bring(files) == []
    (mine / "one.ipynb").write_text("what I saved")
    assert Copies.at(mine).bring(files) == [], "the book has nothing newer"
    for path in files.values():
        path.write_text("as the book has it now")
    assert Copies.at(mine).bring(files) == ["one.ipynb"]
    assert (mine / "one.ipynb").read_text() == "what I saved"
    assert (mine / "two.ipynb").read_text() == "as the book has it now"


def test_a_notebook_that_was_only_opened_is_replaced_and_one_with_outputs_is_not(books_files):
    files, mine = books_files

    def write(path, *, source="print(1)\n2", outputs=(), **metadata):
        cell = {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {}}
        path.write_text(json.dumps({"cells": [cell], "metadata": metadata}))

    for path in files.values():
        write(path)
    Copies.at(mine).bring(files)
    write(mine / "one.ipynb", source=["print(1)\n", "2"], kernelspec={"name": "python3"})  # as JupyterLab saves it
    write(mine / "two.ipynb", outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}])
    for path in files.values():
        write(path, source="print(2)")
    assert Copies.at(mine).bring(files) == ["two.ipynb"]
    assert "print(2)" in (mine / "one.ipynb").read_text()


def test_a_renamed_notebook_makes_room_for_the_newer_one(books_files):
    files, mine = books_files
    Copies.at(mine).bring(files)
    (mine / "one.ipynb").write_text("what I saved")
    files["one.ipynb"].write_text("as the book has it now")
    (mine / "one.ipynb").rename(mine / "one-mine.ipynb")
    assert Copies.at(mine).bring(files) == []
    assert (mine / "one.ipynb").read_text() == "as the book has it now"
    assert (mine / "one-mine.ipynb").read_text() == "what I saved"


@pytest.mark.parametrize("notes", ["", "{", None], ids=["empty", "spoiled", "lost"])
def test_without_notes_whatever_lies_there_is_the_readers(books_files, notes):
    files, mine = books_files
    Copies.at(mine).bring(files)
    (mine / "one.ipynb").write_text("what I saved")
    (mine / NOTES).unlink() if notes is None else (mine / NOTES).write_text(notes)
    assert Copies.at(mine).bring(files) == ["one.ipynb"]
    assert (mine / "one.ipynb").read_text() == "what I saved"


def test_an_edition_that_is_not_there_is_refused_by_name(small_book):
    result = small_book.run("lab", EDITION="xx")
    assert result.returncode == 1
    assert "'xx'" in result.stderr
    assert "EDITION=en (English)" in result.stderr


def test_what_a_reader_saves_is_nothing_that_a_build_is_made_of(built_book):
    before = inputs.Inputs.read(built_book.root).everything()
    (built_book.root / READERS_FOLDER / "en").mkdir(parents=True)
    built_book.write(f"{READERS_FOLDER}/en/mine.ipynb", "{}")
    assert inputs.Inputs.read(built_book.root).everything() == before
    assert f"/{READERS_FOLDER}/" in (ROOT / ".gitignore").read_text().split()


def test_authors_edit_the_sources_as_notebooks(built_book):
    command, environment = lab.of_author(built_book.root)
    assert f"--ServerApp.root_dir={built_book.root / 'pages'}" in command
    settings = Path(environment["JUPYTER_CONFIG_PATH"], "labconfig", "default_setting_overrides.json")
    assert "Jupytext Notebook" in settings.read_text()


class Lab:
    """`make lab` without a browser of its own, until `stop`."""

    def __init__(self, book: SmallBook):
        port = str(hands.free_port())
        settings = {"JUPYTER_PORT": port, "JUPYTER_TOKEN": "secret", "BROWSER": f"{sys.executable} -c pass %s"}
        self.address = f"http://localhost:{port}/lab/tree/pages/second.ipynb?token=secret"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "book.cli", "lab"],
            cwd=book.root,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | settings,
            start_new_session=True,
        )
        self.printed = []
        for line in self.process.stdout:
            self.printed.append(line)
            if re.search(r"http://(localhost|127)", line):
                break
        hands.until(lambda: hands.answers(int(port)), 60)  # it tells the address shortly before it listens

    def stop(self) -> str:
        os.killpg(self.process.pid, signal.SIGTERM)
        return "".join(self.printed) + self.process.communicate(timeout=60)[0]


@pytest.fixture
def drawn_book(tmp_path) -> SmallBook:
    """A built book with a drawing."""
    book = SmallBook(tmp_path / "book")
    (book.root / "pages" / "figures").mkdir()
    shutil.copy(ROOT / "chapter_computation/figures/mc-tree.svg", book.root / "pages/figures/tree.svg")
    book.add("pages/second.md", DRAWN)
    result = book.run("book")
    assert result.returncode == 0, result.stderr
    return book


def test_a_reader_sees_the_drawing_saves_and_finds_it_again(drawn_book, chromium):
    before = drawn_book.site()
    mine = drawn_book.root / "my-notebooks" / "en" / "pages" / "second.ipynb"
    opened = Lab(drawn_book)
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        page.goto(opened.address)
        drawing = page.locator(".jp-RenderedMarkdown img")
        expect(drawing).to_be_visible(timeout=60_000)
        assert drawing.evaluate("image => [image.naturalWidth, image.clientWidth]") == [960, 480]
        expect(page.get_by_text("Fig. 1. The tree.")).to_be_visible()
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
        editor = page.locator(".jp-CodeCell .cm-content").last
        editor.click()
        page.keyboard.press("Control+End")
        page.keyboard.insert_text("\nmine = answer + 1; print('mine', mine)")
        page.keyboard.press("Shift+Enter")
        expect(page.locator(".jp-OutputArea-output")).to_contain_text("mine 43", timeout=60_000)
        page.keyboard.press("Control+s")
        hands.until(lambda: "mine = answer + 1" in mine.read_text("utf8"))
    finally:
        context.close()
        opened.stop()
    saved = mine.read_text("utf8")
    drawn_book.add("pages/second.md", "\nOne more paragraph.\n")
    assert drawn_book.run("book").returncode == 0
    again = Lab(drawn_book)
    printed = again.stop()
    assert "pages/second.ipynb: the book has a newer one; yours is kept" in printed
    assert printed.endswith("Stopped.\n")
    assert again.process.returncode == 0
    assert mine.read_text("utf8") == saved
    assert drawn_book.read("pages/second.md").endswith("One more paragraph.\n")
    assert before.keys() == drawn_book.site().keys()
