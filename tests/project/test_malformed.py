"""Files that cannot be read as a book: the message names the file, its line and the way out."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from book.execute.store import Store
from book.project import source, strict
from book.project.errors import BuildError
from book.project.inputs import Inputs
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
        ("pages/second.md", "", ["pages/second.md", "is empty: it has no title"]),
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


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("_config.yml", "title: A\nhtml:\n  favicon: a\nhtml: {}\n", "_config.yml, line 4: .*html stands there twice"),
        ("_config.yml", "title: A\nhtml: {logo: a, logo: b}\n", "line 2: .*logo stands there twice"),
        ("_toc.yml", "root: a\nroot: b\n", "_toc.yml, line 2: .*root stands there twice"),
        ("editions.yml", "- code: en\n  code: tr\n", "editions.yml, line 2: .*code stands there twice"),
        ("_config.yml", "title: 2026-99-99\n", "_config.yml: not valid YAML: month"),
    ],
)
def test_what_yaml_would_drop_or_not_understand_is_named(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(BuildError, match=words):
        source.read_yaml(tmp_path / name)


def test_keys_that_come_by_a_reference_are_no_second_ones():
    assert strict.load("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3\n")["b"] == {"x": 3, "y": 2}
    with pytest.raises(yaml.YAMLError, match="twice"):
        strict.load("mystnb: {execution_mode: auto, execution_mode: force}")


def test_a_pipe_in_the_place_of_a_page_keeps_nobody_waiting(small_book):
    (small_book.root / "pages/second.md").unlink()
    os.mkfifo(small_book.root / "pages/second.md")
    with pytest.raises(BuildError, match=r"pages/second.md: is no file"):
        source.pages(small_book.root)


def test_a_page_that_settings_exclude_is_named(small_book):
    small_book.write("_config.yml", small_book.read("_config.yml").replace('".*", ', '".*", "pages/sec*", '))
    with pytest.raises(BuildError, match=r"exclude_patterns: pages/sec\*: excludes pages/second.md"):
        source.pages(small_book.root)


def test_packages_that_are_not_in_utf8_are_named(small_book):
    (small_book.root / "requirements.txt").write_bytes(b"torch\n# \xe9\n")
    with pytest.raises(BuildError, match=r"requirements.txt, line 2: is not UTF-8"):
        Store(Inputs.read(small_book.root), small_book.root / "cache")


@pytest.mark.fast
def test_a_mapping_that_is_merged_twice_over_has_no_key_twice():
    text = "a: &a {x: 1}\ndeep: {mid: &b {<<: *a, x: 2}}\ntop: {<<: *b}\n"
    assert strict.load(text) == yaml.safe_load(text)
