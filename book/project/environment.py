"""The `.venv` with the pinned packages: created when needed, left alone when nothing changed.

Standard library only: it runs before the packages are there.
"""

import errno
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PINS = ("requirements.txt", "constraints.txt")
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"  # for Linux: there, PyPI's torch brings several GB of CUDA
# Any of these is there where an NVIDIA GPU may be used: a driver, its tool, or Windows' GPU inside WSL
NVIDIA = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg")
# What variables may tell Python: about reading and writing. All else (asserts off, warnings that stop, modules from
# elsewhere first) changes what the code of the book and of its packages does.
HEEDED = {
    "PYTHONCOERCECLOCALE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONFAULTHANDLER",
    "PYTHONIOENCODING",
    "PYTHONLEGACYWINDOWSSTDIO",
    "PYTHONPYCACHEPREFIX",
    "PYTHONS",  # no setting of Python's: `make matrix` has it
    "PYTHONUNBUFFERED",
    "PYTHONUTF8",
}
# With these, pip puts packages elsewhere or leaves some out, and says that all is well
PIP_ELSEWHERE = {"PIP_DRY_RUN", "PIP_NO_DEPS", "PIP_PREFIX", "PIP_PYTHON", "PIP_ROOT", "PIP_TARGET"}
OF_PACKAGE = {".dist-info", ".egg-info", ".egg-link"}  # what ends with it says that a package is installed
OF_VENV = {"pip", "setuptools", "wheel"}  # what a new environment may hold
COPY = "The environment may be another user's: build in a copy of your own."
# How a program of an environment begins that is a script; the second way is pip's for a path that is long or has spaces
SCRIPT = rb"""\A#!(?:/[^\n]*/bin/python[\w.]*\n|/bin/sh\n'''exec' "?/[^\n"]*/bin/python[\w.]*"? "\$0" "\$@"\n' '''\n)"""
# On Windows: the line between the program and the zip that are put together in one file
LAUNCHER = rb"""#!"?[^"\r\n]*\\Scripts\\python\w?\.exe"?(?=\r?\nPK)"""


class SetupError(Exception):
    """The environment could not be set up; the message says why and what to do."""


def forget_settings() -> None:
    """Take out of the environment variables what would change how the book's own Python runs code."""
    for name in list(os.environ):
        if name.startswith("PYTHON") and name[6:7].isalpha() and name not in HEEDED:
            del os.environ[name]


def interpreter(folder: Path) -> Path:
    """Path of the Python inside the virtual environment `folder`."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(folder: Path) -> Path:
    """Where the virtual environment `folder` of this Python has its packages."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))


def stamp(folder: Path) -> Path:
    """The file that makes an environment one of the book's: what is installed in it, for which pins and place."""
    return folder / "installed"


def contents(root: Path) -> dict:
    """What the stamp says of a complete environment: the pins and the Python, the place, the packages."""
    folder = root / ".venv"
    pins = (sys.version.encode(), *((root / name).read_bytes() for name in PINS))
    # The names of *.dist-info have the version. What pip could not remove begins with ~.
    names = (path.name for path in site_packages(folder).iterdir())
    packages = sorted(name for name in names if name[0] not in ".~" and name != "__pycache__")
    return {"of": hashlib.sha256(b"\n".join(pins)).hexdigest(), "folder": str(folder.resolve()), "packages": packages}


def is_ready(root: Path) -> bool:
    """Whether `root/.venv` was set up for these pins, this Python and this place, and no package has gone since."""
    try:
        known = json.loads(stamp(root / ".venv").read_text("utf8"))
        now = contents(root)
        same = all(known[name] == now[name] for name in ("of", "folder"))
        return same and set(known["packages"]) <= set(now["packages"]) and interpreter(root / ".venv").exists()
    except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError):
        return False


def made_by_this_python(folder: Path) -> bool:
    """Whether `folder` is a virtual environment of this version of Python, and has it; what it holds is then kept."""
    notes = folder / "pyvenv.cfg"
    if not notes.is_file() or not interpreter(folder).exists():
        return False
    version = rf"^version(_info)? = {re.escape(platform.python_version())}(\.final\.0)?\r?$"
    return bool(re.search(version, notes.read_text("utf8", "replace"), re.M))


def check_place(folder: Path) -> None:
    """Raise SetupError where `folder` cannot be made the book's environment, or is the user's own."""
    if folder.is_symlink():  # it may be another book's
        what = f"{folder} is a link to {folder.resolve()}, which has not the packages of requirements.txt"
        raise SetupError(f"{what}. Remove the link, or set up that folder by a command of the book that it belongs to.")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise SetupError(f"{folder} is no folder, and the book's packages belong there. Rename it or remove it.")
    if not os.access(folder, os.W_OK):
        raise SetupError(f"{folder}: the packages of requirements.txt are missing, and you may not write there. {COPY}")
    if stamp(folder).exists() or made_by_this_python(folder):
        return
    places = [*folder.glob("lib*/*/site-packages"), *folder.glob("Lib/site-packages")]
    infos = [path.name for place in places for path in place.iterdir() if path.suffix in OF_PACKAGE]
    if others := {re.split(r"[-.]", name)[0].lower() for name in infos} - OF_VENV:
        what = f"holds {len(others)} packages of another Python"
    elif not (folder / "pyvenv.cfg").exists() and any(folder.iterdir()):
        what = "is no environment of Python, and not empty"
    else:
        return
    way_out = "The book would empty it: rename it or remove it, then run the same command again."
    raise SetupError(f"{folder} {what}, and the book has not made it. {way_out}")


def check_space(root: Path) -> None:
    """Raise SetupError when the disk has no room for PyTorch, and PyTorch is not there yet."""
    if not torch_pin(root) or has_torch(root):
        return
    free, needed = shutil.disk_usage(root).free / 1e9, 7 if sys.platform.startswith("linux") and has_nvidia() else 2.5
    if free < needed:
        what = f"Only {free:.1f} GB are free on the disk of {root}; the packages need {needed} GB"
        raise SetupError(f"{what}. Free some space, or build in a copy on another disk.")


def run(command: list[str], root: Path, way_out: str) -> None:
    """Run `command` in `root`, its output going straight to the terminal; raise SetupError when it fails."""
    try:
        status = call(command, root)
    except OSError as problem:
        raise SetupError(f"{command[0]} did not start: {problem}. {way_out}") from problem
    if status:
        raise SetupError(f"{' '.join(command[:4])} … failed with exit status {status}. {way_out}")


def call(command: list[str], root: Path) -> int:
    """The exit status of a command; it keeps the lock of `only_one` when this process ends, but on Windows."""
    variables = {name: value for name, value in os.environ.items() if name.upper() not in PIP_ELSEWHERE}
    return subprocess.call(command, cwd=root, env=variables | {"PIP_USER": "0"}, close_fds=False)


@contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Hold the lock of the set-up while the block runs; wait while another process, or a pip that it left, has it."""
    with (root / ".venv.lock").open("a") as file:
        os.set_inheritable(file.fileno(), True)
        if not locked(file.fileno()):
            print("Waiting for another set-up of .venv in this folder to end. Ctrl-C gives up.", flush=True)
            while not locked(file.fileno()):
                time.sleep(0.2)
        yield


def locked(file: int) -> bool:
    """Whether the open file could be locked, or its file system has no locks; the system gives them back."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        return problem.errno not in (errno.EAGAIN, errno.EACCES)
    return True


def has_nvidia() -> bool:
    """Whether this machine has an NVIDIA GPU, or may have one."""
    return bool(shutil.which("nvidia-smi")) or any(Path(path).exists() for path in NVIDIA)


def reachable(address: str) -> bool:
    """Whether a web address answers within five seconds."""
    import urllib.request

    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:
        return False


def install_cpu_build(python: Path, root: Path) -> None:
    """Install the pinned torch without CUDA, when nothing here could use CUDA and PyTorch's own index has such a build.

    A torch that is in the environment stays; where the index cannot be reached, torch comes with the other packages.
    """
    pin = torch_pin(root)
    if not sys.platform.startswith("linux") or has_nvidia() or not pin or has_torch(root):
        return
    if not reachable(f"{CPU_BUILDS}/torch/"):
        print(f"No NVIDIA GPU here, but {CPU_BUILDS} does not answer: torch comes from where pip takes packages.")
        return
    print(f"No NVIDIA GPU here: torch is the build for CPU, from {CPU_BUILDS}.", flush=True)
    # Without its dependencies: they come with the other packages, at the versions of constraints.txt
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", pin]
    if call([str(python), *install, "--index-url", CPU_BUILDS], root):
        print("That build could not be installed: torch comes from where pip takes packages.", flush=True)


def torch_pin(root: Path) -> str | None:
    """PyTorch and its version, as requirements.txt names them."""
    found = re.search(r"^torch==[\w.]+", (root / "requirements.txt").read_text("utf8", "replace"), re.M)
    return found[0] if found else None


def has_torch(root: Path) -> bool:
    """Whether some build of PyTorch is installed in `root/.venv`."""
    return any(site_packages(root / ".venv").glob("torch-*.dist-info"))


def readdress(folder: Path) -> None:
    """Let the programs of an environment that was moved or copied start its own Python, not that of the old place."""
    python = os.fsencode(interpreter(folder))
    if os.name == "nt":
        header, new = LAUNCHER, b'#!"%s"' % python
    elif b" " in python or len(python) > 120:
        header, new = SCRIPT, b"""#!/bin/sh\n'''exec' "%s" "$0" "$@"\n' '''\n""" % python
    else:
        header, new = SCRIPT, b"#!%s\n" % python
    for path in interpreter(folder).parent.iterdir():
        if path.is_symlink() or not path.is_file():
            continue
        before = path.read_bytes()
        after = re.sub(header, lambda _: new, before, count=1)
        if after != before:
            partial = path.with_name(f"{path.name}.partial")  # the old place may have a link to the same file
            partial.write_bytes(after)
            shutil.copymode(path, partial)
            partial.replace(path)


def remove_halves(packages: Path) -> None:
    """Let pip install anew what it was killed over: it believes a package that has no RECORD, which it writes last."""
    for info in packages.glob("*.dist-info"):
        if info.name[0] == "~" or not (info / "RECORD").exists() or not (info / "METADATA").exists():
            shutil.rmtree(info)


def lacking(root: Path, packages: Path) -> list[str]:
    """The pins of requirements.txt that are not among the packages; lines with conditions are left to pip."""
    from importlib.metadata import distributions

    found = [one for one in distributions(path=[str(packages)]) if one.name]
    there = {plain_name(one.name): plain_version(one.version) for one in found}
    lines = (root / "requirements.txt").read_text("utf8", "replace").splitlines()
    pins = [pin.groups() for line in lines if (pin := re.fullmatch(r"([\w.-]+)==([\w.]+)\s*(?:#.*)?", line))]
    return [f"{name}=={pin}" for name, pin in pins if there.get(plain_name(name)) != plain_version(pin)]


def plain_name(name: str) -> str:
    """The name of a package as an index knows it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def plain_version(version: str) -> str:
    """A version without what does not count here: the build behind a plus sign, zeros before a number or at the end."""
    return re.sub(r"(\.0)+$", "", re.sub(r"\b0+(?=\d)", "", version.partition("+")[0].lower()))


def ensure(root: Path) -> Path:
    """Create or refresh `root/.venv`; return its Python.

    A stamp says what is installed, so nothing is done when nothing changed and nothing has gone.
    Raises SetupError with a way out when the pins are missing or the installation fails.
    """
    missing = [name for name in PINS if not (root / name).is_file()]
    if missing:
        raise SetupError(f"{root} has no {missing[0]}: run this in the folder of the book.")
    try:
        if not is_ready(root):
            with only_one(root):
                if not is_ready(root):  # it may be, after waiting
                    check_place(root / ".venv")
                    set_up(root)
    except OSError as problem:
        full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
        way_out = "Free some space, then run the same command again." if full else COPY
        raise SetupError(f"{problem.filename or root / '.venv'}: {problem.strerror or problem}. {way_out}") from problem
    return interpreter(root / ".venv")


def clear(folder: Path) -> None:
    """Remove all that an environment holds but its stamp, by which it is known as the book's."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != stamp(folder):
            path.unlink()


def set_up(root: Path) -> None:
    """Make the environment, or go on with it, and install the packages."""
    folder, keep = root / ".venv", made_by_this_python(root / ".venv")
    python, packages = interpreter(folder), site_packages(folder)
    if keep or not folder.exists():
        check_space(root)
    size = "" if keep and has_torch(root) else " (once; about 2 GB, with CUDA up to 7; a few minutes on a fast line)"
    print(f"Setting up {folder.name}{size} …", flush=True)
    has_venv = importlib.util.find_spec("ensurepip")
    way_out = "See the lines above (no space? no rights?)." if has_venv else "Debian, Ubuntu: apt install python3-venv."
    folder.mkdir(exist_ok=True)
    stamp(folder).write_text("{}", "utf8")  # the book's own from here on, even when it is interrupted
    if not keep:
        clear(folder)
    run([sys.executable, "-m", "venv", str(folder)], root, way_out)
    readdress(folder)
    remove_halves(packages)
    install_cpu_build(python, root)
    install = "-m pip install --quiet --disable-pip-version-check -r {} -c {}".format(*PINS).split()
    way_out = "See pip's lines above (no network? no space?), then run the same command again."
    run([str(python), *install], root, way_out)
    if absent := lacking(root, packages):
        what = f"{', '.join(absent[:3])} … is not in {folder}, though pip found no fault"
        raise SetupError(f"{what}: it puts packages elsewhere. Look at `{python} -m pip config list`.")
    partial = stamp(folder).with_suffix(".partial")
    partial.write_text(json.dumps(contents(root)), "utf8")
    partial.replace(stamp(folder))
