"""Check that every link inside the built site leads to a file, and every fragment to an element."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Collector(HTMLParser):
    """The ids and the link targets of one page."""

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.targets = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("id", "name"):
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.targets.append(value)


def broken(site: Path) -> list[str]:
    """Return a line for every link that leads nowhere: 'page: target'. Other hosts are not asked."""
    pages = {path: Collector(path.read_text("utf8")) for path in sorted(site.rglob("*.html"))}
    found = []
    for page, collector in pages.items():
        for target in dict.fromkeys(collector.targets):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            known = pages.get(file)
            # A fragment of "" or "#" is the top of the page.
            missing_id = known and parts.fragment and unquote(parts.fragment) not in known.ids
            if not file.is_file() or missing_id:
                found.append(f"{page.relative_to(site)}: {target}")
    return found
