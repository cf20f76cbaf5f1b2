"""Check that every link inside the built site leads to a file, and every fragment to an element."""

import json
import os
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from book.project.inputs import checksum


class Collector(HTMLParser):
    """The ids and the link targets of one page, other hosts left out."""

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.targets = set(), {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("id", "name"):
                self.ids.add(value)
            elif name in ("href", "src") and value:
                parts = urlsplit(value)
                if not (parts.scheme or parts.netloc):
                    self.targets[value] = None


def collected(site: Path, notes: Path) -> dict[Path, dict]:
    """Ids and targets of every page; of pages that have not changed since `notes` was written, from there."""
    try:
        known = json.loads(notes.read_text("utf8"))
    except (OSError, ValueError):
        known = {}
    found = {}
    for path in sorted(site.rglob("*.html")):
        name, now = path.relative_to(site).as_posix(), checksum(path)
        if known.get(name, {}).get("of") != now:
            page = Collector(path.read_text("utf8"))
            known[name] = {"of": now, "ids": sorted(page.ids), "targets": list(page.targets)}
        found[name] = known[name]
    partial = notes.with_suffix(".partial")
    partial.write_text(json.dumps(found), "utf8")
    partial.replace(notes)
    return {site / name: page for name, page in found.items()}


def broken(site: Path, notes: Path, elsewhere: Iterable[str] = ()) -> list[str]:
    """Return a line for every link that leads nowhere: 'page: target'. Other hosts are not asked.

    What lies in one of the folders `elsewhere` is not there yet.
    """
    site = site.resolve()
    not_there = tuple(str(site / folder) + os.sep for folder in elsewhere)
    pages = collected(site, notes)
    files = {path for path in site.rglob("*") if path.is_file()}
    ids = {path: set(page["ids"]) for path, page in pages.items()}
    found = []
    for path, page in pages.items():
        for target in page["targets"]:
            parts = urlsplit(target)
            file = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
            # A fragment of "" or "#" is the top of the page.
            missing_id = file in ids and parts.fragment and unquote(parts.fragment) not in ids[file]
            if (file not in files or missing_id) and not str(file).startswith(not_there):
                found.append(f"{path.relative_to(site).as_posix()}: {target}")
    return found
