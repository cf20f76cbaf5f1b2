"""Promises of settings: each of Jupyter Book's is honoured, or refused by name with the reason and the way out."""

import inspect
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

import conftest
from book.project import page_settings, places, settings, source
from book.project.errors import BuildError
from conftest import FRONT_MATTER, ROOT, SmallBook, assert_fails

PART = "\n(second)=\n## A part\n"  # the first page points there
CELL = "\n```{{code-cell}} python3\n{}\n```\n"


def configure(book: SmallBook, **sections) -> None:
    """Change settings of the book's `_config.yml`; `sphinx_config` are those below sphinx: config:."""
    data = yaml.safe_load(book.read("_config.yml"))
    for name, content in sections.items():
        if name == "sphinx_config":
            data["sphinx"]["config"] |= content
        elif isinstance(content, dict):
            data[name] = data.get(name, {}) | content
        else:
            data[name] = content
    book.write("_config.yml", yaml.safe_dump(data, sort_keys=False))


def page(title: str, *cells: str, **mystnb) -> str:
    """A page with these cells, and with settings of its own."""
    own = f"mystnb: {json.dumps(mystnb)}\n" if mystnb else ""
    return FRONT_MATTER.replace("---\n", f"---\n{own}", 1) + f"\n# {title}\n" + "".join(map(CELL.format, cells))


def complaints(book: SmallBook) -> str:
    """What is said against the settings of a book, before anything runs."""
    try:
        source.pages(book.root)
    except BuildError as problem:
        return str(problem)
    except ExceptionGroup as group:
        return "\n".join(map(str, group.exceptions))
    return ""


def build(book: SmallBook) -> str:
    """Build; return what it printed."""
    result = book.run("book")
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def text_of(book: SmallBook, name: str) -> str:
    """A built page without its styles."""
    html = (book.root / "_build" / "html" / "pages" / f"{name}.html").read_text("utf8")
    return re.sub(r"<style>.*?</style>", "", html, flags=re.S)


# The table


@pytest.mark.fast
def test_every_setting_of_jupyter_book_is_in_the_table():
    from jupyter_book import config

    schema = json.loads(config.PATH_JSON_SCHEMA.read_text("utf8"))
    default = yaml.safe_load(config.PATH_YAML_DEFAULT.read_text("utf8"))

    def names(properties, above=""):
        for key, content in properties.items():
            inner = content.get("properties")
            yield from names(inner, f"{above}{key}.") if inner else [f"{above}{key}"]

    asked_for = set(re.findall(r'"(\w+)" in (?:yaml|html|parse)\b', inspect.getsource(config.yaml_to_sphinx)))
    known = {*settings.HONOURED, *settings.REFUSED}
    last = {name.split(".")[-1] for name in known}
    assert set(names(schema["properties"])) <= known
    assert {name for name, _content in settings.written(default)} <= known
    assert asked_for - {"launch_buttons", "latex"} <= last


@pytest.mark.fast
def test_every_setting_of_how_a_page_is_executed_is_read():
    from myst_nb.core.config import NbParserConfig

    known = {one.name for one in fields(NbParserConfig) if one.name.startswith("execution_")}
    read = set(re.findall(r"\bexecution_\w+", Path(page_settings.__file__).read_text("utf8")))
    assert known <= read


@pytest.mark.fast
def test_what_lies_in_static_is_known_as_the_engines():
    """Whatever else lies there is an author's, and every page loads it."""
    names = [path.name for path in (ROOT / "_static").iterdir()]
    assert [name for name in names if not places.is_of_the_engine(name)] == ["favicon.svg"]


@pytest.mark.fast
def test_this_books_own_settings_are_all_honoured():
    source.config(ROOT)


# Refused


def test_what_is_refused_is_named_with_its_reason(small_book):
    configure(
        small_book,
        only_build_toc_files=False,
        execute={"execute_notebooks": "inline", "raise_on_error": False, "eval_regex": "^.*$"},
        html={
            "analytics": {"google_analytics_id": "G-1"},
            "comments": {"hypothesis": True},
            "extra_navbar": "Made here",
            "titel": "Book",
        },
        latex={"latex_engine": "xelatex"},
        launch_buttons={"binderhub_url": "https://mybinder.org", "thebe": True},
        parse={"myst_dmath_double_inline": True},
        bibtex_reference_style="author_year",
        sphinx_config={"html_theme": "furo", "mathjax_path": "x.js", "latex_elements": {}, "html_file_suffix": ".htm"},
    )
    message = assert_fails(
        small_book,
        "_config.yml, only_build_toc_files: is refused",
        "execute: raise_on_error: is refused",
        "execute: eval_regex: is refused",
        "html: analytics: google_analytics_id: is refused: it loads a script from another host",
        "html: comments: hypothesis: is refused",
        "html: extra_navbar: is refused",
        "html: titel: is refused: Jupyter Book has no such setting",
        "latex: latex_engine: is refused",
        "launch_buttons: binderhub_url: is refused",
        "launch_buttons: thebe: is refused",
        "parse: myst_dmath_double_inline: is refused",
        "bibtex_reference_style: is refused",
        "sphinx: config: html_theme: is refused",
        "sphinx: config: mathjax_path: is refused",
        "sphinx: config: latex_elements: is refused",
        "sphinx: config: html_file_suffix: is refused",
    )
    assert message.count("→") == 16


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"logo": "nowhere.png"}, ["logo", "there is no file nowhere.png"]),
        ({"html": {"favicon": "https://example.org/icon.png"}}, ["html: favicon", "another host"]),
        ({"html": {"announcement": '<script src="x.js"></script>'}}, ["html: announcement", "<script>"]),
        ({"html": {"announcement": "https://example.org/news.html"}}, ["html: announcement", "another host"]),
        ({"html": {"extra_footer": '<img src="//example.org/a.png">'}}, ["html: extra_footer", "//example.org/a.png"]),
        ({"html": {"baseurl": "example.org"}}, ["html: baseurl", "https://"]),
        ({"bibtex_bibfiles": ["none.bib"]}, ["bibtex_bibfiles", "none.bib"]),
        ({"sphinx": {"extra_extensions": ["sphinx_nothing"]}}, ["sphinx: extra_extensions", "sphinx_nothing"]),
        ({"sphinx_config": {"html_js_files": ["https://example.org/a.js"]}}, ["html_js_files", "another host"]),
        ({"sphinx_config": {"html_css_files": [["https://example.org/a.css", {}]]}}, ["html_css_files", "a.css"]),
        ({"sphinx_config": {"language": "de"}}, ["language", "editions.yml"]),
        ({"title": "Another book"}, ["title", "Another book", "editions.yml"]),
        ({"copyright": "2026"}, ["copyright", "html_show_copyright"]),
        ({"execute": {"execute_notebooks": "inline"}}, ["execute_notebooks: inline", "{glue}"]),
        ({"execute": {"timeout": 1.5}}, ["_config.yml, execute", "execution_timeout"]),
        (
            {"html": {"use_issues_button": True}, "repository": {"url": "https://example.org/o/r"}},
            ["use_issues_button", "https://example.org/o/r"],
        ),
        ({"html": {"use_edit_page_button": True}}, ["repository"]),
        ({"sphinx_config": {"myst_sub_delimiters": 3}}, ["_config.yml", "sub_delimiters"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_value_that_leads_nowhere_is_named(small_book, changes, words):
    configure(small_book, **changes)
    message = complaints(small_book)
    assert all(word in message for word in words), message
    assert "→" in message


@pytest.mark.parametrize(
    ("mystnb", "words"),
    [
        ({"execution_mode": "inline"}, ["execution_mode: inline", "{glue}"]),
        ({"execution_mode": False}, ["execution_mode", "quotes"]),
        ({"execution_timeout": "long"}, ["execution_timeout"]),
        ({"execution_raise_on_error": False}, ["execution_raise_on_error", "raises-exception"]),
        ({"execution_cache_path": "mine"}, ["execution_cache_path", "execute: cache:"]),
        ({"eval_name_regex": ".*"}, ["eval_name_regex"]),
        ({"execution_tiemout": 3}, ["execution_tiemout"]),
    ],
)
def test_a_setting_of_a_page_that_is_not_followed_is_named(small_book, mystnb, words):
    small_book.write("pages/second.md", page("Second", "1", **mystnb))
    message = complaints(small_book)
    assert all(word in message for word in ["pages/second.md, front matter", *words]), message


def test_a_list_of_tasks_beside_code_is_named(small_book):
    """Jupyter Book's own list of MyST's extensions has it, and Jupyter Book stops there without a page's name."""
    configure(small_book, parse={"myst_enable_extensions": ["dollarmath", "tasklist"]})
    small_book.add("pages/second.md", "\n- [ ] to do\n")
    assert_fails(small_book, "pages/second.md, line 21: has a list of tasks")


def test_a_setting_that_no_extension_has_is_named(built_book):
    configure(built_book, sphinx_config={"copybutton_prompt_text": ">>> "})
    assert_fails(built_book, "_config.yml, sphinx: config: copybutton_prompt_text", "extra_extensions")


# Executed as the settings say


@pytest.fixture(scope="module")
def executed(tmp_path_factory) -> SmallBook:
    """A book whose pages are executed in several ways, built once; not to be changed."""
    book = SmallBook(tmp_path_factory.mktemp("executed") / "book")
    pages = {
        "off": page("Off", 'print("never", 1 + 1)', execution_mode="off"),
        "excluded": page("Excluded", 'print("never", 1 + 1)'),
        "errors": page("Errors", "1 / 0", 'print("after it", 1 + 1)', execution_allow_errors=True),
        "temporary": page("Temporary", "from pathlib import Path\nprint(len(list(Path().iterdir())), 'files')",
                          execution_in_temp=True, execution_timeout=-1),
        "quiet": page("Quiet", 'import sys\nprint("shown", file=sys.stderr)', output_stderr="show")
        + CELL.format('---\nmystnb:\n  output_stderr: remove\n---\nprint("hidden", file=sys.stderr)'),
    }  # fmt: skip
    for name, text in pages.items():
        book.write(f"pages/{name}.md", text)
    book.add("_toc.yml", "".join(f"- file: pages/{name}\n" for name in pages))
    configure(book, execute={"exclude_patterns": ["pages/excl*.md"]})
    assert "5 of 7 notebooks executed" in build(book)
    return book


def test_a_page_that_is_not_executed_shows_no_outputs(executed):
    for name in ("off", "excluded"):
        html = text_of(executed, name)
        assert "1 + 1" in re.sub("</?t-.*?>", "", html)
        assert "never 2" not in html
        assert "cell_output" not in html


def test_an_error_that_is_allowed_is_shown_and_stops_nothing(executed):
    html = text_of(executed, "errors")
    assert "ZeroDivisionError" in html
    assert "after it 2" in html


def test_a_page_runs_in_a_temporary_folder(executed):
    assert "0 files" in text_of(executed, "temporary")


def test_what_is_written_to_stderr_is_shown_as_the_page_says(executed):
    html = text_of(executed, "quiet")
    assert re.search(r'class="output stderr[^>]*>\s*<pre>shown', html)
    assert "<pre>hidden" not in html


def test_a_changed_setting_executes_what_depends_on_it(executed, tmp_path):
    book = copied(executed, tmp_path)
    before = book.site()
    configure(book, execute={"execute_notebooks": "off"})
    assert "0 of 7 notebooks executed" in build(book)
    assert not any("cell_output" in text_of(book, name) for name in ("first", "errors", "quiet"))
    configure(book, execute={"execute_notebooks": "auto"})
    assert "0 of 7 notebooks executed" in build(book), "what was known is known"
    assert book.site() == before
    book.write("pages/errors.md", book.read("pages/errors.md").replace("true", "false"))
    assert_fails(book, "pages/errors.md, code cell 1", "ZeroDivisionError")
    configure(book, execute={"allow_errors": True})
    book.write("pages/errors.md", page("Errors", "1 / 0", 'print("after it", 1 + 1)'))
    build(book)
    assert "after it 2" in text_of(book, "errors")


def copied(book: SmallBook, folder: Path) -> SmallBook:
    """A copy of a built book, to be changed."""
    conftest.shutil.copytree(book.root, folder, dirs_exist_ok=True, symlinks=True)
    return SmallBook.existing(folder)


def test_force_executes_at_each_build(built_book):
    built_book.write("pages/second.md", page("Second", 'print("second", 6 * 7)', execution_mode="force") + PART)
    assert "1 of 2 notebooks executed" in build(built_book)
    before = built_book.site()
    assert "1 of 2 notebooks executed" in build(built_book)
    assert built_book.site() == before
    configure(built_book, execute={"execute_notebooks": "force"})
    assert "2 of 2 notebooks executed" in build(built_book)


def test_a_pages_own_timeout_and_traceback(built_book):
    built_book.write("pages/second.md", page("Second", "import time\ntime.sleep(30)", execution_timeout=1) + PART)
    assert_fails(built_book, "pages/second.md, code cell 1", "more than 1 s", "execution_timeout")
    configure(built_book, execute={"show_tb": True})
    built_book.write("pages/second.md", page("Second", "x = 1\nx / 0") + PART)
    assert "----> 2 x / 0" in built_book.run("book").stderr


def test_a_recorded_page_may_allow_errors(small_book):
    from jupytext import reads

    from book.execute.record import settings as recorded_by

    allowed = page("Errors", "1 / 0", execution_allow_errors=True)
    assert recorded_by(small_book.root, reads(allowed, fmt="md:myst")).allow_errors
    assert not recorded_by(small_book.root, reads(page("None", "1"), fmt="md:myst")).allow_errors
    configure(small_book, execute={"allow_errors": True})
    assert recorded_by(small_book.root, reads(page("None", "1"), fmt="md:myst")).allow_errors


# Shown as the settings say

CARD = """
As {cite}`knuth` says to {{ who }}.

````{grid}
```{grid-item}
In a grid.
```
````

```{bibliography}
```
"""


@pytest.fixture(scope="module")
def adorned(tmp_path_factory) -> SmallBook:
    """A book with every setting that adds something to its pages, built once; not to be changed."""
    book = SmallBook(tmp_path_factory.mktemp("adorned") / "book")
    book.write("_config.yml", book.read("_config.yml").replace("    html_show_copyright: false\n", ""))
    configure(
        book,
        copyright="2026",
        logo="_static/mine/logo.svg",
        bibtex_bibfiles=["refs.bib"],
        repository={"url": "https://github.com/owner/name", "path_to_book": "book", "branch": "trunk"},
        launch_buttons={"colab_url": "https://colab.research.google.com", "thebe": False},
        html={
            "favicon": "pages/icon.png",
            "baseurl": "https://book.example.org/first/",
            "announcement": "A <b>second</b> printing is out.",
            "extra_footer": '<p>Made at <a href="https://example.org">home</a>.</p>',
            "home_page_in_navbar": False,
            "use_edit_page_button": True,
            "use_issues_button": True,
            "use_repository_button": True,
        },
        parse={"myst_enable_extensions": ["dollarmath", "substitution"], "myst_substitutions": {"who": "the reader"}},
        sphinx={"extra_extensions": ["sphinx_design"], "local_extensions": {"book.render": ".", "shouting": "tricks"}},
        sphinx_config={
            "html_css_files": ["mine/look.css"],
            "html_js_files": [["look.js", {"async": "async"}]],
            "html_static_path": ["more"],
            "html_show_sourcelink": False,
        },
    )
    for folder in ("_static/mine", "more", "tricks"):
        (book.root / folder).mkdir()
    picture = (ROOT / "_static" / "card-en.png").read_bytes()
    for name in ("_static/mine/ground.png", "pages/icon.png"):
        (book.root / name).write_bytes(picture)
    book.write("_static/mine/logo.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"/>')
    book.write("_static/mine/look.css", "p { background: url(ground.png) }")
    book.write("_static/found.css", "p { color: teal }")
    book.write("_static/look.js", 'document.body.dataset.look = "yes"')
    book.write("more/paper.txt", "A file to be linked to.")
    book.write("tricks/shouting.py", "def setup(app):\n    app.add_css_file('shouting.css')\n" + SHOUTING)
    book.write("refs.bib", "@book{knuth, author={Knuth, Donald}, title={The Art}, publisher={AW}, year={1968}}\n")
    book.add("pages/second.md", CARD)
    build(book)
    return book


SHOUTING = """    app.connect("build-finished", write)


def write(app, exception):
    (app.outdir / "_static" / "shouting.css").write_text("h1 { text-transform: uppercase }")
"""


@pytest.mark.parametrize(
    "words",
    [
        'alt="Deep Learning Computation" style="display:block',
        "© 2026",
        '<link rel="icon" href="../_static/icon.png" type="image/png">',
        '<link rel="canonical" href="https://book.example.org/first/pages/second.html">',
        '<aside aria-label="Announcement"',
        "A <b>second</b> printing is out.</aside>",
        '<div><p>Made at <a href="https://example.org">home</a>.</p></div>',
        '<a href="https://github.com/owner/name">Repository</a>',
        '<a href="https://github.com/owner/name/edit/trunk/book/pages/second.md">Suggest an edit</a>',
        "owner/name/issues/new?title=Issue%20on%20page%20/pages/second.html",
        "says to the reader.",
        "<em>The Art</em>. AW, 1968.",
        "sd-row",
    ],
)
def test_a_page_shows_what_settings_add(adorned, words):
    assert words in text_of(adorned, "second")


def test_a_page_leaves_out_what_settings_take_away(adorned):
    html = text_of(adorned, "second")
    assert "Start page" not in html
    assert "Source (.md)" not in html


def test_styles_and_scripts_of_an_author_and_of_extensions_are_loaded(adorned):
    html, folder = text_of(adorned, "second"), adorned.root / "_build" / "html" / "_static"
    asked_for = re.findall(r'(?:href|src)="\.\./_static/([^"?]+\.(?:css|js))', html)
    added = ["sphinx-design.min.css", "shouting.css", "mine/look.css", "found.css", "design-tabs.js", "look.js"]
    for_scripts = ["documentation_options.js", "doctools.js"]  # Sphinx's; scripts of extensions ask for them
    assert sorted(asked_for) == sorted(["print.css", "site.js", *for_scripts, *added])
    published = [*asked_for, "mine/ground.png", "mine/logo.svg", "logo.svg", "icon.png", "paper.txt"]
    assert [name for name in published if not (folder / name).is_file()] == []
    assert re.search(r'<script src="../_static/look.js\?v=\w+" async="async"></script>', html)
    unused = {"basic.css", "searchtools.js", "pygments.css", "css", "js", "search"}
    assert not unused & {path.name for path in folder.iterdir()}


def test_a_bibliography_is_the_same_when_it_is_written_again(adorned, tmp_path):
    book = copied(adorned, tmp_path)
    notebook = (book.root / "_build/html/_notebooks/pages/second.ipynb").read_text("utf8")
    assert notebook.count("*The Art*. AW, 1968.") == 1
    book.add("refs.bib", "@book{other, author={Other, Ann}, title={Another}, publisher={AW}, year={1970}}\n")
    book.add("pages/second.md", "\n{cite}`other`\n")
    build(book)
    html = text_of(book, "second")
    assert html.count("<em>The Art</em>. AW, 1968.") == html.count("<em>Another</em>. AW, 1970.") == 1


def test_an_extension_that_loads_from_another_host_is_refused(built_book):
    (built_book.root / "tricks").mkdir()
    built_book.write("tricks/hosted.py", "def setup(app):\n    app.add_js_file('https://example.org/a.js')\n")
    configure(built_book, sphinx={"local_extensions": {"book.render": ".", "hosted": "tricks"}})
    assert_fails(built_book, "https://example.org/a.js is refused", "another host")


def test_what_settings_say_to_readers_is_translated(small_book):
    from book.translate.catalogs import words_of_the_extension

    configure(small_book, html={"announcement": "News!", "extra_footer": "The end."})
    assert {"News!", "The end."} <= words_of_the_extension(small_book.root)


# The table of contents


def test_an_address_and_a_second_title_are_in_the_menu(built_book):
    built_book.add("_toc.yml", "- url: https://example.org\n  title: Elsewhere\n")
    built_book.add("pages/second.md", "\n## A part\n\n# Another title\n\nText.\n")
    build(built_book)
    menu = re.search(r'<nav class="book".*?</nav>', text_of(built_book, "first"), re.S)[0]
    assert 'href="https://example.org">Elsewhere</a>' in menu
    assert 'href="second.html#another-title">Another title</a>' in menu
    beside = re.search(r'<nav class="page-toc".*?</nav>', text_of(built_book, "second"), re.S)[0]
    assert re.findall(r'href="#([\w-]+)"', beside) == ["a-part", "another-title"]


def test_sections_are_executed_and_shown_at_any_depth(built_book):
    for name in ("third", "fourth"):
        built_book.write(f"pages/{name}.md", page(name.title(), f"print('{name}', 1 + 1)"))
    built_book.add("_toc.yml", "  sections:\n  - file: pages/third\n    sections:\n    - file: pages/fourth.md\n")
    assert "2 of 4 notebooks executed" in build(built_book)
    assert "fourth 2" in text_of(built_book, "fourth")
    menu = re.search(r'<nav class="book".*?</nav>', text_of(built_book, "first"), re.S)[0]
    assert re.findall(r'data-number="([\d.]+)" href="(\w+)', menu)[-2:] == [("1.1", "third"), ("1.1.1", "fourth")]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("file: pages/lesson", ["pages/lesson.ipynb", "jupytext --to myst pages/lesson.ipynb"]),
        ("file: pages/lesson.ipynb", ["pages/lesson.ipynb", "jupytext --to myst pages/lesson.ipynb"]),
        ("file: pages/second", ["multiple times"]),
        ("file: pages/second.md", ["names pages/second.md 2 times"]),
        ("glob: pages/*", ["glob: pages/*", "file:"]),
        ("file: pages/old.rst", ["pages/old.rst", "Markdown"]),
    ],
)
def test_an_entry_that_is_no_page_is_refused_with_the_way_out(small_book, entry, words):
    small_book.write("pages/lesson.ipynb", "{}")
    small_book.write("pages/old.rst", "Old\n===\n")
    small_book.add("_toc.yml", f"- {entry}\n")
    message = complaints(small_book)
    assert all(word in message for word in ["_toc.yml", *words]), message
