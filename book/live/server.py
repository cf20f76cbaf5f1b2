"""`make live`: the built site with cells that run, on this machine's Python.

One server in this process has both, the pages (`book.live.pages`) and the kernels that run their cells
(`book.live.jupyter`): one origin, so that a page may talk to it as it is published. It answers on the loopback
interface only. Who has the token runs code as this user: it is in the address that is printed and opened here, and
site.js keeps it in the browser and takes it out of the address bar. Whatever it starts ends with it, also when it is
killed (`book.live.guardian`).
"""

import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import webbrowser
from html import escape
from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml
from tornado.httpserver import HTTPServer

from book.execute import limits
from book.live import guardian, pages
from book.live.port import listen
from book.live.terminal import say
from book.project.errors import BuildError

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


def ask_device(folder: Path) -> subprocess.Popen:
    """What the cells run on, asked in a process of its own: torch takes seconds and memory to import."""
    said = {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-c", DEVICE], env=os.environ | guardian.mark(folder), **said)


def furnish(root: Path, folder: Path) -> None:
    """Lay out the folder where the kernels have their sockets, and cells read and write."""
    Path(folder, "contents").mkdir()
    if (root / "recorded").is_dir():  # a page reads it beside its own folder
        shutil.copytree(root / "recorded", Path(folder, "recorded"))


def leading_page(folder: Path, address: str) -> str:
    """The address of a file in `folder` that leads a browser on to `address`, and that only this user can read:
    everybody on the machine can read the command line of a browser.
    """
    page = folder / "open.html"
    page.touch(0o600)
    page.write_text(f'<!DOCTYPE html>\n<meta http-equiv="refresh" content="0; url={address}">\n', "utf8")
    return page.as_uri()


def serve(root: Path, port: int, folder: Path, leading: Path, device: subprocess.Popen) -> None:
    """Serve until a signal comes; BuildError when the server does not start."""
    token, host = secrets.token_urlsafe(32), f"localhost:{port}"
    try:
        from book.live.jupyter import Server

        said = device.communicate()[0].strip() or "no torch"
        server = Server.configured(token, f"http://{host}", folder)
    except (Exception, SystemExit) as problem:
        what = f"the Jupyter server did not start\n  {problem}"
        raise BuildError("make live", what, "Mend what it says; remove .venv to have it set up anew.") from problem

    def made_live(page: str) -> str:
        return page.replace("<html", f'<html data-live="{escape(said)}"', 1)

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # as Jupyter's own log: a page that is left is no failure
    server.web_app.add_handlers(".*", pages.routes(root / "_build" / "html", host, made_live))
    HTTPServer(server.web_app).add_sockets(listen(port))
    first = next(iter(parse_toc_yaml(root / "_toc.yml"))).removesuffix(".md")
    address = f"http://{host}/{first}.html#live={token}"
    page = leading_page(leading, address)
    with limits.memory_watched(server.kernel_manager.running):
        say(f"The cells run with {said}.\nOpen {address}\nCtrl-C stops it.")
        # In a thread: a browser in the terminal would keep us
        threading.Thread(target=webbrowser.open, args=[page], daemon=True).start()
        server.start()


def run(root: Path, port: int) -> None:
    """Serve until Ctrl-C; BuildError when that fails."""
    if hasattr(signal, "SIGHUP"):  # the terminal was closed
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGINT))
    try:
        # The path of a socket has room for about 100 characters, and macOS's own temporary folder takes half of them;
        # a browser from a snap sees no /tmp and no hidden folder
        place = Path(tempfile.gettempdir() if os.name == "nt" else "/tmp")
        with (
            guardian.folder(place) as folder,
            guardian.folder(root / "_build") as leading,
            guardian.guarded(folder, leading),
            ask_device(folder) as device,
        ):
            furnish(root, folder)
            serve(root, port, folder, leading, device)
    except KeyboardInterrupt:  # before the server has taken the signals over
        pass
    say("\nStopped.")
