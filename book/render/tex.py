"""One formula from TeX to MathML, by Temml: JavaScript, which runs in Python when the book is built.

[Temml](https://temml.org) 0.13.5 lies in `temml/`, a copy of its npm package's `dist/temml.min.js` with its licence;
what the book asks of it is in the other files there. An engine knows the macros of `_config.yml`, and those that
formulas of a page define, for the formulas behind them, as MathJax does.
"""

import json
import re
from functools import cache
from pathlib import Path

import quickjs

from book.render.notation import in_lines

HERE = Path(__file__).parent / "temml"
SCRIPTS = ("temml.min.js", "commands.js", "mending.js", "formula.js")


class FormulaError(ValueError):
    """What is wrong with a formula, in words."""


class Engine:
    """Temml, with the macros of one `_config.yml`, as TeX."""

    def __init__(self, definitions: str = ""):
        self.context = quickjs.Context()
        for name in SCRIPTS:
            self.context.eval((HERE / name).read_text("utf8"))
        self.ask("define", definitions)

    def ask(self, function: str, *arguments) -> str:
        """What a function of `formula.js` makes of a formula. Raises FormulaError."""
        answer = json.loads(self.context.get(function)(*arguments))
        if "problem" in answer:
            raise FormulaError(answer["problem"])
        return answer["made"]

    def page(self) -> "Page":
        """A page, whose formulas are asked for in their order."""
        return Page(self, self.context.get("page")())


class Page:
    """The formulas of a page: what one defines, those behind it know."""

    def __init__(self, engine: Engine, number: int):
        self.engine, self.number = engine, number

    def mathml(self, tex: str, displayed: bool) -> str:
        """The MathML of a formula; an empty text for one that only defines macros. Raises FormulaError."""
        html = self.engine.ask("formula", in_lines(tex) if displayed else tex, displayed, self.number)
        return "" if re.fullmatch(r"<math[^>]*></math>", html) else html


@cache
def engine(definitions: str) -> Engine:
    """The engine of this process; it is ready in a tenth of a second."""
    return Engine(definitions)


def definitions(macros: dict) -> str:
    r"""The macros of `mathjax3_config: tex: macros:` as TeX: `\newcommand{\name}[1][default]{what it stands for}`."""
    text = ""
    for name, macro in macros.items():
        meaning, *more = macro if isinstance(macro, list) else [macro]
        text += f"\\newcommand{{\\{name}}}{''.join(f'[{one}]' for one in more)}{{{meaning}}}\n"
    return text
