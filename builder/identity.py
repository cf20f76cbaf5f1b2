"""Who may use the Jupyter server of `make live`; loaded inside that server, see `builder.live`."""

from jupyter_server.auth import IdentityProvider


class OwnOrigin(IdentityProvider):
    """The token alone is not enough: a request that names its origin must come from the site's own.

    Jupyter would skip this check for whoever has the token; a page of another site is refused even then.
    """

    def should_check_origin(self, handler) -> bool:
        return True
