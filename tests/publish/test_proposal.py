"""`make propose` and `make publish-notebooks`: what they push, and that the author's working copy stays as it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from book.project import git as program
from book.project.errors import BuildError
from book.publish import branch, proposal
from conftest import ROOT

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


HOOK = """#!/bin/sh
exec "{python}" -c "
from pathlib import Path
from book.project.address import repository
from book.publish import branch, proposal
branch.publish(Path.cwd())
proposal.propose(Path.cwd())
print(repository(Path.cwd()))" >> "{said}" 2>&1
"""


def test_below_a_hook_and_with_settings_of_the_users_own_only_the_branches_change(book, tmp_path, monkeypatch):
    """Git tells its hooks, in variables, which repository it works on."""
    git(book, "remote", "add", "origin", "https://github.com/octo/deep.git")
    other, remote, said = tmp_path / "other", tmp_path / "remote", tmp_path / "said"
    git(book, "worktree", "add", "--quiet", "-b", "topic", str(other))
    (other / "_build" / "notebooks").mkdir(parents=True)
    (other / "_build" / "notebooks" / "page.ipynb").write_text("a notebook")
    record(other, "one")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-commit").write_text(HOOK.format(python=sys.executable, said=said))
    (hooks / "post-commit").chmod(0o755)
    (tmp_path / "ignored").write_text("*.ipynb\n")
    (tmp_path / "settings").write_text(
        f"[core]\nhooksPath = {hooks}\nexcludesFile = {tmp_path / 'ignored'}\n"
        "[commit]\ngpgSign = true\n[gpg]\nprogram = false\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("BOOK_REPOSITORY")
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    (other / "page.md").write_text("A page that is committed")
    git(other, "commit", "--quiet", "--no-gpg-sign", "--message", "Edited", "page.md")
    assert said.read_text().splitlines()[-1] == "octo/deep", said.read_text()
    assert git(book, "log", "-1", "--format=%s", "topic") == "Edited"
    assert git(book, "config", "core.bare") == "false"
    assert git(book, "status", "--porcelain") == ""
    assert git(remote, "ls-tree", "-r", "--name-only", "notebooks") == "page.ipynb"
    assert git(remote, "log", "--format=%s", "recordings").splitlines() == [proposal.TITLE, "Edited", "Begun"]


def test_what_git_says_belongs_to_one_repository_is_not_passed_on(monkeypatch):
    local = set(git(ROOT, "rev-parse", "--local-env-vars").split()) - {"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"}
    for name in local:
        monkeypatch.setenv(name, "another")
    assert not local & program.environment().keys()


def test_a_token_joins_what_git_is_told_already(monkeypatch):
    told = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Ada"}
    for name, value in (told | {"GITHUB_TOKEN": "secret"}).items():
        monkeypatch.setenv(name, value)
    assert branch.git(ROOT, "config", "user.name") == "Ada"
    assert "password=" in branch.git(ROOT, "config", "credential.https://github.com.helper")


def test_without_git_or_a_clone_the_way_out_is_said(book, monkeypatch):
    record(book, "one")
    shutil.rmtree(book / ".git")
    with pytest.raises(BuildError, match=r"git read-tree: fatal[^→]*→ Run this in a clone"):
        proposal.propose(book)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BuildError, match=r"git: is not installed[^→]*→ Install it"):
        proposal.propose(book)
