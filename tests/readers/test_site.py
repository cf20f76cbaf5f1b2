"""Promises of the site: weight, keyboard, search, and what it says of itself to machines."""

import json
import re
from pathlib import Path
from time import sleep
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from book.project import source
from book.render import layout
from conftest import ROOT, everywhere
from tools.serve import StaticHost, served

PAGES = [page.docname for page in source.pages(ROOT)]
EVERYWHERE = everywhere()


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_page_is_light(open_page, name):
    """At most 60 KB over the wire and 8 requests besides the page's own figures and plots."""
    finished = []
    page = open_page(f"{name}.html", on_request=lambda request: finished.append(request))
    page.wait_for_load_state("networkidle")
    own = [request for request in finished if "/_images/" not in request.url]
    beside = [request for request in own if not request.url.endswith(".html")]
    assert own, "no request was seen"
    assert len(own) <= 8
    assert sum(request.sizes()["responseBodySize"] for request in beside) <= 60_000


def shift(page) -> float:
    """How much what a page shows has moved since it was opened, as Chromium measures it."""
    page.wait_for_load_state("networkidle")
    return page.evaluate("""() => new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
        .observe({ type: "layout-shift", buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
    })""")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_moves_while_a_page_loads(open_page, name):
    assert shift(open_page(f"{name}.html", 390)) == pytest.approx(0, abs=0.001)


# From the heading to the paragraph below it, in pixels; both at once, since the page may be scrolling
BELOW_EXERCISES = """() => {
  const [heading, text] = ["h2", "p:not([role])"].map((tag) => document.querySelector(`#exercises > ${tag}`));
  return text.getBoundingClientRect().top - heading.getBoundingClientRect().top;
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_how_many_exercises_are_solved_is_said_where_there_is_room_for_it(chromium, address, width):
    """What follows stands where it stood before the script came."""
    tops = []
    for script in (False, True):
        with chromium.new_context(viewport={"width": width, "height": 900}) as context:
            page = context.new_page()
            if not script:
                page.route("**/site.js*", lambda route: route.abort())
            page.goto(f"{address}/chapter_computation/custom-layer.html#exercises")
            expect(page.locator("article .num-solved")).to_have_count(int(script))
            tops.append(page.evaluate(BELOW_EXERCISES))
    assert tops[0] == pytest.approx(tops[1], abs=0.5)


class SlowHost(StaticHost):
    """Sends the part of a page up to its language menu, which the browser shows, and the rest half a second later."""

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if path.suffix != ".html":
            return super().send_head()
        page = path.read_bytes()
        part = page.index(b'popovertarget="menu-language"')
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page[:part])
        sleep(0.5)
        self.wfile.write(page[part:])
        return None


def test_the_bar_does_not_move_while_it_arrives(chromium, html):
    with served(html, SlowHost) as address, chromium.new_context(viewport={"width": 390, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{address}/chapter_computation/custom-layer.html")
        assert shift(page) == pytest.approx(0, abs=0.001)
        expect(page.get_by_role("banner").get_by_role("link").first).to_be_visible()


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_small_or_magnified_page_does_not_scroll_sideways(open_page, name):
    """320 px is also what 1280 px become at 400%; the page's text grows to 200%."""
    page = open_page(f"{name}.html", 320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page = open_page(f"{name}.html", 640)
    page.add_style_tag(content="html { font-size: 200% }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


@pytest.mark.parametrize("name", EVERYWHERE)
def test_images_keep_their_place(html, name):
    for image in re.findall(r"<img [^>]*>", (html / f"{name}.html").read_text("utf8")):
        assert re.search(r' width="\d+"', image), image
        assert re.search(r' height="\d+"', image), image
        assert 'loading="lazy"' in image


def test_the_keyboard_reaches_the_text_and_the_menus(open_page):
    page = open_page(f"{PAGES[1]}.html")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.get_attribute("href") == "#main-content"
    assert skip.bounding_box()["y"] >= 0
    menu = page.locator("[popovertarget=menu-language]")
    menu.focus()
    page.keyboard.press("Enter")
    assert page.locator("#menu-language").is_visible()
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("hreflang") == "en"
    page.keyboard.press("Escape")
    assert not page.locator("#menu-language").is_visible()
    assert page.locator(":focus").get_attribute("popovertarget") == "menu-language"


def test_the_contents_are_a_panel_on_a_phone(open_page):
    page = open_page(f"{PAGES[1]}.html", 390)
    assert not page.locator("#book-nav").is_visible()
    page.locator("[popovertarget=book-nav]").click()
    assert page.locator("#book-nav li").count() == len(PAGES)
    page.locator("#book-nav a").last.click()
    page.wait_for_url(f"**/{PAGES[-1]}.html")


def test_a_box_that_scrolls_is_reached_by_keyboard_and_no_other(open_page):
    page = open_page(f"{PAGES[1]}.html", 390)
    boxes = page.locator("article pre")
    boxes.first.scroll_into_view_if_needed()
    page.locator("article pre[tabindex]").first.wait_for()
    wrong = page.evaluate("""() => [...document.querySelectorAll("article > section > section:first-of-type pre")]
      .filter((box) => (box.scrollWidth > box.clientWidth) !== (box.tabIndex === 0)).length""")
    assert wrong == 0


def test_a_heading_links_to_its_label_and_its_parts_are_in_the_contents(open_page):
    page = open_page("tr/chapter_computation/read-write.html#rw-state-dict")
    link = page.locator("section#rw-state-dict > h2 > .headerlink")
    assert link.get_attribute("href") == "#rw-state-dict", "the label, which is the same in all languages"
    assert link.get_attribute("title") == "Sayfanın bu yerine bağlantı"
    contents = page.locator("#page-toc li:has([aria-current])")
    expect(contents.locator("li").first).to_be_visible()
    parts = page.locator("section#rw-state-dict > section > h3")
    wanted = [heading.removesuffix("#") for heading in parts.all_text_contents()]
    assert len(wanted) > 2
    assert contents.locator("li").all_text_contents() == wanted


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_for_wrong_addresses_has_the_menu_that_it_promises(open_page, width):
    page = open_page("404.html", width)
    assert "menu" in page.locator("article p").first.inner_text()
    if width < 960:
        page.get_by_role("button", name="Contents of the book").click()
    page.locator("#book-nav a").last.click()
    page.wait_for_url(f"**/{PAGES[-1]}.html")


@pytest.mark.parametrize("name", EVERYWHERE)
def test_the_licences_are_linked(html, name):
    footer = (html / f"{name}.html").read_text("utf8").split('<footer class="bottom">')[1]
    links = re.findall(r'<a rel="license" href="([^"]+)">([^<]+)</a>', footer)
    assert links == [(layout.TEXT_LICENCE, "CC BY-SA 4.0"), (layout.CODE_LICENCE, "MIT-0")]


def test_the_theme_is_kept(open_page):
    page = open_page(f"{PAGES[1]}.html", theme="dark")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.locator("#theme").click()
    assert page.locator("html").get_attribute("data-theme") == "light"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "light"


def test_the_copy_button_copies_the_code_only(open_page):
    page = open_page(f"{PAGES[1]}.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell:has(.cell_output)").first
    cell.scroll_into_view_if_needed()
    cell.locator(".copy").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == cell.locator(".cell_input pre").text_content().strip()
    assert cell.locator(".cell_output").inner_text().strip() not in copied


def test_a_search_for_a_message_lands_on_its_section(open_page):
    page = open_page("search.html?q=mat1+and+mat2+shapes")
    result = page.locator("#search-results a", has_text="mat1 and mat2 shapes cannot be multiplied")
    result.first.click()
    page.wait_for_url("**/errors.html#*")
    heading = page.locator(f"#{page.url.split('#')[1]} > :is(h2, h3)").first
    assert "mat1 and mat2 shapes" in heading.inner_text()
    assert heading.evaluate("heading => heading.getBoundingClientRect().top < innerHeight / 2")


@pytest.mark.parametrize("width", [1280, 390])
def test_an_address_leads_to_its_heading_and_a_reload_stays(open_page, width):
    for label in ("params-counting", "params-groups"):
        page = open_page(f"chapter_computation/parameters.html#{label}", width)
        page.wait_for_timeout(800)
        top = page.locator(f"section#{label} > :is(h2, h3)").bounding_box()["y"]
        assert 60 < top < 140, f"{label} is at {top}, the bar above it ends at 52"
    page.mouse.wheel(0, 2000)
    page.wait_for_timeout(300)
    before = page.evaluate("scrollY")
    page.reload()
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") == pytest.approx(before, abs=200)


@pytest.mark.parametrize(
    "edition, heading, found, nothing",
    [
        ("", "Search results", "Sections found:", "No section has any of these words"),
        ("pt-br/", "Resultados da pesquisa", "Seções encontradas:", "Nenhuma seção contém"),
        ("tr/", "Arama sonuçları", "Bulunan bölüm sayısı:", "Bu sözcüklerden birini içeren bir bölüm yok"),
    ],
)
def test_the_search_says_how_many_sections_it_found(open_page, edition, heading, found, nothing):
    page = open_page(f"{edition}search.html?q=FlopCounterMode", 390)
    expect(page.locator("#search-results h2")).to_have_text(heading)
    expect(page.locator("#search-results")).to_contain_text(found)
    expect(page.locator("#search-results li a").first).to_be_visible()
    results = page.locator("#search-results ol > li").count()
    assert results > 1
    expect(page.get_by_role("status")).to_have_text(f"{found} {results}")
    page = open_page(f"{edition}search.html?q=xylophone")
    expect(page.get_by_role("status")).to_contain_text(nothing)
    ways = page.locator("#search-otherwise a")
    expect(ways).to_have_count(2)
    ways.last.click()
    expect(page).to_have_url(re.compile(f"/{edition}chapter_computation/errors.html$"))
    page = open_page(f"{edition}search.html?q=xylophone+quartet")  # something that is like one of them is found
    expect(page.get_by_role("status")).to_contain_text("xylophone, quartet")
    expect(page.locator("#search-results li a").first).to_be_visible()
    expect(page.locator("#search-otherwise a")).to_have_count(2)
    expect(page.locator("#search-otherwise")).to_be_visible()


def test_a_section_that_shows_a_message_leads_to_its_entry(open_page):
    page = open_page(f"{PAGES[1]}.html")
    page.locator(".to-errors a").first.click()
    page.wait_for_url("**/errors.html#*")


@pytest.mark.parametrize("name", EVERYWHERE)
def test_the_head_describes_the_page(html, name):
    page = (html / f"{name}.html").read_text("utf8")
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["@context"] == "https://schema.org"
    assert data["inLanguage"] == re.search(r'<html lang="([^"]+)"', page)[1]
    assert len(data["description"]) > 60
    assert data["description"] in page.split("<style>")[1]
    assert f'<meta property="og:title" content="{data["name"]}"' in page.replace("&#x27;", "'")
    assert "Content-Security-Policy" in page
    assert not re.search(r"<script>(?!try\{document)", page), "a script in the page itself"


def test_a_published_site_names_its_addresses(built_book):
    address = "https://books.example.org/shelf"
    result = built_book.run("book", BOOK_URL=address)
    assert result.returncode == 0, result.stderr
    page = built_book.read("_build/html/pages/second.html")
    assert f'<link rel="canonical" href="{address}/pages/second.html">' in page
    assert f'<meta property="og:url" content="{address}/pages/second.html">' in page
    assert f'<meta property="og:image" content="{address}/_static/card-en.png">' in page
    assert (built_book.root / "_build/html/_static/card-en.png").is_file()
    sitemap = ElementTree.parse(built_book.root / "_build/html/sitemap.xml")
    places = [element.text for element in sitemap.iter() if element.tag.endswith("loc")]
    assert places == [f"{address}/pages/first.html", f"{address}/pages/second.html"]
    assert f"Sitemap: {address}/sitemap.xml" in built_book.read("_build/html/robots.txt")
    missing = built_book.read("_build/html/404.html")
    links = re.findall(r'(?:href|src|action)="([^"#]+)"', missing)
    assert links
    licences = {layout.TEXT_LICENCE, layout.CODE_LICENCE}
    assert licences <= set(links)
    assert [link for link in links if not link.startswith(address)] == sorted(licences)
    menu = missing.split('id="book-nav"')[1].split("</nav>")[0]
    for page in ("first", "second"):
        assert f'href="{address}/pages/{page}.html"' in menu


def test_a_missing_page_speaks_the_other_languages_too(open_page):
    page = open_page("404.html")
    expect(page.locator("article [lang=pt-BR]")).to_contain_text("Esta página não existe")
    page.locator("article [lang=tr] a").click()
    expect(page.locator("html")).to_have_attribute("lang", "tr")
    assert open_page("tr/404.html").locator("article p[lang]").count() == 0


def test_an_unpublished_site_claims_no_address(built_once):
    site = built_once.root / "_build/html"
    assert not (site / "sitemap.xml").exists()
    assert "canonical" not in built_once.read("_build/html/pages/second.html")
