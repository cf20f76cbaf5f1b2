"""Promises of `make watch`: the browser shows what an author saves, or what is wrong with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from book.live import news, watch
from book.project import stops
from conftest import SmallBook
from hands import free_port


@pytest.fixture
def watched(built_book) -> Iterator[tuple[SmallBook, str]]:
    """The small book, watched: the book, and the address of its site."""
    port, printed = free_port(), []
    process = subprocess.Popen(
        [sys.executable, "-m", "book.cli", "watch"],
        cwd=built_book.root,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PORT": str(port), "BROWSER": f"{sys.executable} -c pass %s", "PYTHONUNBUFFERED": "1"},
    )
    for line in process.stdout:
        printed.append(line)
        if "after the save" in line:  # it has loaded what it needs
            break
    else:
        raise AssertionError("".join(printed))
    yield built_book, f"http://localhost:{port}"
    process.send_signal(signal.SIGINT)
    printed.append(process.communicate(timeout=30)[0])
    assert process.returncode == 0, printed
    assert "Stopped." in printed[-1]
    assert "Traceback" not in "".join(printed)


def test_a_page_shows_what_is_saved_and_what_is_wrong_by_itself(watched, chromium):
    book, address = watched
    page = chromium.new_page()
    page.goto(f"{address}/pages/second.html")
    text = book.read("pages/second.md")
    book.write("pages/second.md", f"{text}\nOne more paragraph.\n")
    expect(page.get_by_text("One more paragraph.")).to_be_visible()
    book.write("pages/second.md", f"{text}\n{{ref}}`nowhere`\n")
    expect(page.get_by_role("alert")).to_contain_text("pages/second.md:21: WARNING: undefined label: 'nowhere'")
    assert page.get_by_text("One more paragraph.").is_visible(), "the page stays as it was"
    book.write("pages/second.md", f"{text}\nAnother paragraph.\n\n```{{code-cell}} python3\nprint(6 * 111)\n```\n")
    expect(page.get_by_text("Another paragraph.")).to_be_visible(timeout=60_000)  # with its cell
    expect(page.get_by_text("666")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.close()
    assert "0 of 2 notebooks executed" in book.run("book").stdout, "what is watched is built"


@pytest.fixture
def builder(built_book) -> Iterator[watch.Builder]:
    """What builds the small book again and again, without the waiting for changes."""
    one = watch.Builder(built_book.root, news.News())
    yield one
    one.close()


WRITES = "import uuid\nprint(open('other.txt', 'w').write(str(uuid.uuid4())))"


def test_data_that_a_cell_writes_each_time_are_said_and_not_built_for_ever(builder, built_book, capsys):
    built_book.write("README.md", "Once.\n")
    built_book.add("pages/first.md", "\n```{include} ../README.md\n```\n")
    built_book.add_cell(WRITES)

    def builds(times: int) -> int:
        for _ in range(times):  # as what the cell has written is seen again and again
            builder.build()
        said = capsys.readouterr().out
        assert said.count("pages/other.txt changed each time") == 1
        return said.count("after the save")

    assert builds(5) == 3
    built_book.write("pages/data.csv", "1")
    assert builds(3) == 1
    built_book.write("README.md", "Twice.\n")
    assert builds(3) == 1
    assert b"Twice." in built_book.site()["pages/first.html"]


def test_what_a_page_has_written_that_fails_does_not_make_it_fail_for_ever(builder, built_book, capsys):
    built_book.add_cell(WRITES)
    built_book.add_cell("1 / 0")
    for _ in range(5):
        watch.attempt(builder)
    assert capsys.readouterr().err.count("ZeroDivisionError") == 3
    built_book.write("pages/second.md", built_book.read("pages/second.md").replace("1 / 0", "1 / 2"))
    watch.attempt(builder)
    assert b"0.5" in built_book.site()["pages/second.html"]


def test_what_an_author_saves_while_pages_are_made_is_built_next(builder, built_book, monkeypatch):
    """Even data beside the pages, several times, and a text that by the end is again as it was."""
    render, saved = builder.render, iter(["1", "2", "3"])

    def rendered_while_somebody_works(jobs):
        render(jobs)
        if text := next(saved, None):
            built_book.write("pages/data.csv", text)
        else:
            built_book.write("pages/second.md", built_book.read("pages/second.md"))

    monkeypatch.setattr(builder, "render", rendered_while_somebody_works)
    built_book.add_cell("print('it is', open('data.csv').read())")
    built_book.write("pages/data.csv", "0")
    for text in "0123":
        builder.build()
        assert f"it is {text}".encode() in built_book.site()["pages/second.html"]
        assert builder.tried == ""
    monkeypatch.undo()
    builder.build()
    assert builder.tried != ""


@pytest.mark.fast
def test_on_windows_a_changed_engine_is_started_again_by_who_started_it(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:

        def changes(*_, **__):
            patched.setattr(sys, "platform", "win32")
            yield {(1, str(tmp_path / "book" / "build.py"))}

        for name in ("build_book", "load", "serve", "attempt"):
            patched.setattr(watch, name, lambda *_: None)
        patched.setattr(watch, "watch", changes)
        patched.setattr(watch.webbrowser, "open", lambda *_: None)
        patched.setattr(os, "execv", lambda *_: None)
        with pytest.raises(SystemExit) as ended:
            watch.run(tmp_path, 8001)
    assert ended.value.code == stops.AGAIN


@pytest.mark.fast
def test_no_edition_takes_an_answer_to_an_earlier_job(tmp_path):
    """When one process has died, those that have begun are ended, too: their answers would come to the next jobs."""
    closed = []

    class Worker:
        def __init__(self, begin):
            self.begin, self.close = begin, lambda: closed.append(self)

    def died(_job):
        raise BrokenPipeError

    workers = {"en": ("", Worker(lambda _job: None)), "tr": ("", Worker(died))}
    builder = watch.Builder(tmp_path, None)
    builder.workers = dict(workers)
    builder.worker = lambda job: workers[job.edition.code][1]
    with pytest.raises(BrokenPipeError):
        builder.render([SimpleNamespace(edition=SimpleNamespace(code=code)) for code in workers])
    assert builder.workers == {}
    assert closed == [worker for _of, worker in workers.values()]


@pytest.mark.fast
def test_a_build_that_fails_in_an_unforeseen_way_is_told_and_watching_goes_on(capsys):
    told = []
    news = SimpleNamespace(tell=lambda _what, message: told.append(message))
    builder = SimpleNamespace(build=lambda: {}["of the book"], told=news)
    watch.attempt(builder)
    assert told == ["The build failed with KeyError: 'of the book'"]
    assert "test_watch.py" in capsys.readouterr().err, "where it failed, for whoever mends the book"
