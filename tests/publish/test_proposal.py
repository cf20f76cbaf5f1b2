"""`make propose`: recordings come as a branch and a pull request, and the author's working copy stays as it is."""

import os
import subprocess
from pathlib import Path

import pytest

from book.project.errors import BuildError
from book.publish import proposal

pytestmark = pytest.mark.fast
GH = """#!/bin/sh
echo "$@" >> "{notes}"
case "$2" in list) cat "{opened}";; create) echo it > "{opened}"; echo opened;; esac
"""


def git(folder: Path, *command: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    ran = subprocess.run(["git", "-C", folder, *identity, *command], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.fixture
def book(tmp_path, monkeypatch) -> Path:
    """A repository with one commit, a remote, and a program in place of GitHub's that notes what it is asked."""
    root, remote, programs = (tmp_path / name for name in ("book", "remote", "bin"))
    for folder in (root, programs):
        folder.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", str(remote))
    git(root, "init", "--quiet")
    (root / "page.md").write_text("A page")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Begun")
    (tmp_path / "opened").write_text("")
    gh = programs / "gh"
    gh.write_text(GH.format(notes=tmp_path / "notes", opened=tmp_path / "opened"))
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setenv("BOOK_REMOTE", str(remote))
    monkeypatch.setenv("BOOK_REPOSITORY", "owner/name")
    return root


def record(book: Path, text: str) -> None:
    folder = book / "recorded" / "a-gpu" / "pt-br"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "use-gpu.ipynb").write_text(text)


def test_a_recording_is_proposed_once_and_then_renewed(book, tmp_path, capsys):
    record(book, "one")
    (book / "page.md").write_text("A page that is being edited")
    before = git(book, "status", "--porcelain"), git(book, "rev-parse", "HEAD")
    proposal.propose(book)
    assert (git(book, "status", "--porcelain"), git(book, "rev-parse", "HEAD")) == before
    assert "opened" in capsys.readouterr().out
    remote = tmp_path / "remote"
    assert git(remote, "show", "recordings:recorded/a-gpu/pt-br/use-gpu.ipynb") == "one"
    assert git(remote, "show", "recordings:page.md") == "A page"
    assert git(remote, "rev-parse", "recordings^") == before[1]
    record(book, "two")
    proposal.propose(book)
    assert git(remote, "show", "recordings:recorded/a-gpu/pt-br/use-gpu.ipynb") == "two"
    asked = (tmp_path / "notes").read_text()
    assert asked.count("pr create") == 1 and asked.count("pr list") == 2
    assert asked.count("--repo owner/name") == 3


def test_what_is_committed_already_is_not_proposed(book, tmp_path, capsys):
    record(book, "one")
    git(book, "add", "recorded")
    git(book, "commit", "--quiet", "--message", "Recorded")
    proposal.propose(book)
    assert "nothing to propose" in capsys.readouterr().out
    assert not (tmp_path / "notes").exists()


def test_without_a_recording_or_without_gh_the_way_out_is_said(book, monkeypatch):
    with pytest.raises(BuildError, match="Run make record"):
        proposal.propose(book)
    record(book, "one")
    monkeypatch.setattr(proposal, "git", lambda *_, **__: "same" if "HEAD^{tree}" in _ else "a tree")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BuildError, match=r"gh: did not start[^→]*→ Open the pull request"):
        proposal.propose(book)
