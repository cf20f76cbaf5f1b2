"""Promises of what other Jupyter Books hold: it is shown, or refused by its place."""

import pytest
from bs4 import BeautifulSoup

from conftest import SmallBook, assert_fails
from hands import until

SHOWN = {
    "widget": 'display({"application/vnd.jupyter.widget-view+json": {"model_id": "m"}, "text/plain": "IntSlider()"},'
    " raw=True)",
    "frame": 'IFrame("https://example.org/map?a=1", 300, 200)',
    "film": 'YouTubeVideo("abc")',
    "sound": "Audio([0.0, 0.1, 0.2], rate=8000)",
}
REFUSED = {
    "\n![A picture](https://example.org/x.png)\n": "https://example.org/x.png",
    '\n<img src="https://example.org/x.png" alt="x">\n': "https://example.org/x.png",
    "\n<script>document.title = 1</script>\n": "script",
}


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> tuple[SmallBook, BeautifulSoup]:
    """A book with outputs that other hosts or scripts would show, and its page."""
    book = SmallBook(tmp_path_factory.mktemp("embedded") / "book")
    book.add_cell("from IPython.display import Audio, IFrame, YouTubeVideo, display")
    for code in SHOWN.values():
        book.add_cell(code)
    book.add("pages/second.md", "\n(lab)=\n## A part\n\n```{contents}\n:local:\n```\n\n(lab2)=\n### Below\n\nText.\n")
    book.add("pages/second.md", "\n```{contents}\n```\n")
    assert (result := book.run("book")).returncode == 0, result.stderr
    return book, BeautifulSoup(book.read("_build/html/pages/second.html"), "html.parser")


def test_a_widget_shows_its_text_and_a_frame_the_way_to_it(page):
    outputs = page[1].select(".cell_output")[-len(SHOWN) :]
    assert outputs[0].get_text().strip() == "IntSlider()"
    assert outputs[1].a["href"] == "https://example.org/map?a=1"
    assert outputs[2].a["href"] == "https://www.youtube.com/embed/abc"
    assert not page[1].select(".cell script, iframe")


def test_a_sound_can_be_played(page, chromium):
    book, _html = page
    browser_page = chromium.new_page()
    complaints = []
    browser_page.on("console", lambda message: complaints.append(message.text))
    browser_page.goto((book.root / "_build/html/pages/second.html").as_uri())
    until(lambda: browser_page.evaluate("document.querySelector('audio').readyState > 0"))
    assert browser_page.locator("audio").evaluate("sound => sound.duration") > 0
    assert complaints == []
    browser_page.close()


def test_a_list_of_contents_leads_to_labels(page):
    links = {link["href"] for link in page[1].select("nav.contents a, .contents a")}
    assert {"#lab", "#lab2"} <= links


@pytest.mark.parametrize(("text", "words"), REFUSED.items())
def test_what_no_page_can_show_is_refused_by_its_line(built_book, text, words):
    line = len(built_book.read("pages/second.md").splitlines()) + 2
    built_book.add("pages/second.md", text)
    assert_fails(built_book, f"pages/second.md:{line}", words)


def test_an_output_that_needs_a_script_is_refused_by_its_page(built_book):
    built_book.add_cell('from IPython.display import HTML\n\nHTML("<p>1</p><script>document.title = 1</script>")')
    assert_fails(built_book, "pages/second.md", "to_html5_video")
