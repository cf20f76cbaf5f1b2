"""Cells that fail, take too long or kill their kernel, and the cache of what was executed."""

import asyncio
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nbclient.exceptions import DeadKernelError

from book.execute.execution import NOT_STARTED, Execution
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


@pytest.mark.parametrize("code", ["import os\nos._exit(1)", "import ctypes\nctypes.string_at(0)"], ids=["exit", "in C"])
def test_a_dead_kernel_is_said(built_book, code):
    built_book.add_cell(code)
    assert_fails(built_book, "pages/second.md, code cell 2", "the kernel died")


def test_an_unknown_kernel_is_said(built_book):
    built_book.write("pages/second.md", built_book.read("pages/second.md").replace("name: python3", "name: julia9"))
    assert_fails(built_book, "pages/second.md, front matter", "julia9", "python3")


def test_front_matter_that_no_notebook_can_have_is_said(built_book):
    text = built_book.read("pages/second.md").replace("display_name: Python 3", "display_name: 3.11")
    built_book.write("pages/second.md", text)
    assert_fails(built_book, "pages/second.md: metadata.kernelspec.display_name: 3.11 is not of type")


@pytest.mark.parametrize("damage", ["database", "notebook"])
def test_a_damaged_cache_is_rebuilt_with_a_note_and_nothing_else_in_its_folder_is_lost(built_book, damage):
    cache = built_book.root / "_build" / ".jupyter_cache"
    (cache / "mine.txt").write_text("of the author")
    (cache / "executed" / "mine").mkdir()
    damaged = [cache / "global.db"] if damage == "database" else cache.rglob("*.ipynb")
    for path in damaged:
        path.write_bytes(b"not what it was" * 100)
    shutil.rmtree(built_book.root / "_build" / "executed")  # or the cache would not be asked
    built_book.add("pages/second.md", "\nOne more paragraph.\n")
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "cache of executions is damaged" in result.stdout
    assert "2 of 2 notebooks executed" in result.stdout
    assert (cache / "mine.txt").exists() and (cache / "executed" / "mine").exists()


def test_a_page_that_cannot_be_read_costs_no_outputs(built_book):
    """A slip in a page's options is no damage of the cache."""
    text = built_book.read("pages/second.md")
    shutil.rmtree(built_book.root / "_build" / "executed")  # or the cache would not be asked
    built_book.add("pages/second.md", "\n```{code-cell} python3\n:tags: [unclosed\n\n1\n```\n")
    assert_fails(built_book, "pages/second.md", "Mend the options of that cell")
    built_book.write("pages/second.md", text)
    result = built_book.run("book")
    assert "0 of 2 notebooks executed" in result.stdout, result.stdout


def test_the_settings_of_a_readers_ipython_and_python_do_not_change_outputs(built_book, tmp_path_factory):
    home = tmp_path_factory.mktemp("ipython")
    (home / "profile_default/startup").mkdir(parents=True)
    (home / "profile_default/startup/0.py").write_text("print = lambda *_: None")
    (home / "start.py").write_text("print = lambda *_: None")
    built_book.add_cell("import sys\nprint('as in', 'the book', __debug__, sys.flags.dev_mode, sys.warnoptions)")
    told = {"PYTHONOPTIMIZE": "1", "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "ignore"}
    result = built_book.run("book", IPYTHONDIR=str(home), PYTHONSTARTUP=str(home / "start.py"), **told)
    assert result.returncode == 0, result.stderr
    assert b"as in the book True False []" in built_book.site()["pages/second.html"]


@pytest.mark.fast
def test_a_kernel_that_did_not_start_is_tried_once_more(monkeypatch):
    """Where it has ports, another program may have taken them; a kernel that dies later has itself to blame."""
    late, early = (DeadKernelError(f"Kernel died ({when})") for when in ("in a cell", f"x {NOT_STARTED}"))
    silent = RuntimeError("Kernel didn't respond in 60 seconds")  # as where 127.0.0.1 is not there
    cases = [([early, None], None), ([early, early], "did not start"), ([late], "died while"), ([None], None)]
    cases.append(([silent], "a.md: the kernel did not start"))
    for answers, outcome in cases:
        left = list(answers)

        async def attempt(self, on_cell, threads, left=left):
            self.client = object()
            if problem := left.pop(0):
                raise problem

        monkeypatch.setattr(Execution, "attempt", attempt)
        execution = Execution(None, None, 1, lambda _index: "a.md, code cell 1")
        with ThreadPoolExecutor(1) as pool:  # a browser of other tests has this thread's event loop
            run = pool.submit(lambda one=execution: asyncio.run(one.run(lambda _index: None)))
        if outcome is None:
            assert run.result() is None
        else:
            with pytest.raises(BuildError, match=outcome):
                run.result()
        assert left == []


REACHED_BY = """
from ipykernel.kernelapp import IPKernelApp

print("reached by", IPKernelApp.instance().transport)
"""


@pytest.mark.skipif(os.name == "nt", reason="its kernels are reached by ports")
@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_a_kernel_needs_no_port_that_another_program_may_take_but_where_names_are_too_long(long, built_book, tmp_path):
    folder = tmp_path / ("temporary files " * 6).strip() if long else Path(tempfile.gettempdir())
    folder.mkdir(exist_ok=True)
    built_book.add_cell(REACHED_BY)
    assert (result := built_book.run("book", TMPDIR=str(folder))).returncode == 0, result.stderr
    assert (b"reached by tcp" if long else b"reached by ipc") in built_book.site()["pages/second.html"]


def test_a_command_of_a_cell_is_that_of_the_books_environment(built_book):
    """As `!pip install` would be."""
    built_book.add_cell(
        "import sys\nfrom pathlib import Path\n\nfound = !python -c 'import sys; print(sys.executable)'"
    )
    built_book.add_cell("print('the same:', Path(found[0]) == Path(sys.executable))")
    assert (result := built_book.run("book", PATH="/usr/bin:/bin")).returncode == 0, result.stderr
    assert "the same: True" in built_book.read("_build/html/pages/second.html")
