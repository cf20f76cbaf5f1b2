"""An id stands once on a page, or a link, a label and a script would find another element."""

from collections import Counter
from html.parser import HTMLParser

import pytest

from book.project import source
from conftest import ROOT, everywhere

OTHERS = [f"{edition.path}/{name}".lstrip("/") for edition in source.editions(ROOT) for name in ("search", "404")]


class Ids(HTMLParser):
    """The ids of a page in `found`."""

    def __init__(self, page: str):
        super().__init__()
        self.found = Counter()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.update(value for name, value in attrs if name == "id")


@pytest.mark.parametrize("name", [*everywhere(), *OTHERS])
def test_an_id_stands_once_on_a_page(html, name):
    found = Ids((html / f"{name}.html").read_text("utf8")).found
    assert "main-content" in found
    assert [name for name, times in found.items() if times > 1] == []
