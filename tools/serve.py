"""Serve the built site on this machine as static hosts do: compressed, and kept by the browser for ten minutes."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMPRESSED = {".html", ".css", ".js", ".svg", ".json", ".xml", ".txt", ".md", ".ipynb"}


@lru_cache(maxsize=256)
def compressed(path: Path, changed: float) -> bytes:
    """A file as gzip sends it; `changed` is its time, so that a new build is seen."""
    return gzip.compress(path.read_bytes(), 9)


class StaticHost(SimpleHTTPRequestHandler):
    """Answers like a static host; does not write a line for each request."""

    protocol_version = "HTTP/1.1"

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if path.suffix not in COMPRESSED or not path.is_file():
            return super().send_head()
        body = compressed(path, path.stat().st_mtime)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return None

    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path, host: type[StaticHost] = StaticHost) -> Iterator[str]:
    """Serve a folder while the block runs; yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(host, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
