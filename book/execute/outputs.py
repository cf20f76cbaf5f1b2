"""What a cell shows, as a notebook can hold it."""

import binascii
from typing import Any

# How the files begin that are in base64 in a notebook
BINARY = {
    "image/png": b"\x89PNG",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
    "application/pdf": b"%PDF",
}


def kept(content: dict) -> dict:
    """The content of a message as a notebook keeps it; ValueError when a picture in it is none.

    What else is wrong with it, nbformat says.
    """
    content = legible(content)
    data, notes = content.get("data"), content.get("metadata")
    if isinstance(data, dict):
        for kind, value in data.items():
            if isinstance(value, list) and "json" not in kind and all(isinstance(line, str) for line in value):
                data[kind] = "".join(value)  # lines, as in a notebook's file
            if kind in BINARY and isinstance(data[kind], str):
                check(kind, data[kind])
            if isinstance(notes, dict) and not isinstance(notes.get(kind, {}), dict):
                raise ValueError(f"the metadata of {kind} is {notes[kind]!r}")
    return content


def legible(content: Any) -> Any:
    """What is in a message, where half a character, as in a file name that is not UTF-8, is written as \\udcff."""
    if isinstance(content, str):
        return content if content.isascii() else content.encode("utf8", "backslashreplace").decode("utf8")
    if isinstance(content, dict):
        return {legible(key): legible(value) for key, value in content.items()}
    return [legible(value) for value in content] if isinstance(content, list) else content


def check(kind: str, text: str) -> None:
    """ValueError when a text is not a file of this kind in base64."""
    try:
        data = binascii.a2b_base64(text)
    except ValueError as problem:
        raise ValueError(f"{kind} is not in base64: {problem}") from None
    if not data.startswith(BINARY[kind]):
        raise ValueError(f"{kind} is no such file: it begins with {data[:8]!r}")


def odd(problem: Exception) -> tuple[str, str]:
    """What to say of a cell whose output cannot be kept, and the way out."""
    what = getattr(problem, "message", "") or f"{type(problem).__name__}: {problem}"  # nbformat's, without the schema
    way_out = "Let it show texts, and pictures in base64, or leave that type of data out."
    return f"shows what no notebook can hold ({what})", way_out
