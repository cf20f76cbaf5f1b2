"""What shows a reader its strings, and the labels that reach it by a name: those of a loop or a choice, only printed.

`for when in ("before", "after"): print(when)` has two labels. Where the name is used in another way as well (compared,
looked up, handed on), its strings are values, and stay.
"""

import ast
from collections import Counter, defaultdict

# What prints or shows its arguments; a single word among them is a label.
SAYING = {"join", "print", "warn", "warning", "text", "annotate", "legend", "title", "suptitle", "xlabel", "ylabel"}
SAYING |= {"set_title", "set_xlabel", "set_ylabel", "set_label", "set_xticklabels", "set_yticklabels", "set_xticks"}
SAYING |= {"set_yticks", "supxlabel", "supylabel", "input"}
LABELS = {"label", "labels", "title", "xlabel", "ylabel", "desc", "tick_labels", "msg"}  # keywords
LAYING = {"ljust", "rjust", "center", "capitalize"}  # methods that give the label again


def by_name(tree: ast.AST) -> set[ast.AST]:
    """The strings of a cell that only names hold which do nothing but show them."""
    nodes = list(ast.walk(tree))
    parents = {part: node for node in nodes for part in ast.iter_child_nodes(node)}
    stored, known, shown, hidden = Counter(), Counter(), set(), set()
    held: dict[str, list[ast.AST]] = defaultdict(list)
    for node in nodes:
        if isinstance(node, ast.arg):
            stored[node.arg] += 1
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            stored[node.id] += 1
        elif isinstance(node, ast.Name):
            (shown if is_shown(node, parents) else hidden).add(node.id)
        for name, strings in holders(node, isinstance(parents.get(node), ast.Module)):
            known[name] += 1
            held[name] += strings
    labels = [name for name in held if name in shown - hidden and stored[name] == known[name]]
    return {one for name in labels for one in held[name]}


def holders(node: ast.AST, outside: bool) -> list[tuple[str, list[ast.AST]]]:
    """The names to which a loop or an assignment gives strings that stand in it, each with these.

    What a cell assigns `outside` of loops and functions, another cell may use in another way.
    """
    if isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Tuple | ast.List):
        return given(node.target, node.iter.elts)
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and not outside:
        return given(node.targets[0], [node.value])
    return []


def given(target: ast.AST, values: list[ast.AST]) -> list[tuple[str, list[ast.AST]]]:
    """The names of a target that get strings and nothing else out of values, each with these."""
    if isinstance(target, ast.Name):
        strings = [one for value in values for one in choices(value)]
        return [(target.id, strings)] if None not in strings else []
    rows = [value.elts for value in values if isinstance(value, ast.Tuple | ast.List)]
    if not isinstance(target, ast.Tuple) or [len(row) for row in rows] != [len(target.elts)] * len(values):
        return []
    columns = zip(target.elts, zip(*rows, strict=True), strict=True)
    return [one for part, column in columns for one in given(part, column)]


def choices(value: ast.AST) -> list[ast.AST | None]:
    """The strings that a value may be; None among them when it may be something else."""
    if isinstance(value, ast.IfExp):
        return [*choices(value.body), *choices(value.orelse)]
    is_string = isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))
    return [value if is_string else None]


def is_shown(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a value goes straight to a reader: alone or in a text."""
    above = parents.get(node)
    if isinstance(above, ast.keyword):
        return above.arg in LABELS
    if isinstance(above, ast.Call):
        return node in above.args and getattr(above.func, "attr", getattr(above.func, "id", "")) in SAYING
    if isinstance(above, ast.Assert | ast.Raise):
        return node is not getattr(above, "test", None)
    if isinstance(above, ast.Attribute):
        return above.attr in LAYING and is_shown(parents[above], parents)
    if node in (getattr(above, "test", None), getattr(above, "format_spec", None)):
        return False
    passing = ast.FormattedValue | ast.JoinedStr | ast.IfExp | ast.GeneratorExp | ast.ListComp
    return isinstance(above, passing) and is_shown(above, parents)
