"""The profile of the kernels that execute the book: IPython reads it, with `get_config`, as a kernel starts."""

import json

from jupyter_client import session


def pack_ascii(content: object) -> bytes:
    """The content of a message as JSON in ASCII, where half a character has a form.

    Names of files that are not UTF-8 have such halves. jupyter_client's own packer writes UTF-8, where they have none:
    what was printed would be lost, and the build would not know.
    """
    try:
        return json.dumps(content, default=session.json_default, allow_nan=False).encode()
    except (TypeError, ValueError):
        return session.json_packer(content)  # which cleans it


session.pack_ascii = pack_ascii  # Session finds its packer by a name
get_config().Session.packer = "jupyter_client.session.pack_ascii"  # noqa: F821
