"""`make bench`: time and memory of the build, and Lighthouse's figures of every page. A report, not a test.

Works on a copy of the sources in a temporary folder, so the site and the cache of this one stay.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools import lighthouse

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "_build", "__pycache__", "tests")


def timed_build(folder: Path) -> tuple[float, str]:
    """Seconds of one `book` in `folder`, and the line of its output that counts the executions."""
    started = time.monotonic()
    result = subprocess.run([sys.executable, "-m", "book.cli", "book"], cwd=folder, capture_output=True, text=True)
    seconds = time.monotonic() - started
    if result.returncode:
        sys.exit(result.stderr)
    return seconds, next(line for line in result.stdout.splitlines() if "notebooks executed" in line).split(";")[0]


def executions(folder: Path) -> list[tuple[str, float]]:
    """Seconds that each notebook took when it was last executed."""
    from jupyter_cache import get_cache

    records = get_cache(folder / "_build" / ".jupyter_cache").list_cache_records()
    return sorted((Path(record.uri).stem, record.data["execution_seconds"]) for record in records)


def report(root: Path) -> None:
    """Measure the builds that matter and print a table."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "book"
        shutil.copytree(root, folder, ignore=LEFT_OUT)
        table = Table("measure", "figure", "remark")
        table.add_row("first build", f"{(first := timed_build(folder))[0]:.1f} s", first[1])
        table.add_row("nothing changed", f"{(again := timed_build(folder))[0]:.1f} s", again[1])
        page = folder / "chapter_computation" / "index.md"
        page.write_text(page.read_text("utf8").replace("\n## ", "\nOne more paragraph.\n\n## ", 1), "utf8")
        table.add_row("one paragraph edited", f"{(edited := timed_build(folder))[0]:.1f} s", edited[1])
        for name, seconds in executions(folder):
            table.add_row(f"execution of {name}", f"{seconds:.1f} s", "")
        # ru_maxrss is in KiB on Linux, in bytes on macOS
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 2**20
        table.add_row("largest process", f"{peak:.0f} MiB", "kernels included")
        pages = sorted((folder / "_build" / "html").rglob("*.html"))
        total = sum(page.stat().st_size for page in pages if "_static" not in page.parts)
        table.add_row("pages", f"{total / 2**10:.0f} KiB", f"{len(pages)} HTML files, not compressed")
        Console().print(table)
        if lighthouse.available():
            lighthouse.report(folder / "_build" / "html")
        else:
            print("No npx on this machine: the pages are not measured with Lighthouse (it comes with Node.js).")


if __name__ == "__main__":
    report(Path.cwd())
