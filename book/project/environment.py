"""The `.venv` with the pinned packages: created when needed, left alone when nothing changed.

Standard library only: it runs before the packages are there.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

PINS = ("requirements.txt", "constraints.txt")
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"  # for Linux: there, PyPI's torch brings several GB of CUDA
# Any of these is there where an NVIDIA GPU may be used: a driver, its tool, or Windows' GPU inside WSL
NVIDIA = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg")


class SetupError(Exception):
    """The environment could not be set up; the message says why and what to do."""


def interpreter(folder: Path) -> Path:
    """Path of the Python inside the virtual environment `folder`."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def digest(root: Path) -> str:
    """Fingerprint of the pins and of the Python that would run them."""
    parts = [sys.version, *((root / name).read_text("utf8") for name in PINS)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def made_by_this_python(folder: Path) -> bool:
    """Whether `folder` is a virtual environment of this version of Python; what it holds is then kept."""
    notes = folder / "pyvenv.cfg"
    return notes.is_file() and f"version = {platform.python_version()}\n" in notes.read_text("utf8")


def run(command: list[str], root: Path, way_out: str) -> None:
    """Run `command` in `root`, its output going straight to the terminal; raise SetupError when it fails."""
    try:
        status = subprocess.call(command, cwd=root)
    except OSError as problem:
        raise SetupError(f"{command[0]} did not start: {problem}. {way_out}") from problem
    if status:
        raise SetupError(f"{' '.join(command[:4])} … failed with exit status {status}. {way_out}")


def has_nvidia() -> bool:
    """Whether this machine has an NVIDIA GPU, or may have one."""
    return bool(shutil.which("nvidia-smi")) or any(Path(path).exists() for path in NVIDIA)


def reachable(address: str) -> bool:
    """Whether a web address answers within five seconds."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:
        return False


def install_cpu_build(python: Path, root: Path) -> None:
    """Install the pinned torch without CUDA, when nothing here could use CUDA and PyTorch's own index has such a build.

    A torch that is in the environment stays; where the index cannot be reached, torch comes with the other packages.
    """
    pin = re.search(r"^torch==[\w.]+", (root / "requirements.txt").read_text("utf8"), re.M)
    found = [str(python), "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"]
    if not sys.platform.startswith("linux") or has_nvidia() or not pin or not subprocess.call(found):
        return
    if not reachable(f"{CPU_BUILDS}/torch/"):
        print(f"No NVIDIA GPU here, but {CPU_BUILDS} does not answer: torch comes from where pip takes packages.")
        return
    print(f"No NVIDIA GPU here: torch is the build for CPU, from {CPU_BUILDS}.", flush=True)
    # Without its dependencies: they come with the other packages, at the versions of constraints.txt
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", pin[0]]
    if subprocess.call([str(python), *install, "--index-url", CPU_BUILDS], cwd=root):
        print("That build could not be installed: torch comes from where pip takes packages.", flush=True)


def ensure(root: Path) -> Path:
    """Create or refresh `root/.venv`; return its Python.

    A stamp holds the digest of what is installed, so nothing is done when nothing changed.
    Raises SetupError with a way out when the pins are missing or the installation fails.
    """
    missing = [name for name in PINS if not (root / name).is_file()]
    if missing:
        raise SetupError(f"{root} has no {missing[0]}: run this in the folder of the book.")
    folder, stamp = root / ".venv", root / ".venv" / "installed"
    python, wanted = interpreter(folder), digest(root)
    if python.exists() and stamp.is_file() and stamp.read_text() == wanted:
        return python
    if folder.is_symlink():  # it may be another book's
        what = f"{folder} is a link to {folder.resolve()}, which has not the packages of requirements.txt"
        raise SetupError(f"{what}. Remove the link, or set up that folder by a command of the book that it belongs to.")
    print(f"Setting up {folder.name} (once; about 2 GB, with CUDA up to 7; a few minutes on a fast line) …", flush=True)
    create = [sys.executable, "-m", "venv", *([] if made_by_this_python(folder) else ["--clear"]), str(folder)]
    run(create, root, "On Debian and Ubuntu: apt install python3-venv. Otherwise see the lines above.")
    install_cpu_build(python, root)
    install = "-m pip install --quiet --disable-pip-version-check -r {} -c {}".format(*PINS).split()
    run(
        [str(python), *install], root, "See pip's lines above (no network? no space?), then run the same command again."
    )
    stamp.write_text(wanted)
    return python
