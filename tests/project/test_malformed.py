"""Files that cannot be read as a book: the message names the file, its line and the way out."""

import pytest

from conftest import assert_fails


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("_toc.yml", "format: jb-book\nroot: [\n", ["_toc.yml, line"]),
        ("_toc.yml", "- a list\n", ["_toc.yml"]),
        ("_toc.yml", "format: jb-book\nroot: pages/first\nchapters:\n- fil: pages/second\n", ["_toc.yml"]),
        (
            "_toc.yml",
            "format: jb-book\nroot: pages/first\nchapters:\n- file: pages/third\n",
            ["_toc.yml", "pages/third.md", "does not exist"],
        ),
        ("_config.yml", "title: [\n", ["_config.yml, line"]),
        ("_config.yml", "execute:\n  timeout: soon\n", ["_config.yml", "soon"]),
        ("editions.yml", "code: en\n", ["editions.yml", "list"]),
        ("editions.yml", "- code: en\n", ["editions.yml, entry 1", "fields"]),
        ("editions.yml", "- code: [\n", ["editions.yml, line"]),
        ("pages/second.md", "---\nkernelspec: [\n---\n# Title\n", ["pages/second.md, front matter, line"]),
        ("pages/second.md", "---\nkernelspec: x\n", ["pages/second.md, front matter", "does not end"]),
    ],
)
def test_a_malformed_file_is_named_with_its_line(built_book, name, text, words):
    built_book.write(name, text)
    assert_fails(built_book, *words)


@pytest.mark.parametrize("name", ["_toc.yml", "_config.yml", "editions.yml"])
def test_a_missing_file_is_named(built_book, name):
    (built_book.root / name).unlink()
    assert_fails(built_book, f"{name}: is missing")
