"""git, asked about the folder that it is told, also below a hook or an alias, whose environment names another one."""

import os
import subprocess
from pathlib import Path

# What `git rev-parse --local-env-vars` lists, and more of the kind; but what git is told to do (GIT_CONFIG…) stays.
OF_ANOTHER = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DEFAULT_HASH",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TEMPLATE_DIR",
    "GIT_WORK_TREE",
}


def environment() -> dict[str, str]:
    """The environment variables, less those that say which repository git is to use."""
    return {name: value for name, value in os.environ.items() if name not in OF_ANOTHER}


def run(folder: Path | str, *command: str, **variables: str) -> subprocess.CompletedProcess:
    """Run a command of git in a folder, and keep what it prints; OSError when there is no git on this machine."""
    full = ["git", "-C", str(folder), *command]
    return subprocess.run(
        full, env=environment() | variables, capture_output=True, encoding="utf8", errors="replace", check=False
    )
