"""Files that cannot be read as a book: the message names the file, its line and the way out."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from book.project import source
from book.project.errors import BuildError
from conftest import ENGLISH, assert_fails


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


TURKISH = {"code": "tr", "path": "tr", "notebooks": "tr", "title": "T", "name": "N"}


def refused(folder: Path, *entries: dict | str) -> str:
    """What is said against editions, in a book whose pages lie in pages/."""
    texts = [entry if isinstance(entry, str) else f"- {json.dumps(entry)}\n" for entry in entries]
    (folder / "editions.yml").write_text("".join(texts), "utf8")
    try:
        source.keep_apart(source.editions(folder), [SimpleNamespace(docname="pages/first")])
    except BuildError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("notebooks", value) for value in ("../../pages", "..", ".", "", "gettext", "pages", "a\0b", "con.")),
        *(("path", value) for value in ("../../evil", "/evil", "a/b", "a\\b", "_static", "search.html", "Pages", " ")),
        *(("code", value) for value in ("../x", "a.b", "", "en-")),
    ],
)
def test_an_edition_that_would_lie_elsewhere_is_refused(tmp_path, key, value):
    assert f"editions.yml, entry 2: {key}: " in refused(tmp_path, ENGLISH, TURKISH | {key: value})


def test_editions_that_would_lie_in_one_place_are_refused(tmp_path):
    """On some file systems, EN is en, and an é of one letter is one of two."""
    assert "the same notebooks" in refused(tmp_path, ENGLISH, TURKISH | {"notebooks": "EN"})
    second = TURKISH | {"code": "fr", "path": "fr", "notebooks": "fr"}
    assert "the same path" in refused(tmp_path, ENGLISH, TURKISH, second | {"path": "TR"})
    assert "no entry has an empty path" in refused(tmp_path, TURKISH)
    assert refused(tmp_path, ENGLISH, TURKISH | {"path": "日本語", "notebooks": "português-br"}) == ""


def test_what_would_be_written_elsewhere_is_not(built_book):
    """Neither a folder of an author's that would be emptied, nor another that a build would make."""
    fields = TURKISH | {"notebooks": "../../pages", "path": "../../evil"}
    built_book.add("editions.yml", f"- {json.dumps(fields)}\n")
    assert_fails(built_book, "editions.yml, entry 2: path: '../../evil' is refused")
    assert sorted(path.name for path in (built_book.root / "pages").iterdir()) == ["first.md", "second.md"]
    assert not (built_book.root / "evil").exists()


@pytest.mark.parametrize(
    "name",
    ["/other/pages/second", "../book/pages/second", "pages/../pages/second", "pages\\second", "C:/a", "./pages/second"],
)
def test_a_page_that_lies_elsewhere_is_refused(tmp_path, name):
    (tmp_path / "_toc.yml").write_text(f"format: jb-book\nroot: pages/first\nchapters:\n- file: {name}\n")
    with pytest.raises(BuildError, match=r"_toc.yml, line 4: .* is refused"):
        source.docnames(tmp_path)


@pytest.mark.parametrize("name", ["_toc.yml", "_config.yml", "editions.yml"])
def test_a_missing_file_is_named(built_book, name):
    (built_book.root / name).unlink()
    assert_fails(built_book, f"{name}: is missing")
