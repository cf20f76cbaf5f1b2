"""How a command begins: what it prints arrives, and settings among its words count. Standard library only."""

import ast
import io
import os
import re
import sys
from pathlib import Path

from book.project.errors import BuildError

# What the documentation names; `make` hands such words on by itself
SETTINGS = ["EDITION", "PORT", "RECORDED", "BOOK_BROWSER", "BOOK_MEMORY_LIMIT", "BOOK_OUTPUT_LIMIT"]
SETTINGS += ["BOOK_REMOTE", "BOOK_REPOSITORY", "GITHUB_REPOSITORY", "BOOK_URL", "TORCH", "ONLY", "PYTHONS", "KEEP"]


def open_output() -> None:
    """No letter ends a command: what a terminal or a file has no letter for, such as →, is written as an escape.

    On Windows, files and pipes get UTF-8, which whatever reads them expects (its console gets it from Python). Kernels
    know nothing of this, as they would of PYTHONUTF8: a cell meets the encoding that it meets on a reader's machine.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # else something that catches what is printed
            encoding = "utf8" if sys.platform == "win32" and not stream.isatty() else None
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def take_settings(words: list[str]) -> list[str]:
    """Put settings such as PORT=8001 into the environment, as `make` does; return the other words.

    Raises BuildError for a setting that no command has.
    """
    rest = []
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not re.fullmatch(r"[A-Za-z_]\w*", name):
            rest.append(word)
        elif name in SETTINGS:
            os.environ[name] = value
        else:
            way_out = (
                f"There are {', '.join(SETTINGS)}. Another Python is chosen by its own command: python3.12 -m book …"
            )
            raise BuildError(name, f"no setting of a command has this name: {word}", way_out)
    return rest


def without_environment(words: list[str], root: Path) -> str | None:
    """What a command prints that needs no `.venv`, as far as there is none; None for one that needs it."""
    if words[0] in ("help", "-h", "--help"):
        return listing()
    if words == ["clean"] and not (root / ".venv").exists() and not (root / "_build").exists():
        return "Nothing has been built here."
    return None


def printed(text: str) -> int:
    """The exit status after printing a text: 1 when standard output takes none, because a disk is full, say."""
    try:
        print(text, flush=True)
    except OSError as problem:
        sys.stderr.write(f"standard output: {problem.strerror}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again when it ends
        return 1
    return 0


def listing() -> str:
    """The commands, each with its docstring; `book.cli` is read, not imported: what it imports needs `.venv`."""
    lines = ["make <command>, or: python -m book <command>; settings such as PORT=8001 stand behind it", ""]
    for function in ast.parse(Path(__file__).parents[1].joinpath("cli.py").read_text("utf8")).body:
        for decorator in getattr(function, "decorator_list", []):
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "commands.command":
                name = decorator.args[0].value if decorator.args else function.name
                lines.append(f"  {name:<18} {ast.get_docstring(function)}")
    return "\n".join(lines)
