"""The Jupyter server of `make live`: kernels for the site's pages and, beside the site itself, nothing else."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.auth import IdentityProvider, User
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import TraitError
from traitlets.config import Config

from book.execute import kernel, limits
from book.live import guardian
from book.live.terminal import say

DEATHS_IN_A_ROW = 1000  # after which a kernel is not started again; five by itself, which a reader's cell soon reaches
IDLE_LIMIT = 600  # seconds that the kernel of a page that was closed stays


class Reader(IdentityProvider):
    """Knows the reader by the token alone. A cookie would go to every port of this machine, and so to other users."""

    login_available = logout_available = False

    def get_user(self, handler) -> User | None:
        given = self.get_token(handler) or ""
        return User("reader") if secrets.compare_digest(given.encode(), self.token.encode()) else None

    def is_token_authenticated(self, handler) -> bool:
        return handler.current_user is not None

    def should_check_origin(self, handler) -> bool:
        """The token is not enough: a request that names its origin must come from the site's own."""
        return True


class OneKernel(KernelSpecManager):
    """A kernel that runs like those that executed the book, so that outputs can be compared."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        environment = kernel.environment() | guardian.mark(Path(self.parent.runtime_dir))
        return KernelSpec(argv=[*command, *kernel.ARGUMENTS], env=environment, language="python")


@dataclass(frozen=True)
class Running:
    """A kernel that runs, as its memory is watched (`book.execute.limits`)."""

    process: subprocess.Popen

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process.poll() is None else None

    def give_up(self, what: str, way_out: str) -> None:
        """Kill it; its page says that Python has ended, and the terminal why."""
        limits.kill(self.process)
        say(f"A page's cells: {what}\n  → {way_out}")


class Kernels(AsyncMappingKernelManager):
    """Keeps what kernels write to the terminal out of it, and lists them even while another one starts."""

    async def start_kernel(self, **options) -> str:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started = await super().start_kernel(**options, **quiet)
        list(self.running())  # its mark, before a cell can start anything
        return started

    def running(self) -> Iterator[Running]:
        """The kernels that have a process, marked, so that what their cells start is found whatever its environment.

        One that has started again by itself is marked when its memory is looked at, which is before it has loaded, as a
        rule.
        """
        for manager in list(self._kernels.values()):
            if process := getattr(manager.provisioner, "process", None):
                one = Running(process)
                limits.mark(one.pid, str(Path(self.parent.runtime_dir)))
                yield one

    def kernel_model(self, kernel_id: str) -> dict:
        """A kernel as the server describes it; KeyError, which a list leaves out, while it is being started.

        Jupyter's own raises TraitError then, because it sets `last_activity` a moment after it knows the kernel, and
        every request for a list is answered with 500.
        """
        try:
            return super().kernel_model(kernel_id)
        except TraitError as problem:
            raise KeyError(kernel_id) from problem


class Server(ServerApp):
    """A Jupyter server with nothing of the user's configuration, stopped by the first Ctrl-C or polite `kill`."""

    default_services = ("api", "kernels", "sessions")

    @classmethod
    def configured(cls, token: str, origin: str, folder: Path) -> "Server":
        """A server, ready to start but for its port, with its files in `folder`, where only this user may go."""
        server = cls.instance(
            allow_origin=origin,
            allow_root=True,
            identity_provider_class=Reader,
            kernel_manager_class=Kernels,
            kernel_spec_manager_class=OneKernel,
            log_level="CRITICAL",  # a page that is left is an error with a traceback, sometimes
            no_browser_open_file=True,
            root_dir=str(folder / "contents"),
            runtime_dir=str(folder),
            config=Config(
                IdentityProvider={"token": token},
                # Other users could read a cell's code from a kernel's TCP port
                KernelManager={"transport": "tcp" if os.name == "nt" else "ipc"},
                KernelRestarter={"restart_limit": DEATHS_IN_A_ROW},
                MappingKernelManager={
                    "cull_idle_timeout": IDLE_LIMIT,
                    "cull_interval": IDLE_LIMIT // 10,
                    "cull_busy": True,  # a loop without end on a page that was closed
                },
            ),
        )
        server.initialize(argv=[], find_extensions=False, new_httpserver=False)
        return server

    def migrate_config(self):
        pass

    def load_config_file(self, suppress_errors: bool = True):
        pass

    def write_server_info_file(self):
        pass  # the token would be in it

    def init_signal(self):
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # the last when the terminal is closed; Windows lacks it
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: self.stop(from_signal=True))

    async def cleanup_kernels(self):
        """End the kernels, and also what their cells have started with another environment, by which it is not known
        any more once its kernel has gone (`book.live.guardian`)."""
        families = [process for one in self.kernel_manager.running() for process in limits.family(one.pid)]
        await super().cleanup_kernels()
        for process in families:
            with suppress(psutil.Error):
                process.kill()

    def stop(self, from_signal: bool = False):
        if not self._stopping:  # an impatient second Ctrl-C
            super().stop(from_signal)
