"""Before the book: too old a Python, the wrong folder, an installation that fails."""

import os
import shutil
import subprocess
import sys

import pytest

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
