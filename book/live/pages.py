"""Serves the built site to this machine's browser: the site and nothing else, no listings, under one name only.

Files on disk stay as they are: what a page needs beyond the published one is put in as it is served.
"""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

from bs4 import BeautifulSoup
from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher, PathMatches, Rule
from tornado.web import HTTPError, RequestHandler, StaticFileHandler


class OtherName(Matcher):
    """Matches a request that does not name `host`, such as localhost:8000, as the server that it asks."""

    def __init__(self, host: str):
        self.host = host

    def match(self, request: HTTPServerRequest) -> dict | None:
        return None if request.host == self.host else {}


class Elsewhere(RequestHandler):
    """Answers a request under another name: a foreign host's name that leads here (DNS rebinding), or the machine's
    number, whose pages would be of another origin.
    """

    def initialize(self, host: str):
        self.host = host

    def prepare(self):
        numbers = [self.host.replace("localhost", number) for number in ("127.0.0.1", "[::1]")]
        if self.request.method != "GET" or self.request.host not in numbers:
            raise HTTPError(403)
        self.redirect(f"http://{self.host}{self.request.uri}")


class Pages(StaticFileHandler):
    """Serves a folder. `change` gets the text of a page and returns the one to send."""

    def initialize(self, folder: Path, change: Callable[[str], str]):
        super().initialize(str(folder), default_filename="index.html")
        self.change = change

    def set_default_headers(self):
        self.set_header("Cache-Control", "no-cache")  # asks whether there is a newer one
        self.set_header("Content-Security-Policy", "frame-ancestors 'self'")  # a page cannot say that itself
        self.set_header("X-Content-Type-Options", "nosniff")

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        return value.decode("utf8", "replace")  # not text, so not a page, which is found out soon

    async def get(self, path: str, include_body: bool = True):
        """Send a file: read as a whole, so that it is known by its content when there has been a new build."""
        self.path = self.parse_url_path(path)
        try:
            wanted = self.get_absolute_path(self.root, self.path)
            self.absolute_path = self.validate_absolute_path(self.root, wanted)
        except (OSError, ValueError) as problem:  # longer than a name may be, or with a zero byte
            raise HTTPError(404) from problem
        if self.absolute_path is None:  # a folder; the browser has been sent to its address
            return
        content = Path(self.absolute_path).read_bytes()
        if self.absolute_path.endswith(".html"):
            content = self.change(content.decode()).encode()
        self.set_header("Content-Type", self.get_content_type())
        self.write(content)

    def write_error(self, status_code: int, **kwargs):
        """What is not there gets the site's own page for it, in the language of the address."""
        page = missing(Path(self.root), self.request.path) if status_code == 404 else ""
        if not page:
            return super().write_error(status_code, **kwargs)
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        return self.finish(self.change(page))

    def compute_etag(self) -> str | None:
        return RequestHandler.compute_etag(self)  # of what is sent, not of the file


def missing(folder: Path, path: str) -> str:
    """The site's page for an address that is not there; its links lead on from wherever it is shown."""
    first = path.split("/")[1]
    edition = first if re.fullmatch(r"[\w-]+", first) and (folder / first / "404.html").is_file() else ""
    source = folder / edition / "404.html"
    if not source.is_file():
        return ""
    page = BeautifulSoup(source.read_text("utf8"), "html.parser")
    for name in ("href", "src", "action"):
        for element in page.select(f"[{name}]"):
            if not element[name].startswith("#"):
                element[name] = urljoin(f"/{edition}/" if edition else "/", element[name])
    return str(page)


def routes(folder: Path, host: str, change: Callable[[str], str]) -> list[Rule]:
    """What a Tornado application needs to serve the site in `folder` as http://`host`/; /api/ is left to others."""
    return [
        Rule(OtherName(host), Elsewhere, {"host": host}),
        Rule(PathMatches("/(?!api/)(.*)"), Pages, {"folder": folder, "change": change}),
    ]
