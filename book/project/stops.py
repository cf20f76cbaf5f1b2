"""Ctrl-C, and a polite `kill`, end a command in the same way."""

import signal

STOPS = (signal.SIGTERM, signal.SIGINT)


def interrupt(*_) -> None:
    """What a signal calls: the command that runs ends as with Ctrl-C."""
    raise KeyboardInterrupt


def heed() -> None:
    """Let SIGTERM and SIGINT raise KeyboardInterrupt; a shell starts a job in the background with SIGINT ignored."""
    for number in STOPS:
        signal.signal(number, interrupt)
