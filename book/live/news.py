"""How a page that is watched learns of a new build: by server-sent events, which every browser understands."""

import asyncio
import json
from urllib.parse import urlsplit

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

EVENTS, CLIENT = "/api/watch/events", "/api/watch/client.js"
# Loads the page again when its edition has been built; shows what went wrong above the page, as it was.
SCRIPT = """
const news = new EventSource("/api/watch/events?page=" + encodeURIComponent(location.pathname));
let box = null;
const kept = sessionStorage.getItem("watch-scroll");
if (kept?.startsWith(location.pathname + " ")) scrollTo(0, Number(kept.split(" ")[1]));
sessionStorage.removeItem("watch-scroll");
news.addEventListener("built", () => {
  sessionStorage.setItem("watch-scroll", `${location.pathname} ${scrollY}`);
  location.reload();
});
news.addEventListener("failed", ({ data }) => {
  box ??= document.body.appendChild(document.createElement("pre"));
  box.setAttribute("role", "alert");
  box.style.cssText = "position:fixed;inset:auto 0 0 0;max-height:60vh;overflow:auto;margin:0;padding:1rem;z-index:9;"
    + "white-space:pre-wrap;background:#7f1d1d;color:#fff;font:14px/1.4 monospace";
  box.textContent = JSON.parse(data).message;
});
"""


class News:
    """What has happened, for the pages that are open now; `paths` are those of the editions, the source's is empty."""

    def __init__(self):
        self.loop: asyncio.AbstractEventLoop | None = None
        self.paths: list[str] = [""]
        self.listeners: dict[asyncio.Queue, str] = {}  # each with the address of its page
        self.failure: dict | None = None  # the last build's, for pages that are opened after it

    def tell(self, kind: str, **data) -> None:
        """Tell every page of `kind` (built or failed); callable from any thread."""
        self.failure = data if kind == "failed" else None
        if self.loop:
            self.loop.call_soon_threadsafe(self.pass_on, kind, data)

    def pass_on(self, kind: str, data: dict) -> None:
        """Put the news into the queues of the pages that it concerns."""
        for queue, page in self.listeners.items():
            if kind != "built" or self.edition_of(page) in data["editions"]:
                queue.put_nowait((kind, data))

    def looked_at(self) -> str:
        """The path of the edition whose page was opened last; the source's when none is."""
        return self.edition_of(next(reversed(self.listeners.values()), "/"))

    def edition_of(self, page: str) -> str:
        """The path of the edition that a page belongs to."""
        start = page.strip("/").split("/")[0]
        return start if start in self.paths else ""


class Events(RequestHandler):
    """A stream of news to one page."""

    def initialize(self, told: News):
        self.told, self.queue = told, asyncio.Queue()

    async def get(self):
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.told.listeners[self.queue] = urlsplit(self.get_argument("page", "/")).path
        if self.told.failure:
            self.queue.put_nowait(("failed", self.told.failure))
        try:
            await self.flush()
            while (event := await self.queue.get()) is not None:
                kind, data = event
                self.write(f"event: {kind}\ndata: {json.dumps(data)}\n\n")
                await self.flush()
        except StreamClosedError:  # the reader went on
            pass

    def on_connection_close(self):
        self.told.listeners.pop(self.queue, None)
        self.queue.put_nowait(None)


class Client(RequestHandler):
    """The script of a page that is watched."""

    def get(self):
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.write(SCRIPT)


def with_client(page: str) -> str:
    """A page of the site with the script."""
    return page.replace("</body>", f'<script type="module" src="{CLIENT}"></script></body>', 1)
