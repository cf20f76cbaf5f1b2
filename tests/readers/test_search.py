"""Promises of the search: a message that is pasted as it is finds its entry, words find their section."""

import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from book.project import source
from conftest import ROOT

HERE = Path(__file__).parent
PASTES = [(one["entry"], one["text"]) for one in yaml.safe_load((HERE / "pastes.yml").read_text("utf8"))]
QUERIES = yaml.safe_load((HERE / "queries.yml").read_text("utf8"))
ANSWERED = [
    (one["words"], one["anchor"])
    for one in yaml.safe_load((HERE / "questions.yml").read_text("utf8"))
    if one["covered"] == "full"
]
NEAR = 5  # results that a reader looks at
EDITIONS = {edition.notebooks: f"{edition.path}/".lstrip("/") for edition in source.editions(ROOT)}
OTHERS = [edition for edition in EDITIONS if edition != "en"]
SAMPLE = PASTES[::9]
TRACEBACK = max((text for _entry, text in PASTES), key=lambda text: text.count("\n"))
ENTRY = dict((text, entry) for entry, text in PASTES)[TRACEBACK]


@pytest.fixture(scope="module")
def search_pages(chromium, address):
    """The search page of each edition, opened once; fails at the end when one complained."""
    complaints, pages = [], {}
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        for edition, path in EDITIONS.items():
            page = pages[edition] = context.new_page()
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{address}/{path}search.html")
        yield pages
    assert complaints == []


def ask(page, text: str):
    """Put a text into the field, in place of what is there, and press Enter; returns the links of the results."""
    field, links = page.locator("#search"), page.locator("#search-results li a")
    for content in ("", text):
        field.fill(content)
        field.press("Enter")
        if not content:
            expect(links).to_have_count(0)
    return links


def expect_first(links, anchor: str) -> None:
    """The first result leads to this place, in the list that stays: a slow machine shows an earlier one before."""
    status = links.page.locator("#search-results [role=status]")
    expect(status).not_to_have_text(re.compile(r"…$"))
    expect(links.first).to_have_attribute("href", re.compile(f"#{anchor}$"))


@pytest.mark.fast
def test_each_entry_has_pastes_to_be_found_by():
    entries = re.findall(r"^\((err-[\w-]+)\)=", (ROOT / "chapter_computation/errors.md").read_text("utf8"), re.M)
    known = Counter(entry for entry, _text in PASTES)
    assert [entry for entry in entries if known[entry] < 2] == []
    assert len(PASTES) >= 60


@pytest.mark.parametrize(("entry", "text"), PASTES, ids=[f"{entry}-{n}" for n, (entry, _) in enumerate(PASTES)])
def test_a_pasted_message_finds_its_entry_first(search_pages, entry, text):
    expect_first(ask(search_pages["en"], text), entry)


@pytest.mark.parametrize("edition", OTHERS)
@pytest.mark.parametrize(("entry", "text"), SAMPLE, ids=[f"{entry}-{n}" for n, (entry, _) in enumerate(SAMPLE)])
def test_a_pasted_message_finds_its_entry_in_every_language(search_pages, edition, entry, text):
    expect_first(ask(search_pages[edition], text), entry)


@pytest.mark.parametrize(
    ("edition", "words", "anchor"),
    [(edition, words, anchor) for edition, queries in QUERIES.items() for words, anchor in queries],
)
def test_words_find_their_section_first(search_pages, edition, words, anchor):
    expect_first(ask(search_pages[edition], words), anchor)


@pytest.mark.parametrize(("words", "anchor"), ANSWERED)
def test_a_question_that_the_book_answers_is_found_by_its_words(search_pages, words, anchor):
    page = search_pages["en"]
    links = ask(page, words)
    expect(page.locator("#search-results [role=status]")).to_have_text(re.compile("Sections found: "))
    assert anchor in [link.get_attribute("href").split("#")[1] for link in links.all()[:NEAR]]


@pytest.mark.parametrize(
    "text", ["constructor", "__proto__", "hasOwnProperty", "((", "a|b\\", "%E0%A4%A", "…", "32x784"]
)
def test_a_query_ends_whatever_it_is(search_pages, text):
    page = search_pages["en"]
    ask(page, text)
    expect(page.locator("#search-results [role=status]")).to_have_text(re.compile("Sections found: |No section has"))


def test_what_shows_a_message_comes_after_its_entry_and_exercises_come_last(search_pages):
    links = ask(search_pages["en"], "RuntimeError: mat1 and mat2 shapes cannot be multiplied (8x9 and 7x6)")
    expect_first(links, "err-mat1-mat2")
    found = [link.get_attribute("href").split("#")[1] for link in links.all()]
    shown = {"mc-error-mat1-mat2", "mc-rebuilt-children", "lazy-error-flat", "lazy-error-later"}
    assert set(found[1:5]) == shown
    kinds = [item.get_attribute("class") for item in search_pages["en"].locator("#search-results li").all()]
    later = [kind in ("exercise", "solution") for kind in kinds]
    assert later == sorted(later)


def test_the_words_found_are_marked_and_counted(search_pages):
    page = search_pages["en"]
    links = ask(page, "gradient acumulation")
    expect_first(links, "gpu-accumulation")
    expect(page.locator("#search-results li").first.locator("mark").first).to_have_text(re.compile("gradient", re.I))
    expect(page.locator("#search-results li p mark", has_text="accumulation").first).to_be_visible()
    said = re.compile(rf"^Sections found: {links.count()}\. No section has: acumulation\.")
    expect(page.locator("#search-results [role=status]")).to_have_text(said)
    ask(page, "tensor")
    expect(page.locator("#search-results [role=status]")).to_have_text("Sections found: 30+")


def test_words_that_the_book_does_not_have_are_told_and_hardly_anything_is_found(search_pages):
    page = search_pages["en"]
    links = ask(page, "banana bread recipe")
    said = re.compile(r"^No section has: banana, bread, recipe\. What is shown has words that are like them\.$")
    expect(page.locator("#search-results [role=status]")).to_have_text(said)
    assert links.count() <= 5
    expect(page.locator("#search-otherwise a").first).to_be_visible()


def test_the_excerpt_of_an_entry_shows_the_message_when_its_title_has_another_form(search_pages):
    page = search_pages["en"]
    expect_first(ask(page, "RuntimeError: expected scalar type Long but found Float"), "err-target-dtype")
    excerpt = page.locator("#search-results li p").first
    expect(excerpt).to_contain_text("expected scalar type Long but found Float")
    expect_first(ask(page, "expected target dtype to be Long or Byte, but got Float"), "err-target-dtype")
    expect(excerpt).to_contain_text(re.compile("^Cause"))


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "light"), (390, "dark")])
def test_the_results_are_accessible_and_fit_the_screen(open_page, width, theme):
    page = open_page("tr/search.html?q=register_buffer", width, theme)
    expect(page.locator("#search-results li a").first).to_be_visible()
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(rule["id"], node["html"][:200]) for rule in violations for node in rule["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("edition", EDITIONS)
def test_from_disk(chromium, html, edition):
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto((html / EDITIONS[edition] / "search.html").as_uri())
        for entry, text in SAMPLE[:3]:
            expect_first(ask(page, text), entry)
        expect(page.locator("#search-results li p mark").first).to_be_visible()
        page.locator("#search-results li a").first.click()
        page.wait_for_url("**/errors.html#*")
        page.go_back()
        expect_first(page.locator("#search-results li a"), entry)


def paste(page, text: str) -> None:
    """With the reader's own keys, from the clipboard, into what has the focus."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def test_a_traceback_pasted_into_the_bar_keeps_its_lines(open_page):
    """It is longer than an address that every server takes."""
    page = open_page("tr/chapter_computation/parameters.html")
    page.keyboard.press("/")
    paste(page, TRACEBACK)
    page.keyboard.press("Enter")
    page.wait_for_url("**/tr/search.html#q=*")
    expect_first(page.locator("#search-results li a"), ENTRY)
    lines = page.locator("#search").input_value().splitlines()
    assert [line.strip() for line in lines] == [line.strip() for line in TRACEBACK.strip().splitlines()]


def test_a_short_query_of_the_bar_is_in_the_address(open_page):
    page = open_page("chapter_computation/parameters.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("optimizer got")
    paste(page, " an empty\nparameter list")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    expect_first(page.locator("#search-results li a"), "err-empty-optimizer")


def test_the_icon_of_a_phone_leads_to_the_field(open_page):
    page = open_page("pt-br/chapter_computation/parameters.html", 390)
    page.get_by_role("banner").get_by_role("link", name="Pesquisar").click()
    page.wait_for_url("**/pt-br/search.html")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("congelar camadas")
    expect_first(page.locator("#search-results li a"), "params-freezing")


def test_the_search_page_is_used_by_keyboard_and_remembers_the_query(open_page):
    page = open_page("search.html?q=register_buffer")
    links = page.locator("#search-results li a")
    expect_first(links, "mc-buffer")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("weight tying")
    page.keyboard.press("Enter")
    expect_first(links, "params-sharing")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(links.first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/parameters.html#params-sharing")
    page.go_back()
    expect_first(links, "params-sharing")
    expect(page.locator("#search")).to_have_value("weight tying")


def test_the_arrows_lead_through_the_results_and_back(open_page):
    page = open_page("search.html")
    field, links = page.locator("#search"), page.locator("#search-results li a")
    page.keyboard.type("weight tying")
    page.keyboard.press("Enter")
    expect_first(links, "params-sharing")
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    expect(field).to_be_focused()  # it has two lines, and the arrow went to the second
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("chapter_computation/"))


def test_a_list_that_is_made_anew_leaves_the_reader_where_they_are(open_page):
    page = open_page("search.html")
    field, links = page.locator("#search"), page.locator("#search-results li a")
    page.keyboard.type("weight tying")
    page.keyboard.press("Enter")
    expect_first(links, "params-sharing")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.evaluate("show()")  # what the last piece of the index does, on a slow machine after the first arrow
    expect(links.nth(1)).to_be_focused()
    page.evaluate("list([])")
    expect(field).to_be_focused()  # nothing is left to stand at


@pytest.mark.parametrize("width", [1280, 390])
def test_the_field_shows_the_whole_of_a_long_line(open_page, width):
    page = open_page("search.html", width)
    field = page.locator("#search")
    field.fill("RuntimeError: mat1 and mat2 shapes cannot be multiplied (8x9 and 7x6), it said at last.")
    assert field.evaluate("field => field.scrollHeight - field.clientHeight") <= 0


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_the_key_leads_to_the_search_where_the_bar_has_no_field(open_page, key):
    page = open_page("tr/chapter_computation/parameters.html", 700)
    page.keyboard.press(key)
    page.wait_for_url("**/tr/search.html*")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("weight tying")
    expect(page.locator("#search-results li a").first).to_be_visible()


def test_who_comes_from_the_bar_goes_on_by_keyboard(open_page):
    page = open_page("chapter_computation/parameters.html")
    page.keyboard.press("/")
    page.keyboard.type("weight tying")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    links = page.locator("#search-results li a")
    expect_first(links, "params-sharing")
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()


def test_a_long_query_in_the_address(open_page):
    page = open_page(f"search.html#q={quote(TRACEBACK)}")
    expect_first(page.locator("#search-results li a"), ENTRY)


def test_a_page_loads_nothing_of_the_search(open_page):
    asked = []
    page = open_page("chapter_computation/parameters.html", on_request=lambda request: asked.append(request.url))
    page.wait_for_load_state("networkidle")
    assert asked
    assert [url for url in asked if "search" in url] == []


def test_nothing_of_sphinxs_own_search_is_published(html):
    names = {path.name for path in html.rglob("*.js")}
    assert "search-index.js" in names
    assert names & {"searchindex.js", "searchtools.js", "language_data.js", "doctools.js"} == set()


def index(site: Path) -> dict:
    """What the script of an edition's index holds."""
    script = (site / "search-index.js").read_text("utf8")
    return json.loads(script.removeprefix("loadSearch(").removesuffix(");\n"))


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_part_of_the_index_has_its_place_on_a_page(html, edition):
    known = index(html / EDITIONS[edition])
    assert [page["name"] for page in known["pages"]] == sorted(page.docname for page in source.pages(ROOT))
    for page in known["pages"]:
        soup = BeautifulSoup((html / EDITIONS[edition] / f"{page['name']}.html").read_text("utf8"), "html.parser")
        ids = {element["id"] for element in soup.select("[id]")}
        assert [part["anchor"] for part in page["parts"] if part["anchor"] not in ids] == []
        assert [part["anchor"] for part in page["parts"] if not part["title"]] == []
        assert not re.search("[\ue000\ue001]", json.dumps(page, ensure_ascii=False))


def test_an_entry_is_known_by_its_structure(built_book):
    messages = "# Messages\n\n(err-one)=\n## `no … left`\n\nSee {ref}`second`.\n\n## Not `one`\n"
    built_book.write("pages/errors.md", messages)
    built_book.add("_toc.yml", "- file: pages/errors\n")
    assert built_book.run("book").returncode == 0
    page = index(built_book.root / "_build/html")["pages"][0]
    kinds = {part["title"]: part["kind"] for part in page["parts"]}
    assert kinds == {"Messages": "section", "no … left": "entry", "Not one": "section"}
    assert page["parts"][1]["shown"] == ["second"]
    assert page["parts"][1]["text"] == "See The second page."


def test_the_index_follows_the_pages_and_the_keywords(built_book):
    """The keywords alone, too: Sphinx does not know of them."""
    site = built_book.root / "_build/html"
    built_book.add("pages/first.md", "\nA sentence about marzipan.\n")
    assert built_book.run("book").returncode == 0
    assert ["marzipan" in json.dumps(page) for page in index(site)["pages"]] == [True, False]
    for word in ("zweite", "noch eine"):
        built_book.write("keywords.yml", f"second: {{en: [{word}], sv: [andra]}}\n")  # Swedish is no edition here
        assert built_book.run("book").returncode == 0
        assert index(site)["keywords"] == {"second": {"messages": [], "words": [word]}}
    built_book.write("keywords.yml", "third: {en: [dritte]}\n")
    result = built_book.run("book")
    assert result.returncode == 1
    assert "keywords.yml: no section has the label third" in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("second: {en: [zweite\n", "keywords.yml, line 2: not valid YAML"),
        ("second: [zweite]\n", "keywords.yml, second: ['zweite'] is not of type 'object'"),
        ("second: {xx: [zweite]}\n", "keywords.yml, second: Additional properties are not allowed ('xx'"),
    ],
)
def test_a_wrong_file_of_keywords_stops_the_build_with_its_place(built_book, text, said):
    built_book.write("keywords.yml", text)
    result = built_book.run("book")
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr
