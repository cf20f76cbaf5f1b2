"""`make outdated`: which pins have a newer release, and does one have a known vulnerability?

A newer release is only reported; a vulnerability makes the command fail.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from book.project.environment import PINS, interpreter

# In an environment of its own, since it brings a dozen packages that the book does not need
AUDIT = "pip-audit==2.10.1"


def outdated() -> int:
    """Print what pip knows to be newer than what is installed here; return pip's exit status."""
    print("Newer releases:", flush=True)
    return subprocess.call([sys.executable, "-m", "pip", "list", "--outdated"])


def audit(root: Path) -> int:
    """Print the known vulnerabilities of the pins in `root`; return 1 when there are some, or the audit has failed."""
    print("\nKnown vulnerabilities:", flush=True)
    with tempfile.TemporaryDirectory(prefix="book-audit-", ignore_cleanup_errors=True) as folder:
        venv.create(folder, with_pip=True)
        python = str(interpreter(Path(folder)))
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", AUDIT]
        if subprocess.call(pip):
            print(f"{AUDIT} could not be installed, so nothing is known: see pip's lines above.", file=sys.stderr)
            return 1
        files = [word for name in PINS for word in ("-r", name)]
        # Every package is pinned, so nothing has to be resolved; what cannot be looked up counts as a failure
        options = ["--strict", "--no-deps", "--disable-pip", *files]
        status = subprocess.call([python, "-m", "pip_audit", *options], cwd=root)
    return 1 if status else 0


def main() -> int:
    """Run both; return the exit status, 1 when one of them fails."""
    return 1 if outdated() | audit(Path.cwd()) else 0


if __name__ == "__main__":
    sys.exit(main())
