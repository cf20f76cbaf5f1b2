"""How the kernels run that execute the book, here and on a machine that records. Standard library only."""

import os
from pathlib import Path

CORES = os.cpu_count() or 1
WORKERS = min(4, CORES)  # notebooks at a time
# Fixed for a machine, whatever the number of pages: the order of a floating-point sum, and so the
# last digits of an output, depend on the number of threads.
THREADS = max(1, CORES // WORKERS)
LONGEST = 95  # bytes of a socket's name, less its number: macOS allows 103
STYLE = Path(__file__).with_name("matplotlibrc")
PROFILE = Path(__file__).with_name("ipython_kernel_config.py")
ENVIRONMENT = {
    "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this environment, not one of the user's
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "0",  # matplotlib writes the date into an SVG
    "MATPLOTLIBRC": str(STYLE),
}
ARGUMENTS = ["--InlineBackend.figure_formats=svg", "--IPKernelApp.log_level=ERROR"]


def environment(threads: int = THREADS) -> dict[str, str]:
    """Environment variables of a kernel that computes with so many threads.

    What the user's variables tell Python (asserts off, a file to begin with, other modules first) is unsaid, because
    outputs must not depend on it: an empty one counts as none.
    """
    unsaid = {name: "" for name in os.environ if name.startswith("PYTHON")}
    return unsaid | ENVIRONMENT | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}


def transport(folder: Path) -> dict[str, dict[str, str]]:
    """Settings of a kernel that is reached by files in `folder`, where another program cannot take them from it.

    It has TCP ports, chosen before it binds them, where the system has no such files or their names are too long.
    """
    files = str(folder / "kernel")
    if os.name == "nt" or len(os.fsencode(files)) > LONGEST:
        return {"KernelManager": {"transport": "tcp"}}
    return {"KernelManager": {"transport": "ipc", "ip": files}}


def style() -> str:
    """What decides how every page is executed, whatever its code."""
    settings = {name: value for name, value in ENVIRONMENT.items() if name != "MATPLOTLIBRC"}
    files = f"{STYLE.read_text('utf8')} {PROFILE.read_text('utf8')}"
    return f"{files} {sorted(settings.items())} {ARGUMENTS} {THREADS}"
