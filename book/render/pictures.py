"""Images that travel inside a notebook: a drawing as a PNG, since Colab and VS Code take no SVG from a notebook's text.

What is known of the viewers (November 2026): Colab (colabtools#2092) and markdown-it, which VS Code uses, refuse a data
address with an SVG; Colab shows no attachments of a cell (colabtools#3836), GitHub not always. An <img> with a PNG in
its address was tried in JupyterLab, in markdown-it and in nbconvert, which is behind nbviewer; Colab writes such
addresses itself, and GitHub is reported to show them. Markdown has no width: without one, twice the pixels would be
twice the size.
The words of a drawing are set in the fonts that matplotlib brings, so every machine draws the same picture.
"""

import base64
import mimetypes
import os
import re
from functools import cache
from html import escape
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import resvg_py

from book.project.inputs import digest
from book.translate.drawings import translated

WIDTH = 480  # of a drawing in a notebook, in CSS pixels
SCALE = 2  # pixels of its picture for one of these
COLOUR = re.compile(r"var\(\s*--[\w-]+\s*,\s*([^()]+?)\s*\)")  # the renderer has no variables: their fallback holds
STYLES = ("", "-Bold", "-Oblique", "-BoldOblique")
OTHER_FILES = re.compile(r"""href\s*=\s*["'](?!#)|url\((?!["']?#)|@import""")
FAR = "\u0250"  # from here on, a font for Latin letters may lack a character


@cache
def fonts() -> tuple[Path, ...]:
    """The font files of matplotlib that serve as sans-serif and as monospace."""
    folder = Path(find_spec("matplotlib").origin).with_name("mpl-data") / "fonts" / "ttf"
    return tuple(folder / f"DejaVuSans{kind}{style}.ttf" for kind in ("", "Mono") for style in STYLES)


@cache
def letters() -> frozenset[int]:
    """The characters that these fonts have."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(fonts()[0])).get_charmap())


def png(svg: str, folder: Path) -> bytes:
    """The picture of a drawing, `folder` being that of the files it refers to; ValueError when it cannot be drawn.

    Characters that no font of ours has come from one of this machine.
    """
    known = all(character < FAR or ord(character) in letters() for character in svg)
    return resvg_py.svg_to_bytes(
        svg_string=COLOUR.sub(r"\1", svg),
        width=WIDTH * SCALE,
        resources_dir=str(folder),
        skip_system_fonts=known,
        font_files=[str(path) for path in fonts()],
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
        serif_family="DejaVu Sans",
        monospace_family="DejaVu Sans Mono",
    )


def drawn(svg: str, folder: Path, kept: Path) -> bytes:
    """The picture of a drawing, as `png` has it; one that depends on nothing else is kept in a folder."""
    if not all(ord(character) < ord(FAR) for character in svg) or OTHER_FILES.search(svg):
        return png(svg, folder)
    made_by = (f"{name} {version(name)}" for name in ("resvg-py", "matplotlib"))
    path = kept / f"{digest(svg, str(WIDTH * SCALE), *made_by)}.png"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        content = png(svg, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")  # each edition has a process of its own
    partial.write_bytes(content)
    partial.replace(path)
    return content


def element(path: Path, alt: str, width: str, kept: Path) -> str:
    """The <img> of a file, with the file in its address; `width` in pixels or percent, or "" for its own.

    Pictures of drawings are kept in a folder, since to draw them takes as long as to write a page.
    """
    if path.suffix == ".svg":
        content = drawn(translated(path.read_text("utf8")), path.parent, kept)
        kind, width = "image/png", width or str(WIDTH)
    else:
        kind, content = mimetypes.guess_type(path.name)[0], path.read_bytes()
    words = escape(" ".join(alt.split())).replace("$", "&#36;")  # which would begin a formula
    size = f' width="{width}"' if width else ""
    return f'<img src="data:{kind};base64,{base64.b64encode(content).decode()}" alt="{words}"{size}>'
