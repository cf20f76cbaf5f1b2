"""The tables of contents beside a page: of the book, and of the page itself."""

from collections.abc import Callable, Iterator
from itertools import count

from docutils import nodes
from sphinx.application import Sphinx

# Sphinx documents only `toctree()` for templates, which gives finished HTML. A table of contents without this class
# would be made of `env.toctree_includes` and `env.titles`, and lack the parts and the links to other sites.
from sphinx.environment.adapters.toctree import TocTree


def of_page(app: Sphinx, pagename: str) -> str:
    """The sections of a page as HTML, empty when it has none; what is deeper is added by places.js."""
    if pagename not in app.env.tocs or pagename == app.config.root_doc:
        return ""
    title, *others = TocTree(app.env).get_toc_for(pagename, app.builder)  # a page may have a second title
    sections = nodes.bullet_list("", *entries(title), *others)
    for section in sections:
        del section[1:]
    return as_html(app, sections) if len(sections) else ""


def of_book(app: Sphinx, pagename: str, pathto: Callable[[str], str]) -> str:
    """The pages of the book as HTML, in their parts, with the page that is open marked.

    `pathto` gives a page's address, which is a whole one on the page for addresses that are not there.
    """
    contents = TocTree(app.env).get_toctree_for(
        pagename, app.builder, collapse=False, includehidden=True, titles_only=True
    )
    if contents is None:
        return ""
    for element in contents.findall(nodes.Element):
        element["classes"] = []  # how deep it lies, and whether it leads to the open page
    for caption in list(contents.findall(nodes.title)):
        caption.replace_self(nodes.paragraph("", "", *caption.children, classes=["caption"]))
    pages = {app.builder.get_relative_uri(pagename, name): name for name in app.env.found_docs}
    has_numbers = any("secnumber" in link for link in contents.findall(nodes.reference))
    number(app, entries(contents), pages, None if has_numbers else count(1))
    for link in contents.findall(nodes.reference):
        if link["refuri"] and link["refuri"] in pages:
            link["refuri"] = pathto(pages[link["refuri"]])
    return as_html(app, contents)


def as_html(app: Sphinx, contents: nodes.Element) -> str:
    """A table of contents as the translator writes it."""
    return app.builder.render_partial(contents)["fragment"]


def entries(part: nodes.Element | None) -> list[nodes.list_item]:
    """The entries of the lists that lie right in a part of a table of contents."""
    lists = [child for child in part or [] if isinstance(child, nodes.bullet_list)]
    return [entry for one in lists for entry in one if isinstance(entry, nodes.list_item)]


def number(
    app: Sphinx, found: list[nodes.list_item], pages: dict[str, str], numbers: Iterator[int] | None, above: str = ""
) -> None:
    """Number the links to pages that can be run, 2 and 2.1, and mark the one to the open page.

    `pages` has the name of the page at each address, `numbers` are those that are left below `above`; None where
    `_toc.yml` asks for Sphinx's own numbers (`numbered: true`).
    """
    for entry in found:
        link = entry.next_node(nodes.reference)
        metadata = app.env.metadata.get(pages.get(link["refuri"]), {})
        link["html"] = {} if link["refuri"] else {"aria-current": "page"}
        if numbers and "kernelspec" in metadata:
            link["html"]["data-number"] = own = f"{above}{next(numbers)}"
            number(app, entries(entry), pages, count(1), f"{own}.")
        else:
            number(app, entries(entry), pages, numbers, above)
