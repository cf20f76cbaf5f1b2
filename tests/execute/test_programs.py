"""Promises of what of a page's code decides about its outputs."""

import nbformat
import pytest

from book.execute import programs

pytestmark = pytest.mark.fast


def notebook(*cells: str, language: str = "python", printed: str = "") -> nbformat.NotebookNode:
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": language, "language": language, "display_name": language}}
    )
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    made.cells[0].outputs = [nbformat.v4.new_output("stream", text=printed)]
    return made


@pytest.mark.parametrize(
    ("one", "other", "language", "same"),
    [
        ("x = 1  # one", "x = 1  # uno", "python", True),
        ("# one\nx = 1", "x = 1", "python", True),
        ("x = 1", "x = 2", "python", False),
        ("x = '# one'", "x = '# uno'", "python", False),
        ("%%writefile a.py\n# one", "%%writefile a.py\n# uno", "python", False),
        ("inspect.getsource(f)  # one", "inspect.getsource(f)  # uno", "python", False),
        ("#include <map>", "#include <set>", "cpp", False),  # an instruction there
    ],
)
def test_only_comments_of_python_do_not_count(one, other, language, same):
    programs_of = [programs.program(notebook(code, language=language)) for code in (one, other)]
    assert (programs_of[0] == programs_of[1]) is same


@pytest.mark.parametrize(
    ("one", "other", "printed", "same"),
    [
        ("f()  # one", "f()  # uno", "42", True),
        ("f()  # one", "f()  # uno", "----> 1 f()  # one", False),
        ("# one\nf()", "f()", "line 2", False),
        ("# one\nf()", "f()", "42", True),
    ],
)
def test_a_comment_counts_where_an_output_shows_it_or_its_line(one, other, printed, same):
    assert programs.tell_the_same(notebook(one, printed=printed), notebook(other)) is same
