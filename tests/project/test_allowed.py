"""What the shell allows a program: raised where it may be, and named where it is too little for a build."""

import os
import subprocess
import sys

import pytest

from conftest import ROOT

pytestmark = [pytest.mark.fast, pytest.mark.skipif(sys.platform != "linux", reason="other systems limit less")]
# Of root, nobody counts the threads; another user may read this Python, which may lie in root's home
USER = "setpriv --reuid=12345 --clear-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search"
CHECK = "import resource; from book.project import allowed; allowed.check(); "


def run_limited(limit: str, *command: str, user: str = "") -> subprocess.CompletedProcess:
    """Run Python under a limit, such as nofile=16."""
    line = ["prlimit", f"--{limit}", *user.split(), sys.executable, *command]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        ("nofile=48", "ulimit -n: a program may have 48 open files here, and the book needs 128"),
        ("as=307200000", "ulimit -v: a program may have 300000 KB of addresses here, and the book needs 1000000"),
        ("data=204800000", "ulimit -d: a program may have 200000 KB of data here"),
        ("nproc=20", "ulimit -u: only "),
    ],
)
def test_a_shell_that_allows_too_little_is_told_so(limit, what):
    result = run_limited(
        limit, "-m", "book.cli", "help", user=USER if limit[:5] == "nproc" and os.geteuid() == 0 else ""
    )
    assert result.returncode == 1, result.stdout
    assert what in result.stderr
    assert "→ Raise that limit" in result.stderr
    assert "Traceback" not in result.stderr


def test_what_is_too_low_and_may_be_raised_is_raised():
    result = run_limited("nofile=48:", "-c", CHECK + "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 48)")
    assert result.stdout == "True\n", result.stderr


def test_who_looks_why_a_kernel_died_is_told_what_is_limited():
    assert "(ulimit -t)" in run_limited("cpu=99", "-c", CHECK + "print(allowed.in_force())").stdout
