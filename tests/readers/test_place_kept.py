"""The page stands still when it should, and shows the place that was asked for, unfolded."""

import re

import pytest
from playwright.sync_api import expect

from book.project import source
from conftest import ROOT

SECTIONS = [page.docname for page in source.pages(ROOT) if "{solution-start}" in page.path.read_text("utf8")]


def height(page) -> float:
    """How far the page is scrolled, when it has come to rest."""
    page.wait_for_timeout(300)
    return page.evaluate("scrollY")


def test_typing_and_walking_in_the_bar_does_not_move_the_page(open_page):
    page = open_page(f"{SECTIONS[0]}.html")
    page.mouse.wheel(0, 4000)
    before = height(page)
    assert before > 1000
    field = page.locator(".top #search").bounding_box()
    page.mouse.click(field["x"] + 20, field["y"] + 10)
    page.keyboard.type("freeze layers")
    assert height(page) == before
    for key in ("Tab", "Tab", "Shift+Tab"):
        page.keyboard.press(key)
    assert height(page) == before


@pytest.mark.parametrize("name", SECTIONS)
def test_a_link_to_a_solution_opens_it(open_page, name):
    page = open_page(f"{name}.html")
    last = page.locator("details.solution").last
    place = last.get_attribute("id")
    assert not last.evaluate("one => one.open")
    page.evaluate("place => { location.hash = place; }", place)
    expect(last).to_have_attribute("open", "")
    page = open_page(f"{name}.html#{place}")
    last = page.locator("details.solution").last
    expect(last).to_have_attribute("open", "")
    assert 0 < last.evaluate("one => one.getBoundingClientRect().top") < 140


def test_the_entry_that_was_clicked_is_marked_though_the_next_heading_follows_closely(open_page):
    page = open_page("chapter_computation/use-gpu.html")
    close = page.evaluate("""() => [...document.querySelectorAll("#page-toc li > a")].map((link) => link.hash.slice(1))
        .filter((id) => {
          const place = document.getElementById(id), part = place.querySelector("section[id]");
          return part && part.getBoundingClientRect().top - place.getBoundingClientRect().top < 150;
        })""")
    assert close
    page.locator(f"#page-toc a[href='#{close[0]}']").click()
    expect(page.locator("#page-toc [aria-current]")).to_have_attribute("href", f"#{close[0]}")


def test_what_was_searched_for_is_kept_by_the_language_switch(open_page):
    page = open_page("search.html?q=state_dict")
    page.locator("[popovertarget=menu-language]").click()
    page.locator("[data-language=tr]").click()
    expect(page).to_have_url(re.compile(r"/tr/search\.html\?q=state_dict$"))
    expect(page.locator("#search-results li a").first).to_be_visible()


@pytest.mark.parametrize("name", SECTIONS)
def test_each_exercise_has_a_link_of_its_own(open_page, name):
    page = open_page(f"{name}.html")
    exercises = page.locator("div.exercise[id]")
    links = page.locator("div.exercise[id] > .admonition-title > .headerlink")
    assert links.count() == exercises.count() > 0
    exercises.last.locator("> .admonition-title").hover()
    links.last.click()
    expect(page).to_have_url(re.compile(f"#{exercises.last.get_attribute('id')}$"))


@pytest.mark.parametrize("name", SECTIONS)
def test_what_a_finger_presses_is_high_enough(open_page, name):
    page = open_page(f"{name}.html", 390)
    pressed = page.locator(".brand, .tool:visible, details.hide:visible > summary").all()
    low = [one.text_content() for one in pressed if one.bounding_box()["height"] < 24]
    assert pressed
    assert low == []


def test_the_contents_open_at_the_current_place_on_a_phone(open_page):
    page = open_page("chapter_computation/errors.html#err-out-of-memory", 390)
    page.locator("[popovertarget=page-toc]").click()
    expect(page.locator("#page-toc a[href='#err-out-of-memory']")).to_be_in_viewport()


def test_the_way_back_from_a_result_leads_to_the_place_that_was_left(chromium, address):
    with chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{address}/search.html?q=freeze%20layers")
        links = page.locator("#search-results li a")
        expect(links.nth(9)).to_be_attached()
        page.evaluate("scrollTo(0, 900)")
        near = next(link for link in links.all() if link.bounding_box()["y"] > 300)
        where, before = near.get_attribute("href"), height(page)
        near.tap()
        page.wait_for_url(f"**/{where}")
        page.go_back()
        expect(page.locator(f"#search-results li a[href='{where}']")).to_be_focused()
        assert height(page) == before


@pytest.mark.parametrize("words", ["non_blocking", "save checkpoint", "mat1 and mat2 shapes cannot be multiplied"])
def test_the_first_result_that_is_shown_stays_the_first(open_page, words):
    page = open_page("search.html")
    page.evaluate("""() => {
      window.firsts = new Set();
      const look = () => {
        const link = document.querySelector("#search-results li a");
        if (link) firsts.add(link.getAttribute("href"));
      };
      new MutationObserver(look).observe(document.getElementById("search-results"), { childList: true, subtree: true });
    }""")
    field = page.locator("#search")
    field.fill(words)
    field.press("Enter")
    expect(page.locator("#search-results [role=status]")).to_contain_text("found")
    assert page.evaluate("firsts.size") == 1
