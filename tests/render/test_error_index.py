"""Promises of the index of error messages: each message of the book is there, with the way to its cell."""

import re

import pytest

from conftest import ROOT, code_cells, executed_sections

INDEX = ROOT / "chapter_computation" / "errors.md"


def entries() -> dict[str, str]:
    """The text of each entry by its message."""
    parts = re.split(r"^### `(.+)`$", INDEX.read_text("utf8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def errors() -> list[tuple[str, str, str]]:
    """(page, label of the heading above, message) of every error that a page shows."""
    found = []
    for page in executed_sections():
        label = ""
        for cell in page.notebook.cells:
            if cell.cell_type == "markdown":
                label = (re.findall(r"^\(([\w-]+)\)=$", cell.source, re.M) or [label])[-1]
            for output in cell.get("outputs", []):
                if output.output_type == "error" and "starter" not in cell.metadata.get("tags", []):
                    found.append((page.docname, label, output.evalue))
    return found


def covers(message: str, shown: str) -> bool:
    """Whether an entry's message, with an ellipsis for what varies, is part of what a cell showed."""
    pattern = ".*?".join(re.escape(piece.strip()) for piece in message.split("…"))
    return re.search(pattern, " ".join(shown.split()), re.S) is not None


def test_every_error_shown_has_an_entry_that_links_to_it(html):
    known = entries()
    for page, label, shown in errors():
        links = [text for message, text in known.items() if covers(message, shown)]
        assert links, f"{page}, {label}: no entry for {shown!r}"
        assert any(f"{{ref}}`{label}`" in text for text in links), f"no entry for {shown!r} links to {label} of {page}"


def test_every_link_of_the_index_leads_to_a_message(html):
    """An entry without an error cell must be a message that a cell prints."""
    shown = [(label, message) for _, label, message in errors()]
    printed = {
        page.docname: " ".join(
            str(output.get("text", "")) for cell in code_cells(page) for output in cell.outputs
        ).replace("\n", " ")
        for page in executed_sections()
    }
    for message, text in entries().items():
        labels = re.findall(r"\{ref\}`([\w-]+)`", text)
        assert labels, message
        in_error = any(label in labels and covers(message, said) for label, said in shown)
        assert in_error or any(covers(message, " ".join(said.split())) for said in printed.values()), message


@pytest.mark.fast
@pytest.mark.parametrize(("message", "text"), entries().items(), ids=list(entries()))
def test_an_entry_has_cause_way_out_and_link(message, text):
    assert "**Cause.**" in text
    assert "**Way out.**" in text
    assert "Shown in {ref}`" in text
    assert len(message.replace("…", "")) > 15
