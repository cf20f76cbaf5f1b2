"""A catalog that cannot be read as it stands stops the build, by its line; no page falls back to English unsaid."""

import pytest

from book.project.errors import BuildError
from book.translate.catalogs import load

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: tr\\n"\n\n'
ENTRY = 'msgid "The page"\nmsgstr "İlk sayfa"\n'
SIDES = '<<<<<<< HEAD\nmsgstr "İlk sayfa"\n=======\nmsgstr "Birinci sayfa"\n>>>>>>> other\n'


@pytest.mark.fast
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (f'{HEAD}msgid "The page"\n{SIDES}'.encode(), r"page.po, line 7: has the mark of a merge: <<<<<<<"),
        (f"<<<<<<< HEAD\n{HEAD}=======\n>>>>>>> other\n".encode(), r"page.po, line 1: has the mark of a merge"),
        ((HEAD + ENTRY).encode("cp1254"), "can't decode byte"),
        ((HEAD + ENTRY).encode("utf-16"), "can't decode byte"),
        ((HEAD + ENTRY).encode("utf-8-sig"), "page.po, line 1: "),
        ((HEAD + ENTRY)[:-22].encode(), "page.po, line 6: missing msgstr"),
        (f"{HEAD}{ENTRY}=======\n".encode(), "page.po, line 8: "),
        (b"", "page.po: is empty"),
        (b"\n\n", "page.po: is empty"),
    ],
)
def test_a_catalog_that_cannot_be_read_is_named_with_its_line(tmp_path, data, words):
    (tmp_path / "page.po").write_bytes(data)
    with pytest.raises(BuildError, match=words) as problem:
        load(tmp_path / "page.po", "tr")
    assert "→" in str(problem.value)


@pytest.mark.fast
@pytest.mark.parametrize("encoding", ["UTF-8", "CP1254"])
def test_a_catalog_has_the_encoding_that_it_names(tmp_path, encoding):
    (tmp_path / "page.po").write_bytes((HEAD + ENTRY).replace("UTF-8", encoding).encode(encoding))
    assert load(tmp_path / "page.po", "tr")["The page"].string == "İlk sayfa"
