"""Cells that fail, take too long or kill their kernel, and the cache of what was executed."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from book.execute.run import NOT_STARTED, Run
from book.project.errors import BuildError
from conftest import assert_fails


def test_a_failing_cell_stops_the_build_and_keeps_the_old_site(built_book):
    built_book.add_cell("prices = [1, 2]\nprices[5]")
    assert_fails(
        built_book, "pages/second.md, code cell 2 (line 22)", "IndexError: list index out of range", "raises-exception"
    )


def test_every_failing_page_is_named_and_a_good_page_stays_cached(built_book):
    built_book.add_cell("print('good')", "pages/first.md")
    built_book.add_cell("1 / 0")
    assert_fails(built_book, "ZeroDivisionError")
    built_book.write("pages/second.md", built_book.read("pages/second.md").replace("1 / 0", "1 / 1"))
    assert "1 of 2 notebooks executed" in built_book.run("book").stdout


def test_a_cell_past_its_time_limit_is_stopped(built_book):
    built_book.write("_config.yml", built_book.read("_config.yml").replace("timeout: 120", "timeout: 2"))
    built_book.add_cell("import time\ntime.sleep(60)")
    assert_fails(built_book, "pages/second.md, code cell 2", "more than 2 s", "timeout:")


def test_a_dead_kernel_is_said(built_book):
    built_book.add_cell("import os\nos._exit(1)")
    assert_fails(built_book, "pages/second.md, code cell 2", "the kernel died")


def test_an_unknown_kernel_is_said(built_book):
    built_book.write("pages/second.md", built_book.read("pages/second.md").replace("name: python3", "name: julia9"))
    assert_fails(built_book, "pages/second.md, front matter", "julia9", "python3")


@pytest.mark.parametrize("damage", ["database", "notebook"])
def test_a_damaged_cache_is_rebuilt_with_a_note(built_book, damage):
    cache = built_book.root / "_build" / ".jupyter_cache"
    damaged = [cache / "global.db"] if damage == "database" else cache.rglob("*.ipynb")
    for path in damaged:
        path.write_bytes(b"not what it was" * 100)
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "cache of executions is damaged" in result.stdout
    assert "2 of 2 notebooks executed" in result.stdout


@pytest.mark.fast
def test_a_kernel_that_did_not_start_is_tried_once_more(monkeypatch):
    """Another program may have taken its ports; a kernel that dies later has itself to blame."""
    late, early = (BuildError("a.md", f"died ({when})", "") for when in ("in a cell", f"x {NOT_STARTED}"))
    for answers, outcome in (([early, None], None), ([early, early], early), ([late], late), ([None], None)):
        left = list(answers)

        async def attempt(self, page, left=left):
            return left.pop(0)

        monkeypatch.setattr(Run, "attempt", attempt)
        with ThreadPoolExecutor(1) as pool:  # a browser of other tests has this thread's event loop
            assert pool.submit(lambda: asyncio.run(Run(None, 1, None, "").page(None))).result() is outcome
        assert left == []
