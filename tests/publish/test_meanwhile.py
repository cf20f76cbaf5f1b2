"""Files that are written while a book is built, and files that lie where nobody looks for sources."""

import shutil
import time

import pytest
from test_faults import busy

from book.build import is_built
from book.project.inputs import Inputs
from conftest import SmallBook

SLEEP = "import time\ntime.sleep(3)"


def executing(book: SmallBook):
    """A build of the book that has begun to execute."""
    process, deadline = book.start("book", PYTHONUNBUFFERED="1"), time.monotonic() + 60
    while time.monotonic() < deadline and not busy(process.pid, "ipykernel"):
        time.sleep(0.05)
    return process


def end(process) -> str:
    """What a build has printed that came to a good end."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    return out


def test_what_is_edited_while_a_page_executes_is_built_and_undone_it_is_as_before(built_book):
    """A cell of another page, the prose of that page, and a new page; then all of it taken back."""
    built_book.add_cell(SLEEP, "pages/first.md")
    first, second, toc = (built_book.read(name) for name in ("pages/first.md", "pages/second.md", "_toc.yml"))
    process = executing(built_book)
    built_book.write("pages/second.md", second.replace("6 * 7", "6 * 8"))
    built_book.write("pages/first.md", first.replace("It has a formula", "Another sentence with a formula"))
    built_book.write("pages/third.md", "# A third page\n")
    built_book.add("_toc.yml", "- file: pages/third\n")
    out = end(process)
    assert "changed while the book was built: building again" in out
    assert b"second 48" in built_book.site()["pages/second.html"]
    assert b"Another sentence" in built_book.site()["pages/first.html"]
    assert "pages/third.html" in built_book.site()
    for name, text in {"pages/first.md": first, "pages/second.md": second, "_toc.yml": toc}.items():
        built_book.write(name, text)
    assert end(built_book.start("book"))
    assert b"second 42" in built_book.site()["pages/second.html"]
    assert b"It has a formula" in built_book.site()["pages/first.html"]
    assert "pages/third.html" not in built_book.site()


MEDDLING = """
from pathlib import Path
data, done = Path("data.csv"), Path("../_build/done")

def seen():
    if done.exists():
        return data.read_text()
    done.touch()
    data.write_text("new")
    found = data.read_text()
    data.write_text("old")
    return found
"""


def test_data_that_are_another_for_a_moment_are_not_kept_under_the_key_of_what_they_were(small_book):
    small_book.write("pages/data.csv", "old")
    small_book.write("pages/meddling.py", MEDDLING)  # an author's hand, as far as the code of the cell tells
    small_book.add_cell("import meddling\nprint('data:', meddling.seen())")
    assert "pages/data.csv changed while the book was built: building again" in end(small_book.start("book"))
    assert b"data: old" in small_book.site()["pages/second.html"]
    assert "0 of 2 notebooks executed" in end(small_book.start("book"))


def test_a_page_that_writes_beside_itself_is_executed_twice_at_most_and_then_known(small_book):
    small_book.add_cell("open('written.txt', 'w').write('the same')")
    end(small_book.start("book"))
    assert "0 of 2 notebooks executed" in end(small_book.start("book"))
    small_book.add_cell("import uuid\nprint(open('other.txt', 'w').write(str(uuid.uuid4())))")
    assert "pages/other.txt changed each time that pages were executed" in end(small_book.start("book"))


LATE = """
from pathlib import Path
page, done = Path("pages/second.md"), Path("_build/done")

def setup(app):
    app.connect("env-before-read-docs", lambda app, env, names: edit("Back", "Forth"))
    app.connect("build-finished", lambda app, problem: (edit("Forth", "Back"), done.touch()))

def edit(old, new):
    if not done.exists():
        page.write_text(page.read_text().replace(old, new))
"""


def test_what_is_another_for_a_moment_while_pages_are_made_is_not_shown(small_book):
    """By an extension, which knows the moment: Sphinx reads the other text, and at the end it is as it was."""
    (small_book.root / "tricks").mkdir()
    small_book.write("tricks/late.py", LATE)
    settings = small_book.read("_config.yml").replace("local_extensions:", "local_extensions:\n    late: tricks")
    small_book.write("_config.yml", settings)
    assert "pages/second.md changed while the book was built: building again" in end(small_book.start("book"))
    assert b"Back to" in small_book.site()["pages/second.html"]
    assert b"Forth" not in small_book.site()["pages/second.html"]


@pytest.fixture
def far_flung(tmp_path) -> SmallBook:
    """A book made of files in places where nobody looks for sources; built."""
    book = SmallBook(tmp_path / "above" / "book")
    for folder in ("tools", "tests", "common", ".hidden"):
        (book.root / folder).mkdir()
    for name in FAR:
        book.write(name, "1\n")
    (book.root / "pages/data").symlink_to("../common")
    (book.root / "common/again").symlink_to(".")
    book.write("intro.md", "# Intro\n\nA 1.\n")
    book.add("_toc.yml", "- file: intro\n")
    book.add("pages/first.md", "\n```{include} ../README.md\n```\n\n```{literalinclude} ../tools/shown.py\n```\n")
    book.add_cell("print([open(name).read() for name in ('../tests/d.csv', '.conf.csv', '../.hidden/h')])")
    book.add_cell("from pathlib import Path\nprint([one.read_text() for one in sorted(Path('data').glob('*.csv'))])")
    book.add_cell("print(open('../../up.txt').read(), open('first.md').read()[-9:])")
    end(book.start("book"))
    return book


FAR = ["README.md", "tools/shown.py", "tests/d.csv", "pages/.conf.csv", ".hidden/h", "common/s.csv", "../up.txt"]


def test_a_file_that_lies_elsewhere_is_seen_to_change(far_flung):
    assert is_built(Inputs.read(far_flung.root))
    for name in [*FAR, "intro.md"]:
        text = far_flung.read(name)
        far_flung.write(name, text.replace("1", "2"))
        assert not is_built(Inputs.read(far_flung.root)), name
        far_flung.write(name, text)
        assert is_built(Inputs.read(far_flung.root)), name
    far_flung.write("pages/first.md", far_flung.read("pages/first.md").replace("\n```\n", "\n```\n\nThe end.\n"))
    for name in [*FAR, "intro.md"]:
        far_flung.write(name, far_flung.read(name).replace("1", "2"))
    assert "2 of 2 notebooks executed" in end(far_flung.start("book")), "what is linked lies beside both"
    clean = SmallBook.existing(far_flung.root.with_name("clean"))
    shutil.copytree(far_flung.root, clean.root, symlinks=True, ignore=shutil.ignore_patterns("_build"))
    end(clean.start("book"))
    assert far_flung.site() == clean.site()
