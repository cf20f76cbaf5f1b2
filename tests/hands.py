"""What the tests of live pages share: the server, and a reader's hands."""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

LIVE = (sys.executable, "-m", "book.cli", "live")


class Server:
    """`make live` in a book's folder, for the time of a test."""

    def __init__(self, root, port: int, command: Sequence[str] = LIVE, **environment: str):
        self.port = port
        self.process = subprocess.Popen(
            command,
            cwd=root,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PORT": str(port), "BROWSER": f"{sys.executable} -c pass %s"} | environment,
        )
        self.printed = []
        for line in self.process.stdout:
            self.printed.append(line)
            if line.startswith("Open "):
                break
        else:
            raise AssertionError("".join(self.printed))
        self.address = self.printed[-1].removeprefix("Open ").strip()
        self.origin, self.fragment = f"http://localhost:{port}", urlsplit(self.address).fragment
        self.token = self.fragment.removeprefix("live=")

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(number)
        self.printed.append(self.process.communicate(timeout=30)[0])
        return self.process.returncode

    def ask(self, path: str, method: str = "GET", address: str = "127.0.0.1", **headers: str):
        """A request that is not a browser's, so that every header can be given; returns the response, read."""
        connection = http.client.HTTPConnection(address, self.port, timeout=20)
        headers = {"Host": f"localhost:{self.port}"} | headers
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        response.text = "" if response.status == 101 else response.read().decode("utf8", "replace")
        connection.close()
        return response


def until(true: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is true: what `page.wait_for_function` does by `eval`, which the pages' policy forbids."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not true after {seconds} s"
        time.sleep(0.05)


def free_port() -> int:
    """A port below those that a system hands out by itself, so that no connection or kernel takes it meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def answers(port: int) -> bool:
    """Whether somebody listens at a port of this machine."""
    with suppress(OSError), socket.create_connection(("localhost", port), timeout=5):
        return True
    return False


def cell(page: Page, number: int):
    """A cell of a page, counted from 1."""
    return page.locator("article .cell").nth(number - 1)


def write(page: Page, number: int, code: str):
    """Put other code into a cell, by keyboard; returns the cell."""
    one = cell(page, number)
    one.locator(".live-run").wait_for()  # a page is loaded before its cells are live
    one.locator(".cell_input pre:visible, .cm-content").first.click()
    expect(one.locator(".cm-content")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)
    return one


def run(page: Page, number: int, code: str | None = None, state: str = "done"):
    """Run one cell alone, after putting `code` into it; returns the cell when it has come to `state`."""
    one = write(page, number, code) if code is not None else cell(page, number)
    one.get_by_role("button", name="Run cell").click()
    if (alone := one.get_by_role("button", name="Only this cell")).is_visible():
        alone.click()
    expect(one).to_have_attribute("data-live", state, timeout=60_000)
    return one


def own_output(one):
    return one.locator(".live-output")
