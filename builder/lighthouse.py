"""How fast and how accessible every page is, by Lighthouse's default mobile settings. Needs npx (Node.js).

Part of `make bench`: the built site is served compressed, as static hosts do, and each page is measured once.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from builder import browser
from builder.serve import served

PACKAGE = "lighthouse@12.8.2"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
SCORES = {"performance": "perf", "accessibility": "a11y", "best-practices": "best", "seo": "SEO"}
TIMES = {"first-contentful-paint": "first paint", "largest-contentful-paint": "largest paint"}
OWN = ("/_images/", ".html")  # figures, plots and the page itself do not count as its weight


def audit(address: str) -> dict:
    """Lighthouse's report on one page. Raises CalledProcessError when it could not measure."""
    with tempfile.TemporaryDirectory() as temporary:
        report = Path(temporary) / "report.json"
        command = ["npx", "--yes", PACKAGE, address, "--quiet", "--output=json", f"--output-path={report}"]
        environment = os.environ | {"CHROME_PATH": browser.ensure()}
        subprocess.run([*command, f"--chrome-flags={FLAGS}"], check=True, capture_output=True, env=environment)
        return json.loads(report.read_text("utf8"))


def row(report: dict) -> list[str]:
    """Scores, paints, shift, weight and requests of one report."""
    audits = report["audits"]
    requests = [item for item in audits["network-requests"]["details"]["items"] if item["url"].startswith("http")]
    beside = [item for item in requests if not any(part in item["url"] for part in OWN)]
    return [
        *(f"{report['categories'][name]['score']:.2f}" for name in SCORES),
        *(f"{audits[name]['numericValue'] / 1000:.2f} s" for name in TIMES),
        f"{audits['cumulative-layout-shift']['numericValue']:.3f}",
        f"{sum(item['transferSize'] for item in requests) / 1024:.0f} KB",
        f"{sum(item['transferSize'] for item in beside) / 1024:.0f} KB",
        str(len(requests)),
    ]


def report(site: Path) -> None:
    """Measure every page of the built site, and print a line for each: it takes a quarter of a minute a page."""
    print(f"{PACKAGE}, mobile")
    columns = [*SCORES.values(), *TIMES.values(), "shift", "bytes", "beside", "requests"]
    print(f"{'page':44}" + "".join(f"{name:>14}" for name in columns))
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("chapter_computation/*.html"))
    with served(site) as address:
        for page in pages:
            print(f"{page:44}" + "".join(f"{figure:>14}" for figure in row(audit(f"{address}/{page}"))), flush=True)


def available() -> bool:
    """Whether there is an npx to run it with."""
    return shutil.which("npx") is not None
