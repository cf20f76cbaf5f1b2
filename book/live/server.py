"""`make live`: the built site with cells that run, on this machine's Python.

Two servers, both on the loopback interface only: a static one for the site, and a Jupyter server beside it that
starts the kernels. The page finds the second one by the address that is printed and opened here; site.js keeps its
port and token in the browser and takes them out of the address bar. Files on disk stay as they are: what a page needs
beyond the published one is put in as it is served.
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from sphinx_external_toc.parsing import parse_toc_yaml

from book.execute import kernel
from book.project.errors import BuildError

PORT = 8000
START_LIMIT = 60  # seconds until the Jupyter server must answer
STOP_LIMIT = 10  # seconds it has to stop its kernels
IDLE_LIMIT = 600  # seconds that the kernel of a page that was closed stays
# The same sentence as in the environment cell of every page
DEVICE = """
import platform, torch
device = "cpu"
if torch.accelerator.is_available():
    device = torch.accelerator.current_accelerator().type
if device == "cuda":
    device = f"cuda ({torch.cuda.get_device_name()})"
elif device == "cpu":
    device = f"cpu ({platform.machine()})"
print(f"torch {torch.__version__.split('+')[0]} on {device}")
"""


def chosen_port() -> int:
    """The port of the site, from PORT; BuildError when it is not a port or somebody listens there."""
    value = os.environ.get("PORT") or str(PORT)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise BuildError("PORT", f"{value!r} is not a port", "Choose a number between 1024 and 65535: PORT=8001")
    with suppress(OSError), socket.create_connection(("localhost", int(value)), timeout=1):  # IPv4 and IPv6
        raise in_use(int(value))
    return int(value)


def in_use(port: int) -> BuildError:
    """What to say when the site's port is taken."""
    way_out = f"Stop what runs there (another make live?), or choose another one: make live PORT={port + 1}"
    return BuildError("make live", f"port {port} is in use", way_out)


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site(SimpleHTTPRequestHandler):
    """Serves the site to this machine's browser, under the name localhost only."""

    def __init__(self, *arguments, live: "Live", **options):
        self.live = live
        super().__init__(*arguments, directory=str(live.html), **options)

    def do_GET(self):
        if self.is_refused():
            return
        if self.live.ticket and secrets.compare_digest(self.path, f"/{self.live.ticket}"):
            self.live.ticket = ""  # good for one browser
            return self.redirect(self.live.address)
        path = Path(self.translate_path(self.path))
        if path.suffix == ".html" and path.is_file():
            return self.send_page(self.live.made_live(path.read_text("utf8")).encode())
        super().do_GET()

    def do_HEAD(self):
        if not self.is_refused():
            super().do_HEAD()

    def is_refused(self) -> bool:
        """Answer a request under another name: a foreign host's name that leads here (DNS rebinding), or the
        machine's number, which is not the origin that the Jupyter server knows.
        """
        host = self.headers.get("Host", "")
        if host == f"127.0.0.1:{self.live.port}":
            self.redirect(self.live.origin + self.path)
        elif host != f"localhost:{self.live.port}":
            self.send_error(403)
        return host != f"localhost:{self.live.port}"

    def redirect(self, address: str) -> None:
        """Send the browser elsewhere."""
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send_page(self, content: bytes) -> None:
        """Send a page that is not quite the file on disk."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        with suppress(ConnectionError):  # the reader went on
            self.wfile.write(content)

    def list_directory(self, path):
        """The site has no listings."""
        self.send_error(404)

    def log_message(self, *_):
        """No line for each request."""


class Live:
    """What the two servers know of each other."""

    def __init__(self, root: Path, port: int):
        self.root, self.html = root, root / "_build" / "html"
        self.port, self.jupyter_port = port, free_port()
        self.token, self.ticket = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.origin = f"http://localhost:{port}"
        self.jupyter = f"127.0.0.1:{self.jupyter_port}"
        self.device = ""
        first = next(iter(parse_toc_yaml(root / "_toc.yml"))).removesuffix(".md")
        self.address = f"{self.origin}/{first}.html#live={self.jupyter_port}:{self.token}"

    def made_live(self, page: str) -> str:
        """A page of the site that may talk to the Jupyter server, and that names the device."""
        page = page.replace("connect-src 'self'", f"connect-src 'self' http://{self.jupyter} ws://{self.jupyter}", 1)
        return re.sub(r"<html\b", f'<html data-live="{escape(self.device)}"', page, count=1)


def serve_site(live: Live) -> ThreadingHTTPServer:
    """Serve the site in threads of this process; BuildError when the port has been taken meanwhile."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", live.port), partial(Site, live=live))
    except OSError as problem:
        raise in_use(live.port) from problem
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def write_kernel(folder: Path) -> None:
    """A kernel that runs like those that executed the book, so that outputs can be compared."""
    short_errors = "--InteractiveShell.xmode=Minimal"  # as the first cell of every page has it
    spec = {
        "argv": [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            *kernel.ARGUMENTS,
            short_errors,
        ],
        "display_name": "Python 3",
        "language": "python",
        "env": kernel.environment() | {"JUPYTER_TOKEN": ""},  # no business of the reader's code
    }
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), "utf8")


def jupyter_command(live: Live, contents: Path) -> list[str]:
    """The Jupyter server: kernels for this site's pages, and nothing else."""
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    settings = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": live.jupyter_port,
        "ServerApp.port_retries": 0,
        "ServerApp.allow_origin": live.origin,
        "ServerApp.identity_provider_class": "book.live.jupyter.OwnOrigin",
        "ServerApp.kernel_manager_class": "book.live.jupyter.Kernels",
        "ServerApp.root_dir": contents,
        "ServerApp.open_browser": False,
        "ServerApp.terminals_enabled": False,
        "ServerApp.log_level": "ERROR",
        "MappingKernelManager.cull_idle_timeout": IDLE_LIMIT,
        "MappingKernelManager.cull_interval": IDLE_LIMIT // 10,
        "MappingKernelManager.cull_busy": True,  # a loop without end on a page that was closed
    }
    return [sys.executable, "-m", "jupyter_server", *(f"--{key}={value}" for key, value in settings.items()), *as_root]


@contextmanager
def jupyter_server(live: Live) -> Iterator[subprocess.Popen]:
    """A Jupyter server of our own for the time of the block, with nothing of the user's configuration.

    Raises BuildError with its last lines when it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="book-live-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        write_kernel(folder / "data" / "kernels" / "python3")
        (folder / "contents").mkdir()
        if (recorded := live.root / "recorded").is_dir():  # a page reads it beside its own folder
            shutil.copytree(recorded, folder / "recorded")
        environment = os.environ | {
            "JUPYTER_TOKEN": live.token,  # other users of the machine can read a command line
            "JUPYTER_NO_CONFIG": "1",
            "JUPYTER_PATH": str(folder / "data"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        }
        with (folder / "log").open("w+", encoding="utf8") as log:
            process = subprocess.Popen(
                jupyter_command(live, folder / "contents"),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C comes to us alone; it would ask whether that is meant
            )
            try:
                wait_until_it_answers(live, process, folder / "log")
                yield process
            finally:
                stop(process)


def wait_until_it_answers(live: Live, process: subprocess.Popen, log: Path) -> None:
    """Return when the Jupyter server answers; BuildError when it ends or takes too long."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(URLError, ConnectionError, TimeoutError), urlopen(f"http://{live.jupyter}/api", timeout=5):
            return
        time.sleep(0.1)
    lines = log.read_text("utf8").replace(live.token, "…").strip().splitlines()[-5:]
    what = "\n  ".join(["the Jupyter server did not start", *lines])
    raise BuildError("make live", what, "Mend what it says; remove .venv to have it set up anew.")


def stop(process: subprocess.Popen) -> None:
    """End the Jupyter server with its kernels; a kernel whose server was killed ends by itself."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill() if os.name == "nt" else os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def asked_device() -> Iterator[subprocess.Popen]:
    """What the cells run on, asked in a process of its own: torch takes seconds and memory to import."""
    command = [sys.executable, "-c", DEVICE]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def run(root: Path, port: int) -> None:
    """Serve until Ctrl-C, then stop both servers; BuildError when one of them fails."""
    if hasattr(signal, "SIGHUP"):  # the terminal was closed
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGINT))
    live = Live(root, port)
    try:
        with asked_device() as device, jupyter_server(live) as jupyter:
            live.device = device.stdout.read().strip() or "no torch"
            device.wait()
            site = serve_site(live)
            print(f"The cells run with {live.device}.\nOpen {live.address}\nCtrl-C stops it.", flush=True)
            # In a thread: a browser in the terminal would keep us. A command line can be read by others, so the
            # browser is told a ticket for one visit instead of the token.
            threading.Thread(target=webbrowser.open, args=[f"{live.origin}/{live.ticket}"], daemon=True).start()
            try:
                jupyter.wait()
            finally:
                site.shutdown()
                site.server_close()
    except KeyboardInterrupt:
        print("\nStopped.")
        return
    raise BuildError("make live", "the Jupyter server has ended", "Run make live again.")
