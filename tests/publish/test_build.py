"""Promises of the build: it does what is needed and no more."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT


def changed(before: dict, after: dict, suffix: str) -> set[str]:
    """Names of the files with this suffix that differ between two sites."""
    return {
        name for name in before.keys() | after.keys() if name.endswith(suffix) and before.get(name) != after.get(name)
    }


def test_a_second_build_executes_nothing_and_changes_nothing(built_book):
    before = built_book.site()
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "0 of 2 notebooks executed" in result.stdout
    assert built_book.site() == before


def test_an_edited_paragraph_rebuilds_its_page_only_and_executes_nothing(built_book):
    assert built_book.run("book").returncode == 0  # in this folder, which is a copy
    before, times = built_book.site(), page_times(built_book)
    built_book.add("pages/first.md", "\nOne more paragraph.\n")
    result = built_book.run("book")
    assert "0 of 2 notebooks executed" in result.stdout, result.stderr
    assert changed(before, built_book.site(), ".html") == {"pages/first.html", "search.html"}, "it names the new index"
    after = page_times(built_book)
    assert {name for name in after if after[name] != times[name]} == {"first.html"}


def page_times(book) -> dict[str, int]:
    """When Sphinx last wrote each page."""
    folder = book.root / "_build" / "work" / "en" / "html" / "pages"
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.html")}


def test_an_edited_cell_executes_its_page_only(built_book):
    built_book.add_cell("print('new output')")
    result = built_book.run("book")
    assert "1 of 2 notebooks executed" in result.stdout, result.stderr
    assert b"new output" in built_book.site()["pages/second.html"]


def test_two_builds_of_the_same_source_are_the_same_bytes(built_book):
    before = built_book.site()
    assert built_book.run("clean").returncode == 0
    assert built_book.run("book").returncode == 0
    assert built_book.site() == before


def test_a_page_taken_out_of_the_toc_leaves_the_site(built_book):
    built_book.write("pages/first.md", built_book.read("pages/first.md").replace("{ref}`second`", "nothing"))
    built_book.write("_toc.yml", "format: jb-book\nroot: pages/first\n")
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "pages/second.html" not in built_book.site()


def test_a_log_gets_plain_lines_with_notebook_cells_and_seconds(small_book):
    lines = small_book.run("book").stdout.splitlines()
    assert "executing pages/first: 1 cells" in lines
    assert any(re.fullmatch(r"executed pages/first in \d+\.\d s", line) for line in lines)
    assert not any("\x1b" in line for line in lines)


def test_a_terminal_gets_a_progress_bar(small_book):
    terminal, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "book.cli", "book"],
        cwd=small_book.root,
        stdout=inner,
        stderr=inner,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(inner)
    shown = b""
    try:
        while block := os.read(terminal, 4096):
            shown += block
    except OSError:  # Linux: the other end was closed
        pass
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert re.search(r"pages/first .*1/1 cells 0:00:\d\d", text)


def test_without_a_repository_there_is_no_colab_button_and_the_build_says_so(built_book):
    result = built_book.run("book")
    assert "No GitHub repository known" in result.stdout
    assert b"colab.research.google.com" not in built_book.site()["pages/first.html"]


def test_the_colab_button_opens_the_exported_notebook(built_book):
    result = built_book.run("book", BOOK_REPOSITORY="octo/deep-book")
    assert result.returncode == 0, result.stderr
    page = built_book.site()["pages/first.html"].decode()
    assert 'href="https://colab.research.google.com/github/octo/deep-book/blob/notebooks/en/pages/first.ipynb"' in page
    assert (built_book.root / "_build/notebooks/en/pages/first.ipynb").is_file()
    assert '<link rel="canonical" href="https://octo.github.io/deep-book/pages/first.html"' in page


def test_a_page_offers_its_notebook_as_a_download(built_book):
    site = built_book.site()
    assert b'href="../_notebooks/pages/first.ipynb"' in site["pages/first.html"]
    exported = built_book.root / "_build/notebooks/en/pages/first.ipynb"
    assert site["_notebooks/pages/first.ipynb"] == exported.read_bytes()


def test_a_second_edition_is_an_entry_in_editions_yml(built_book):
    built_book.add("editions.yml", "- code: tr\n  path: tr\n  notebooks: tr\n  title: Deneme\n  name: Türkçe\n")
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "0 of 4 notebooks executed" in result.stdout
    assert '<html lang="tr"' in built_book.site()["tr/pages/first.html"].decode()
    assert (built_book.root / "_build/notebooks/tr/pages/first.ipynb").is_file()


def test_plain_jupyter_book_builds_the_real_book_without_warnings(html, tmp_path):
    command = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "-W", "-n", "--keep-going"]
    result = subprocess.run([*command, "--path-output", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "WARNING" not in result.stdout + result.stderr
    assert list(tmp_path.rglob("html/chapter_computation/model-construction.html"))


def test_make_help_lists_every_target_of_the_makefile():
    targets = re.search(r"^COMMANDS := (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    result = subprocess.run([sys.executable, "-m", "book.cli", "help"], cwd=ROOT, capture_output=True, text=True)
    listed = re.findall(r"^  (\S+)", result.stdout, re.M)
    assert sorted(listed) == sorted(targets)


def test_the_notebooks_are_pushed_to_their_branch(built_book, tmp_path_factory):
    remote = tmp_path_factory.mktemp("remote")
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
    for _ in range(2):  # the second push replaces the first
        result = built_book.run("publish-notebooks", BOOK_REMOTE=str(remote))
        assert result.returncode == 0, result.stderr
    git = ["git", "-C", remote]
    files = subprocess.run([*git, "ls-tree", "-r", "--name-only", "notebooks"], capture_output=True, text=True).stdout
    assert files.split() == ["en/pages/first.ipynb", "en/pages/second.ipynb"]
    commits = subprocess.run([*git, "rev-list", "--count", "notebooks"], capture_output=True, text=True).stdout
    assert commits == "1\n"
