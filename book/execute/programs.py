"""What of the code of a page decides about its outputs: all but its comments, where no output shows them."""

import io
import json
import re
import tokenize

from nbformat import NotebookNode

from book.project.inputs import digest
from book.translate.code import legible

SHOWN = re.compile(r"getsource|^%%|inspect|linecache|tokenize", re.M)  # code that reads code
BY_LINE = re.compile(r"\bline\b|Traceback|-->")  # outputs that say where in the code something was


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that have outputs."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def program(notebook: NotebookNode) -> str:
    """The checksum of the code of a notebook without its comments, and of what its cells are marked with."""
    cells = code_cells(notebook)
    marks = [dict(cell.metadata) for cell in cells]
    kernel = dict(notebook.metadata.get("kernelspec", {}))
    is_python = "python" in f"{kernel.get('language')} {kernel.get('name')}"  # elsewhere # may begin an instruction
    codes = (bare(cell.source) if is_python else cell.source for cell in cells)
    return digest(json.dumps([marks, kernel], sort_keys=True, default=str), *codes)


def bare(source: str) -> str:
    """The code of a cell without comments; as it is where code may be read by code, or is none of Python."""
    if SHOWN.search(source):
        return source
    magic = [line for line, plain in zip(source.split("\n"), legible(source).split("\n"), strict=True) if line != plain]
    try:
        tokens = [token for token in tokenize.generate_tokens(io.StringIO(legible(source)).readline)]
    except (SyntaxError, tokenize.TokenError):
        return source
    kept = [(one.type, one.string) for one in tokens if one.type not in (tokenize.COMMENT, tokenize.NL)]
    return repr((magic, kept))


def tell_the_same(known: NotebookNode, other: NotebookNode) -> bool:
    """Whether a notebook's outputs are also those of another, whose code differs in comments at most."""
    pairs = list(zip(code_cells(known), code_cells(other), strict=True))
    outputs = json.dumps([cell.outputs for cell, _ in pairs], ensure_ascii=False)
    moved = any(len(a.source.split("\n")) != len(b.source.split("\n")) for a, b in pairs)
    if moved and BY_LINE.search(outputs):
        return False
    gone = {line for a, b in pairs for line in set(a.source.split("\n")) - set(b.source.split("\n"))}
    remarks = {line[line.index("#") :].strip() for line in gone if "#" in line}
    return not any(json.dumps(remark, ensure_ascii=False)[1:-1] in outputs for remark in remarks)
