"""`make propose`: put the recordings of GPU machines on a branch of their own, and open a pull request for it.

The commit is made beside the working copy, which stays on its branch and as it is.
"""

import subprocess
import tempfile
from pathlib import Path

from book.project import git as program
from book.project.address import repository
from book.project.errors import BuildError
from book.publish.branch import AUTHOR, OURS, git, remote

BRANCH = "recordings"
TITLE = "Outputs recorded on a GPU"
BODY = "New outputs of the pages that depend on the device. Read the pages with them before you merge."


def propose(root: Path) -> None:
    """Push `recorded/` as one commit behind the current one, and ask for it to be merged, unless that is asked already.

    Raises BuildError when there are no recordings, or git or gh (GitHub's program) fails.
    """
    if not any((root / "recorded").rglob("*.ipynb")):
        raise BuildError("recorded", "holds no recording", "Run make record on a machine with a GPU first.")
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}  # so what the author has staged stays staged
        git(root, "read-tree", "HEAD", **index)
        git(root, *OURS, "add", "--all", "recorded", **index)
        tree = git(root, "write-tree", **index)
    if tree == git(root, "rev-parse", "HEAD^{tree}"):
        print("The recordings are those of the last commit: there is nothing to propose.")
        return
    commit = git(root, *AUTHOR, "commit-tree", tree, "-p", "HEAD", "-m", TITLE)
    git(root, "push", "--quiet", "--force", remote(root), f"{commit}:refs/heads/{BRANCH}")
    print(f"The branch {BRANCH} holds the recordings.")
    if gh("list", "--head", BRANCH, "--state", "open", "--json", "url", "--jq", ".[].url", root=root):
        print("Its pull request is open already.")
        return
    print(gh("create", "--head", BRANCH, "--title", TITLE, "--body", BODY, root=root))


def gh(command: str, *arguments: str, root: Path) -> str:
    """What GitHub's program prints of a command about pull requests."""
    of = ["--repo", name] if (name := repository(root)) else []
    way_out = f"Open the pull request of the branch {BRANCH} in the browser."
    try:
        full = ["gh", "pr", command, *arguments, *of]
        ran = subprocess.run(
            full, cwd=root, env=program.environment(), capture_output=True, encoding="utf8", errors="replace"
        )
    except OSError as problem:
        raise BuildError("gh", f"did not start: {problem}", way_out) from None
    if ran.returncode:
        raise BuildError(f"gh pr {command}", ran.stderr.strip(), way_out)
    return ran.stdout.strip()
