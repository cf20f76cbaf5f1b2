"""How a command ends: on Ctrl-C and a polite `kill` in the same way. Standard library only."""

import signal

STOPS = (signal.SIGTERM, signal.SIGINT)
AGAIN = 75  # the exit status of a command that `book.__main__` is to start again: Windows has no exec


def interrupt(number: int, _frame) -> None:
    """What a signal calls: the command that runs ends as with Ctrl-C."""
    raise KeyboardInterrupt(number)


def by_kill(interruption: KeyboardInterrupt) -> bool:
    """Whether it came from a `kill` of this process alone; a terminal tells all that run in it of Ctrl-C."""
    return interruption.args == (signal.SIGTERM,)


def heed() -> None:
    """Let SIGTERM and SIGINT raise KeyboardInterrupt; a shell starts a job in the background with SIGINT ignored.

    A Ctrl-C that came while the command was loaded does it now (`book.__main__`).
    """
    for number in STOPS:
        signal.signal(number, interrupt)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
