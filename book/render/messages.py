"""Translated messages are parsed one by one: keep what each of them needs alike.

For each message MyST makes a new docutils document as a default that Sphinx never lets it use, and for that docutils
collects all of its settings: a tenth of the time in which a translated page is read. A renderer that makes its default
only when it needs one would make this module superfluous.
"""

from functools import cache

from docutils.utils import new_document
from myst_parser.mdit_to_docutils import base
from sphinx.application import Sphinx

make_document = base.make_document


@cache
def default_settings():
    """The settings of a document that nothing is set for."""
    return make_document().settings


def document(source_path: str = "notset", parser_cls=base.RSTParser):
    """A new document, with settings that have been collected once."""
    if parser_cls is not base.RSTParser:
        return make_document(source_path, parser_cls)
    return new_document(source_path, settings=default_settings().copy())


def setup(app: Sphinx) -> None:
    """Take the place of MyST's function."""
    base.make_document = document
