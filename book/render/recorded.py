"""Show the outputs of this build and those recorded on GPU machines, one behind the other.

`book.execute.recordings` puts a mark between them. Here a recorded output becomes a <details> of its own, which
works without a script, and the page gets a switch, which `recorded.js` brings to life.
"""

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import get_translation

_ = get_translation("book")
MARK = re.compile(r'<template class="recorded" data-device="([^"]*)" data-torch="([^"]*)">')


def parts(output: nodes.container) -> list[tuple[str, list[nodes.Node]]]:
    """The children of a cell's output, cut at the marks: ("", here), ("NVIDIA …", recorded there), …"""
    found = [("", [])]
    for child in output.children:
        mark = MARK.match(child.astext()) if isinstance(child, nodes.raw) else None
        if mark:
            found.append((f"{mark[1]}, torch {mark[2]}", []))
        else:
            found[-1][1].append(child)
    return found


def raw(html: str) -> nodes.raw:
    """A piece of HTML."""
    return nodes.raw("", html, format="html")


def take_apart(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each recorded output its own box, and the page its switch."""
    if app.builder.format != "html":
        return
    machines, here = [], ""
    for output in list(doctree.findall(nodes.container)):
        if output.get("nb_element") != "cell_code_output":
            continue
        here = output.astext().strip().splitlines()[0] if output.astext().strip() else here
        local, *recorded = parts(output)
        output.children = local[1]
        place = output.parent.index(output)
        for machine, children in reversed(recorded):
            machines.insert(0, machine)
            box = nodes.container("", *children, classes=["cell_output"])
            summary = _("Recorded on %s") % machine
            start = f'<details class="recorded" data-machine="{machine}"><summary>{summary}</summary>'
            output.parent.children[place + 1 : place + 1] = [raw(start), box, raw("</details>")]
        if recorded and not local[1]:
            output.parent.remove(output)
    if machines:
        title = next(doctree.findall(nodes.title))
        title.parent.insert(title.parent.index(title) + 1, raw(switch(here, list(dict.fromkeys(machines)))))


def switch(here: str, machines: list[str]) -> str:
    """The choice of whose outputs the page shows; `here` is what the environment cell printed."""
    choices = "".join(
        f'<label><input type="radio" name="outputs" value="{value}"{" checked" * (not value)}> {label}</label>'
        for value, label in [("", _("this build: %s") % escape(here)), *((machine, machine) for machine in machines)]
    )
    legend = _("Outputs from")
    return f'<fieldset class="outputs-switch" hidden><legend>{legend}</legend>{choices}</fieldset>'


def setup(app: Sphinx) -> None:
    """Connect to Sphinx; the script is small and only looks for the switch."""
    app.connect("doctree-resolved", take_apart)
