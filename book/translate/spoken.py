"""Pages whose code speaks the language of an edition: the same cells with their comments and strings translated."""

import gettext
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from book.project.inputs import Inputs
from book.project.source import Edition, Page
from book.translate import code


def in_language(inputs: Inputs, pages: list[Page], edition: Edition, is_first: bool) -> list[Page]:
    """The pages as an edition has them; its catalogs must have been compiled. The first is that of the sources."""
    if is_first:
        return pages
    return [
        replace(
            page,
            edition=edition.notebooks,
            speak=speaker(inputs.root, edition.code, page.docname),
            words=inputs.of([f"locale/{edition.code}/LC_MESSAGES/{page.docname}.po"]),
        )
        for page in pages
    ]


def speaker(root: Path, language: str, docname: str) -> Callable[[str], str]:
    """A function that puts the code of a page's text into a language; without a catalog it changes nothing."""
    path = root / "_build" / "locale" / language / "LC_MESSAGES" / f"{docname}.mo"

    def speak(text: str) -> str:
        try:
            with path.open("rb") as file:
                catalog = gettext.GNUTranslations(file)
        except FileNotFoundError:
            return text
        return code.spoken(text, lambda one: translation(catalog, one))[0]

    return speak


def translation(catalog: gettext.GNUTranslations, text: str) -> str | None:
    """What a catalog has for a text of code; None when it has nothing."""
    found = catalog.pgettext(code.CONTEXT, text)
    return None if found == text else found
