"""Promises of the handler that serves the site on this machine, without a book."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tornado.testing import AsyncHTTPTestCase
from tornado.web import Application

from book.live.pages import routes

pytestmark = pytest.mark.fast


class TestPages(AsyncHTTPTestCase):
    """A folder with a page, served as `make live` serves the site."""

    def get_app(self) -> Application:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "page.html").write_text("<html>", "utf8")
        return Application(routes(self.folder, f"localhost:{self.get_http_port()}", str.upper))

    def ask(self, path: str, method: str = "GET", **headers: str):
        host = {"Host": f"localhost:{self.get_http_port()}"}
        return self.fetch(path, method=method, headers=host | headers, follow_redirects=False)

    def test_a_page_is_changed_as_it_is_served_and_may_not_be_framed(self):
        answer = self.ask("/page.html")
        assert (answer.code, answer.body) == (200, b"<HTML>")
        assert answer.headers["Content-Type"] == "text/html"
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
        assert self.ask("/page.html", "HEAD").headers["Content-Length"] == "6"

    def test_a_new_build_is_seen_and_the_same_is_not_sent_twice(self):
        known = self.ask("/page.html").headers["Etag"]
        assert self.ask("/page.html", **{"If-None-Match": known}).code == 304
        (self.folder / "page.html").write_text("<body>", "utf8")
        assert self.ask("/page.html", **{"If-None-Match": known}).body == b"<BODY>"

    def test_what_is_no_page_is_not_found(self):
        for path in ("/", "/none.html", "/%C3%A7.html", "/%e7.html", "/%00", "/" + "x" * 5000, "/api/page.html"):
            assert self.ask(path).code == 404, path
