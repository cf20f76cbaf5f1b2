"""`make watch`: serve the site, build it again on every save, and let the browser show the new page by itself.

For authors. The edition that somebody looks at is rendered first and shown at once; the others follow. Sphinx stays
loaded, one process an edition, so that a paragraph takes as long as its page. What goes wrong is said in the terminal
and on the page, which stays as it was.
"""

import asyncio
import os
import signal
import sys
import threading
import time
import traceback
import webbrowser
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.web import Application
from watchfiles import DefaultFilter, watch

from book.build import (
    MOST_BUILDS,
    SOURCES,
    WRITTEN_BY_CELLS,
    build_book,
    finish,
    listed,
    made_of,
    prepare,
    put_together,
)
from book.live import news, pages, port
from book.live.terminal import say
from book.project import stops
from book.project.errors import BuildError, from_os_error
from book.project.inputs import Inputs
from book.project.lock import only_builder
from book.render.keys import Keys
from book.render.parallel import Worker, load

# Milliseconds: a build begins at most `debounce` after a save; after `rust_timeout` without news it is looked whether
# any file is another one, in case that the system has not told of it.
WATCHING = {"debounce": 60, "step": 20, "rust_timeout": 2000, "yield_on_timeout": True, "raise_interrupt": True}


class Sources(DefaultFilter):
    """What is watched: everything but what is built, and hidden or temporary files."""

    ignore_dirs = (*DefaultFilter.ignore_dirs, "_build", ".venv", "tests", "tools")

    def __call__(self, change, path: str) -> bool:
        return super().__call__(change, path) and not Path(path).name.startswith(".")


class Builder:
    """Builds again and again, with Sphinx loaded between two builds."""

    def __init__(self, root: Path, told: news.News):
        self.root, self.told = root, told
        self.workers: dict[str, tuple[str, Worker]] = {}
        self.tried = ""  # what the last build was of, whether it came to its end or not
        self.unsettled = 0  # builds in a row during which only cells may have written something
        self.each_time: set[str] = set()  # what was written in all of them
        self.by_cells: set[str] = set()  # what cells are known to write

    def build(self) -> None:
        """Bring the site up to date; the edition that is looked at is put into it before the others are rendered.

        Raises BuildError, or a group of them; the site then stays as it was.
        """
        with only_builder(self.root):
            inputs, started = Inputs.read(self.root), time.monotonic()
            if made_of(inputs) == self.tried:
                return
            self.tried = made_of(inputs)
            try:
                plan = prepare(inputs)
            except (BuildError, ExceptionGroup):
                self.tried = self.next_known(inputs, set(inputs.notice()))
                raise
            executed = set(inputs.notice())  # what cells have written with the content that it had is nothing new
            self.told.paths = [job.edition.path for job in plan.jobs]
            first = [job for job in plan.jobs if job.edition.path == self.told.looked_at()]
            others = [job for job in plan.jobs if job not in first]
            for jobs, put_in in ((first, put_together if others else finish), (others, finish)):
                if not jobs:
                    continue
                self.render(jobs)
                put_in(plan)
                self.told.tell("built", editions=[job.edition.path for job in jobs])
                names = ", ".join(job.edition.name for job in jobs)
                say(f"{names}: {time.monotonic() - started:.1f} s after the save")
            self.tried = self.next_known(inputs, executed)

    def next_known(self, inputs: Inputs, executed: set[str]) -> str:
        """What the files may be without another build; "" when any that was written meanwhile is to be built next.

        It is, even if it is again as it was; but not what cells write with other content whenever they are executed,
        without end. That has been written, three builds in a row, while pages were executed, and nothing else has.
        """
        if not inputs.notice(same=True):
            self.unsettled = 0
            return made_of(inputs)
        now = Inputs.read(self.root)  # before it is looked once more, so that nothing written by then is missed
        names = set(inputs.notice(same=True))
        if names - executed or any(Path(name).suffix in SOURCES for name in names):
            self.unsettled = 0
            return ""
        self.each_time = self.each_time & names if self.unsettled else names
        self.unsettled += 1
        if self.unsettled >= MOST_BUILDS:
            self.by_cells |= self.each_time
        if names <= self.by_cells or self.unsettled >= 2 * MOST_BUILDS:  # the latter with other names each time
            say(WRITTEN_BY_CELLS.format(listed(names)))
            self.unsettled = 0
            return made_of(now)
        return ""

    def render(self, jobs: list) -> None:
        """Render editions, each with the process that has it loaded; a new one when it has nothing to do with it."""
        try:
            for job in jobs:
                self.worker(job).begin(job)
            problems = {job.edition.code: self.workers[job.edition.code][1].end() for job in jobs}
        except (
            BaseException
        ):  # one could not begin; the answers of the others would be taken for those to the next jobs
            for job in jobs:
                if known := self.workers.pop(job.edition.code, None):
                    known[1].close()
            raise
        for code, problem in problems.items():
            if problem:  # what it has loaded may be half of something
                self.workers.pop(code)[1].close()
        for problem in filter(None, problems.values()):
            raise problem

    def worker(self, job) -> Worker:
        """The process of an edition."""
        of, known = Keys.of_all(job), self.workers.get(job.edition.code)
        if known and known[0] != of:
            known[1].close()
        if not known or known[0] != of:
            self.workers[job.edition.code] = (of, Worker())
        return self.workers[job.edition.code][1]

    def close(self) -> None:
        """End the processes."""
        for _of, worker in self.workers.values():
            worker.close()


def run(root: Path, number: int) -> None:
    """Serve and build until Ctrl-C."""
    host = f"localhost:{number}"
    told = news.News()
    build_book(root)
    load()
    builder = Builder(root, told)
    serve(root, number, host, told)
    print(f"Open http://{host}/\nWatching; Ctrl-C stops it.", flush=True)
    try:
        attempt(builder)  # loads Sphinx, so that the first save is as quick as the next
        threading.Thread(target=webbrowser.open, args=[f"http://{host}/"], daemon=True).start()
        for changes in watch(root, watch_filter=Sources(), **WATCHING):
            if any("book" in Path(path).relative_to(root).parts[:1] for _change, path in changes):
                say("The engine itself has changed: starting again.")
                builder.close()
                if sys.platform == "win32":  # there, exec gives the terminal back, and this would keep the port
                    sys.exit(stops.AGAIN)
                signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # until `stops.heed` minds it again
                os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
            attempt(builder)
    except KeyboardInterrupt:
        say("\nStopped.")
    finally:
        builder.close()


def attempt(builder: Builder) -> None:
    """Build; say in the terminal and on the page what went wrong."""
    try:
        return builder.build()
    except BuildError as problem:
        problems = [problem]
    except ExceptionGroup as group:
        problems = group.exceptions
    except OSError as problem:
        problems = [from_os_error(problem)]
    except Exception as problem:  # a fault of the book's own: the next save may go round it
        traceback.print_exc()
        problems = [f"The build failed with {type(problem).__name__}: {problem}"]
    message = "\n\n".join(map(str, problems))
    print(f"\n{message}", file=sys.stderr, flush=True)
    builder.told.tell("failed", message=message)
    return None


def serve(root: Path, number: int, host: str, told: news.News) -> None:
    """Serve the site and the news of its builds on a port, in a thread; BuildError when it is taken."""
    own = [(news.EVENTS, news.Events, {"told": told}), (news.CLIENT, news.Client)]
    application = Application([*own, *pages.routes(root / "_build" / "html", host, news.with_client)])
    sockets = port.listen(number)

    async def main():
        told.loop = asyncio.get_running_loop()
        HTTPServer(application).add_sockets(sockets)
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
