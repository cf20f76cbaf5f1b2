"""What `_config.yml` may say: who honours each setting of Jupyter Book 1, and which are refused, and why.

A setting that nobody would follow is never passed over in silence. `check` is called before anything runs; only what
the loaded extensions know, below `sphinx: config:`, is checked by `book.render.edition`. Names are written here as
paths through the file: `html.favicon`.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import yaml

from book.project import strict
from book.project.errors import BuildError
from book.project.values import CHECKS

FILE = "_config.yml"
OF_SPHINX = "sphinx.config."
WORDS = ["announcement", "extra_footer"]  # below html:, texts that readers see


@dataclass(frozen=True)
class Refused:
    """Why a setting is refused, and the way out; with one of the values `unless` it changes nothing and may stay."""

    why: str
    way_out: str = "Take it out."
    unless: tuple = ()


HONOURED = {
    "title": "each edition has its own, in editions.yml; the first one's must be this",
    "author": "render.layout, pdf",
    "project": "Sphinx",
    "copyright": "render.layout",
    "logo": "render.layout",
    "exclude_patterns": "Sphinx",
    "only_build_toc_files": "Sphinx; false is refused",
    "bibtex_bibfiles": "sphinxcontrib.bibtex, which render loads",
    "execute.execute_notebooks": "execute, by project.page_settings; inline is refused",
    "execute.cache": "execute",
    "execute.exclude_patterns": "execute, by project.page_settings",
    "execute.timeout": "execute, by project.page_settings",
    "execute.run_in_temp": "execute, by project.page_settings",
    "execute.allow_errors": "execute, by project.page_settings",
    "execute.show_tb": "execute, by project.page_settings",
    "execute.raise_on_error": "execute; false is refused",
    "execute.stderr_output": "myst-nb",
    "parse.myst_enable_extensions": "MyST-Parser",
    "parse.myst_substitutions": "MyST-Parser",
    "parse.myst_url_schemes": "MyST-Parser",
    "html.favicon": "render.layout",
    "html.baseurl": "project.address, when BOOK_URL is not set",
    "html.announcement": "render.layout",
    "html.extra_footer": "render.layout",
    "html.home_page_in_navbar": "render.layout",
    "html.use_repository_button": "render.buttons",
    "html.use_edit_page_button": "render.buttons",
    "html.use_issues_button": "render.buttons",
    "html.use_multitoc_numbering": "sphinx-multitoc-numbering",
    "repository.url": "render.buttons, for html.use_…_button",
    "repository.path_to_book": "render.buttons",
    "repository.branch": "render.buttons",
    "launch_buttons.colab_url": "render.buttons; another address than Colab's is refused",
    "sphinx.extra_extensions": "render",
    "sphinx.local_extensions": "render",
    "sphinx.recursive_update": "Jupyter Book",
    "sphinx.config": "Sphinx and its extensions, but for the list below",
}
COLAB = "https://colab.research.google.com"
ON_ANOTHER_HOST = "it loads a script from another host, which the policy of every page forbids"
NO_LATEX = Refused("make pdf prints the pages; LaTeX has no part in it")
NO_LAUNCH = Refused(
    "a page can be opened on Colab and, on the reader's machine, be run in place",
    "Take it out; book_binder, below sphinx: config:, offers to run pages on mybinder.org.",
    ("", False, None),
)
PASSED_ON_TO_NOBODY = "Jupyter Book 1.0.4 itself passes it on to nobody"
REFUSED = {
    "only_build_toc_files": Refused("only pages in _toc.yml are executed and translated", "Set it true.", (True,)),
    "bibtex_reference_style": Refused(PASSED_ON_TO_NOBODY, "Set it below sphinx: config:."),
    "execute.raise_on_error": Refused(
        "an error that is not announced stops the build",
        "Take it out; tag the cell raises-exception, or set execute: allow_errors: true.",
        (True,),
    ),
    "execute.eval_regex": Refused(
        "{eval} has no values here: pages are executed before they are read",
        "Take it out; {glue} shows what a cell has computed.",
    ),
    "parse.myst_dmath_double_inline": Refused(PASSED_ON_TO_NOBODY, "Set it below sphinx: config:."),
    "parse.myst_extended_syntax": Refused("it is no longer a setting", "Name the parts in myst_enable_extensions."),
    "html.extra_navbar": Refused("Jupyter Book no longer shows it", "Use html: extra_footer: or announcement:."),
    "html.navbar_footer_text": Refused("Jupyter Book no longer shows it", "Use html: extra_footer: or announcement:."),
    "html.google_analytics_id": Refused(ON_ANOTHER_HOST, unless=("",)),
    "html.analytics.google_analytics_id": Refused(ON_ANOTHER_HOST, unless=("",)),
    "html.analytics.plausible_analytics_domain": Refused(ON_ANOTHER_HOST, unless=("",)),
    "html.analytics.plausible_analytics_url": Refused(
        ON_ANOTHER_HOST, unless=("", "https://plausible.io/js/script.js")
    ),
    "html.comments.hypothesis": Refused(ON_ANOTHER_HOST, unless=(False,)),
    "html.comments.utterances": Refused(ON_ANOTHER_HOST, unless=(False,)),
    "html.comments.dokieli": Refused(ON_ANOTHER_HOST, unless=(False,)),
    "latex.latex_engine": NO_LATEX,
    "latex.latex_documents": NO_LATEX,
    "latex.use_jupyterbook_latex": NO_LATEX,
    "launch_buttons.notebook_interface": Refused(NO_LAUNCH.why, NO_LAUNCH.way_out, ("classic",)),
    "launch_buttons.binderhub_url": NO_LAUNCH,
    "launch_buttons.jupyterhub_url": NO_LAUNCH,
    "launch_buttons.deepnote_url": NO_LAUNCH,
    "launch_buttons.thebe": NO_LAUNCH,
    "launch_buttons.colab_url": Refused(
        "pages are opened on Colab itself", f"Set {COLAB}, or take it out.", ("", COLAB, f"{COLAB}/")
    ),
}

OTHER_BUILDERS = Refused("make book writes a site, notebooks and, by way of the pages, PDFs")
OWN_LAYOUT = "the pages have a layout of their own"
LAYOUT = "Take it out; _templates/ has the pages, _static/css/ their look."
NO_MATHJAX = Refused(
    "formulas are MathML, made when the book is built, without MathJax",
    "Take it out; macros may stand in mathjax3_config: tex: macros:.",
)
OWN_SEARCH = "the book has a search of its own"
# Below `sphinx: config:`; what is not here is followed by Sphinx and the extensions of the book
SPHINX = {
    "html_theme": Refused(OWN_LAYOUT, LAYOUT, ("basic",)),
    "html_theme_options": Refused(OWN_LAYOUT, LAYOUT, ({},)),
    "html_theme_path": Refused(OWN_LAYOUT, LAYOUT),
    "html_style": Refused(OWN_LAYOUT, LAYOUT),
    "html_sidebars": Refused(OWN_LAYOUT, LAYOUT, ({},)),
    "html_short_title": Refused(OWN_LAYOUT, LAYOUT),
    "html_show_sphinx": Refused(OWN_LAYOUT, LAYOUT, (False,)),
    "html_use_opensearch": Refused(OWN_LAYOUT, LAYOUT, ("",)),
    "html_additional_pages": Refused(OWN_LAYOUT, LAYOUT, ({},)),
    "html_permalinks": Refused("a script adds the links at headings", unless=(False,)),
    "html_permalinks_icon": Refused("a script adds the links at headings"),
    "html_last_updated_fmt": Refused("two builds of the same sources are the same bytes", unless=(None,)),
    "html_title": Refused("each edition has its own, in editions.yml", "Set title:, and that of editions.yml."),
    "html_baseurl": Refused("each edition has its own address", "Set html: baseurl:.", ("",)),
    "html_file_suffix": Refused("pages are .html files", unless=(None, ".html")),
    "html_link_suffix": Refused("pages are .html files", unless=(None, ".html")),
    "html_output_encoding": Refused("pages are UTF-8", unless=("utf-8",)),
    "html_search_*": Refused(OWN_SEARCH),
    "html_show_search_summary": Refused(OWN_SEARCH, unless=(True,)),
    "html_math_renderer": Refused("formulas are MathML, made when the book is built", unless=("mathml",)),
    "mathjax_*": NO_MATHJAX,
    "mathjax2_config": NO_MATHJAX,
    "pygments_style": Refused("code has colours of its own", "Take it out; book/render/highlighting.py has them."),
    "locale_dirs": Refused("catalogs are in locale/", unless=(["locale"],)),
    "gettext_compact": Refused("each page has a catalog of its own", unless=(False,)),
    "master_doc": Refused("_toc.yml names the first page", "Take it out; see root: in _toc.yml."),
    "root_doc": Refused("_toc.yml names the first page", "Take it out; see root: in _toc.yml."),
    "source_suffix": Refused("pages are .md files"),
    "external_toc_path": Refused("the contents are in _toc.yml", unless=("_toc.yml",)),
    "external_toc_exclude_missing": REFUSED["only_build_toc_files"],
    "comments_config": Refused(ON_ANOTHER_HOST, unless=({},)),
    "nb_custom_formats": Refused("pages are .md files", unless=({},)),
    "nb_kernel_rgx_aliases": Refused("a page names its kernel", "Name it in kernelspec:, in the page.", ({},)),
    "nb_eval_name_regex": REFUSED["execute.eval_regex"],
    "nb_execution_raise_on_error": REFUSED["execute.raise_on_error"],
    **dict.fromkeys(
        ("jupyter_execute_notebooks", "jupyter_cache", "execution_*", "nb_render_key", "nb_render_priority"),
        Refused("it is a name of older versions of myst-nb", "Set what it says below execute:, or under its new name."),
    ),
    **dict.fromkeys(("latex_*", "jblatex_*", "use_jupyterbook_latex"), NO_LATEX),
    **dict.fromkeys(("epub_*", "texinfo_*", "man_*", "text_*", "xml_*", "singlehtml_*", "markdown_*"), OTHER_BUILDERS),
    **dict.fromkeys(("applehelp_*", "devhelp_*", "htmlhelp_*", "qthelp_*"), OTHER_BUILDERS),
}


@lru_cache(maxsize=4)
def parsed(text: str) -> dict:
    """The settings in a text; none where it is malformed, which `book.project.source` says."""
    try:
        data = strict.load(text)
    except yaml.YAMLError:
        return {}
    return data if isinstance(data, dict) else {}


def value(root: Path, name: str, default=None):
    """What `_config.yml` says of a setting, given as a path: html.favicon."""
    path = root / FILE
    found = parsed(path.read_text("utf8", "replace")) if path.is_file() else {}
    for key in name.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return default if found is None else found


def extensions(root: Path) -> list[str]:
    """The extensions that `_config.yml` asks for besides those that make the book, in its order.

    Jupyter Book forgets them where `sphinx: config: extensions:` says which there are.
    """
    citations = ["sphinxcontrib.bibtex"] if value(root, "bibtex_bibfiles") else []
    return [*value(root, "sphinx.extra_extensions", []), *value(root, "sphinx.local_extensions", {}), *citations]


def written(data: dict, above: str = "") -> Iterator[tuple[str, object]]:
    """The settings of a parsed `_config.yml`, each as a path, with its value."""
    known = HONOURED | REFUSED
    for key, content in data.items():
        name = f"{above}{key}"
        if isinstance(content, dict) and name not in known and any(one.startswith(f"{name}.") for one in known):
            yield from written(content, f"{name}.")
        else:
            yield name, content


def refusal(name: str) -> Refused | None:
    """What the tables say against a setting; a name that nobody knows is refused as well."""
    if name.startswith(OF_SPHINX):
        own = name.removeprefix(OF_SPHINX)
        return next((one for pattern, one in SPHINX.items() if fnmatchcase(own, pattern)), None)
    if name in HONOURED or name in REFUSED:
        return REFUSED.get(name)
    near = difflib.get_close_matches(name, HONOURED, 1)
    way_out = f"Did you mean {spelled(near[0])}?" if near else "Compare with Jupyter Book's list of settings."
    return Refused("Jupyter Book has no such setting", way_out)


def spelled(name: str) -> str:
    """The path of a setting as a message shows it: html: favicon."""
    return name.replace(".", ": ", 2 if name.startswith(OF_SPHINX) else -1)


def problem(name: str, content: object, root: Path, data: dict) -> BuildError | None:
    """What is to be said against this setting with this content, beside the others in `data`, if anything."""
    refused = refusal(name)
    if refused and content not in refused.unless:
        return BuildError(f"{FILE}, {spelled(name)}", f"is refused: {refused.why}", refused.way_out)
    if found := CHECKS[name](content, root, data) if name in CHECKS and content else None:
        return BuildError(f"{FILE}, {spelled(name)}", *found)
    return None


def check(root: Path, data: dict) -> None:
    """Raise what is to be said against the settings in `data`: a BuildError, or a group of them.

    Jupyter Book has checked by now that values are of the right kind.
    """
    everything = {"only_build_toc_files": False} | dict(written(data))
    everything |= {f"{OF_SPHINX}{name}": content for name, content in (everything.get("sphinx.config") or {}).items()}
    problems = [found for name, content in everything.items() if (found := problem(name, content, root, data))]
    if len(problems) > 1:
        raise ExceptionGroup("settings", problems)
    for found in problems:
        raise found
