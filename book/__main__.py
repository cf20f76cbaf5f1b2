"""Entry point on the machine's own Python: check it, set up `.venv`, hand over to `book.cli`.

Only the standard library, and only syntax that an old Python, even 2.7, can read, so that too old
a Python gets a sentence instead of a SyntaxError.
"""

import os
import signal
import sys

OLDEST = (3, 11)


def mind_ctrl_c(minded):
    """Let Ctrl-C interrupt, or wait: while modules are loaded, it would end in a traceback."""
    if os.name != "nt":  # Windows has nothing of the kind
        signal.pthread_sigmask(signal.SIG_UNBLOCK if minded else signal.SIG_BLOCK, [signal.SIGINT])


def main():
    """Run `book.cli` inside `.venv`; return its exit status."""
    if sys.version_info[:2] < OLDEST:
        sys.stderr.write(
            "The book needs Python %d.%d or later; %s is %d.%d.\n"
            "Name another one: make book PYTHON=python3.12 (without make: python3.12 -m book book)\n"
            % (OLDEST[0], OLDEST[1], sys.executable, sys.version_info[0], sys.version_info[1])
        )
        return 1
    # `make` may be killed before the command has started, which keeps this process's number (book.live.guardian)
    os.environ["BOOK_STARTED_BY"] = "%d %d" % (os.getpid(), os.getppid())

    mind_ctrl_c(False)
    from pathlib import Path

    from book.project import entry, environment

    entry.open_output()
    root = Path.cwd()
    environment.forget_settings()
    words = sys.argv[1:] or ["help"]
    said = entry.without_environment(words, root)
    if said:
        return entry.printed(said)
    try:
        mind_ctrl_c(True)
        python = environment.ensure(root)
        mind_ctrl_c(False)  # until `book.project.stops` minds it
    except environment.SetupError as problem:
        sys.stderr.write("%s\n" % problem)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted while setting up .venv; run the same command again to go on.\n")
        return 130
    command = [str(python), "-m", "book.cli"] + words  # noqa: RUF005
    if os.name == "nt":  # Windows has no exec: stay around, start it again when it asks for that, pass its status on
        import subprocess

        from book.project.stops import AGAIN

        signal.signal(signal.SIGINT, lambda *_: None)  # the command hears Ctrl-C as well, and says what it ends
        status = AGAIN
        while status == AGAIN:
            status = subprocess.call(command)
        return status
    try:
        os.execv(command[0], command)
    except OSError as problem:  # copied from a machine of another kind, or on a disk that may hold no programs
        what = "%s does not start: %s." % (command[0], problem.strerror)
        sys.stderr.write("%s Remove .venv and run the same command again, or build in a copy elsewhere.\n" % what)
        return 1


if __name__ == "__main__":
    sys.exit(main())
