"""What each page weighs: its HTML as it is and compressed, and what a browser asks for beside it."""

import os
from collections.abc import Iterator
from pathlib import Path

from book.project import browser
from tools.copies import editions
from tools.copies import pages as named
from tools.serve import compressed, served

COLUMNS = ["page", "HTML KiB", "gzip KiB", "requests", "beside", "beside KiB"]
NOTE = (
    "requests: all, on a phone's screen, nothing kept from before; beside: without the page itself and its figures "
    "and plots. Bytes as the host sends them, compressed."
)
SETTLED = 2000  # ms: idle for half a second, which is Playwright's "networkidle", a slow machine is in between, too
OWN = ("/_images/", ".html")
PHONE = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75}  # Lighthouse's


def pages(root: Path, site: Path) -> list[str]:
    """The addresses of the site's pages: those that the book in `root` names, in every edition that was built."""
    prefixes = [f"{entry['path']}/".lstrip("/") for entry in editions(root)]
    found = [f"{prefix}{name}.html" for prefix in prefixes for name in named(root)]
    return [page for page in found if (site / page).is_file()]


def rows(root: Path, site: Path) -> Iterator[tuple[str, ...]]:
    """One row a page, in the order of COLUMNS."""
    from playwright.sync_api import sync_playwright  # only here: it takes memory that a measured command would show

    path = os.environ.get("BOOK_BROWSER") or browser.ensure()
    with served(site) as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browser.SWITCHES)
        for page in pages(root, site):
            file = site / page
            sizes = (file.stat().st_size, len(compressed(file, file.stat().st_mtime)))
            asked = requests(chromium, f"{address}/{page}")
            beside = [size for url, size in asked if not any(part in url for part in OWN)]
            figures = (*kib(*sizes), str(len(asked)), str(len(beside)), *kib(sum(beside)))
            yield (page.removesuffix(".html"), *figures)
        chromium.close()


def kib(*sizes: int) -> list[str]:
    """Bytes in KiB."""
    return [f"{size / 1024:.1f}" for size in sizes]


def requests(chromium, address: str) -> list[tuple[str, int]]:
    """Address and bytes of everything that a new reader's browser asks the host for, the page included."""
    finished = []
    with chromium.new_context(**PHONE) as context:
        page = context.new_page()
        page.on("requestfinished", lambda request: finished.append(request))
        page.goto(address, wait_until="networkidle")
        page.wait_for_timeout(SETTLED)
        asked = [request for request in finished if request.url.startswith("http")]
        return [(request.url, request.sizes()["responseBodySize"]) for request in asked]
