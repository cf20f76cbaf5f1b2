"""A plot is drawn on the dark page in light: no white paper, lines that stand out, colours that keep their hue."""

import colorsys
import io
from collections import Counter

import pytest
from PIL import Image
from playwright.sync_api import expect

from book.project import source
from conftest import ROOT

PAGES = [page.docname for page in source.pages(ROOT) if "plt.legend" in page.path.read_text("utf8")]


def seen(page, plot) -> Image.Image:
    """What a reader sees of a plot."""
    plot.scroll_into_view_if_needed()
    expect(plot).to_have_js_property("complete", True)
    plot.evaluate("image => image.decode()")
    return Image.open(io.BytesIO(plot.screenshot())).convert("RGB")


def most(image: Image.Image) -> tuple[int, int, int]:
    """The colour of most pixels."""
    return max(image.getcolors(1 << 24))[1]


def hues(image: Image.Image, least: int) -> set[int]:
    """Which of twelve hues at least so many pixels have in a clear colour: those of lines and points."""
    found = Counter()
    for times, colour in image.getcolors(1 << 24):
        hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
        if saturation > 0.3 and 0.25 < lightness < 0.9:
            found[round(hue * 12) % 12] += times
    return {hue for hue, times in found.items() if times >= least}


@pytest.mark.parametrize("name", PAGES)
def test_plots_follow_the_theme(open_page, name):
    page = open_page(f"{name}.html", theme="dark")
    plots = page.locator(".cell_output img")
    assert plots.count() > 0
    for plot in plots.all():
        dark = seen(page, plot)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert f"rgb{most(dark)}" == paper
        assert max(sum(colour) for _times, colour in dark.getcolors(1 << 24)) > 600, "the letters are not light"
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        light = seen(page, plot)
        assert most(light) == (255, 255, 255)
        kept = {(hue + turn) % 12 for hue in hues(dark, 50) for turn in (-1, 0, 1)}
        assert hues(light, 200), "no line was seen"
        assert hues(light, 200) <= kept
        page.evaluate("document.documentElement.dataset.theme = 'dark'")


def test_a_picture_and_a_plot_that_does_not_want_it_stay_on_white(open_page):
    page = open_page(f"{PAGES[0]}.html", theme="dark")
    plot = page.locator(".cell_output img").first
    looks = "image => [getComputedStyle(image).filter.includes('invert'), getComputedStyle(image).backgroundColor]"
    assert plot.evaluate(looks) == [True, "rgba(0, 0, 0, 0)"]
    plot.evaluate("image => image.classList.add('as-it-is')")
    assert plot.evaluate(looks) == [False, "rgb(255, 255, 255)"]
    plot.evaluate("image => { image.className = ''; image.src = 'photo.png' }")
    assert plot.evaluate(looks) == [False, "rgb(255, 255, 255)"]
