"""Where a repository is on the web, and the addresses at which its host edits a file or opens an issue."""

from urllib.parse import quote, urlsplit

# By a part of the host's name: the page that edits a file, and the one that opens an issue
EDIT = {
    "github": "{url}/edit/{branch}/{path}",
    "gitlab": "{url}/-/edit/{branch}/{path}",
    "bitbucket": "{url}/src/{branch}/{path}?mode=edit",
}
ISSUE = {
    "github": "{url}/issues/new?title={title}",
    "gitlab": "{url}/-/issues/new?issue[title]={title}",
    "bitbucket": "{url}/issues/new?title={title}",
}


def code_host(url: str) -> str | None:
    """The kind of host that a repository is on, or None when it is one whose addresses are not known."""
    return next((kind for kind in EDIT if kind in urlsplit(url).netloc.lower()), None)


def edit_page(url: str, branch: str, path: str) -> str:
    """The address that edits a file of a repository on a known host."""
    return EDIT[code_host(url)].format(url=url, branch=quote(branch), path=quote(path))


def new_issue(url: str, title: str) -> str:
    """The address that opens an issue in a repository on a known host."""
    return ISSUE[code_host(url)].format(url=url, title=quote(title))
