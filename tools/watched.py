"""From a save to the page: what an author waits for while `make watch` runs, seen in a browser."""

import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from book.project import browser
from tools.copies import SENTENCE, edit_paragraph, editions, first_section
from tools.measure import Failed, Measured, read, start, stop

WATCH = [sys.executable, "-m", "book.cli", "watch"]
NO_WINDOW = f"{sys.executable} -c pass %s"  # instead of the author's browser
SAVES = 3
LIMIT = 60  # seconds for what is saved to be shown, and for the other editions to follow


class Watched:
    """`make watch` while it runs in a folder."""

    def __init__(self, folder: Path):
        self.folder, self.number, self.lines = folder, len(editions(folder)), []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://localhost:{port}"
        self.process = start(WATCH, folder, {"PORT": str(port), "BROWSER": NO_WINDOW})
        arguments = (self.process, time.monotonic(), self.lines)
        threading.Thread(target=read, args=arguments, daemon=True).start()

    def wait_for_builds(self, count: int) -> None:
        """Wait until every edition was built so often since the start; Failed when the command has ended, or hangs."""
        end = time.monotonic() + LIMIT
        while self.built() < count * self.number:
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failed("make watch does not build:\n" + "\n".join(text for _, text in self.lines))
            time.sleep(0.02)

    def built(self) -> int:
        """How many editions have been built so far, each as often as it was."""
        said = (re.fullmatch(r"(.+): [\d.]+ s after the save", text) for _, text in list(self.lines))
        return sum(len(match[1].split(", ")) for match in said if match)

    def processes(self) -> list[psutil.Process]:
        """The command's own, and those that it has started."""
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    def cpu(self) -> float:
        """The processor's seconds of all processes so far."""
        return sum(process.cpu_times().user + process.cpu_times().system for process in self.processes())


@contextmanager
def opened(address: str) -> Iterator[Page]:
    """A page in a browser."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.ensure(), args=browser.SWITCHES)
        page = chromium.new_page()
        page.goto(address)
        yield page
        chromium.close()


def saved_while_watched(folder: Path) -> Measured:
    """A save of a sentence more, until the browser shows it by itself: the median of a few, in a book that is built.

    `cpu` is that of the command until every edition is there, `largest` what a process has then. Raises Failed
    when the command ends or the other editions do not follow.
    """
    section, watched = first_section(folder), Watched(folder)
    try:
        watched.wait_for_builds(1)  # it has loaded what it needs
        with opened(f"{watched.address}/{section.relative_to(folder).with_suffix('.html').as_posix()}") as page:
            saves = [one_save(watched, section, page, number) for number in range(SAVES)]
    finally:
        stop(watched.process)
    return sorted(saves, key=lambda one: one.wall)[SAVES // 2]


def one_save(watched: Watched, section: Path, page: Page, number: int) -> Measured:
    """Save once, the `number`-th time, and wait for the page and then for the other editions."""
    before = watched.cpu()
    edit_paragraph(section)
    started = time.monotonic()
    sentences = SENTENCE * section.read_text("utf8").count(SENTENCE)
    page.get_by_text(sentences.strip()).wait_for(timeout=LIMIT * 1000)
    wall = time.monotonic() - started
    watched.wait_for_builds(number + 2)
    largest = max(process.memory_info().rss for process in watched.processes()) / 2**20
    return Measured(wall=wall, cpu=watched.cpu() - before, largest=largest)
