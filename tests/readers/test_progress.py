"""Promises of the reader's progress: ticks at exercises, their count, and the ways to take them along."""

import json
import re

import pytest
from playwright.sync_api import expect

from book.project import source
from conftest import ROOT

SECTION = "chapter_computation/custom-layer"
OTHER = "chapter_computation/model-construction"
START = "chapter_computation/index"
NUM_IN = {page.docname: page.text.count("{exercise-start}") for page in source.pages(ROOT)}
IN_SECTION, IN_BOOK = NUM_IN[SECTION], sum(NUM_IN.values())
WORDS = {  # the tick, the count of the section, that of the book, and the three buttons
    "": (
        "Solved",
        f"1 of {IN_SECTION} exercises solved",
        f"1 of {IN_BOOK} exercises solved",
        ("Export", "Import", "Reset"),
    ),
    "pt-br/": (
        "Resolvido",
        f"1 de {IN_SECTION} exercícios resolvidos",
        f"1 de {IN_BOOK} exercícios resolvidos",
        ("Exportar", "Importar", "Zerar"),
    ),
    "tr/": (
        "Çözüldü",
        f"1 / {IN_SECTION} alıştırma çözüldü",
        f"1 / {IN_BOOK} alıştırma çözüldü",
        ("Dışa aktar", "İçe aktar", "Sıfırla"),
    ),
}


@pytest.fixture
def visit(chromium, address):
    """A reader's browser, which keeps what it is told; fail at the end when a page complained."""
    complaints, contexts = [], []

    def reader(**options):
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page, lambda name: page.goto(f"{address}/{name}.html")

    yield reader
    for context in contexts:
        context.close()
    assert complaints == []


def ticks(page):
    return page.locator("article .exercise .tick")


def button(page, name: str):
    return page.locator(".progress").get_by_role("button", name=name, exact=True)


def in_book(page):
    """How many are solved in the whole book, as the start page says it."""
    return page.locator(".progress .num-solved")


def solve(page, go, *numbers: int, name: str = SECTION) -> None:
    """Tick exercises of a section, counted from 0."""
    go(name)
    for number in numbers:
        ticks(page).nth(number).click()


def test_a_tick_stays_and_can_be_taken_back(visit):
    page, go = visit()
    go(SECTION)
    expect(page.get_by_text(f"0 of {IN_SECTION} exercises solved")).to_be_visible()
    one = page.get_by_role("button", name=re.compile(r"^Solved: Exercise \d+ \(recall · Which of them learn\?\)$"))
    expect(one).to_have_attribute("aria-pressed", "false")
    one.click()
    expect(one).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status")).to_have_text(f"1 of {IN_SECTION} exercises solved")
    page.reload()
    expect(one).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".tick[aria-pressed=true]")).to_have_count(1)
    one.click()
    page.reload()
    expect(one).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("status")).to_have_text(f"0 of {IN_SECTION} exercises solved")


def test_a_tick_is_set_by_keyboard_and_by_touch(visit):
    page, go = visit()
    go(SECTION)
    ticks(page).nth(1).focus()
    page.keyboard.press("Space")
    expect(ticks(page).nth(1)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(ticks(page).nth(1)).to_have_attribute("aria-pressed", "false")
    phone, go = visit(has_touch=True, is_mobile=True)
    phone.set_viewport_size({"width": 390, "height": 800})
    go(SECTION)
    ticks(phone).nth(2).tap()
    expect(ticks(phone).nth(2)).to_have_attribute("aria-pressed", "true")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("edition", WORDS)
def test_the_start_page_counts_what_was_ticked_in_any_edition(visit, edition):
    tick, in_section, whole, ways = WORDS[edition]
    page, go = visit()
    go(f"tr/{SECTION}")
    ticks(page).first.click()
    go(f"{edition}{SECTION}")
    expect(ticks(page).first).to_have_text(tick)
    expect(ticks(page).first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("article .num-solved")).to_have_text(in_section)
    go(f"{edition}{START}")
    expect(page.locator("article td .num-solved:visible")).to_have_text([in_section])
    expect(in_book(page)).to_have_text(whole)
    for name in ways:
        expect(button(page, name)).to_be_enabled()


def test_a_page_that_the_reader_comes_back_to_counts_anew(visit):
    page, go = visit()
    go(START)
    expect(in_book(page)).to_have_text(f"0 of {IN_BOOK} exercises solved")
    page.locator("article td").get_by_role("link", name="Custom layers").click()
    page.wait_for_url(f"**/{SECTION}.html", wait_until="load")  # what moves while a page comes is clicked beside
    ticks(page).first.click()
    expect(ticks(page).first).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(in_book(page)).to_have_text(f"1 of {IN_BOOK} exercises solved")


def test_another_window_counts_at_once(visit, address):
    page, go = visit()
    go(START)
    other = page.context.new_page()
    other.goto(f"{address}/{SECTION}.html")
    ticks(other).first.click()
    expect(in_book(page)).to_have_text(f"1 of {IN_BOOK} exercises solved")


def test_progress_is_taken_to_another_browser(visit, tmp_path):
    page, go = visit()
    solve(page, go, 0, 3)
    solve(page, go, 1, name=OTHER)
    go(START)
    with page.expect_download() as download:
        button(page, "Export").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.match("book-progress-20??-??-??.json")

    other, go = visit()
    solve(other, go, 3, 4)  # what is ticked there stays
    go(f"pt-br/{START}")
    with other.expect_file_chooser() as chooser:
        button(other, "Importar").click()
    chooser.value.set_files(file)
    expect(other.locator(".progress")).to_contain_text("As marcas do arquivo foram acrescentadas.")
    expect(in_book(other)).to_have_text(f"4 de {IN_BOOK} exercícios resolvidos")
    go(SECTION)
    pressed = [tick.get_attribute("aria-pressed") for tick in ticks(other).all()]
    assert [number for number, state in enumerate(pressed) if state == "true"] == [0, 3, 4]


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "null",
        "[]",
        json.dumps({"book-solved": {"another/page": {"labels": ["its-exercise"]}}}),
        json.dumps({"book-solved": {SECTION: {"labels": ["an-exercise-of-another-book"]}}}),
        json.dumps({"book-solved": {SECTION: 7}}),
    ],
)
def test_a_file_without_progress_changes_nothing(visit, tmp_path, content):
    page, go = visit()
    solve(page, go, 0)
    go(START)
    file = tmp_path / "file.json"
    file.write_text(content, "utf8")
    with page.expect_file_chooser() as chooser:
        button(page, "Import").click()
    chooser.value.set_files(file)
    expect(page.get_by_text("The file has no progress in this book.")).to_be_visible()
    expect(in_book(page)).to_have_text(f"1 of {IN_BOOK} exercises solved")


def test_a_reset_asks_first(visit):
    page, go = visit()
    solve(page, go, 0, 1)
    go(START)
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    button(page, "Reset").click()
    expect(in_book(page)).to_have_text(f"2 of {IN_BOOK} exercises solved")
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    button(page, "Reset").click()
    expect(in_book(page)).to_have_text(f"0 of {IN_BOOK} exercises solved")
    assert asked == ["Remove the ticks of all exercises from this browser?"] * 2
    for name in ("Export", "Reset"):  # there is nothing left for them
        expect(button(page, name)).to_be_disabled()
    expect(button(page, "Import")).to_be_focused()
    expect(page.locator("article td .num-solved:visible")).to_have_count(0)
    go(SECTION)
    expect(page.locator(".tick[aria-pressed=true]")).to_have_count(0)


def test_ticks_of_an_exercise_that_is_no_more_are_not_counted(visit):
    page, go = visit()
    solve(page, go, 0)
    page.evaluate(
        """name => localStorage.setItem("book-solved", JSON.stringify(
      { [name]: { labels: ["layer-ex-learn", "layer-ex-of-old"], total: 9 } }))""",
        SECTION,
    )  # as earlier editions kept it
    go(START)
    expect(page.locator("article td .num-solved:visible")).to_have_text([f"1 of {IN_SECTION} exercises solved"])
    expect(in_book(page)).to_have_text(f"1 of {IN_BOOK} exercises solved")


@pytest.mark.parametrize("name", [SECTION, START])
def test_nothing_that_does_not_work_is_shown(visit, name):
    """Without a script, and where the browser may not keep anything."""
    page, go = visit(java_script_enabled=False)
    go(name)
    expect(page.locator("article").get_by_role("button")).to_have_count(0)
    page, go = visit()
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden') } })")
    go(name)
    expect(page.locator(".headerlink").first).to_be_attached()  # the scripts have run
    expect(page.locator("article :is(.tick, .progress, .num-solved)")).to_have_count(0)


def test_paper_shows_no_button(visit):
    page, go = visit()
    solve(page, go, 0)
    page.emulate_media(media="print")
    expect(ticks(page).first).to_be_hidden()
    go(START)
    expect(page.locator(".progress")).to_be_hidden()
