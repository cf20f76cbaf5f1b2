"""`make translations`: bring the catalogs in `locale/` up to date; and check them.

A page's texts are extracted by Sphinx (gettext builder) and merged by Babel into one `.po` a page and language. A
changed English text marks its translation fuzzy, and the page shows the English again until somebody has looked at it.
"""

import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stderr, suppress
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po
from jupyter_book.sphinx import build_sphinx

from book.project import settings
from book.project.errors import BuildError
from book.project.inputs import Inputs
from book.project.lock import only_builder
from book.project.source import Edition, Page, pages
from book.translate import code, drawings
from book.translate.read import known_as, load, parse

EPOCH = datetime.fromtimestamp(0, UTC)  # no date that changes with every run

# What a translation must keep as it is, however it orders it.
KEPT = {
    "role": re.compile(r"\{[\w:-]+\}`(?:[^`<]*<)?([^`<>]+)>?`"),
    "link": re.compile(r"\]\(([^)\s]+)\)"),
    "code": re.compile(r"(?<![`}\w>])`([^`]+)`(?!`)"),
    "maths": re.compile(r"(?<!\\)\$([^$]+)\$"),
    "placeholder": re.compile(r"(%s|%\(\w+\)s)"),
}


def extract(root: Path) -> Path:
    """Write a `.pot` for each page; return their folder."""
    folder = root / "_build" / "gettext"
    if folder.exists():  # with pages that the book may no longer have
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)  # where that may not be, an OSError says more than Sphinx
    os.environ["SOURCE_DATE_EPOCH"] = "0"  # no date that changes with every run
    overrides = {
        "latex_individualpages": False,
        "gettext_location": False,
        "gettext_uuid": False,
        "nb_execution_mode": "off",  # outputs are not translated
    }
    with redirect_stderr(StringIO()) as said:
        status = build_sphinx(
            root, folder, doctreedir=root / "_build/work/gettext", noconfig=True, path_config=root / "_config.yml",
            confoverrides=overrides, builder="gettext", quiet=True, warningiserror=True, keep_going=True,
        )  # fmt: skip
    if isinstance(status, KeyboardInterrupt | OSError):  # which Jupyter Book returns
        raise status
    print(said.getvalue(), end="", file=sys.stderr)
    if status:
        raise BuildError("make translations", "Sphinx could not read the book", "Run make book and mend what it names.")
    for page in pages(root):
        pot = folder / f"{page.docname}.pot"
        catalog = load(pot, None)
        for text in the_rest(page):
            catalog.add(text)
        for text, notes in texts_of_code(page).items():
            catalog.add(text, context=code.CONTEXT, auto_comments=notes)
        save(pot, catalog)
    own = {"book": words_of_the_extension(root), "figures": words_of_the_drawings(root)}
    for name, texts in own.items():
        catalog = Catalog(project="Deep Learning Computation", fuzzy=False, creation_date=EPOCH)
        for text in sorted(texts):
            catalog.add(text)
        save(folder / f"{name}.pot", catalog)
    return folder


def the_rest(page: Page) -> list[str]:
    """What Sphinx's extraction leaves out: titles of exercises, alternative texts of plots."""
    titles = re.findall(r"^:::\{exercise-start\} (.+)$", page.path.read_text("utf8"), re.M)
    cells = page.notebook.cells if page.is_notebook else []
    alts = [cell.metadata.get("mystnb", {}).get("image", {}).get("alt") for cell in cells]
    return titles + [alt for alt in alts if alt]


def texts_of_code(page: Page) -> dict[str, list[str]]:
    """The texts inside the code of a page, each with notes for translators: what it is, and the lines it stands in."""
    texts: dict[str, list[str]] = {}
    cells = page.notebook.cells if page.is_notebook else []
    found = [("cell", cell.source, code.find(cell.source)) for cell in cells if cell.cell_type == "code"]
    found += [("program", program, code.find_comments(program)) for program in code.programs(page.text)]
    for what, source, ones in found:
        for one in ones:
            if one.text not in texts:
                texts[one.text] = [f"{one.kind} in the {what} that begins with: {source.splitlines()[0]}"]
                texts[one.text] += code.lines_of(source, one)
    return texts


def words_of_the_extension(root: Path) -> set[str]:
    """What stands in _("…") in the extension and, for the PDF, in the PDF; and what _config.yml says to readers."""
    folders = [root / "book"]
    texts = [text for folder in folders for text in extract_from_dir(folder, [("**.py", "python")], {}, {"_": None})]
    said = {settings.value(root, f"html.{name}") for name in settings.WORDS}
    return {message for _file, _line, message, _comments, _context in texts} | (said - {None, ""})


def words_of_the_drawings(root: Path) -> set[str]:
    """The words inside the drawings."""
    paths = (root / "chapter_computation" / "figures").glob("*.svg")
    return {text for path in paths for text in drawings.words(path.read_text("utf8"))}


def refresh(root: Path, editions: list[Edition]) -> None:
    """Merge the English texts of today into the catalogs of every other language: into all of them, or into none.

    BuildError when one of them is broken, before any is touched.
    """
    names = {edition.code: edition.name for edition in editions[1:]}
    with only_builder(root):
        for partial in (root / "locale").rglob("*.partial"):  # of a run that was killed
            partial.unlink()
        before = {path: path.read_bytes() for language in names for path in catalogs(root, language)}
        merged = {path: parse(data, str(path), language_of(root, path)) for path, data in before.items()}
        pots = extract(root)
        for language in names:
            for pot in sorted(pots.rglob("*.pot")):
                path, english = folder_of(root, language) / pot.relative_to(pots).with_suffix(".po"), load(pot, None)
                if path in merged:
                    merged[path].update(english)
                else:
                    merged[path] = english
        for path, catalog in merged.items():
            catalog.locale, catalog.fuzzy = known_as(language_of(root, path)), False
            catalog.header_comment = f"# {path.stem}: {names[language_of(root, path)]}"
            for message in catalog if not is_begun(catalog) else ():
                if message.context == code.CONTEXT:  # what Babel has guessed from the prose
                    message.string = ""
                    message.flags.discard("fuzzy")
        if saved := [path for path, data in before.items() if path.read_bytes() != data]:
            raise BuildError(str(saved[0]), "was saved while this command ran", "Run make translations again.")
        after = {path: written(catalog) for path, catalog in merged.items()}
        write_all({path: data for path, data in after.items() if data != before.get(path)})


def folder_of(root: Path, code: str) -> Path:
    """Where the catalogs of a language lie."""
    return root / "locale" / code / "LC_MESSAGES"


def language_of(root: Path, path: Path) -> str:
    """The code of the language of a catalog."""
    return path.relative_to(root / "locale").parts[0]


def catalogs(root: Path, code: str) -> list[Path]:
    """The catalogs of a language, in a stable order; what an editor keeps beside them (.#page.po) is none."""
    return sorted(path for path in folder_of(root, code).rglob("*.po") if not path.name.startswith("."))


def written(catalog: Catalog) -> bytes:
    """A catalog as a file, with the least possible difference between two runs."""
    file = BytesIO()
    write_po(file, catalog, width=0, omit_header=False, ignore_obsolete=True)
    return file.getvalue()


def save(path: Path, catalog: Catalog) -> None:
    """Write a catalog."""
    write_all({path: written(catalog)})


def compile_all(inputs: Inputs, editions: list[Edition]) -> None:
    """Write the binary catalogs that Sphinx reads into `_build/locale`, those whose source has changed.

    Each is named in a list with the checksum of its source only when it is complete, and removed with its source.
    BuildError when a source is broken; nothing is replaced then.
    """
    root, compiled = inputs.root, inputs.root / "_build" / "locale"
    notes = compiled / "compiled.json"
    try:
        known = json.loads(notes.read_text("utf8"))
    except (OSError, ValueError):
        known = {}
    wanted = {
        path.relative_to(root / "locale").with_suffix(".mo").as_posix(): path
        for edition in editions[1:]
        for path in catalogs(root, edition.code)
    }
    names = {name: path.relative_to(root).as_posix() for name, path in wanted.items()}
    sums = {name: inputs.files.get(path, "") for name, path in names.items()}
    changed = [name for name in wanted if known.get(name) != sums[name] or not (compiled / name).is_file()]
    loaded = {name: load(wanted[name], name.partition("/")[0]) for name in changed}
    write_all({compiled / name: binary(catalog) for name, catalog in loaded.items()})
    for name in changed:
        if inputs.touched([names[name]]):  # since its checksum was taken: nobody knows what has been loaded
            sums[name] = ""
    for name in known.keys() - wanted.keys():
        (compiled / name).unlink(missing_ok=True)
    if sums != known:
        write_all({notes: json.dumps(sums).encode()})


def binary(catalog: Catalog) -> bytes:
    """A catalog as Sphinx reads it."""
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write files beside those that they replace, then replace these: a full disk leaves all as it was, a kill no half.

    Of a symbolic link, the file that it leads to is replaced.
    """
    partials = {path.resolve().with_suffix(".partial"): path.resolve() for path in files}
    try:
        for partial, data in zip(partials, files.values(), strict=True):
            partial.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
        for partial, path in partials.items():
            partial.replace(path)
    finally:
        for partial in partials:
            with suppress(OSError):
                partial.unlink()


def lost(source: str, translation: str, printed: Mapping[str, str] | None = None) -> list[str]:
    """What the source has and the translation lacks, or the other way round.

    `printed` has the texts of code with their translations: what the prose quotes of these is translated.
    """
    found = []
    for kind, pattern in KEPT.items():
        wanted, given = Counter(pattern.findall(source)), Counter(pattern.findall(translation))
        if kind == "code":
            quoted(wanted, given, printed or {})
        found += [f"{kind} {text!r} is missing" for text in (wanted - given)]
        found += [f"{kind} {text!r} is not in the source" for text in (given - wanted)]
    return found


def quoted(wanted: Counter, given: Counter, printed: Mapping[str, str]) -> None:
    """Take away what the source quotes of a text of code, and the translation of that text's translation."""
    for here in wanted - given:
        texts = [translated for text, translated in printed.items() if here.removeprefix("# ") in text]
        for there in given - wanted:
            if any(there.removeprefix("# ") in text for text in texts):
                count = min(wanted[here], given[there])
                wanted[here] -= count
                given[there] -= count
                break


def out_of_step(root: Path, pots: Path, code: str) -> list[str]:
    """Texts of the book (in `pots`, from `extract`) that a catalog lacks, and entries that the book no longer has."""
    found = []
    way_out = "run make translations"
    for pot in sorted(pots.rglob("*.pot")):
        name = f"locale/{code}/LC_MESSAGES/{pot.relative_to(pots).with_suffix('.po').as_posix()}"
        path = root / name
        wanted, there = (
            {(message.context, message.id) for message in load(file, None) if message.id.strip()}
            if file.exists()
            else set()
            for file in (pot, path)
        )
        found += [f"{name}: {text[:60]!r} is missing; {way_out}" for _, text in sorted(wanted - there, key=str)]
        found += [f"{name}: {text[:60]!r} is no longer used; {way_out}" for _, text in sorted(there - wanted, key=str)]
    return found


def is_begun(catalog: Catalog) -> bool:
    """Whether a text of the code of a page is translated."""
    return any(message.string and not message.fuzzy for message in catalog if message.context == code.CONTEXT)


def problems(root: Path, language: str) -> list[str]:
    """Everything that keeps the catalogs of a language from being complete and right.

    The code of a page is translated as a whole: where not one of its texts is, it speaks English until somebody begins.
    """
    found = []
    loaded = {path: load(path, language) for path in catalogs(root, language)}
    entries = [message for catalog in loaded.values() for message in catalog]  # a page may quote what another prints
    printed = {one.id: one.string for one in entries if one.context == code.CONTEXT and one.string}
    for path, catalog in loaded.items():
        name = path.relative_to(root).as_posix()
        begun = is_begun(catalog)
        for message in catalog:
            source, translation = message.id, message.string
            if not source or not source.strip() or (message.context == code.CONTEXT and not begun):
                continue
            begin = f"{name}: {source[:60]!r}"
            if not translation:
                found.append(f"{begin} is not translated")
            elif message.fuzzy:
                found.append(f"{begin} is fuzzy: the English has changed")
            else:
                in_code = message.context == code.CONTEXT
                what_is = code.lost(source, translation) if in_code else lost(source, translation, printed)
                found += [f"{begin}: {what}" for what in what_is]
    return found
