"""Files that people write and no program can read as they stand: another encoding, a merge that is not finished."""

import codecs
import subprocess

import pytest

from book.project.errors import BuildError
from book.project.source import read_text
from conftest import ROOT, assert_fails

TEXT = "---\na: b\n---\n# Größe\n"
MARKS = "<<<<<<< HEAD\nOne.\n=======\nTwo.\n>>>>>>> other\n"


@pytest.mark.fast
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (TEXT.encode("latin-1"), "page.md, line 4: is not UTF-8"),
        (TEXT.encode("cp1254"), "page.md, line 4: is not UTF-8"),
        (TEXT.encode("utf-16"), "page.md: is UTF-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "page.md: is UTF-16"),
        ("---\na: b\n".encode("utf-16-le"), "page.md, line 1: is not UTF-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "page.md: is UTF-8 with a byte order mark"),
        (f"{TEXT}\n{MARKS}".encode(), "page.md, line 6: has the mark of a merge: <<<<<<<"),
        (f"{TEXT}\nOne.\n>>>>>>> other\n".encode(), "page.md, line 7: has the mark of a merge: >>>>>>>"),
    ],
)
def test_a_text_that_cannot_be_read_is_named_with_its_line(tmp_path, data, words):
    (tmp_path / "page.md").write_bytes(data)
    with pytest.raises(BuildError, match=words) as problem:
        read_text(tmp_path / "page.md", "page.md")
    assert "→" in str(problem.value)


@pytest.mark.fast
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_text_is_the_same_whatever_ends_its_lines(tmp_path, ends):
    text = TEXT + "A title\n=======\n> > >\na <<<<<<< b\n"
    (tmp_path / "page.md").write_bytes(text.replace("\n", ends).encode())
    assert read_text(tmp_path / "page.md", "page.md") == text


@pytest.mark.parametrize("name", ["pages/second.md", "_toc.yml"])
def test_a_merge_that_is_not_finished_stops_the_build(built_book, name):
    built_book.add(name, f"\n{MARKS}")
    assert_fails(built_book, f"{name}, line", "has the mark of a merge", "Keep one of the two sides")


def test_a_page_in_another_encoding_stops_the_build(built_book):
    path = built_book.root / "pages/second.md"
    path.write_bytes(f"{built_book.read('pages/second.md')}\nGröße\n".encode("latin-1"))
    assert_fails(built_book, "pages/second.md, line 21: is not UTF-8", "Save the file in UTF-8")


@pytest.mark.fast
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout of git's")
def test_a_checkout_on_windows_has_the_same_bytes(tmp_path):
    checkout = ["git", "-c", "core.autocrlf=true", "checkout-index", "--all", f"--prefix={tmp_path}/"]
    subprocess.run(checkout, cwd=ROOT, check=True)
    texts = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix not in (".png", ".woff2")]
    assert texts
    assert [path for path in texts if b"\r\n" in path.read_bytes()] == []
