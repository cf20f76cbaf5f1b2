"""What a reader's cells may hold, and that neither slow connections nor page loads keep others out of `make live`."""

import signal
import socket
import time

import psutil
import pytest
from playwright.sync_api import expect

from hands import Server, free_port, own_output, run


@pytest.fixture
def server(built_book):
    """A server of the small book, whose kernels may hold 1 GB."""
    one = Server(built_book.root, free_port(), BOOK_MEMORY_LIMIT="1", PYTHONUNBUFFERED="1")
    yield one
    if one.process.poll() is None:
        one.process.kill()


def kernels(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children(recursive=True)
    return [child for child in children if "ipykernel_launcher" in child.cmdline()]


def test_a_cell_that_takes_all_memory_is_stopped_and_the_terminal_says_why(server, chromium):
    page = chromium.new_page()
    page.goto(server.address)
    one = run(page, 1, "held = []\nwhile True:\n    held.append(b'x' * 10**8)", "died")
    expect(one).to_contain_text("Python ended while this cell was running")
    expect(own_output(run(page, 1, "print('again')"))).to_have_text("again")
    page.close()
    assert server.stop() == 0
    printed = "".join(server.printed)
    assert "of the 1.0 GB that all kernels may hold, and was stopped" in printed
    assert "BOOK_MEMORY_LIMIT=2" in printed
    assert "Traceback" not in printed


def test_the_limit_holds_when_nobody_reads_the_terminal(server, chromium):
    """As with `make live | head`."""
    server.process.stdout.close()
    page = chromium.new_page()
    page.goto(server.address)
    for _ in range(2):
        run(page, 1, "held = []\nwhile True:\n    held.append(b'x' * 10**8)", "died")
    page.close()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(30) == 0


def test_slow_connections_keep_nobody_out(server):
    address = ("127.0.0.1", server.port)
    slow = [socket.create_connection(address) for _ in range(300)]
    for number, one in enumerate(slow):
        one.sendall(b"GET / HTTP/1.1\r\nHost: localhost"[: 1 + number % 30])
    started = time.monotonic()
    assert server.ask("/pages/first.html").status == 200
    assert time.monotonic() - started < 5
    for one in slow:
        one.close()
    assert server.ask("/pages/second.html").status == 200


def test_page_loads_start_no_kernels_and_each_page_has_one(server, chromium):
    pages = [chromium.new_page() for _ in range(2)]
    for _ in range(10):
        for page in pages:
            page.goto(server.address)
            page.get_by_role("button", name="Run cell").first.wait_for()
    assert kernels(server) == []
    for page in pages:
        run(page, 1)
        run(page, 1)
    assert len(kernels(server)) == 2
    for page in pages:
        page.close()
