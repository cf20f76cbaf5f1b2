"""Push the exported notebooks to the branch that Colab opens.

The branch holds `_build/notebooks` and nothing else, as one commit that replaces the one before: the
notebooks are made from the sources, so the branch needs no history.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from book.project.address import repository
from book.project.errors import BuildError

BRANCH = "notebooks"
AUTHOR = ["-c", "user.name=Deep Learning Computation", "-c", "user.email=notebooks@users.noreply.github.com"]


def remote(root: Path) -> str:
    """Where to push: BOOK_REMOTE, else the repository on GitHub."""
    if address := os.environ.get("BOOK_REMOTE"):
        return address
    if name := repository(root):
        return f"https://github.com/{name}.git"
    raise BuildError("git push", "no GitHub repository known", "Set BOOK_REPOSITORY=owner/name.")


def credentials() -> dict[str, str]:
    """Environment that hands GITHUB_TOKEN to git without showing it in a command line or a file."""
    if not os.environ.get("GITHUB_TOKEN"):
        return {}  # git's own credentials, as for any push
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.https://github.com.helper",
        "GIT_CONFIG_VALUE_0": '!f() { echo username=x-access-token; echo "password=$GITHUB_TOKEN"; }; f',
    }


def git(folder: Path | str, *command: str, **environment: str) -> str:
    """What git prints in a folder; BuildError with its words when it fails."""
    every = os.environ | credentials() | environment
    ran = subprocess.run(["git", "-C", str(folder), *command], env=every, capture_output=True, text=True)
    if ran.returncode:
        words = [word for word in command if word not in AUTHOR]
        raise BuildError(f"git {words[0]}", ran.stderr.strip(), "May you push to that repository?")
    return ran.stdout.strip()


def publish(root: Path) -> None:
    """Replace the branch by the notebooks of the last build."""
    notebooks = root / "_build" / BRANCH
    if not any(notebooks.rglob("*.ipynb")):
        raise BuildError("_build/notebooks", "holds no notebook", "Run make book first.")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(notebooks, folder, dirs_exist_ok=True)
        git(folder, "init", "--quiet", "--initial-branch", BRANCH)
        git(folder, "add", "--all")
        git(folder, *AUTHOR, "commit", "--quiet", "--message", "Notebooks of the last build")
        git(folder, "push", "--quiet", "--force", remote(root), f"HEAD:{BRANCH}")
    print(f"The branch {BRANCH} holds the notebooks of the last build.")
