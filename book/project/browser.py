"""Find the browser that the tests drive and that prints the PDF; install one when there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from book.project.errors import BuildError

# How it is started: nothing on screen, nothing from or to the network on its own account.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The same engine without a window, which a new page then does not open: a third of the time
WINDOWLESS = "chromium-headless-shell"
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"]
MACOS = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
]
# Windows has them not on PATH but below one of these folders; Edge is always there
WINDOWS_FOLDERS = ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"]
WINDOWS = ["Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"]


def installed(*names: str) -> str | None:
    """Path of a Chromium, Chrome or Edge on this machine, those with one of `names` first, or None."""
    folders = [os.environ[name] for name in WINDOWS_FOLDERS if os.environ.get(name)]
    places = [*MACOS, *(str(Path(folder, path)) for path in WINDOWS for folder in folders)]
    found = [shutil.which(name) for name in (*names, *NAMES)] + [path for path in places if Path(path).exists()]
    return next((path for path in found if path), None)


def playwrights() -> str | None:
    """Path of the Chromium that Playwright has downloaded, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def apt() -> list[str] | None:
    """How to call apt-get here, or None where it is not usable."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    can_sudo = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    return ["sudo", "-n", "apt-get"] if can_sudo else None


def ensure() -> str:
    """Path of a browser: the installed one, else Debian's package, else Playwright's download."""
    if path := installed(WINDOWLESS) or playwrights():
        return path
    print("Installing a browser …", flush=True)
    if command := apt():
        subprocess.run([*command, "update", "-qq"], check=False)
        for package in (WINDOWLESS, "chromium"):  # not every Debian, and no Ubuntu, has the first
            status = subprocess.run([*command, "install", "-y", "-qq", package, "fonts-noto-core"]).returncode
            if status == 0:
                break
        if path := installed(WINDOWLESS):  # Ubuntu's package is only a pointer to a snap, which may not work
            return path
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if path := playwrights():
        return path
    raise BuildError("browser", "no Chromium or Chrome found or installed", "Install one, then run the command again.")
