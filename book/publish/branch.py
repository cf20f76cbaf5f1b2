"""Push the exported notebooks to the branch that Colab opens.

The branch holds `_build/notebooks` and nothing else, as one commit that replaces the one before: the
notebooks are made from the sources, so the branch needs no history.
"""

import os
import shutil
import tempfile
from pathlib import Path

from book.project import git as program
from book.project.address import repository
from book.project.errors import BuildError

BRANCH = "notebooks"
AUTHOR = ["-c", "user.name=Deep Learning Computation", "-c", "user.email=notebooks@users.noreply.github.com"]
# The user's hooks, signature and list of ignored files are for the user's commits
OURS = [*AUTHOR, "-c", "commit.gpgSign=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.excludesFile="]
WAYS_OUT = {
    "push": "May you push to that repository?",
    "read-tree": "Run this in a clone of the repository, of your own: a folder that was downloaded has no history.",
}


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
    others = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    return {
        "GIT_CONFIG_COUNT": str(others + 1),
        f"GIT_CONFIG_KEY_{others}": "credential.https://github.com.helper",
        f"GIT_CONFIG_VALUE_{others}": '!f() { echo username=x-access-token; echo "password=$GITHUB_TOKEN"; }; f',
    }


def git(folder: Path | str, *command: str, **environment: str) -> str:
    """What git prints in a folder; BuildError with its words when it fails."""
    try:
        ran = program.run(folder, *command, **credentials(), **environment)
    except FileNotFoundError:
        raise BuildError("git", "is not installed, or not on PATH", "Install it: https://git-scm.com") from None
    if ran.returncode:
        name = next(word for word in command if word not in OURS)
        way_out = WAYS_OUT.get(name, "See what git says, then run the same command again.")
        raise BuildError(f"git {name}", ran.stderr.strip(), way_out)
    return ran.stdout.strip()


def publish(root: Path) -> None:
    """Replace the branch by the notebooks of the last build."""
    notebooks = root / "_build" / BRANCH
    if not any(notebooks.rglob("*.ipynb")):
        raise BuildError("_build/notebooks", "holds no notebook", "Run make book first.")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(notebooks, folder, dirs_exist_ok=True)
        git(folder, "init", "--quiet", "--template=", "--initial-branch", BRANCH)
        git(folder, *OURS, "add", "--all")
        git(folder, *OURS, "commit", "--quiet", "--message", "Notebooks of the last build")
        git(folder, *OURS, "push", "--quiet", "--force", remote(root), f"HEAD:{BRANCH}")
    print(f"The branch {BRANCH} holds the notebooks of the last build.")
