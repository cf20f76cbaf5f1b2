"""A catalog that cannot be read as it stands stops the build, by its line; no page falls back to English unsaid."""

import re

import pytest

from book.project.errors import BuildError
from book.project.source import Edition
from book.translate import catalogs
from book.translate.read import known_as, load

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: tr\\n"\n\n'
ENTRY = 'msgid "The page"\nmsgstr "İlk sayfa"\n'
OTHER = ENTRY.replace("İlk", "Birinci")
SIDES = '<<<<<<< HEAD\nmsgstr "İlk sayfa"\n=======\nmsgstr "Birinci sayfa"\n>>>>>>> other\n'
BROKEN = [
    (f'{HEAD}msgid "The page"\n{SIDES}'.encode(), r"page.po, line 7: has the mark of a merge: <<<<<<<"),
    (f'{HEAD}msgid "The page"\n{SIDES}'.replace("\n", "\r\n").encode(), r"page.po, line 7: has the mark of a merge"),
    (f"<<<<<<< HEAD\n{HEAD}=======\n>>>>>>> other\n".encode(), r"page.po, line 1: has the mark of a merge"),
    # The marks are taken out, and both sides have stayed
    (f"{HEAD}{ENTRY}\n{OTHER}".encode(), r"page.po, line 9: has 'The page' again, which stands in line 6"),
    (f'{HEAD}{ENTRY}msgstr "Birinci sayfa"\n'.encode(), r"page.po, line 8: has msgstr behind msgstr"),
    (f"{HEAD}{ENTRY}\n{HEAD}".encode(), r"page.po, line 9: has '' again, which stands in line 1"),
    (f"{HEAD}{ENTRY}=======\n".encode(), r"page.po, line 8: has what no catalog of the book has: ======="),
    # A slip in an editor
    ((HEAD + ENTRY)[:-2].encode(), r'page.po, line 7: has what no catalog of the book has: msgstr "İlk sayfa$'),
    ((HEAD + ENTRY).replace('"The', "The").encode(), r"page.po, line 6: has what no catalog of the book has"),
    ((HEAD + ENTRY).replace("İlk", 'İlk "bir"').encode(), r"page.po, line 7: has what no catalog of the book has"),
    ((HEAD + ENTRY).replace("İlk", r"$\quad$").encode(), r"page.po, line 7: has what no catalog of the book has"),
    ((HEAD + ENTRY).replace("msgstr", "msgst").encode(), r"page.po, line 2: has what no catalog"),
    (f'{HEAD}msgid "One"\n{ENTRY}'.encode(), r"page.po, line 7: has msgid behind msgid"),
    (f'msgstr "Bir"\n{HEAD}{ENTRY}'.encode(), r"page.po, line 1: has msgstr behind nothing"),
    (f'"Bir"\n{HEAD}{ENTRY}'.encode(), r"page.po, line 1: "),
    ((HEAD + ENTRY).replace("\nmsgstr", "\n# a note\nmsgstr").encode(), r"page.po, line 1: missing msgstr"),
    ((HEAD + ENTRY).replace("Language:", 'POT-Creation-Date: today\\n"\n"Language:').encode(), r"page.po, line 1: "),
    # A file that was cut off
    ((HEAD + ENTRY)[:-19].encode(), r"page.po, line 6: ends behind msgid, without a msgstr"),
    (f'{HEAD}{ENTRY}msgctxt "code"\n'.encode(), r"page.po, line 8: ends behind msgctxt, without a msgstr"),
    (b"# page: of whom\n", "page.po: is empty"),
    (b"\n\n", "page.po: is empty"),
    (b"", "page.po: is empty"),
    (b"\0" * 4096, r"page.po, line 1: has what no catalog of the book has"),
    # Another encoding than the one that it names
    ((HEAD + ENTRY).encode("cp1254"), r"page.po, line 7: is not UTF-8"),
    ((HEAD + ENTRY).encode("utf-16"), r"page.po, line 1: is UTF-16"),
    ((HEAD + ENTRY).encode("utf-8-sig"), r"page.po, line 1: is UTF-8 with a byte order mark"),
    (
        (HEAD + ENTRY).replace("UTF-8", "nosuch").encode(),
        r"page.po, line 3: names an encoding that nobody knows: nosuch",
    ),
    ((HEAD + ENTRY).replace("UTF-8", "ASCII").encode(), r"page.po, line 7: is not ASCII"),
]


@pytest.mark.fast
@pytest.mark.parametrize(("data", "words"), BROKEN)
def test_a_catalog_that_cannot_be_read_is_named_with_its_line(tmp_path, data, words):
    (tmp_path / "page.po").write_bytes(data)
    with pytest.raises(BuildError) as problem:
        load(tmp_path / "page.po", "tr")
    what, way_out = str(problem.value).split("\n  → ")
    assert re.search(words, what)
    assert way_out


@pytest.mark.fast
@pytest.mark.parametrize("data", [BROKEN[0][0], BROKEN[3][0], b""])
def test_nothing_is_merged_into_catalogs_of_which_one_is_broken(tmp_path, data):
    folder = tmp_path / "locale/tr/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "book.po").write_text(HEAD + ENTRY, "utf8")
    (folder / "page.po").write_bytes(data)
    editions = [Edition("en", "", "en", "A book", "English"), Edition("tr", "tr", "tr", "Kitap", "Türkçe")]
    with pytest.raises(BuildError, match=r"page\.po"):
        catalogs.refresh(tmp_path, editions)
    assert (folder / "page.po").read_bytes() == data
    assert (folder / "book.po").read_text("utf8") == HEAD + ENTRY


@pytest.mark.fast
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["UTF-8", "CP1254"])
def test_a_catalog_has_the_encoding_that_it_names(tmp_path, encoding, ends):
    """In what stands above its head, too; and it is written back in UTF-8, which has every letter of the English."""
    path = tmp_path / "page.po"
    text = f"# Sayfa: Türkçe, ığş\n{HEAD}{ENTRY}".replace("UTF-8", encoding).replace("\n", ends)
    path.write_bytes(text.encode(encoding))
    catalog = load(path, "tr")
    assert catalog["The page"].string == "İlk sayfa"
    catalog.add("2 → 3", "2 → 3")
    catalogs.save(path, catalog)
    assert [load(path, "tr")[text].string for text in ("The page", "2 → 3")] == ["İlk sayfa", "2 → 3"]


@pytest.mark.fast
def test_what_other_programs_write_into_a_catalog_is_read(tmp_path):
    """An entry that is not used any more, with its former text; one that is fuzzy; a text over several lines."""
    obsolete = '#, fuzzy\n#~| msgctxt "code"\n#~| msgid "Was"\n#~ msgid "Gone"\n#~ msgstr "Gitti"\n\n'
    fuzzy = '#, fuzzy\n#| msgid "Old"\nmsgctxt "code"\nmsgid "The page"\nmsgstr  ""\n  "İlk "\n"\\"sayfa\\"\\n"\n\n'
    (tmp_path / "page.po").write_text(HEAD + obsolete * 2 + ENTRY + obsolete + fuzzy + "#~\n", "utf8")
    catalog = load(tmp_path / "page.po", "tr")
    assert catalog["The page"].string == "İlk sayfa"
    assert not catalog["The page"].fuzzy
    assert catalog.get("The page", "code").string == 'İlk "sayfa"\n'
    assert catalog.get("The page", "code").fuzzy


@pytest.mark.fast
def test_the_code_of_a_language_may_be_written_in_either_way():
    assert [known_as(code) for code in ("pt_BR", "pt-br", "sr@latin", "xx")] == ["pt_BR", "pt_br", "sr@latin", "xx"]
    for code in ("a b", "..", "xx!", ""):
        with pytest.raises(BuildError, match=r"editions\.yml: code: .* is no name of a language"):
            known_as(code)
