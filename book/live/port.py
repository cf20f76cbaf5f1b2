"""Where the site is served on this machine: the port, and the sockets that listen there."""

import errno
import os
import socket
from contextlib import suppress

from tornado.netutil import bind_sockets

from book.project.errors import BuildError

PORT = 8000


def chosen() -> int:
    """The port from PORT; BuildError when it is not a port or somebody listens there."""
    value = os.environ.get("PORT") or str(PORT)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise BuildError("PORT", f"{value!r} is not a port", "Choose a number between 1024 and 65535: PORT=8001")
    with suppress(OSError), socket.create_connection(("localhost", int(value)), timeout=1):
        raise in_use(int(value))
    return int(value)


def listen(port: int) -> list[socket.socket]:
    """Sockets on the loopback interface; BuildError when the port is taken.

    On both addresses: a browser tries ::1 first for localhost, where another user of the machine could answer it.
    """
    sockets = []
    for address in ("127.0.0.1", "::1"):
        try:
            sockets += bind_sockets(port, address)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise in_use(port) from problem
            if problem.errno != errno.EADDRNOTAVAIL:  # a machine without IPv6
                raise
    return sockets


def in_use(port: int) -> BuildError:
    """What to say when the port is taken."""
    way_out = f"Stop what runs there (another make live?), or choose another one: PORT={port + 1}"
    return BuildError("PORT", f"port {port} is in use", way_out)
