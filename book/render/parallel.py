"""Render all editions at the same time, each in a process of its own that has everything loaded from the start."""

import gc
import importlib
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection, wait

from book.project import entry
from book.project.errors import BuildError
from book.render.edition import Job, Session, explain

# A forked process has Sphinx and its extensions from its parent; where that is not safe, each loads them itself.
START = "fork" if sys.platform == "linux" else "spawn"


def load() -> None:
    """Import what Sphinx will, once for all editions."""
    for name in ("book.render", "sphinx.builders.html", "myst_nb", "sphinx_exercise", "sphinx_external_toc"):
        importlib.import_module(name)


def work(pipe: Connection) -> None:
    """The life of a process: render each job that comes, tell what went wrong, end when no more will come."""
    entry.open_output()  # what an extension prints, where this process is no fork
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent as well, which ends us in order
    signal.signal(signal.SIGTERM, stop)
    gc.set_threshold(200_000, 20, 20)  # trees of millions of nodes: looking for garbage takes a fifth of the time
    session, parent = Session(), multiprocessing.parent_process().sentinel
    try:
        # A parent that is killed closes nothing that tells us: after a fork, we hold its end of the pipe as well
        while parent not in wait([pipe, parent]):
            pipe.send(session.render(pipe.recv()))
    except (SystemExit, EOFError, BrokenPipeError):
        pass
    os._exit(0)  # without what a parent's handlers would do at exit


def stop(*_) -> None:
    """End in order, so that what is known of finished pages is kept."""
    raise SystemExit(1)


class Worker:
    """A process that renders one edition; the second job finds Sphinx and the pages loaded."""

    def __init__(self):
        context = multiprocessing.get_context(START)
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def begin(self, job: Job) -> None:
        """Hand over a job; `end` waits for it."""
        self.job = job
        self.pipe.send(job)

    def end(self) -> BuildError | None:
        """Wait for the job; return what went wrong, if anything."""
        try:
            messages = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            messages = f"The process that rendered it ended with status {self.process.exitcode}."
        return explain(self.job, messages) if messages else None

    def close(self) -> None:
        """End the process, in the middle of a job as well."""
        self.process.terminate()
        self.process.join()
        self.pipe.close()


def render_all(jobs: list[Job]) -> None:
    """Render every edition; BuildError with the messages of the first that failed.

    When this is interrupted, the processes are ended first.
    """
    if START == "fork":
        load()
        gc.freeze()  # so that no process looks through what all have, as sphinx_external_toc does for one object
    workers = []
    try:
        for job in jobs:
            workers.append(Worker())
            workers[-1].begin(job)
        problems = [worker.end() for worker in workers]
    finally:
        for worker in workers:
            worker.close()
    for problem in filter(None, problems):
        raise problem
