"""Before the book: too old a Python, the wrong folder, an installation that fails."""

import os
import shutil
import subprocess
import sys
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from book.project import browser, environment
from conftest import ROOT


@pytest.mark.fast
def test_too_old_a_python_gets_a_sentence():
    code = "import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_module('book', run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "needs Python 3.11 or later" in result.stderr
    assert "PYTHON=" in result.stderr


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


@pytest.fixture
def torch_index(tmp_path, monkeypatch):
    """An index of packages with a build of torch for CPU, and none else; and pip, which finds nothing elsewhere."""
    folder = tmp_path / "index" / "torch"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "torch-2.13.0+cpu-py3-none-any.whl", "w") as wheel:
        info = "torch-2.13.0+cpu.dist-info"
        wheel.writestr("torch.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0+cpu\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
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
