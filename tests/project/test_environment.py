"""Before the book: too old a Python, the wrong folder, an installation that fails, an environment that is damaged."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from book.project import browser, environment
from conftest import ROOT

NOT_IN_PYTHON_2 = (ast.Starred, ast.JoinedStr, ast.NamedExpr, ast.AnnAssign, ast.Nonlocal, ast.AsyncFunctionDef)


@pytest.mark.fast
def test_too_old_a_python_gets_a_sentence():
    code = "import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_module('book', run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "needs Python 3.11 or later" in result.stderr
    assert "PYTHON=" in result.stderr


@pytest.mark.fast
def test_even_python_2_gets_the_sentence():
    """Python 2 has neither a star inside a list nor letters beyond ASCII; where there is one, it is asked."""
    for path in (ROOT / "book" / "__init__.py", ROOT / "book" / "__main__.py"):
        assert path.read_bytes().isascii()
        assert not [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, NOT_IN_PYTHON_2)]
    if subprocess.run("python2.7 -c 0", shell=True, capture_output=True).returncode == 0:
        result = subprocess.run(["python2.7", "-m", "book", "help"], cwd=ROOT, capture_output=True, text=True)
        assert (result.returncode, result.stderr.count("needs Python 3.11 or later")) == (1, 1), result.stderr


def test_a_failed_installation_says_what_to_do_and_is_tried_again(tmp_path):
    shutil.copytree(ROOT / "book", tmp_path / "book")
    (tmp_path / "requirements.txt").write_text("no-such-package-for-this-book==0\n")
    (tmp_path / "constraints.txt").write_text("")
    for _ in range(2):
        result = subprocess.run(
            [sys.executable, "-m", "book", "book"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""},
        )
        assert result.returncode == 1
        assert "failed with exit status 1. See pip's lines above" in result.stderr


@pytest.mark.fast
def test_a_linked_environment_that_has_other_packages_is_left_alone(tmp_path):
    shutil.copytree(ROOT / "book", tmp_path / "book")
    for name in ("requirements.txt", "constraints.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".venv").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    result = subprocess.run([sys.executable, "-m", "book", "book"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1
    assert "is a link to" in result.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.fast
def test_the_wrong_folder_is_said(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "book", "book"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 1
    assert "run this in the folder of the book" in result.stderr


@pytest.mark.fast
@pytest.mark.parametrize("variable", browser.WINDOWS_FOLDERS)
def test_a_browser_is_found_where_windows_keeps_it(tmp_path, monkeypatch, variable):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in browser.WINDOWS_FOLDERS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(browser, "MACOS", [])
    monkeypatch.setenv(variable, str(tmp_path))
    assert browser.installed() is None
    for path in reversed(browser.WINDOWS):  # Edge is always there, so Chrome was chosen
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
        assert browser.installed() == str(tmp_path / path)


def write_wheel(folder: Path, name: str, version: str = "1.0") -> None:
    """A package of one module, with a program of its name that says in which environment it runs."""
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        info = f"{name}-{version}.dist-info"
        wheel.writestr(f"{name}.py", "import sys\ndef main(): print(sys.prefix)\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def torch_index(tmp_path, monkeypatch):
    """An index of packages with a build of torch for CPU, and none else; and pip, which finds nothing elsewhere."""
    folder = tmp_path / "index" / "torch"
    folder.mkdir(parents=True)
    write_wheel(folder, "torch", "2.13.0+cpu")
    handler = partial(SimpleHTTPRequestHandler, directory=folder.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_FIND_LINKS", "")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/nothing")
        monkeypatch.setattr(environment, "CPU_BUILDS", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setattr(environment, "has_nvidia", lambda: False)
        yield
        server.shutdown()


def version_of_torch(python) -> str:
    ask = "from importlib.metadata import version; print(version('torch'))"
    return subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere PyPI's torch has no CUDA")
def test_without_an_nvidia_gpu_torch_is_the_build_for_cpu_and_stays_it(tmp_path, torch_index, capfd, monkeypatch):
    (tmp_path / "requirements.txt").write_text("torch==2.13.0\n")
    (tmp_path / "constraints.txt").write_text("")
    assert version_of_torch(environment.ensure(tmp_path)) == "2.13.0+cpu"
    assert "torch is the build for CPU, from http" in capfd.readouterr().out
    monkeypatch.setattr(environment, "CPU_BUILDS", "http://127.0.0.1:9")
    (tmp_path / "constraints.txt").write_text("# another line\n")
    assert version_of_torch(environment.ensure(tmp_path)) == "2.13.0+cpu"
    assert "does not answer" not in capfd.readouterr().out


@pytest.mark.fast
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere PyPI's torch has no CUDA")
@pytest.mark.parametrize(
    "gpu, index, said",
    [
        (True, None, ""),
        (False, "http://127.0.0.1:9", "does not answer: torch comes from where pip takes packages"),
        (False, None, "could not be installed: torch comes from where pip takes packages"),
    ],
    ids=["a GPU", "no network", "no such build"],
)
def test_elsewhere_torch_is_what_pip_gives(tmp_path, torch_index, capfd, monkeypatch, gpu, index, said):
    (tmp_path / "requirements.txt").write_text("torch==2.12.9\n")
    monkeypatch.setattr(environment, "has_nvidia", lambda: gpu)
    monkeypatch.setattr(environment, "CPU_BUILDS", index or environment.CPU_BUILDS)
    without_torch = tmp_path / "python"
    without_torch.write_text(f'#!/bin/sh\ncase "$1" in -c) exit 1;; *) exec {sys.executable} "$@";; esac\n')
    without_torch.chmod(0o755)
    environment.install_cpu_build(without_torch, tmp_path)
    out = capfd.readouterr().out
    assert said in out and bool(said) == bool(out)


@pytest.fixture(scope="module")
def set_up_once(tmp_path_factory) -> Path:
    """A folder with an environment of two packages, and the wheels that they come from."""
    root = tmp_path_factory.mktemp("tiny")
    (root / "wheels").mkdir()
    for name in ("alpha", "beta"):
        write_wheel(root / "wheels", name)
    (root / "requirements.txt").write_text("alpha==1.0\nbeta==1.0.0  # the same version\n")
    (root / "constraints.txt").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        only_from(root / "wheels", patch)
        environment.ensure(root)
    return root


def only_from(wheels: Path, patch: pytest.MonkeyPatch) -> None:
    """Let pip take packages from a folder alone."""
    for name, value in {"CONFIG_FILE": os.devnull, "NO_INDEX": "1", "FIND_LINKS": str(wheels)}.items():
        patch.setenv(f"PIP_{name}", value)


@pytest.fixture
def tiny(set_up_once, tmp_path, monkeypatch, request) -> Path:
    """A copy of that folder, which is ready, too; pip is in it for who asks, since it takes a second."""
    with_pip = getattr(request, "param", "") == "with pip"
    root = tmp_path / "a book"  # the path of a program has a space then
    shutil.copytree(
        set_up_once,
        root,
        symlinks=True,
        ignore=lambda folder, names: [] if with_pip or Path(folder).name != "pip" else names,
    )
    only_from(set_up_once / "wheels", monkeypatch)
    stamp = environment.stamp(root / ".venv")
    stamp.write_text(stamp.read_text().replace(str(set_up_once), str(root)))
    assert environment.is_ready(root)
    return root


@pytest.mark.parametrize("tiny", ["with pip"], indirect=True)
def test_what_is_missing_or_half_there_or_from_another_place_is_mended(tiny, set_up_once, monkeypatch, tmp_path):
    packages = environment.site_packages(tiny / ".venv")
    (packages / "extra-1.dist-info").mkdir()  # the user's own
    for name in ("METADATA", "RECORD"):
        (packages / "extra-1.dist-info" / name).write_text("Name: extra\nVersion: 1\n")
    shutil.copy(environment.stamp(set_up_once / ".venv"), environment.stamp(tiny / ".venv"))  # as in any copy
    (packages / "alpha.py").unlink()
    shutil.rmtree(packages / "alpha-1.0.dist-info")
    (packages / "beta.py").unlink()
    (packages / "beta-1.0.dist-info" / "RECORD").unlink()
    for name, value in {"TARGET": "elsewhere", "PREFIX": "elsewhere", "DRY_RUN": "1", "USER": "1"}.items():
        monkeypatch.setenv(f"PIP_{name}", str(tmp_path / value) if value == "elsewhere" else value)
    python = environment.ensure(tiny)
    for name in ("alpha", "beta"):
        ran = subprocess.run([python.with_name(name)], capture_output=True, text=True)
        assert ran.stdout.strip() == str(tiny / ".venv"), ran.stderr
    ran = subprocess.run([python.with_name("pip"), "--version"], capture_output=True, text=True)
    assert str(tiny) in ran.stdout
    assert str(tiny) not in (set_up_once / ".venv" / "bin" / "pip").read_text()
    assert (packages / "extra-1.dist-info").is_dir()
    assert environment.is_ready(tiny) and not (tmp_path / "elsewhere").exists()


@pytest.mark.fast
@pytest.mark.parametrize("gone", ["alpha.py", "beta-1.0.dist-info"])
def test_an_environment_that_lacks_a_package_is_not_ready_and_one_with_more_is(tiny, gone):
    packages = environment.site_packages(tiny / ".venv")
    (packages / "more.py").touch()
    assert environment.is_ready(tiny)
    (packages / gone).rename(packages / "other")
    assert not environment.is_ready(tiny)


@pytest.mark.parametrize("tiny", ["with pip"], indirect=True)
def test_pip_that_puts_packages_elsewhere_is_not_believed(tiny, tmp_path, monkeypatch):
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[install]\ntarget = {tmp_path / 'elsewhere'}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    write_wheel(tmp_path, "alpha", "1.1")
    write_wheel(tmp_path, "beta")
    (tiny / "requirements.txt").write_text("alpha==1.1\nbeta==1.0\n")
    with pytest.raises(environment.SetupError, match=r"alpha==1\.1 … is not in .*puts packages elsewhere.*pip config"):
        environment.ensure(tiny)
    assert not environment.is_ready(tiny)


@pytest.mark.fast
def test_an_environment_whose_python_is_gone_is_made_anew(tiny, monkeypatch):
    def without_pip(command, *_):
        return "pip" in command or subprocess.check_call([*command, "--without-pip"])

    monkeypatch.setattr(environment, "run", without_pip)
    python = environment.interpreter(tiny / ".venv")
    for link in python.parent.glob("python*"):
        link.unlink()
        link.symlink_to("/no/longer/there")
    with pytest.raises(environment.SetupError, match="alpha"):
        environment.ensure(tiny)
    assert subprocess.call([python, "-c", ""]) == 0


@pytest.mark.fast
@pytest.mark.parametrize("kind", ["another Python", "something else", "a file"])
def test_what_the_book_has_not_made_is_not_emptied(tiny, kind):
    folder = tiny / ".venv"
    environment.stamp(folder).unlink()
    if kind == "another Python":
        (folder / "pyvenv.cfg").write_bytes(b"version = 3.10.1\n\xff")
    else:
        (folder / "pyvenv.cfg").unlink()
        shutil.rmtree(folder / "lib")
    if kind == "a file":
        shutil.rmtree(folder)
        folder.touch()
    before = sorted(tiny.rglob("*"))
    with pytest.raises(environment.SetupError, match="ename it or remove it"):
        environment.ensure(tiny)
    assert sorted(tiny.rglob("*")) == before


@pytest.mark.fast
@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux has this file that cannot be read")
def test_a_file_that_cannot_be_read_or_written_is_named(tiny, monkeypatch):
    monkeypatch.setattr(environment, "run", lambda *_: None)
    (tiny / "constraints.txt").write_text("# another line")
    (tiny / ".venv" / "installed.partial").symlink_to("/dev/full")
    with pytest.raises(environment.SetupError, match=r"No space left on device\. Free some space"):
        environment.ensure(tiny)
    (tiny / "requirements.txt").unlink()
    (tiny / "requirements.txt").symlink_to("/proc/self/mem")
    with pytest.raises(environment.SetupError, match=r"Input/output error\. .*build in a copy of your own"):
        environment.ensure(tiny)


@pytest.mark.fast
def test_without_room_for_pytorch_nothing_is_begun(tmp_path, monkeypatch):
    (tmp_path / "requirements.txt").write_text("torch==2.13.0\n")
    (tmp_path / "constraints.txt").write_text("")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: usage._replace(free=10**9))
    with pytest.raises(environment.SetupError, match=r"Only 1\.0 GB are free"):
        environment.ensure(tmp_path)
    assert not (tmp_path / ".venv").exists()


@pytest.mark.fast
def test_a_set_up_waits_for_a_pip_that_was_left_running(tmp_path, capfd):
    pip = f"import pathlib, time; time.sleep(1.5); pathlib.Path({str(tmp_path / 'ended')!r}).touch()"
    first = f"""
import sys
from pathlib import Path
from book.project import environment
with environment.only_one(Path({str(tmp_path)!r})):
    print("begun", flush=True)
    environment.call([sys.executable, "-c", {pip!r}], Path.cwd())
"""
    process = subprocess.Popen([sys.executable, "-c", first], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with environment.only_one(tmp_path):
        assert (tmp_path / "ended").exists()
    assert "Waiting for another set-up" in capfd.readouterr().out


STUB = """import os, sys
told = [name for name in sorted(os.environ) if name.startswith("PYTHON") and name != "PYTHON"]
print(sys.argv[1:], sys.flags.optimize, told)
"""
TOLD = {
    "PYTHONOPTIMIZE": "1",
    "PYTHONWARNINGS": "ignore",
    "PYTHONPATH": "/nowhere",
    "PYTHONSTARTUP": "/nowhere.py",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONS": "python3.13",
}


@pytest.mark.fast
@pytest.mark.parametrize("start", ["python", "make"])
def test_what_variables_tell_python_does_not_reach_the_book(tiny, start):
    shutil.copytree(ROOT / "book", tiny / "book")
    (tiny / "book" / "cli.py").write_text(STUB)
    shutil.copy(ROOT / "Makefile", tiny)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE"))}
    if start == "make":
        command = ["make", "book", "PYTHON="]
        (tiny / "bin").mkdir()
        (tiny / "bin" / "python3").symlink_to(sys._base_executable)
        told = TOLD | {"PYTHONSAFEPATH": "1", "PATH": f"{tiny / 'bin'}:{os.environ['PATH']}"}
    else:
        command, told = [sys.executable, "-m", "book", "book"], TOLD
    result = subprocess.run(command, cwd=tiny, env=clean | told, capture_output=True, text=True)
    assert result.stdout == "['book'] 0 ['PYTHONDONTWRITEBYTECODE', 'PYTHONS']\n", result.stdout + result.stderr


@pytest.mark.fast
def test_a_python_that_cannot_be_started_is_named(tiny):
    shutil.copytree(ROOT / "book", tiny / "book")
    python = environment.interpreter(tiny / ".venv")
    python.unlink()
    python.write_bytes(b"\x7fELF of another machine")
    python.chmod(0o755)
    result = subprocess.run([sys.executable, "-m", "book", "book"], cwd=tiny, capture_output=True, text=True)
    assert result.returncode == 1
    assert f"{python} does not start" in result.stderr and "Traceback" not in result.stderr
