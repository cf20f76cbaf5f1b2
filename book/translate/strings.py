"""Which strings of a cell are texts: its docstrings, and what is a sentence or a label."""

import ast
import re
import textwrap

from book.translate import shown
from book.translate.shown import LABELS, SAYING

LETTERS = re.compile(r"[^\W\d_]{2}")
OPENING = {"a", "an", "the", "no", "with", "without", "before", "after", "to"}  # `a tensor`, `with assign=True`
# What reads its arguments as something else than a sentence.
READING = {"exec", "eval", "compile", "run", "Popen", "check_output", "getattr", "hasattr", "setattr", "startswith"}
READING |= {"endswith", "find", "count", "replace", "split", "rsplit", "partition", "rpartition", "removeprefix"}
READING |= {"removesuffix", "match", "search", "findall", "sub", "fullmatch", "strftime", "filterwarnings", "einsum"}
READING_KEYWORDS = {
    "match",
    "sep",
    "end",
    "fmt",
    "format",
    "message",
    "family",
    "color",
    "marker",
    "dtype",
    "mode",
    "loc",
}
READING_KEYWORDS |= {"ha", "va", "style", "cmap", "backend", "reduction"}


class Strings(ast.NodeVisitor):
    """Finds the docstrings of a cell, and its strings that are sentences or labels."""

    def __init__(self, tree: ast.AST):
        self.found: list[tuple[ast.AST, str]] = []
        self.saying = self.reading = False
        self.names = {name for node in ast.walk(tree) for name in names(node)}
        self.attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        self.labels = shown.by_name(tree)

    @classmethod
    def of(cls, tree: ast.AST) -> list[tuple[ast.AST, str]]:
        """The nodes of the strings, each with its kind."""
        visitor = cls(tree)
        visitor.visit(tree)
        return visitor.found

    def visit_inside(self, node: ast.AST | None, saying: bool | str | None = None, reading: bool | None = None) -> None:
        """Visit a part whose strings are said, or read as something else."""
        before = self.saying, self.reading
        self.saying = before[0] if saying is None else saying
        self.reading = before[1] if reading is None else reading
        if node is not None:
            self.visit(node)
        self.saying, self.reading = before

    def with_docstring(self, node: ast.AST) -> None:
        body = node.body
        if body and isinstance(body[0], ast.Expr) and is_string(body[0].value):
            self.found.append((body[0].value, "docstring"))
            body = body[1:]
        for name, value in ast.iter_fields(node):
            for part in body if name == "body" else value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    self.visit(part)

    visit_Module = visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = with_docstring

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit_inside(node.test, saying=False)
        self.visit_inside(node.msg, saying=True)

    def visit_Raise(self, node: ast.Raise) -> None:
        self.visit_inside(node.exc, saying=True)

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        self.visit_inside(node.func, saying=False)
        error = self.saying and name.endswith(("Error", "Exception", "Warning"))
        for argument in node.args:
            self.visit_inside(argument, saying=name in SAYING or error, reading=self.reading or name in READING)
        for keyword in node.keywords:
            label = "label" if keyword.arg in LABELS else keyword.arg == "s" and name in SAYING
            reading = self.reading or name in READING or keyword.arg in READING_KEYWORDS
            self.visit_inside(keyword.value, saying=label, reading=reading)

    def visit_Compare(self, node: ast.Compare) -> None:
        looked_for = any(isinstance(op, ast.In | ast.NotIn) for op in node.ops) and is_string(node.left)
        self.visit_inside(node.left, saying=False, reading=self.reading or looked_for)
        for part in node.comparators:
            self.visit_inside(part, saying=False)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit_inside(node.value, saying=False)
        self.visit_inside(node.slice, saying=False)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key in node.keys:
            self.visit_inside(key, saying=False)
        for value in node.values:
            self.visit(value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if is_string(node) and not self.reading and (self.is_text(node.value) or self.is_label(node)):
            self.found.append((node, "string"))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        words = " ".join(part.value for part in node.values if isinstance(part, ast.Constant))
        said = self.saying or node in self.labels or is_sentence(words)
        if not self.reading and said and LETTERS.search(words):
            self.found.append((node, "string"))

    def is_label(self, node: ast.Constant) -> bool:
        """Whether a string is one that a name shows; a variable may have the same name, nothing of a library."""
        word = node.value.strip()
        return node in self.labels and not (is_code(word) or is_name(word) or word in self.attributes)

    def is_text(self, text: str) -> bool:
        """Whether a string is a sentence, or a label where one is said."""
        if not self.saying:
            return is_sentence(text) and not is_code(text)
        word = text.strip(" \n:,.;()=…→-")
        is_label = self.saying == "label" or text.rstrip().endswith(":")  # for the reader, though a name is like it
        return bool(LETTERS.search(text)) and not is_name(word) and (is_label or word not in self.names)


def is_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_sentence(text: str) -> bool:
    """Whether a text has two words with a space between them, which are not those of Python, or begins as a phrase."""
    words = re.findall(r"(?<![\w.])[^\W\d_]{2,}(?![\w.]*[\w(=])", text)
    said = [word for word in words if word not in ("True", "False", "None")]
    is_phrase = text.strip().partition(" ")[0].lower() in OPENING and not re.search(r"\w\.\w", text)  # no `a file.pt`
    return " " in text.strip() and (len(said) > 1 or is_phrase)


def is_code(text: str) -> bool:
    """Whether a text is a program of its own: several statements, an import, a call or an assignment."""
    try:
        body = ast.parse(textwrap.dedent(text)).body
    except (SyntaxError, ValueError):
        return False
    return len(body) > 1 or not isinstance(body[0], ast.Expr) or isinstance(body[0].value, ast.Call)


def is_name(word: str) -> bool:
    """Whether a word is none of a language: it has a dot, a digit, an underscore, or capitals inside."""
    return bool(re.fullmatch(r"\S*([\w][._/][\w]|\d|[a-z][A-Z]|_)\S*", word)) and " " not in word


def names(node: ast.AST) -> list[str]:
    """The names that a part of a program has."""
    return [value for name in ("id", "attr", "arg", "name") if isinstance(value := getattr(node, name, None), str)]
