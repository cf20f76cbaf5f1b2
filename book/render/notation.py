"""The TeX of formulas, as text: in lines where its author means lines, and as notebooks need it.

No reader of notebooks knows the macros of `_config.yml`, so what they stand for is put into their places. What a page's
own formulas define stays as it is: JupyterLab and Colab follow that.
"""

import re

COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.S)
ENVIRONMENT = re.compile(r"\s*\\begin\{(\w+)\*?\}(.*)\\end\{\1\*?\}\s*", re.S)
LABEL = re.compile(r"\\label\s*\{([^}]*)\}")
# Where `\\` ends a line of the whole formula, MathJax begins a new one; TeX and Temml want an environment for that.
GROUPED = re.compile(r"\\begin\{.*?\}|\\end\{.*?\}|\\.|[{}]", re.S)
EQUATION = re.compile(r"\\(?:begin|end)\{equation\*?\}")  # what it adds is a number, which Sphinx gives
MOST = 1000  # expansions: a macro may use another, but not itself
# What of an AMS environment can stand between dollars, beside a number
INNER = {"align": "aligned", "flalign": "aligned", "alignat": "alignedat", "gather": "gathered", "multline": "gathered"}


def has_lines(tex: str) -> bool:
    r"""Whether a formula has a `\\` outside all environments and braces."""
    depth = 0
    for found in GROUPED.finditer(tex):
        token = found[0]
        if token == "{" or token.startswith(r"\begin{"):
            depth += 1
        elif token == "}" or token.startswith(r"\end{"):
            depth -= 1
        elif token == r"\\" and depth == 0:
            return True
    return False


def in_lines(tex: str) -> str:
    """A displayed formula as Sphinx understands it: an empty line begins another equation below the first."""
    parts = [part.strip() for part in re.split(r"\n[ \t]*\n", EQUATION.sub("", tex)) if part.strip()]
    parts = [rf"\begin{{split}}{part}\end{{split}}" if has_lines(part) else part for part in parts]
    below = r"\\".join(parts)
    return below if len(parts) < 2 else rf"\begin{{aligned}}{below}\end{{aligned}}"


def argument(tex: str, at: int) -> tuple[str, int]:
    """The argument of a macro that begins here, without its braces, and where it ends."""
    at += len(tex[at:]) - len(tex[at:].lstrip())
    if tex[at : at + 1] != "{":
        end = found.end() if (found := COMMAND.match(tex, at)) else at + 1
        return tex[at:end], end
    depth = 0
    for part in re.compile(r"\\.|[{}]", re.S).finditer(tex, at):
        depth += {"{": 1, "}": -1}.get(part[0], 0)
        if depth == 0:
            return tex[at + 1 : part.start()], part.end()
    return tex[at + 1 :], len(tex)


def meaning(macro: str | list, tex: str, at: int) -> tuple[str, int]:
    """What a macro stands for with the arguments that begin here, and where they end."""
    text, num_args, *default = [*macro, 0][: max(2, len(macro))] if isinstance(macro, list) else [macro, 0]
    given = []
    if default:
        optional = re.compile(r"\s*\[([^]]*)\]").match(tex, at)
        given, at = [optional[1] if optional else default[0]], optional.end() if optional else at
    while len(given) < num_args:
        one, at = argument(tex, at)
        given.append(one)
    return re.sub(r"#([1-9])", lambda number: given[int(number[1]) - 1], text), at


def expanded(tex: str, macros: dict) -> str:
    """A formula with what these macros stand for in their places."""
    at = 0
    for _ in range(MOST):
        found = COMMAND.search(tex, at)
        if not found:
            break
        if found[0][1:] not in macros:
            at = found.end()
            continue
        text, end = meaning(macros[found[0][1:]], tex, found.end())
        before = tex[: found.start()].rstrip()
        if before.endswith(("^", "_")) or re.search(r"\\[A-Za-z]+$", before):
            text = f"{{{text}}}"  # it may be the argument of what is before it
        glued = re.search(r"\\[A-Za-z]+$", text) and tex[end : end + 1].isalpha()
        tex, at = tex[: found.start()] + text + " " * bool(glued) + tex[end:], found.start()
    return tex


def for_notebook(tex: str, macros: dict, number: str) -> str:
    """The TeX of a displayed formula between two dollars, with this number if it has one."""
    tex = in_lines(LABEL.sub("", expanded(tex, macros)))
    whole = ENVIRONMENT.fullmatch(tex)
    if "\\tag" in tex or not number:
        return tex
    if whole and whole[1] in INNER:
        tex = f"\\begin{{{INNER[whole[1]]}}}{whole[2]}\\end{{{INNER[whole[1]]}}}"
    return f"{tex} \\tag{{{number}}}"
