"""What a page cannot show: it runs no script that stands inside it, and loads nothing from another host.

HTML comes from the page's author or from an output. A widget needs scripts, so its text is shown. A frame from another
host becomes a link to it. A picture from there, or what shows nothing without its script, is refused by name.
"""

from html.parser import HTMLParser

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

WIDGET = "application/vnd.jupyter.widget-view+json"
ELSEWHERE = ("http://", "https://", "//")
FRAMES = ["iframe", "embed", "object"]
SCRIPT = (
    "this needs a script, which no page runs; show a picture or a video instead (of an animation: `to_html5_video()`,"
    " or a GIF that `save` has written)"
)
FROM_ELSEWHERE = "%s lies on another host, and a page loads nothing from there; put the file beside the page"

logger = logging.getLogger(__name__)


class Needs(HTMLParser):
    """What a piece of HTML would run or load: whether it has a script or frames, and its files on other hosts."""

    def __init__(self, html: str):
        super().__init__()
        self.script = self.frames = False
        self.files: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        address = attributes.get("src") or attributes.get("data") or ""
        if tag == "script":
            self.script |= (attributes.get("type") or "text/javascript").endswith(("javascript", "module"))
        elif address.startswith(ELSEWHERE):
            self.frames |= tag in FRAMES
            if tag not in FRAMES:
                self.files.append(address)


def with_links(html: str) -> str:
    """A piece of HTML with a link in the place of each frame."""
    page = BeautifulSoup(html, "html.parser")
    for frame in page.find_all(FRAMES):
        address = frame.get("src") or frame.get("data") or ""
        link = page.new_tag("a", href=address)
        link.string = address
        frame.replace_with(link)
    return str(page)


def check_html(raw: nodes.raw) -> None:
    """Replace the frames of a piece of HTML, or refuse it."""
    needs = Needs(raw.astext())
    if needs.script:
        logger.warning(SCRIPT, location=raw)
    elif needs.files:
        logger.warning(FROM_ELSEWHERE, needs.files[0], location=raw)
    elif needs.frames:
        raw.replace_self(nodes.raw("", with_links(raw.astext()), format="html"))


def check(app: Sphinx, doctree: nodes.document) -> None:
    """Look through a page that has been read."""
    for raw in list(doctree.findall(nodes.raw)):
        if "html" in raw.get("format", "").split():
            check_html(raw)
    for image in list(doctree.findall(nodes.image)):
        if image["uri"].startswith(ELSEWHERE):
            logger.warning(FROM_ELSEWHERE, image["uri"], location=image)
            image.replace_self(nodes.Text(image.get("alt", "")))  # or else Sphinx would go and look for it


def leave_out_widgets(app: Sphinx, config: Config) -> None:
    """Have myst-nb show the text of a widget."""
    config.nb_mime_priority_overrides = [*config.nb_mime_priority_overrides, ("html", WIDGET, None)]


def setup(app: Sphinx) -> None:
    """Connect to Sphinx. A picture from elsewhere is found before Sphinx collects pictures."""
    app.connect("doctree-read", check, priority=100)
    app.connect("config-inited", leave_out_widgets)
