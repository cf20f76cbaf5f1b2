"""A phone has room for the page's title and for every tool, by touch, by keyboard, and without a script."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

import hands
from book.project import source
from conftest import ROOT, everywhere

PAGES = [page.docname for page in source.pages(ROOT)]
EDITIONS = [f"{edition.path}/".lstrip("/") for edition in source.editions(ROOT)]
SECTION = f"{PAGES[1]}.html"
PHONES = [320, 360, 390, 430]
# The words of an element that are broken, or cut off by its box. A word of code may break: its text has no spaces.
BROKEN = """(element) => {
  const broken = [], box = element.getBoundingClientRect(), range = document.createRange();
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement.closest("math, .headerlink")) continue;
    for (const word of text.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const parts = [...range.getClientRects()];
      const inside = parts.every((part) => part.left >= box.left - 1 && part.right <= box.right + 1
        && (part.top + part.bottom) / 2 > box.top && (part.top + part.bottom) / 2 < box.bottom);
      if (parts.length !== 1 || !inside) broken.push(word[0]);
    }
  }
  return broken;
}"""


@pytest.fixture
def phone(chromium, address):
    """Open a page as a phone does."""
    contexts = []

    def visit(name: str, width: int = 390, height: int = 844, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, has_touch=True, is_mobile=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{address}/{name}")
        return page

    yield visit
    for context in contexts:
        context.close()


def enlarge(page) -> None:
    """The setting of a reader who has letters of 24 px instead of 16."""
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 24, "fixed": 20}})
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"


@pytest.mark.parametrize("name", everywhere())
def test_no_word_of_a_title_is_broken(phone, name):
    page = phone(f"{name}.html")
    titles = page.locator(".brand, article :is(h1, h2, h3)")
    assert titles.count() > 2
    for width in PHONES:
        page.set_viewport_size({"width": width, "height": 844})
        assert titles.evaluate_all(f"(titles) => titles.flatMap({BROKEN})") == [], f"{width} px"


def test_the_copy_button_covers_no_code(phone):
    page = phone(SECTION)
    frame = page.locator("article div.highlight:not(.output)").nth(1)
    frame.scroll_into_view_if_needed()
    button = frame.locator(".copy")
    button.wait_for()
    covered = button.bounding_box()
    first_line = frame.locator("pre").evaluate("""pre => {
      const text = document.createRange(); text.selectNodeContents(pre); return text.getClientRects()[0].top }""")
    assert covered["y"] + covered["height"] <= first_line
    assert covered["height"] >= 24


@pytest.mark.parametrize("edition", EDITIONS)
def test_no_word_in_the_bar_is_broken_in_large_print(phone, edition):
    page = phone(f"{edition}{SECTION}", 390)
    enlarge(page)
    assert page.locator(".brand").evaluate(BROKEN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_broken_word_is_noticed(phone):
    page = phone(SECTION, 320)
    page.add_style_tag(content=".brand { width: 4rem; flex: none; overflow-wrap: anywhere }")
    assert "Computation" in page.locator(".brand").evaluate(BROKEN)


@pytest.mark.parametrize("width", [320, 599])
def test_one_panel_has_what_the_bar_has_no_room_for(phone, width):
    page = phone(f"pt-br/{SECTION}", width)
    bar = page.get_by_role("banner")
    assert bar.locator("> .tool:visible").count() == 4, "contents, search, this page, more"
    assert not page.locator("#theme").is_visible()
    bar.get_by_role("button", name="Mais").tap()
    expect(page.locator("#more")).to_be_in_viewport(ratio=1)
    for link in ("Notebook (.ipynb)", "Fonte (.md)"):
        expect(page.locator("#more").get_by_role("link", name=link)).to_be_visible()
    before = page.locator("html").get_attribute("data-theme")
    page.get_by_role("button", name="Claro ou escuro").tap()
    assert page.locator("html").get_attribute("data-theme") != before
    page.locator("#more").get_by_role("link", name="Türkçe").tap()
    page.wait_for_url(f"**/tr/{SECTION}*")


def test_a_tap_beside_the_panel_closes_it(phone):
    page = phone(SECTION)
    page.locator("[popovertarget=more]").tap()
    expect(page.locator("#more")).to_be_visible()
    page.touchscreen.tap(60, 700)
    expect(page.locator("#more")).to_be_hidden()


def test_the_panel_is_used_by_keyboard(phone):
    page = phone(SECTION)
    more = page.locator("[popovertarget=more]")
    more.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#more").get_by_role("link", name="English")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#more")).to_be_hidden()
    expect(more).to_be_focused()


def test_the_panel_opens_without_a_script(phone):
    page = phone(SECTION, java_script_enabled=False)
    page.locator("[popovertarget=more]").tap()
    page.locator("#more").get_by_role("link", name="Türkçe").tap()
    page.wait_for_url(f"**/tr/{SECTION}")


def test_a_phone_on_its_side_has_every_tool_in_the_bar(phone):
    page = phone(SECTION, 844, 390)
    assert not page.locator("[popovertarget=more]").is_visible()
    page.locator("[popovertarget=menu-language]").tap()
    page.locator("#menu-language").get_by_role("link", name="Türkçe").tap()
    page.wait_for_url(f"**/tr/{SECTION}*")


def test_the_copy_button_covers_no_heading(phone):
    page = phone("chapter_computation/errors.html")
    for number in range(3):
        heading = page.locator("h3:has(+ div.highlight)").nth(number)
        heading.scroll_into_view_if_needed()
        button = heading.locator("+ div.highlight .copy")
        button.wait_for()
        end = heading.evaluate("""heading => {
          const text = document.createRange();
          text.selectNodeContents(heading);
          return text.getBoundingClientRect().bottom
        }""")
        assert end <= button.bounding_box()["y"] + 1


def test_another_language_opens_at_what_was_read(phone):
    page = phone(f"pt-br/{SECTION}")
    cells, number = page.locator("article .cell"), 30

    def place() -> float:
        return cells.nth(number).bounding_box()["y"]

    cells.nth(number).evaluate("cell => scrollTo(0, scrollY + cell.getBoundingClientRect().top - 60)")
    hands.until(lambda: 20 < place() < 100)
    more = page.locator("#more")
    for what in (page.locator("[popovertarget=more]"), more.get_by_role("link", name="Türkçe")):
        box = what.bounding_box()  # `tap` of Playwright would scroll the page first
        page.touchscreen.tap(box["x"] + 10, box["y"] + 10)
    page.wait_for_url(f"**/tr/{SECTION}#*")
    hands.until(lambda: 20 < place() < 100)


def test_the_search_icon_leads_into_the_field(phone):
    page = phone(SECTION)
    page.get_by_role("banner").get_by_role("link", name="Search this book").tap()
    page.wait_for_url("**/search.html")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("state_dict")
    expect(page.locator("#search-results li a").first).to_be_visible()


def ends(box) -> tuple[bool, bool]:
    """Whether the upper edge of a box is shaded at its left and at its right end."""
    picture = Image.open(BytesIO(box.screenshot(animations="disabled"))).convert("L")
    paper = picture.getpixel((picture.width // 2, 1))
    return tuple(picture.getpixel((at, 1)) < paper - 10 for at in (3, picture.width - 4))


def test_a_wide_formula_shows_at_which_end_it_goes_on(phone):
    page = phone("chapter_computation/parameters.html")
    page.wait_for_selector("html:not([data-waits])", state="attached")
    formulas = page.locator("div.math")
    wide, narrow = (
        formulas.nth(formulas.evaluate_all(f"boxes => boxes.findIndex(box => box.scrollWidth {holds})"))
        for holds in ("> box.clientWidth + 20", "=== box.clientWidth")
    )
    assert ends(narrow) == (False, False)
    assert ends(wide) == (False, True)
    wide.evaluate("box => { box.scrollLeft = 10000 }")
    assert ends(wide) == (True, False)
