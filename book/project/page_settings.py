"""How each page is executed: what `_config.yml` says of all pages, and a page of itself under `mystnb:`.

A page is executed before Sphinx reads it, so myst-nb's settings of execution are read here, by myst-nb's own rules.
Standard library and PyYAML alone where it is imported, for `book.execute.record`.
"""

import re
from dataclasses import dataclass, fields
from pathlib import PurePosixPath

import yaml

from book.project import strict
from book.project.errors import BuildError

MODES = {"auto", "cache", "force", "off"}
# What myst-nb knows and this book does not do, by its name below `mystnb:`, and `nb_` + this name in `sphinx: config:`
REFUSED = {
    "execution_cache_path": ("all pages share one cache", "Set execute: cache: in _config.yml."),
    "eval_name_regex": (
        "{eval} has no values here: pages are executed before they are read",
        "Take it out; {glue} shows what a cell has computed.",
    ),
    "output_folder": ("the build decides where files go", "Take it out."),
}
CODE_CELLS = re.compile(r"^(`{3,}|~{3,}|:{3,})\{code-cell\}.*?^\1", re.M | re.S)  # in the text of a page
ALL_PAGES = "_config.yml, execute"


@dataclass(frozen=True)
class PageSettings:
    """How one page is executed; `timeout` in seconds a cell, negative for none."""

    executes: bool = True
    at_each_build: bool = False
    timeout: int = 30
    allow_errors: bool = False
    in_temp: bool = False
    show_traceback: bool = False

    @property
    def of_outputs(self) -> str:
        """Those of them that outputs depend on."""
        return repr((self.executes, self.allow_errors, self.in_temp))


def front_matter(name: str, text: str) -> dict:
    """What stands between the first two `---` lines of a page; BuildError when it is no YAML mapping."""
    if not text.startswith("---"):
        return {}
    block, closed, _ = text.removeprefix("---").partition("\n---")
    way_out = "Mend the lines between the first two '---'; model-construction.md shows the usual ones."
    if not closed:
        raise BuildError(f"{name}, front matter", "does not end with a line '---'", way_out)
    try:
        data = strict.load(block)
    except yaml.YAMLError as problem:
        line = problem.problem_mark.line + 1 if getattr(problem, "problem_mark", None) else 1
        what = getattr(problem, "problem", None) or str(problem)
        raise BuildError(f"{name}, front matter, line {line}", f"is not valid YAML: {what}", way_out) from None
    if not isinstance(data, dict):
        raise BuildError(f"{name}, front matter", "is not a mapping of keys to values", way_out)
    return data


def of_all(config: dict):
    """What a Sphinx configuration says of all pages, as myst-nb's NbParserConfig; BuildError when it is refused."""
    from myst_nb.core.config import NbParserConfig

    known = {field.name: config[f"nb_{field.name}"] for field in fields(NbParserConfig) if f"nb_{field.name}" in config}
    try:
        settings = NbParserConfig(**known)
    except (TypeError, ValueError) as problem:
        raise BuildError(ALL_PAGES, str(problem), "Mend that setting.") from None
    refuse_modes(ALL_PAGES, "execute_notebooks", settings.execution_mode)
    return settings


def of_page(common, path: PurePosixPath, name: str, data: dict) -> PageSettings:
    """The settings of the page at `path` with the front matter `data`; `common` are those of all pages.

    Raises BuildError, naming the page, for what is malformed or not done here.
    """
    where, own = f"{name}, front matter", data.get(common.metadata_key) or {}
    try:
        settings = common.copy(**own)
    except (TypeError, ValueError) as problem:
        what = str(problem).removeprefix("NbParserConfig.__init__() ")
        way_out = f'Mend it below {common.metadata_key}: ("off" stands in quotes, else YAML takes it for false).'
        raise BuildError(where, what, way_out) from None
    for setting, (why, way_out) in REFUSED.items():
        if setting in own:
            raise BuildError(where, f"{common.metadata_key}: {setting}: is refused: {why}", way_out)
    refuse_modes(where, f"{common.metadata_key}: execution_mode", settings.execution_mode)
    if own.get("execution_raise_on_error") is False:
        raise BuildError(where, *only_errors_that_are_allowed(f"{common.metadata_key}: execution_raise_on_error"))
    excluded = any(path.match(pattern) for pattern in settings.execution_excludepatterns)
    executes = settings.execution_mode != "off" and not excluded
    older = data.get("execution") or {}  # as jupyter-cache understands it
    return PageSettings(
        executes=executes,
        at_each_build=executes and settings.execution_mode == "force",
        timeout=older.get("timeout", settings.execution_timeout),
        allow_errors=older.get("allow_errors", settings.execution_allow_errors),
        in_temp=settings.execution_in_temp,
        show_traceback=settings.execution_show_tb,
    )


def refuse_modes(where: str, setting: str, mode: str) -> None:
    """BuildError for a way of execution that the book does not have: `inline`."""
    if mode not in MODES:
        why = "pages are executed before they are read, so {eval} has no values"
        way_out = "Set one of auto, cache, force and off; {glue} shows what a cell has computed."
        raise BuildError(where, f"{setting}: {mode} is refused: {why}", way_out)


def only_errors_that_are_allowed(setting: str) -> tuple[str, str]:
    """Why a build does not go on after an error that nobody has announced, and the way out."""
    why = f"{setting}: false is refused: an error that is not announced stops the build"
    return why, "Tag the cell raises-exception, or allow errors: execution_allow_errors, or execute: allow_errors."
