"""Keys run cells as in Jupyter: Shift+Enter goes on to the next cell, Ctrl+Enter stays."""

import pytest
from playwright.sync_api import expect

from hands import cell, own_output, write

EXERCISES = "chapter_computation/model-construction.html"


def editor(one):
    """The text that is edited in a cell."""
    return one.locator(".cm-content")


def test_shift_enter_runs_a_cell_and_goes_on_to_the_next(live_page):
    page = live_page()
    write(page, 1, "print('one')")
    page.keyboard.press("Shift+Enter")
    expect(editor(cell(page, 2))).to_be_focused()
    expect(own_output(cell(page, 1))).to_have_text("one")
    expect(editor(cell(page, 1))).to_have_text("print('one')")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("print('two')")
    page.keyboard.press("Shift+Enter")
    expect(editor(cell(page, 3))).to_be_focused()
    expect(own_output(cell(page, 2))).to_have_text("two")
    expect(editor(cell(page, 3))).to_be_in_viewport()


def test_the_output_stays_in_sight_when_the_next_cell_is_far_and_a_cell_out_of_sight_is_shown_before_it_runs(live_page):
    page = live_page(EXERCISES)
    page.set_viewport_size({"width": 1280, "height": 420})
    page.locator("article .live-run").first.wait_for()
    number = page.evaluate("""() => {
        const cells = [...document.querySelectorAll("article .cell")];
        const seen = (one) => one.querySelector(".cell_input pre")?.parentNode.checkVisibility();
        const gap = (one, next) => next.getBoundingClientRect().top - one.getBoundingClientRect().bottom;
        const isFar = (one, next) => next && seen(one) && seen(next) && gap(one, next) > innerHeight;
        return cells.findIndex((one, at) => isFar(one, cells[at + 1])) + 1;
    }""")
    assert number
    write(page, number, "print('here')")
    page.keyboard.press("Shift+Enter")
    page.get_by_role("button", name="Only this cell").click()
    page.wait_for_timeout(300)
    expect(own_output(cell(page, number))).to_have_text("here")
    expect(own_output(cell(page, number))).to_be_in_viewport()
    expect(editor(cell(page, number + 1))).to_be_focused()
    expect(editor(cell(page, number + 1))).not_to_be_in_viewport()
    page.keyboard.press("Shift+Enter")
    expect(editor(cell(page, number + 1))).to_be_in_viewport()
    expect(own_output(cell(page, number + 1))).to_have_count(0)
    expect(cell(page, number + 1).get_by_role("status")).to_have_text("not run yet: the same keys run it")
    page.keyboard.press("Control+Enter")
    expect(own_output(cell(page, number + 1))).to_have_count(1)
    expect(cell(page, number + 1).get_by_role("status")).not_to_contain_text("the same keys")


def test_cells_that_wait_for_the_first_one_are_not_asked_about(live_page):
    page = live_page()
    write(page, 1, "import time; time.sleep(3); print('one')")
    for number in (2, 3):
        page.keyboard.press("Shift+Enter")
        expect(editor(cell(page, number))).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(f"print('cell', {number})")
    page.keyboard.press("Shift+Enter")
    expect(own_output(cell(page, 3))).to_have_text("cell 3")
    expect(own_output(cell(page, 1))).to_have_text("one")
    expect(page.get_by_text("Cells above have not run yet")).to_have_count(0)


@pytest.mark.parametrize("key", ["Control+Enter", "Meta+Enter"])
def test_control_enter_runs_a_cell_and_stays(live_page, key):
    page = live_page()
    write(page, 1, "print('one')")
    page.keyboard.press(key)
    expect(own_output(cell(page, 1))).to_have_text("one")
    expect(editor(cell(page, 1))).to_be_focused()
    expect(editor(cell(page, 1))).to_have_text("print('one')")


def test_enter_alone_is_a_new_line(live_page):
    page = live_page()
    write(page, 1, "x = 1")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("y = 2")
    assert editor(cell(page, 1)).locator(".cm-line").all_inner_texts() == ["x = 1", "y = 2"]
    expect(cell(page, 1)).to_have_attribute("data-live", "")


def test_the_keys_of_a_long_page_lead_past_folded_solutions_below_the_bar_and_above_the_line(live_page):
    page = live_page(EXERCISES)
    numbers = page.locator("article .cell").evaluate_all(
        "cells => cells.flatMap((cell, place) => cell.closest('.solution') ? [place + 1] : [])"
    )
    before = numbers[0] - 1
    write(page, before, "print('before the solution')")
    page.keyboard.press("Shift+Enter")
    cell(page, before).get_by_role("button", name="Only this cell").click()
    after = next(number for number in range(numbers[0], 1000) if number not in numbers)
    expect(editor(cell(page, after))).to_be_focused()
    top = page.get_by_role("banner").bounding_box()["height"]
    code = cell(page, after).locator(".cell_input").bounding_box()
    assert code["y"] >= top
    assert code["y"] + code["height"] <= page.locator(".live-bar").bounding_box()["y"]


def test_the_last_cell_has_none_to_go_on_to(live_page):
    page = live_page()
    last = page.locator("article .cell").count()
    write(page, last, "print('the end')")
    page.keyboard.press("Shift+Enter")
    cell(page, last).get_by_role("button", name="Only this cell").click()
    expect(own_output(cell(page, last))).to_have_text("the end")


def test_the_keys_are_said_where_there_is_a_keyboard(live_page):
    page = live_page()
    expect(page.locator(".live-keys")).to_have_text("Shift+Enter: run and go on · Ctrl+Enter: run and stay")
    expect(page.locator(".live-keys")).to_be_visible()
    phone = live_page(width=390, has_touch=True, is_mobile=True)
    expect(phone.locator(".live-bar")).to_be_visible()
    expect(phone.locator(".live-keys")).to_be_hidden()


def test_an_error_below_the_window_is_shown_where_the_reader_stays(live_page):
    page = live_page()
    write(page, 1, "values = [1, 2]\nvalues[5]")
    top = page.evaluate("innerHeight") - 150  # of the cell, so that its output would be behind the bar
    page.evaluate(
        "([top]) => scrollBy(0, document.querySelector('.live-editor').getBoundingClientRect().top - top)", [top]
    )
    page.keyboard.press("Control+Enter")
    expect(cell(page, 1)).to_have_attribute("data-live", "failed", timeout=30_000)
    said = own_output(cell(page, 1)).get_by_text("IndexError").last.bounding_box()
    assert said["y"] + said["height"] <= page.locator(".live-bar").bounding_box()["y"]
    expect(editor(cell(page, 1))).to_be_focused()


def test_much_output_of_the_reader_scrolls_and_the_keyboard_reaches_it(live_page):
    page = live_page()
    write(page, 1, "for number in range(2000):\n    print('row', number)")
    page.keyboard.press("Control+Enter")
    expect(cell(page, 1)).to_have_attribute("data-live", "done", timeout=30_000)
    box = own_output(cell(page, 1))
    assert box.bounding_box()["height"] < 500
    box.focus()
    page.keyboard.press("End")
    expect(box.get_by_text("row 1999")).to_be_in_viewport()
