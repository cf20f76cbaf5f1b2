"""What leads nowhere stops the build: links, labels, drawings, formulas and directives."""

from conftest import assert_fails

LEADS_NOWHERE = [  # a text, and what the message says of it
    ("\nSee {ref}`nowhere`.\n", ["nowhere"]),
    ("\nSee [that](missing.md).\n", ["missing.md"]),
    ("\nSee [that](first.md#no-such-place).\n", ["no-such-place"]),
    ("\n```{figure} figures/missing.svg\n:alt: x\n\nCaption.\n```\n", ["figures/missing.svg"]),
    ("\nBad formula $\\nosuchcommand$.\n", ["formula"]),
    ("\n```{nodirective}\n```\n", ["nodirective"]),
]


def test_what_leads_nowhere_stops_the_build_with_its_line_and_does_so_again(built_book):
    wanted = []
    for text, words in LEADS_NOWHERE:
        line = built_book.read("pages/second.md").count("\n") + 2
        built_book.add("pages/second.md", text)
        wanted += [f"pages/second.md:{line}", *words]
    assert_fails(built_book, *wanted)
    assert_fails(built_book, *wanted)
