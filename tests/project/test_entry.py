"""How a command begins, on systems that this one is not: letters, settings, Ctrl-C, files that are open elsewhere."""

import errno
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from book.project import entry
from book.project.errors import BuildError, from_os_error, way_out_named_in
from conftest import ROOT

pytestmark = pytest.mark.fast


def run(*command: str, **environment: str) -> subprocess.CompletedProcess:
    """Run Python to its end, where the book is."""
    line = [sys.executable, *command]
    return subprocess.run(line, cwd=ROOT, capture_output=True, env=os.environ | environment)


# In each program that has a beginning of its own, something prints
PRINTING = {
    "book.__main__": "from book.project import environment; environment.ensure = say; sys.argv += ['book']",
    "book.cli": "from book import build; build.build_book = say; sys.argv += ['book']",
    "tools.matrix": "from book.project import source; source.chosen_edition = say",
    "tools.bench": "from tools import weights; weights.rows = say; sys.argv += ['pages', '--site', '.']",
}


@pytest.mark.parametrize("module", PRINTING)
def test_a_letter_that_the_output_does_not_have_is_written_as_an_escape(module):
    code = f"""
import sys, runpy
def say(*_):
    print("→ \\udcff", flush=True)
    sys.exit(3)
{PRINTING[module]}
runpy.run_module({module!r}, run_name="__main__")"""
    result = run("-c", code, PYTHONIOENCODING="cp1252")
    assert (result.returncode, result.stdout.splitlines()[-1]) == (3, b"\\u2192 \\udcff"), result.stderr


@pytest.mark.parametrize(("words", "said"), [([], "  book "), (["help"], "  live "), (["clean"], "Nothing has been")])
def test_what_needs_no_packages_sets_none_up(tmp_path, words, said):
    """`make help` and `make clean` where nothing is, as after a clone, or half of an environment."""
    shutil.copytree(ROOT / "book", tmp_path / "book")
    line = [sys.executable, "-m", "book", *words]
    if words:
        result = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
        assert (result.returncode, result.stderr) == (0, "")
        assert said in result.stdout
        assert not (tmp_path / ".venv").exists()
    if words != ["clean"]:
        (tmp_path / ".venv").mkdir()
        assert said in subprocess.run(line, cwd=tmp_path, capture_output=True, text=True).stdout
        assert list((tmp_path / ".venv").iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full, the file on a full disk")
def test_the_list_of_commands_on_a_full_disk_is_said_as_such():
    with Path("/dev/full").open("w") as full:
        line = [sys.executable, "-m", "book", "help"]
        result = subprocess.run(line, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (result.returncode, result.stderr) == (1, "standard output: No space left on device\n")


def test_on_windows_files_and_pipes_get_utf8(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "platform", "win32")
        patched.setattr(sys, "stdout", out)
        entry.open_output()
    out.write("→ ✗")
    out.flush()
    assert out.buffer.getvalue() == "→ ✗".encode()


def test_settings_are_taken_as_make_does(monkeypatch):
    for name in ("PORT", "EDITION"):
        monkeypatch.setenv(name, "before")  # so that it is put back
    assert entry.take_settings(["live", "PORT=8001", "-h", "EDITION=", "a/b=c"]) == ["live", "-h", "a/b=c"]
    assert (os.environ["PORT"], os.environ["EDITION"]) == ("8001", "")


@pytest.mark.parametrize("word", ["POTR=8001", "port=8001", "PYTHON=python3.12", "PATH=/"])
def test_a_setting_that_no_command_has_is_refused_with_the_list(word):
    with pytest.raises(BuildError, match=word) as problem:
        entry.take_settings(["live", word])
    assert "EDITION, " in str(problem.value) and "PORT, " in str(problem.value)


def test_a_setting_reaches_its_command():
    result = run("-m", "book.cli", "live", "PORT=many")
    assert result.returncode == 1
    assert "PORT: 'many' is not a port\n  → ".encode() in result.stderr


def test_every_setting_that_the_documentation_names_is_known():
    text = "".join((ROOT / name).read_text("utf8") for name in ("README.md", "CONTRIBUTING.md", "TRANSLATING.md"))
    named = set(re.findall(r"\b([A-Z_]{3,})=[^`\s]", text)) | set(re.findall(r"`((?:BOOK|GITHUB)_[A-Z_]+)", text))
    assert named - {"PYTHON"} == set(entry.SETTINGS)


WAITING = f"""#!{sys.executable}
import pathlib, signal, sys
again = pathlib.Path("again")
if not again.exists():
    again.touch()
    sys.exit(75)
try:
    print(*sys.argv[1:], flush=True)
    signal.pause()
except KeyboardInterrupt:
    print("stopped")
    sys.exit(130)
"""
ON_WINDOWS = """
import os, runpy, signal, subprocess
from book.project import environment
def ensure(root):
    os.name = "nt"
    return root / "python"
environment.ensure = ensure
runpy.run_module("book", run_name="__main__", alter_sys=True)
"""


def test_on_windows_a_command_is_started_again_when_it_asks_and_ctrl_c_is_its_own_matter(tmp_path):
    (tmp_path / "python").write_text(WAITING)
    (tmp_path / "python").chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-c", ON_WINDOWS, "watch", "PORT=8001"],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout.readline() == "-m book.cli watch PORT=8001\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "stopped\n", "")


CALLS = """
import sys
from book import cli
from book.project import stops
stops.heed()
cli.call(sys.executable, "-c", '''
import os, signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(60)
''')
"""


@pytest.mark.parametrize(
    "signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGTERM]], ids=["kill", "Ctrl-C and kill"]
)
def test_a_kill_of_a_command_ends_the_program_that_it_runs(signals):
    """`make lab`, `make edit`, `make test`: no terminal tells the program, as it does of Ctrl-C; here it goes on."""
    line = [sys.executable, "-c", CALLS]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as command:
        program = psutil.Process(int(command.stdout.readline()))
        for number in signals:
            assert program.is_running()
            command.send_signal(number)
            time.sleep(0.3)
        assert psutil.wait_procs([program], timeout=10)[1] == []
        assert command.wait(10) != 0


@pytest.mark.parametrize(
    ("said", "number", "way_out"),
    [
        ("[WinError 5] Access is denied: 'html'", errno.EACCES, "Another program may have it open"),
        ("[WinError 32] The process cannot access the file", errno.EACCES, "Another program may have it open"),
        ("[Errno 13] Permission denied: 'html'", errno.EACCES, "Another program may have it open"),
        ("[WinError 112] There is not enough space on the disk", errno.ENOSPC, "The disk is full"),
    ],
)
def test_on_windows_a_file_that_another_program_has_open_is_said(monkeypatch, said, number, way_out):
    assert ("may not write" in way_out_named_in(said)) == (number == errno.EACCES), "elsewhere"
    with monkeypatch.context() as patched:
        patched.setattr(sys, "platform", "win32")
        assert way_out in way_out_named_in(f"page.md: {said}")
        assert way_out in str(from_os_error(OSError(number, said, "html")))
    assert way_out_named_in("[WinError 1] no such thing, [Errno 32] nor this") is None
