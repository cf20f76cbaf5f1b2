"""Run a command and measure it: seconds, the processor's seconds, memory, and what the build says of itself."""

import math
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import click
import psutil

NOTE = (
    "seconds: one run, by the clock. CPU seconds: all processes of the command. largest: the resident memory of its "
    "largest process, kernels included; not the sum of those that run at the same time."
)
LINES_SHOWN = 40  # of a command that failed
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


def say(text: str) -> None:
    """A line of progress, apart from the report."""
    print(text, file=sys.stderr, flush=True)


class Failed(click.ClickException):
    """A measured command has failed; the message holds the end of what it printed."""


@dataclass
class Measured:
    """What one command took.

    `wall` and `cpu` are seconds; the latter, in user and kernel mode, of the command and of every process below it
    that was waited for. `largest` is the resident memory, in MiB, of the largest of these at its peak: not the sum
    of those that ran at the same time, and never less than what this program has, which the system counts for a
    process until it executes its own program. `lines` is what was printed, each with the second when it came.
    """

    wall: float = 0
    cpu: float = 0
    largest: float = 0
    lines: list[tuple[float, str]] = field(default_factory=list)

    @property
    def executed(self) -> int:
        """How many notebooks were executed: as the book's build says, else as myst-nb's log shows."""
        said = [re.search(r"(\d+) of \d+ notebooks executed", text) for _, text in self.lines]
        counts = [int(match[1]) for match in said if match]
        return counts[-1] if counts else sum("Executing notebook using" in text for _, text in self.lines)

    @property
    def executions(self) -> dict[str, float]:
        """The seconds of each execution that the book's build reports, by page."""
        found = [re.match(r"executed (\S+) in ([\d.]+) s", text) for _, text in self.lines]
        return {match[1]: float(match[2]) for match in found if match}

    @property
    def execution(self) -> float:
        """The seconds until the last notebook was executed; the rest of `wall` was rendering. nan if none is named."""
        return max((when for when, text in self.lines if text.startswith("executed ")), default=math.nan)


def measure(command: list[str], folder: Path, **environment: str) -> Measured:
    """Run a command in `folder` to its end; raises Failed when its status is not 0.

    On KeyboardInterrupt it is stopped first, with all that it has started.
    """
    if not hasattr(os, "wait4"):
        raise click.ClickException("make bench measures on Linux and macOS only: Windows has no wait4. Use WSL there.")
    started, measured = time.monotonic(), Measured()
    process = start(command, folder, environment)
    reader = threading.Thread(target=read, args=(process, started, measured.lines), daemon=True)
    reader.start()
    try:
        # not RUSAGE_CHILDREN, whose ru_maxrss is the largest of all commands so far
        _, status, used = os.wait4(process.pid, 0)
    except BaseException:
        stop(process)
        raise
    measured.wall = time.monotonic() - started
    measured.cpu = used.ru_utime + used.ru_stime
    measured.largest = used.ru_maxrss * MAXRSS_UNIT / 2**20
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join(timeout=5)  # a process that outlives the command may hold its output open
    measured.lines = [(min(when, measured.wall), text) for when, text in measured.lines]  # the last are read after it
    if process.returncode:
        said = "".join(f"  {text}\n" for _, text in measured.lines[-LINES_SHOWN:])
        raise Failed(f"{' '.join(command)} ended with status {process.returncode}:\n{said}")
    return measured


def start(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen:
    """Start a command whose output can be read line by line."""
    return subprocess.Popen(
        command,
        cwd=folder,
        text=True,
        encoding="utf8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C comes here only, and `stop` passes it on, once
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,  # so that lines come when they are printed
    )


def read(process: subprocess.Popen, started: float, lines: list[tuple[float, str]]) -> None:
    """Collect what a process prints, with the seconds since `started`."""
    for line in process.stdout:
        lines.append((time.monotonic() - started, line.rstrip()))


def stop(process: subprocess.Popen) -> None:
    """End a process politely, then whatever it has left behind."""
    try:
        below = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:  # it has just ended
        return
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in psutil.wait_procs(below, timeout=2)[1]:
        child.kill()
