"""How fast and how accessible every page is, by Lighthouse's default mobile settings. Needs npx (Node.js).

Part of `make bench`: the built site is served compressed, as static hosts do. A paint time varies by a tenth of a
second from one run to the next, so each page is timed several times; what does not vary is looked at once.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from book.project import browser
from tools.measure import measure, say
from tools.serve import served
from tools.weights import OWN

PACKAGE = "lighthouse@12.8.2"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
SCORES = {"performance": "perf", "accessibility": "a11y", "best-practices": "best", "seo": "SEO"}
TIMES = {"first-contentful-paint": "first paint", "largest-contentful-paint": "largest paint"}
COLUMNS = (
    dict.fromkeys(SCORES.values(), "{:.2f}")
    | dict.fromkeys(TIMES.values(), "{:.2f} s")
    | {"shift": "{:.3f}", "bytes": "{:.0f} KB", "beside": "{:.0f} KB", "requests": "{:.0f}"}
)
RUNS = 5
TITLE = f"{PACKAGE}, mobile, median of {RUNS}"


def audit(address: str, *options: str) -> dict:
    """Lighthouse's report on one page. Raises Failed when it could not measure."""
    with tempfile.TemporaryDirectory() as temporary:
        report = Path(temporary) / "report.json"
        command = ["npx", "--yes", PACKAGE, address, "--quiet", "--output=json", f"--output-path={report}", *options]
        # a reader's browser, with a window, where there is one
        chrome = browser.installed() or browser.ensure()
        measure([*command, f"--chrome-flags={FLAGS}"], Path(temporary), CHROME_PATH=chrome)
        return json.loads(report.read_text("utf8"))


def figures(report: dict) -> list[float | None]:
    """One report in the order of COLUMNS: scores from 0 to 1, seconds, shift, KB, KB, a number of requests.

    A score is None where the report leaves out its category.
    """
    audits = report["audits"]
    requests = [item for item in audits["network-requests"]["details"]["items"] if item["url"].startswith("http")]
    beside = [item for item in requests if not any(part in item["url"] for part in OWN)]
    return [
        *(report["categories"].get(name, {}).get("score") for name in SCORES),
        *(audits[name]["numericValue"] / 1000 for name in TIMES),
        audits["cumulative-layout-shift"]["numericValue"],
        sum(item["transferSize"] for item in requests) / 1024,
        sum(item["transferSize"] for item in beside) / 1024,
        len(requests),
    ]


def columns() -> list[str]:
    """The names of the columns of `rows`."""
    return ["page", *COLUMNS]


def rows(site: Path, pages: list[str]) -> Iterator[tuple[str, ...]]:
    """Measure pages of the built site, one row each: it takes more than a minute a page."""
    with served(site) as address:
        for page in pages:
            urlopen(f"{address}/{page}").close()  # so that it is compressed by now, as on a host with readers
            timings = [audit(f"{address}/{page}", "--only-categories=performance") for _ in range(RUNS - 1)]
            runs = map(figures, [audit(f"{address}/{page}"), *timings])
            medians = [median(f for f in column if f is not None) for column in zip(*runs, strict=True)]
            cells = [form.format(figure) for form, figure in zip(COLUMNS.values(), medians, strict=True)]
            say(f"Lighthouse, {page}: {', '.join(cells)}")
            yield (page.removesuffix(".html"), *cells)


def available() -> bool:
    """Whether there is an npx to run it with."""
    return shutil.which("npx") is not None
