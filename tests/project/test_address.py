"""Settings that say where the book lies: what is none is said, and never made up."""

from conftest import assert_fails


def test_a_repository_that_is_none_is_said(built_book):
    assert_fails(built_book, "BOOK_REPOSITORY", "owner/name", BOOK_REPOSITORY="https://example.org/book")


def test_an_address_that_is_none_is_said(built_book):
    assert_fails(built_book, "BOOK_URL", "https://", BOOK_URL="example.org/book")
