"""What cells show that no notebook can hold is said with its cell; text that has no UTF-8 is shown all the same."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from book.execute import outputs
from book.execute.execution import Execution
from book.project.errors import BuildError
from book.project.page_settings import PageSettings


def executed(folder: Path, code: str) -> list[nbformat.NotebookNode]:
    """The outputs of a cell with this code behind `display`, run in a kernel as a page is."""
    cell = nbformat.v4.new_code_cell(f"from IPython.display import display\n{code}")
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    execution = Execution(notebook, folder, PageSettings(allow_errors=True), "a.md, code cell {}".format)
    with ThreadPoolExecutor(1) as pool:  # a browser of other tests has this thread's event loop
        pool.submit(lambda: asyncio.run(execution.run(lambda _index: None))).result()
    return cell.outputs


def test_half_characters_are_shown(tmp_path):
    """As in the name of a file that is not UTF-8."""
    code = "import sys\nfor half in '\\udcff', '\\ud800':\n    print('é😀', half)\n    print(half, file=sys.stderr)\n"
    code += "display({'text/plain': '\\udcff'}, raw=True)\nraise ValueError('\\udcff')"
    printed, warned, shown, raised = executed(tmp_path, code)
    assert printed.text == "é😀 \\udcff\né😀 \\ud800\n"
    assert warned.text == "\\udcff\n\\ud800\n"
    assert shown.data["text/plain"] == "\\udcff"
    assert raised.evalue == "\\udcff"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("display({'text/html': 5}, raw=True)", "5 is not valid"),
        ("display({'text/plain': ''}, raw=True, display_id='a')\n"
         "display({'text/plain': None}, raw=True, display_id='a', update=True)", "None is not valid"),
        ("display({'image/png': 'abc'}, raw=True)", "image/png is not in base64"),
        ("kernel = get_ipython().kernel\n"
         "kernel.session.send(kernel.iopub_socket, 'stream', {'data': 5}, parent=kernel.get_parent())", "KeyError"),
    ],
    ids=["a number", "an update", "no picture", "a message of one's own"],
)  # fmt: skip
def test_what_no_notebook_can_hold_is_said_with_its_cell(tmp_path, code, what):
    with pytest.raises(BuildError, match=f"a.md, code cell 0: shows what no notebook can hold .*{what}"):
        executed(tmp_path, code)


@pytest.mark.fast
@pytest.mark.parametrize(
    ("data", "metadata", "what"),
    [
        ({"image/jpeg": "é"}, {}, "image/jpeg is not in base64"),
        ({"image/png": ""}, {}, "is no such file"),
        ({"image/png": "PGh0bWw+"}, {}, "is no such file: it begins with b'<html>'"),
        ({"text/plain": "a"}, {"text/plain": 5}, "the metadata of text/plain is 5"),
    ],
)
def test_what_no_page_can_show_is_no_output(data, metadata, what):
    with pytest.raises(ValueError, match=what):
        outputs.kept({"data": data, "metadata": metadata})


@pytest.mark.fast
def test_lines_are_joined_as_in_the_file_of_a_notebook():
    data = {"image/png": ["iVBORw0K", "GgoA"], "application/json": ["a", "b"], "text/plain": ["a\n", "b"]}
    joined = {"image/png": "iVBORw0KGgoA", "application/json": ["a", "b"], "text/plain": "a\nb"}
    assert outputs.kept({"data": data, "metadata": {}})["data"] == joined
