"""Promises of the handler that serves the site on this machine, without a book."""

import asyncio
import threading
from http.client import HTTPConnection

import pytest
from tornado.httpserver import HTTPServer
from tornado.web import Application

from book.live.pages import routes
from book.live.port import listen
from hands import free_port

pytestmark = pytest.mark.fast


@pytest.fixture
def ask(tmp_path):
    """Asks for a path of a served folder with a page; returns the answer, and its content as `body`."""
    (tmp_path / "page.html").write_text("<html>", "utf8")
    port, ready = free_port(), threading.Event()
    host = f"localhost:{port}"

    async def serve():
        HTTPServer(Application(routes(tmp_path, host, str.upper))).add_sockets(listen(port))
        ready.set()
        await asyncio.Event().wait()

    # In a thread: a browser of other tests has this one's event loop
    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    assert ready.wait(10)

    def asked(path: str, method: str = "GET", **headers: str):
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(method, path, headers={"Host": host} | headers)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    return asked


def test_a_page_is_changed_as_it_is_served_and_may_not_be_framed(ask):
    answer = ask("/page.html")
    assert (answer.status, answer.body) == (200, b"<HTML>")
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    head = ask("/page.html", "HEAD")
    assert (head.headers["Content-Length"], head.body) == ("6", b"")


def test_a_new_build_is_seen_and_the_same_is_not_sent_twice(ask, tmp_path):
    known = {"If-None-Match": ask("/page.html").headers["Etag"]}
    assert ask("/page.html", **known).status == 304
    (tmp_path / "page.html").write_text("<body>", "utf8")
    assert ask("/page.html", **known).body == b"<BODY>"


def test_what_is_no_page_is_not_found(ask):
    for path in ("/", "/none.html", "/%C3%A7.html", "/%e7.html", "/%00", "/" + "x" * 5000, "/api/page.html"):
        assert ask(path).status == 404, path


def test_what_is_not_there_has_the_sites_page_whose_links_lead_on(ask, tmp_path):
    (tmp_path / "tr").mkdir()
    for folder in ("", "tr/"):
        (tmp_path / folder / "404.html").write_text(
            f'<p><a href="#here">{folder}</a><a href="search.html">S</a>', "utf8"
        )
    wanted = {"/none.html": "/search.html", "/a/b/none.html": "/search.html", "/tr/a/no": "/tr/search.html"}
    for path, link in wanted.items():
        answer = ask(path)
        assert answer.status == 404
        assert f'href="{link}"'.upper().encode() in answer.body.upper()
        assert b'href="#here"'.upper() in answer.body.upper()
        assert answer.headers["Content-Type"].startswith("text/html")
