"""Promises of the servers behind the live pages: who reaches them, how they start and end, what stays unasked."""

import json
import os
import re
import socket
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import expect

from book.live.jupyter import Kernels
from conftest import SmallBook
from hands import Server, cell, free_port, own_output, run

EXERCISES = "chapter_computation/model-construction.html"


def test_the_token_is_in_no_file_and_no_log(live_page, live_server, html):
    said = []
    page = live_page()
    page.on("console", lambda message: said.append(message.text))
    run(page, 1, "import os; print(sorted(os.environ.items()))")
    assert live_server.token not in own_output(cell(page, 1)).inner_text()
    assert live_server.token not in "".join(said)
    assert not [path for path in html.rglob("*.html") if live_server.token in path.read_text("utf8")]
    command_lines = [" ".join(process.cmdline()) for process in psutil.Process(live_server.process.pid).children(True)]
    assert command_lines
    assert not [line for line in command_lines if live_server.token in line]


def test_only_the_sites_own_origin_and_the_token_open_the_server(live_server):
    token = {"Authorization": f"token {live_server.token}"}
    assert live_server.ask("/api/sessions").status == 403
    assert live_server.ask("/api/sessions", Authorization="token wrong").status == 403
    assert live_server.ask("/api/sessions", **token).status == 200
    assert live_server.ask("/api/sessions", Host="evil.example", **token).status == 403
    answer = live_server.ask("/api/sessions", Origin="http://evil.example", **token)
    assert answer.getheader("Access-Control-Allow-Origin") in (None, live_server.origin)
    kernel = json.loads(live_server.ask("/api/kernels", method="POST", **token).text)["id"]
    socket_of = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"} | {
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="
    }
    path = f"/api/kernels/{kernel}/channels"
    with_token = f"{path}?token={live_server.token}"
    assert live_server.ask(with_token, Origin="http://evil.example", **socket_of).status == 403
    assert live_server.ask(with_token, Origin=f"http://localhost:{live_server.port + 1}", **socket_of).status == 403
    assert live_server.ask(path, Origin=live_server.origin, **socket_of).status == 403
    assert live_server.ask(with_token, Origin=live_server.origin, **socket_of).status == 101
    assert live_server.ask(f"/api/kernels/{kernel}", method="DELETE", **token).status == 204


def test_a_kernel_that_is_being_started_disturbs_no_list(monkeypatch):
    kernels = Kernels()
    monkeypatch.setattr(kernels, "_kernels", {"half": SimpleNamespace(kernel_name="python3")})
    assert kernels.list_kernels() == []


def test_the_site_answers_under_its_own_name_only(live_server):
    path = "/chapter_computation/index.html"
    assert live_server.ask(path, live_server.port, Host=f"localhost:{live_server.port}").status == 200
    assert live_server.ask(path, live_server.port, Host=f"evil.example:{live_server.port}").status == 403
    assert live_server.ask(path, live_server.port, Host="localhost").status == 403
    moved = live_server.ask(path, live_server.port, Host=f"127.0.0.1:{live_server.port}")
    assert (moved.status, moved.getheader("Location")) == (302, live_server.origin + path)
    assert live_server.ask("/_static/", live_server.port, Host=f"localhost:{live_server.port}").status == 404


def test_another_site_in_the_same_browser_reads_nothing(chromium, live_server, tmp_path):
    (tmp_path / "index.html").write_text("<title>another site</title>")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    handler.func.log_message = lambda *_: None
    foreign = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=foreign.serve_forever, daemon=True).start()
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{foreign.server_port}/")
    fetched = "url => fetch(url).then(response => response.text(), () => 'refused')"
    status = f"http://127.0.0.1:{live_server.jupyter_port}/api/status?token={live_server.token}"
    assert page.evaluate(fetched, status) == "refused"
    assert page.evaluate(fetched, f"{live_server.origin}/chapter_computation/index.html") == "refused"
    page.close()
    foreign.shutdown()


def test_a_browser_gets_the_token_by_a_ticket_for_one_visit(built_book, tmp_path):
    told = tmp_path / "told"
    writer = tmp_path / "browser.py"
    writer.write_text(f"import pathlib, sys; pathlib.Path({str(told)!r}).write_text(sys.argv[1])")
    server = Server(built_book.root, free_port(), BROWSER=f"{sys.executable} {writer} %s")
    try:
        deadline = time.monotonic() + 20
        while not (told.exists() and told.read_text()) and time.monotonic() < deadline:
            threading.Event().wait(0.05)
        ticket = urlsplit(told.read_text()).path
        assert server.token not in ticket
        first, second = (server.ask(ticket, server.port, Host=f"localhost:{server.port}") for _ in range(2))
        assert (first.status, first.getheader("Location")) == (302, server.address)
        assert second.status == 404
    finally:
        server.stop()


def test_ctrl_c_leaves_nothing_behind_and_the_page_says_so(built_book, chromium, request):
    server = Server(built_book.root, free_port())
    request.addfinalizer(server.process.kill)  # when the test fails before the end
    page = chromium.new_page()
    page.goto(server.address)
    run(page, 1)
    processes = psutil.Process(server.process.pid).children(recursive=True)
    assert len(processes) >= 2  # the Jupyter server and a kernel
    folder = next(p for p in processes if "jupyter_server" in p.cmdline()).environ()["JUPYTER_RUNTIME_DIR"]
    assert server.stop() == 0, server.printed
    assert "Stopped." in server.printed[-1]
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []
    assert not os.path.exists(folder)  # noqa: PTH110
    with socket.socket() as probe:
        probe.settimeout(1)
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0
    expect(page.locator(".live-bar")).to_have_attribute("data-state", re.compile("lost|gone"))
    page.close()


def test_a_port_in_use_is_said(small_book):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = small_book.run("live", PORT=str(port))
    assert result.returncode == 1
    assert f"port {port} is in use" in result.stderr
    assert f"PORT={port + 1}" in result.stderr
    result = small_book.run("live", PORT="eighty")
    assert (result.returncode, "'eighty' is not a port" in result.stderr) == (1, True)


def test_a_server_that_does_not_start_is_said(built_book, tmp_path_factory):
    broken = tmp_path_factory.mktemp("broken")
    (broken / "jupyter_server.py").write_text("raise SystemExit('it is broken')")
    result = built_book.run("live", PORT=str(free_port()), PYTHONPATH=str(broken))
    assert result.returncode == 1
    assert "the Jupyter server did not start" in result.stderr
    assert "it is broken" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture(scope="module")
def published(html):
    """The built site as any web server serves it."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(html))
    handler.func.log_message = lambda *_: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_published_page_is_inert(chromium, published, html):
    asked = []
    page = chromium.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{published}/{EXERCISES}#live=8888:{'a' * 43}")  # an address that somebody has made up
    page.locator("article .cell").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "_static/live/" in url or not url.startswith((published, "data:"))]
    assert page.locator(".live-tools, .live-bar, .live-offer").count() == 0
    assert page.evaluate("localStorage.getItem('book-live')") is None
    assert (html / "_static/site.js").stat().st_size < 10_500
    page.close()


def test_a_configured_binder_is_asked_only_by_the_reader(small_book: SmallBook, chromium):
    config = small_book.read("_config.yml").replace("# book_binder: owner/repository/branch ", "book_binder: o/r/main ")
    small_book.write("_config.yml", config)
    result = small_book.run("book")
    assert result.returncode == 0, result.stderr
    handler = partial(SimpleHTTPRequestHandler, directory=str(small_book.root / "_build" / "html"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asked = []
    page = chromium.new_page()
    page.route("https://**", lambda route: (asked.append(route.request.url), route.abort()))
    page.goto(f"http://127.0.0.1:{server.server_port}/pages/second.html")
    page.get_by_role("button", name="Run this page on Binder").click()
    page.get_by_role("button", name="Run cell").wait_for()
    assert asked == []
    with page.expect_request("https://mybinder.org/build/gh/o/r/main"):
        page.get_by_role("button", name="Run cell").click()
    expect(page.locator(".live-bar")).to_have_attribute("data-state", "gone")
    page.close()
    server.shutdown()
