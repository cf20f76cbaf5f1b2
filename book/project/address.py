"""Which repository and which address the book has, from the environment, `_config.yml` and git.

Used by the build and by the Sphinx extension. Nothing is made up: what is not known is None, and
whatever needs it is left out.
"""

import os
import re
from functools import cache
from pathlib import Path

from book.project import git, settings
from book.project.errors import BuildError

NAME = re.compile(r"[\w.-]+/[\w.-]+")
GITHUB_ORIGIN = re.compile(r"github\.com[:/](?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?$")


def repository(root: Path) -> str | None:
    """The GitHub repository as `owner/name`, or None.

    From BOOK_REPOSITORY, else GITHUB_REPOSITORY, else git's `origin` when that is on GitHub.
    Raises BuildError when a variable does not look like `owner/name`.
    """
    for variable in ("BOOK_REPOSITORY", "GITHUB_REPOSITORY"):
        value = os.environ.get(variable, "")
        if value:
            if not NAME.fullmatch(value):
                raise BuildError(variable, f"{value!r} is not owner/name", f"Set {variable}=owner/name or unset it.")
            return value
    match = GITHUB_ORIGIN.search(origin(root))
    return match["name"] if match else None


@cache
def origin(root: Path) -> str:
    """The address of git's `origin`, or an empty text; asked once, because every page asks for the repository."""
    try:
        return git.run(root, "remote", "get-url", "origin").stdout.strip()
    except OSError:  # no git on this machine
        return ""


def site_url(root: Path) -> str | None:
    """The address of the published site without a trailing slash, or None.

    From BOOK_URL, else html: baseurl: of _config.yml, else the address GitHub Pages gives to the repository.
    """
    if address := os.environ.get("BOOK_URL", ""):
        if not address.startswith(("https://", "http://")):
            raise BuildError("BOOK_URL", f"{address!r} is not an address", "Begin it with https:// or unset it.")
        return address.rstrip("/")
    if address := settings.value(root, "html.baseurl"):
        return address.rstrip("/")
    if not (name := repository(root)):
        return None
    owner, project = name.lower().split("/")[0], name.split("/")[1]
    host = f"https://{owner}.github.io"
    return host if project.lower() == f"{owner}.github.io" else f"{host}/{project}"
