"""Promises of the servers behind the live pages: who reaches them, how they start and end, what stays unasked."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import psutil
import pytest
import zmq
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from playwright.sync_api import expect

from book.live import guardian
from book.live.jupyter import Kernels
from conftest import SmallBook
from hands import Server, answers, cell, free_port, own_output, run, until

EXERCISES = "chapter_computation/model-construction.html"


SOCKET = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13"} | {
    "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="
}


def started(server: Server) -> list[psutil.Process]:
    """The processes that a server has started."""
    return psutil.Process(server.process.pid).children(recursive=True)


def kernels(server: Server) -> list[psutil.Process]:
    return [process for process in started(server) if "ipykernel_launcher" in process.cmdline()]


def connection_file(kernel: psutil.Process) -> Path:
    command = kernel.cmdline()
    return Path(command[command.index("-f") + 1])


@pytest.fixture
def own_server(built_book):
    """Starts a server for one test, by another command if one is given."""
    servers = []

    def start(**options) -> Server:
        servers.append(Server(built_book.root, free_port(), **options))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()


def test_the_token_is_in_no_file_and_no_log(live_page, live_server, html):
    said = []
    page = live_page()
    page.on("console", lambda message: said.append(message.text))
    run(page, 1, "import os; print(sorted(os.environ.items()))")
    assert live_server.token not in own_output(cell(page, 1)).inner_text()
    assert live_server.token not in "".join(said)
    assert not [path for path in html.rglob("*.html") if live_server.token in path.read_text("utf8")]
    processes = [psutil.Process(live_server.process.pid), *started(live_server)]
    assert len(processes) >= 2
    assert not [process for process in processes if live_server.token in " ".join(process.cmdline())]


def test_only_the_sites_own_origin_and_the_token_open_the_server(live_server):
    token = {"Authorization": f"token {live_server.token}"}
    assert live_server.ask("/api/sessions").status == 403
    assert live_server.ask("/api/sessions", Authorization="token wrong").status == 403
    assert live_server.ask("/api/sessions", **token).status == 200
    assert live_server.ask("/api/sessions", Host="evil.example", **token).status == 403
    answer = live_server.ask("/api/sessions", Origin="http://evil.example", **token)
    assert answer.status == 404
    assert answer.getheader("Access-Control-Allow-Origin") in (None, live_server.origin)
    kernel = json.loads(live_server.ask("/api/kernels", method="POST", **token).text)["id"]
    path = f"/api/kernels/{kernel}/channels"
    with_token = f"{path}?token={live_server.token}"
    assert live_server.ask(with_token, Origin="http://evil.example", **SOCKET).status == 403
    assert live_server.ask(with_token, Origin=f"http://localhost:{live_server.port + 1}", **SOCKET).status == 403
    assert live_server.ask(with_token, Host="evil.example", Origin=live_server.origin, **SOCKET).status == 403
    assert live_server.ask(path, Origin=live_server.origin, **SOCKET).status == 403
    assert live_server.ask(with_token, Origin=live_server.origin, **SOCKET).status == 101
    assert live_server.ask(f"/api/kernels/{kernel}", method="DELETE", **token).status == 204


def test_no_cookie_opens_the_server(live_server):
    """A browser would send it to every port of the machine."""
    answer = live_server.ask("/api/sessions", Authorization=f"token {live_server.token}")
    assert (answer.status, answer.getheader("Set-Cookie")) == (200, None)


def test_there_is_nothing_but_the_site_and_its_kernels(live_server):
    token = {"Authorization": f"token {live_server.token}"}
    for path in (
        "/login",
        "/metrics",
        "/files/",
        "/tree",
        "/view/x",
        "/api/contents",
        "/api/terminals",
        "/api/shutdown",
    ):
        assert live_server.ask(path, **token).status == 404, path
    for path in (
        "/_static/",
        "/_static",
        "/../../README.md",
        "/%2e%2e/%2e%2e/README.md",
        "/..%2f..%2fREADME.md",
        "//x/..",
    ):
        assert live_server.ask(path, **token).status in (301, 403, 404), path


def test_an_address_that_is_not_ascii_is_not_found(live_server):
    for path in ("/%C3%A7%C3%A3o.html", "/%e7%e3o.html", "/%00", "/" + "x" * 5000, "/%ff/api/x"):
        assert live_server.ask(path).status == 404, path
    with socket.create_connection(("127.0.0.1", live_server.port)) as connection:
        request = f"GET /ção.html HTTP/1.1\r\nHost: localhost:{live_server.port}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        answer = connection.makefile("rb").readline()
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))


def test_a_kernel_that_is_being_started_disturbs_no_list(monkeypatch):
    kernels = Kernels()
    monkeypatch.setattr(kernels, "_kernels", {"half": ServerKernelManager(parent=kernels)})
    assert kernels.list_kernels() == []


def test_the_site_answers_under_its_own_name_only(live_server):
    path = "/chapter_computation/index.html"
    assert live_server.ask(path).status == 200
    assert live_server.ask(path, Host=f"evil.example:{live_server.port}").status == 403
    assert live_server.ask(path, Host="localhost").status == 403
    moved = live_server.ask(path, Host=f"127.0.0.1:{live_server.port}")
    assert (moved.status, moved.getheader("Location")) == (302, live_server.origin + path)


def test_nobody_else_can_answer_as_localhost(live_server):
    """A browser tries ::1 first."""
    with socket.socket(socket.AF_INET6) as other:
        try:
            other.bind(("::1", 0))
        except OSError:
            pytest.skip("a machine without IPv6")
    with socket.socket(socket.AF_INET6) as other, pytest.raises(OSError):
        other.bind(("::1", live_server.port))
    assert live_server.ask("/chapter_computation/index.html", address="::1").status == 200


def test_the_root_leads_to_the_first_page_and_keeps_the_readers_language(live_page, live_server):
    page = live_page()
    page.goto(f"{live_server.origin}/")
    page.wait_for_url(f"{live_server.origin}/chapter_computation/index.html")
    page.evaluate("localStorage.setItem('book-language', 'tr')")
    page.goto(f"{live_server.origin}/")
    page.wait_for_url(f"{live_server.origin}/tr/chapter_computation/index.html")


@contextmanager
def elsewhere(folder: Path):
    """Another site of this machine; yields its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


def test_another_site_in_the_same_browser_reads_and_frames_nothing(chromium, live_server, tmp_path):
    frame = f"{live_server.origin}/chapter_computation/index.html"
    (tmp_path / "index.html").write_text(f"<title>another site</title><iframe src='{frame}'></iframe>")
    page = chromium.new_page()
    with elsewhere(tmp_path) as foreign:
        page.goto(foreign)
        fetched = "url => fetch(url).then(response => response.text(), () => 'refused')"
        status = f"{live_server.origin}/api/status?token={live_server.token}"
        assert page.evaluate(fetched, status) == "refused"
        assert page.evaluate(fetched, frame) == "refused"
        assert (
            page.evaluate(
                f"new Promise(r => {{ const s = new WebSocket('{status.replace('http', 'ws', 1)}');"
                " s.onopen = () => r('open'); s.onerror = () => r('refused') })"
            )
            == "refused"
        )
        assert page.frame_locator("iframe").locator("article").count() == 0
        assert page.frames[1].url.startswith("chrome-error:")
    page.close()


def test_a_browser_is_led_by_a_file_that_only_this_user_can_read(own_server, chromium, tmp_path):
    told = tmp_path / "told"
    writer = tmp_path / "browser.py"
    writer.write_text(f"import pathlib, sys; pathlib.Path({str(told)!r}).write_text(sys.argv[1])")
    server = own_server(BROWSER=f"{sys.executable} {writer} %s")
    deadline = time.monotonic() + 20
    while not (told.exists() and told.read_text()) and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert server.token not in told.read_text()
    file = Path(url2pathname(urlsplit(told.read_text()).path))
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    page = chromium.new_page()
    page.goto(told.read_text())
    page.wait_for_url(server.address.partition("#")[0])
    run(page, 1)
    page.close()
    assert server.stop(signal.SIGHUP) == 0  # the terminal is closed
    assert not file.parent.exists()


def test_nobody_else_can_listen_to_a_kernel(live_page, live_server):
    page = live_page()
    run(page, 1)
    assert kernels(live_server)
    context = zmq.Context()
    ears = []
    for kernel in kernels(live_server):
        file = connection_file(kernel)
        told = json.loads(file.read_text())
        assert (told["transport"], Path(told["ip"]).parent) == ("ipc", file.parent)
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        # ipykernel has a port of its own on which it hears, and says nothing
        for connection in kernel.net_connections("inet"):
            if connection.status == psutil.CONN_LISTEN:
                ears.append(context.socket(zmq.SUB))
                ears[-1].subscribe(b"")
                ears[-1].connect(f"tcp://127.0.0.1:{connection.laddr.port}")
    time.sleep(0.5)  # until a subscription would be known
    run(page, 1, "print('secret')")
    assert not [ear for ear in ears if ear.poll(200)]
    context.destroy(linger=0)


# What a cell may leave behind: a program in a session of its own, one without the kernel's environment, a fork
LEAVES = """
import os, subprocess
own = subprocess.Popen(["sleep", "300"], start_new_session=True)
bare = subprocess.Popen(["/bin/sleep", "300"], env={}, start_new_session=True)
if not (fork := os.fork()):
    subprocess.run(["sleep", "300"])
print(own.pid, bare.pid, fork)
"""


def leave(page) -> list[psutil.Process]:
    """Start programs in a cell that outlive it."""
    return [psutil.Process(int(pid)) for pid in own_output(run(page, 1, LEAVES)).inner_text().split()]


def folders(server: Server, book: SmallBook) -> list[Path]:
    """What a server has laid down on the disk."""
    return [connection_file(kernels(server)[0]).parent, *book.root.glob("_build/live-*")]


def test_ctrl_c_leaves_nothing_behind_and_the_page_says_so(own_server, built_book, chromium):
    server = own_server()
    page = chromium.new_page()
    page.goto(server.address)
    processes = [*leave(page), *started(server)]
    laid_down = folders(server, built_book)
    assert server.stop() == 0, server.printed
    assert server.printed[-1].strip() == "Stopped."
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []
    assert (len(laid_down), [folder for folder in laid_down if folder.exists()]) == (2, [])
    with socket.socket() as probe:
        probe.settimeout(1)
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0
    expect(page.locator(".live-bar")).to_have_attribute("data-state", re.compile("lost|gone"))
    page.close()


@pytest.mark.parametrize("command", ["python", "make"])
def test_a_killed_server_takes_its_kernels_along(own_server, built_book, chromium, command):
    built_book.write("Makefile", f"live:\n\t@{sys.executable} -m book.cli live\n")
    server = own_server(**({"command": ["make", "live"]} if command == "make" else {}))
    page = chromium.new_page()
    page.goto(server.address)
    processes, laid_down = [*leave(page), *started(server)], folders(server, built_book)
    kernels(server)[0].suspend()  # it notices nothing, as one that computes in C
    server.process.kill()
    assert psutil.wait_procs(processes, timeout=15)[1] == []
    page.close()
    until(lambda: not any(folder.exists() for folder in laid_down))


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_LOCKS"), reason="only Linux has a limit by which to mark a process")
def test_a_killed_server_ends_what_kernels_left_that_died_before_it(own_server, chromium):
    """The second kernel has started by itself; the environment and the parent of what it left say nothing."""
    server, page, dies = own_server(), chromium.new_page(), "import os\nos._exit(1)"
    page.goto(server.address)
    run(page, 1, dies, "died")
    processes = leave(page)
    run(page, 1, dies, "died")
    server.process.kill()
    assert psutil.wait_procs(processes, timeout=15)[1] == []
    page.close()


@pytest.fixture
def begun(built_book):
    """`make live` at the moment when the command is about to be loaded: the process, its command, its port."""
    ensured = f"from book.project import environment; environment.ensure = lambda root: {sys.executable!r}"
    built_book.write("start.py", f"{ensured}\nfrom book.__main__ import main\nmain()\n")
    built_book.write("Makefile", f"live:\n\t@{sys.executable} start.py live\n")
    port = free_port()
    with subprocess.Popen(
        ["make", "live"],
        cwd=built_book.root,
        env=os.environ | {"PORT": str(port)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as make:
        try:
            found = psutil.Process(make.pid).children
            until(lambda: any("book.cli" in child.cmdline() for child in found()))
            yield make, found()[0], port
        finally:
            with suppress(ProcessLookupError):
                os.killpg(make.pid, signal.SIGKILL)


def test_a_command_ends_when_make_was_killed_before_it_had_begun(begun):
    make, command, port = begun
    make.kill()
    command.wait(15)
    assert not answers(port)


def test_ctrl_c_before_a_command_has_begun_is_no_traceback(begun):
    make, _command, port = begun
    os.killpg(make.pid, signal.SIGINT)
    said = make.communicate(timeout=15)[1]
    assert ("Interrupted" in said, "Traceback" in said, answers(port)) == (True, False, False)


def test_the_folder_of_a_server_that_was_killed_is_removed_by_the_next(tmp_path):
    left = tmp_path / "live-left"
    left.mkdir()
    (left / guardian.OWNER).touch()
    (tmp_path / "live-of-something-else").mkdir()
    with subprocess.Popen(["sleep", "60"], env=guardian.mark(left)) as process, guardian.folder(tmp_path) as one:
        process.wait(5)
        with guardian.folder(tmp_path) as other:
            assert set(tmp_path.iterdir()) == {one, other, tmp_path / "live-of-something-else"}
    assert [path.name for path in tmp_path.iterdir()] == ["live-of-something-else"]


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
    page.goto(f"{published}/{EXERCISES}#live={'a' * 43}")  # an address that somebody has made up
    page.locator("article .cell").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "_static/live/" in url or not url.startswith((published, "data:"))]
    assert page.locator(".live-tools, .live-bar, .live-offer").count() == 0
    assert page.evaluate("localStorage.getItem('book-live')") is None
    assert (html / "_static/site.js").stat().st_size < 18_000  # about 6 KB, compressed
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
