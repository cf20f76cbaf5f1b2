"""Promises of `_config.yml` and of a page's front matter: what they say of executions is done, or refused by name."""

from conftest import assert_fails

OWN = "mystnb:\n  "


def with_own(book, setting: str, page: str = "pages/second.md") -> None:
    """Give a page a setting of its own."""
    book.write(page, book.read(page).replace("kernelspec:", f"{OWN}{setting}\nkernelspec:", 1))


def test_a_page_that_is_not_executed_has_no_outputs(built_book):
    with_own(built_book, 'execution_mode: "off"')
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert b"second 42" not in built_book.site()["pages/second.html"]
    assert b"first 42" in built_book.site()["pages/first.html"]


def test_nothing_is_executed_when_the_configuration_says_so(built_book):
    config = built_book.read("_config.yml")
    built_book.write("_config.yml", config.replace("execute_notebooks: cache", 'execute_notebooks: "off"'))
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert "0 of 2 notebooks executed" in result.stdout
    assert b"first 42" not in built_book.site()["pages/first.html"]
    built_book.write("_config.yml", config)
    assert built_book.run("book").returncode == 0
    assert b"first 42" in built_book.site()["pages/first.html"]


def test_pages_can_be_left_out_and_errors_allowed(built_book):
    built_book.add_cell("1 / 0")
    built_book.write(
        "_config.yml",
        built_book.read("_config.yml").replace(
            "execute_notebooks: cache",
            "execute_notebooks: cache\n  allow_errors: true\n  exclude_patterns: ['*/first.md']",
        ),
    )
    result = built_book.run("book")
    assert result.returncode == 0, result.stderr
    assert b"ZeroDivisionError" in built_book.site()["pages/second.html"]
    assert b"first 42" not in built_book.site()["pages/first.html"]


def test_a_page_has_a_time_limit_of_its_own(built_book):
    with_own(built_book, "execution_timeout: 2")
    built_book.add_cell("import time\ntime.sleep(60)")
    assert_fails(built_book, "pages/second.md, code cell 2", "more than 2 s")


def test_what_is_not_done_is_refused_by_name(built_book):
    with_own(built_book, "execution_mode: inline")
    assert_fails(built_book, "pages/second.md, front matter", "execution_mode", "inline is refused")
