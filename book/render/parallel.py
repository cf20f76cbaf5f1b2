"""Render all editions at the same time, each in a process of its own that has everything loaded from the start."""

import gc
import importlib
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection

from book.render.edition import Job, explain, render

# A forked process has Sphinx and its extensions from its parent; where that is not safe, each loads them itself.
START = "fork" if sys.platform == "linux" else "spawn"


def load() -> None:
    """Import what Sphinx will, once for all editions."""
    for name in ("book.render", "sphinx.builders.html", "myst_nb", "sphinx_exercise", "sphinx_external_toc"):
        importlib.import_module(name)


def work(job: Job, answer: Connection) -> None:
    """The life of one process: render, tell what went wrong, end. An interruption is no message."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent as well, which ends us in order
    signal.signal(signal.SIGTERM, stop)
    gc.set_threshold(200_000, 20, 20)  # trees of millions of nodes: looking for garbage takes a fifth of the time
    try:
        answer.send(render(job))
    except SystemExit:
        os._exit(1)  # without what a parent's handlers would do at exit


def stop(*_) -> None:
    """End in order, so that what is known of finished pages is kept."""
    raise SystemExit(1)


def render_all(jobs: list[Job]) -> None:
    """Render every edition; BuildError with the messages of the first that failed.

    When this is interrupted, the processes are ended first.
    """
    context = multiprocessing.get_context(START)
    if START == "fork":
        load()
    running = []
    for job in jobs:
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(job, theirs))
        running.append((job, process, mine))
        process.start()
        theirs.close()
    try:
        answers = [(job, receive(process, mine)) for job, process, mine in running]
    except BaseException:
        for _job, process, _mine in running:
            process.terminate()
        for _job, process, _mine in running:
            process.join()
        raise
    for job, messages in answers:
        if messages:
            raise explain(job, messages)


def receive(process, answer: Connection) -> str:
    """What a process says when it is done."""
    try:
        messages = answer.recv()
    except EOFError:
        process.join()
        return f"The process that rendered it ended with status {process.exitcode}."
    process.join()
    return messages
