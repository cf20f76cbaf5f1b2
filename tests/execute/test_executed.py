"""Promises of the outputs, checked on the executions that the pages show."""

import re

from conftest import code_cells, executed_sections

MOST_LINES = 15


def test_a_cell_tagged_raises_exception_raises_and_only_those_do(html):
    for page in executed_sections():
        for cell in code_cells(page):
            raised = any(output.output_type == "error" for output in cell.outputs)
            tagged = "raises-exception" in cell.metadata.get("tags", [])
            assert raised == tagged, f"{page.docname}:\n{cell.source}"


def test_outputs_are_short_and_hold_no_address_date_or_path(html):
    pattern = r"0x[0-9a-f]{6,}|/(home|root|tmp|Users)/|\b20\d\d-\d\d-\d\d\b"
    for page in executed_sections():
        for cell in code_cells(page):
            for output in cell.outputs:
                text = output.get("text", "") or str(output.get("data", {}).get("text/plain", ""))
                text = text or "\n".join(output.get("traceback", []))
                assert not re.search(pattern, text), f"{page.docname}: {text}"
                assert len(text.splitlines()) <= MOST_LINES, f"{page.docname}: {text}"


def test_no_cell_writes_to_stderr(html):
    for page in executed_sections():
        for cell in code_cells(page):
            said = [output.text for output in cell.outputs if output.get("name") == "stderr"]
            assert not said or "warns" in cell.metadata.get("tags", []), f"{page.docname}: {said}"


def test_the_last_cell_prints_torch_and_the_device(html):
    for page in executed_sections():
        assert re.match(r"torch 2\.\d+\.\d+ on \w+", code_cells(page)[-1].outputs[0].text), page.docname
