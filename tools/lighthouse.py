"""How fast and how accessible every page is, by Lighthouse's default mobile settings. Needs npx (Node.js).

Part of `make bench`: the built site is served compressed, as static hosts do. A paint time varies by a tenth of a
second from one run to the next, so each page is timed several times; what does not vary is looked at once.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from book.project import browser
from tools.serve import served

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
OWN = ("/_images/", ".html")  # figures, plots and the page itself do not count as its weight


def audit(address: str, *options: str) -> dict:
    """Lighthouse's report on one page. Raises CalledProcessError when it could not measure."""
    with tempfile.TemporaryDirectory() as temporary:
        report = Path(temporary) / "report.json"
        command = ["npx", "--yes", PACKAGE, address, "--quiet", "--output=json", f"--output-path={report}", *options]
        # a reader's browser, with a window, where there is one
        environment = os.environ | {"CHROME_PATH": browser.installed() or browser.ensure()}
        subprocess.run([*command, f"--chrome-flags={FLAGS}"], check=True, capture_output=True, env=environment)
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


def report(site: Path) -> None:
    """Measure every page of the built site, and print a line for each: it takes more than a minute a page."""
    print(f"{PACKAGE}, mobile, median of {RUNS}")
    print(f"{'page':52}" + "".join(f"{name:>15}" for name in COLUMNS))
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("chapter_computation/*.html"))
    with served(site) as address:
        for page in pages:
            urlopen(f"{address}/{page}").close()  # so that it is compressed by now, as on a host with readers
            timings = [audit(f"{address}/{page}", "--only-categories=performance") for _ in range(RUNS - 1)]
            runs = map(figures, [audit(f"{address}/{page}"), *timings])
            medians = [median(f for f in column if f is not None) for column in zip(*runs, strict=True)]
            cells = (form.format(figure) for form, figure in zip(COLUMNS.values(), medians, strict=True))
            print(f"{page:52}" + "".join(f"{cell:>15}" for cell in cells), flush=True)


def available() -> bool:
    """Whether there is an npx to run it with."""
    return shutil.which("npx") is not None
