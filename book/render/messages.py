"""Translated messages are parsed one by one: keep what each of them needs alike, and what stands elsewhere.

For each message MyST makes a new parser, and a new docutils document as a default that Sphinx never lets it use, for
which docutils collects all of its settings: together a fifth of the time in which a translated page is read. A parser
and a default that are made once would make that superfluous. And a message has the mark of a footnote without its text,
which is a message of its own: MyST 4 takes it for one all the same, and is silent; docutils names one that has no text.
"""

from functools import cache, partial

from docutils.utils import new_document
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils import base
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from myst_parser.parsers import mdit, sphinx_
from myst_parser.parsers.mdit import create_md_parser
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


class Renderer(SphinxRenderer):
    """MyST's, which is silent where a message has no text of a footnote."""

    def create_warning(self, message, subtype, **kwargs):
        missing = message.startswith("No footnote definitions found")
        return None if missing else super().create_warning(message, subtype, **kwargs)


class Parsers:
    """MyST's parser for the settings of the whole book, which is made once; a page's own settings make another."""

    def __init__(self):
        self.config = self.parser = None

    def __call__(self, config: MdParserConfig, _renderer: type[SphinxRenderer]) -> MarkdownIt:
        if config is not self.config:
            self.config, self.parser = config, create_md_parser(config, Renderer)
        return self.parser


def setup(app: Sphinx) -> None:
    """Take the place of MyST's functions."""
    base.make_document = document
    sphinx_.create_md_parser = Parsers()
    mdit.footnote_plugin = partial(footnote_plugin, always_match_refs=True)
