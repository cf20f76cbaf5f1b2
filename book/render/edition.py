"""Render one edition with Sphinx: pages and notebooks from the same doctrees, in `_build/work/<edition>/`.

The third step in the path of a page. What Sphinx keeps between builds is used again, page by page, as
`book.render.keys` says; warnings are errors.
"""

import gettext
import io
import json
import re
import traceback
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from docutils.utils import SystemMessage
from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.errors import ConfigError, SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from book.execute.store import shown_folder
from book.project import settings
from book.project.address import site_url
from book.project.errors import BuildError, way_out_named_in
from book.project.inputs import Inputs
from book.project.source import Edition
from book.render.keys import Keys, connect

MOST_LINES = 30  # of Sphinx's messages; the first mistakes explain the rest
UNKNOWN = re.compile(r"Unknown (?:directive type: '|interpreted text role \")([\w-]+)")
WAY_OUT = "Mend what is named above."
PACKAGE = "has {}: name it in requirements.txt and, as {}, below sphinx: extra_extensions: in _config.yml."
# By the directive or role, or by its domain, what Jupyter Books often have and this one does not load
ELSEWHERE = {
    "cite": "needs a bibliography: name its files below bibtex_bibfiles: in _config.yml.",
    "bibliography": "needs a bibliography: name its files below bibtex_bibfiles: in _config.yml.",
    "prf": PACKAGE.format("sphinx-proof", "sphinx_proof"),
    "mermaid": PACKAGE.format("sphinxcontrib-mermaid", "sphinxcontrib.mermaid"),
    "toggle": "is folded as {admonition} with :class: dropdown, or as {dropdown}.",
}


def work_folder(root: Path, edition: Edition) -> Path:
    """Where Sphinx keeps this edition between builds."""
    return root / "_build" / "work" / edition.notebooks


def is_rendered(root: Path, edition: Edition) -> bool:
    """Whether a build of this edition has come to its end, whatever it was of."""
    return (work_folder(root, edition) / "keys.json").is_file()


def read_outside(root: Path, edition: Edition) -> dict[str, str]:
    """What the pages of an edition are made of besides the sources of the book, by the checksum that it had."""
    try:
        return json.loads((work_folder(root, edition) / "keys.json").read_text("utf8"))["outside"]
    except (OSError, ValueError, KeyError):
        return {}


@dataclass(frozen=True)
class Job:
    """What one edition is rendered from; `folders` are those that have pages, `settings` what the environment says."""

    root: Path
    edition: Edition
    inputs: Inputs
    folders: frozenset[str]
    settings: str
    is_first: bool  # the edition in the language in which the pages are written

    @property
    def work(self) -> Path:
        return work_folder(self.root, self.edition)

    @property
    def outputs(self) -> Path:
        """Where the outputs of its pages lie ready."""
        return shown_folder(self.root, "" if self.is_first else self.edition.notebooks)


def overrides(job: Job) -> dict:
    """What differs from the plain Jupyter Book for this edition."""
    edition, address = job.edition, site_url(job.root)
    base = "/".join(part for part in (address, edition.path) if part) + "/" if address else ""
    return {
        "language": edition.code,
        "locale_dirs": ["_build/locale"],
        "html_title": edition.title,
        "html_baseurl": base,
        "book_edition": edition.notebooks,
        "book_downloads": True,
        "book_outputs": str(job.outputs),
        "nb_execution_mode": "off",  # it is done, see `book.execute`
        "latex_individualpages": False,
    }


def application(job: Job, warnings: io.StringIO) -> Sphinx:
    """Sphinx as Jupyter Book sets it up for a page on the web."""
    made, _facts = get_final_config(
        user_yaml=job.root / "_config.yml", cli_config=overrides(job), sourcedir=job.root, use_external_toc=True
    )
    for kind in ("html_css_files", "html_js_files"):
        named = settings.value(job.root, f"sphinx.config.{kind}", [])
        made[kind] = named + sorted(made[kind][len(named) :])  # Jupyter Book takes those in _static/ as they come
    app = Sphinx(
        srcdir=job.root,
        confdir=None,
        outdir=job.work / "html",
        doctreedir=job.work / "doctrees",
        buildername="html",
        confoverrides=made,
        status=None,
        warning=warnings,
        warningiserror=True,
        keep_going=True,
    )
    for name in settings.value(job.root, "sphinx.config", {}):
        if name not in app.config and name != "extensions":
            way_out = "mend the name, or name the extension that has it in extra_extensions"
            raise ConfigError(f"_config.yml, sphinx: config: {name}: no extension of the book has it; {way_out}")
    # As Jupyter Book does where a table of contents asks for numbers
    if "numbered: true" in yaml.dump(app.config.external_site_map.as_json()):
        app.setup_extension("sphinx_multitoc_numbering")
    return app


class Session:
    """Sphinx for one edition, loaded with its first job and used again for the next, as long as no job fails."""

    def __init__(self):
        self.app: Sphinx | None = None
        self.warnings = io.StringIO()
        # What extensions register with docutils stays registered as long as the process.
        self.registered = ExitStack()

    def render(self, job: Job) -> str:
        """Bring `_build/work/<edition>` up to date; return the messages of what went wrong, or an empty text."""
        keys = Keys.take(job)
        try:
            if self.app is None:
                self.registered.enter_context(patch_docutils(None))
                self.registered.enter_context(docutils_namespace())
                self.app = application(job, self.warnings)
                connect(self.app)
            self.app.book_keys = keys
            gettext._translations.clear()  # by file name, so that a corrected catalog would not be seen
            self.app.build()
            keys.done = self.app.statuscode == 0
            keys.distrust(self.app.env)
            return "" if keys.done else self.warnings.getvalue() or "Sphinx stopped without a message."
        except (SphinxError, SystemMessage, OSError) as problem:
            return f"{self.warnings.getvalue()}{where(self.app)}{problem}"
        except Exception as problem:  # whatever an extension does not expect
            last = "".join(traceback.format_tb(problem.__traceback__)[-2:])
            return f"{self.warnings.getvalue()}{where(self.app)}{type(problem).__name__}: {problem}\n{last}"
        finally:
            with suppress(OSError):  # of a full disk, which has been said
                keys.save()


def where(app: Sphinx | None) -> str:
    """The page that Sphinx was at."""
    docname = app.env.temp_data.get("docname") if app and hasattr(app, "env") and app.env else None
    return f"{docname}.md: " if docname else ""


def explain(job: Job, messages: str) -> BuildError:
    """The lines of Sphinx's messages that an author needs, with paths inside the book, and the way out."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", messages).replace(f"{job.root}/", "").replace(f"{job.root}\\", "")
    text = text.replace(".md::", ".md:")  # Sphinx knows no line of it
    lines = list(dict.fromkeys(["Sphinx stopped", *(line for line in text.splitlines() if line.strip())]))
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"… and {len(lines) - MOST_LINES} more lines"]
    further = [f"{{{name}}} {ELSEWHERE[name]}" for name in sorted({*UNKNOWN.findall(text)} & ELSEWHERE.keys())]
    return BuildError(
        f"edition {job.edition.name}", "\n  ".join(lines), way_out_named_in(text) or " ".join([WAY_OUT, *further])
    )
