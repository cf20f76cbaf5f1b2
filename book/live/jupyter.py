"""Two classes of the Jupyter server of `make live`, loaded inside that server; see `book.live.server`."""

from jupyter_server.auth import IdentityProvider
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager


class OwnOrigin(IdentityProvider):
    """The token alone is not enough: a request that names its origin must come from the site's own.

    Jupyter would skip this check for whoever has the token; a page of another site is refused even then.
    """

    def should_check_origin(self, handler) -> bool:
        return True


class Kernels(AsyncMappingKernelManager):
    """Lists kernels even while another one starts, as when two pages run their first cells together."""

    def kernel_model(self, kernel_id: str) -> dict:
        """A kernel as the server describes it; KeyError, which a list leaves out, while it is being started.

        Jupyter's own raises AttributeError then, because it adds `last_activity` a moment after the kernel itself,
        and every request for a list is answered with 500.
        """
        try:
            return super().kernel_model(kernel_id)
        except AttributeError as problem:
            raise KeyError(kernel_id) from problem
