"""What a server says in the terminal, as long as somebody reads it."""

import os
import sys


def say(text: str) -> None:
    """Print a text; one that cannot be printed is no reason to end: `make live | head`, a log on a full disk."""
    try:
        print(text, flush=True)
    except OSError:  # what waits to be printed would be a complaint at the end of the program
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
