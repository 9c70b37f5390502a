"""`caretally serve`: the pages, on loopback unless told otherwise."""

import os
import socket
from contextlib import closing
from typing import Any

import click
from granian import Granian
from granian.constants import Interfaces
from granian.server.common import AbstractServer

from caretally.app.end_with_parent import end_with_parent
from caretally.app.installation import Installation
from caretally.app.web_process import BEHIND_PROXY, HOSTNAMES, THREADS
from caretally.errors import DependencyDown

PORT = 8465
DRAIN_SECONDS = 30


class AddressTaken(DependencyDown):
    """Another program listens at the address, or this machine does not have it."""

    code = "address_taken"


@click.command("serve")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="address to listen at; others than loopback belong behind a proxy with TLS"
)
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, help="port to listen at")
@click.option("--hostname", "hostnames", multiple=True, help="a name under which people open it; give it once for each")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="processes")
@click.option("--threads", type=click.IntRange(1, 128), default=8, show_default=True, help="threads of each process")
@click.option("--behind-proxy", is_flag=True, help="believe the proxy in front of it what the browser's address, scheme and host are")
def serve(*, host: str, port: int, hostnames: tuple[str, ...], workers: int, threads: int, behind_proxy: bool) -> None:
    """Serve the pages until Ctrl-C or SIGTERM; what is being answered then is answered to its end.

    Exit 6 when the database or the address cannot be used.
    """
    end_with_parent()
    require_free(host, port)
    Installation().require_schema()
    os.environ[HOSTNAMES], os.environ[THREADS] = ",".join(hostnames), str(threads)
    os.environ[BEHIND_PROXY] = "yes" if behind_proxy else ""
    click.echo(f"CareTally answers at http://{host}:{port}/ ; Ctrl-C ends it.", err=True)
    web_server(host=host, port=port, workers=workers, threads=threads).serve()
    click.echo("The pages are closed; every request that had begun was answered.", err=True)


def web_server(*, host: str, port: int, workers: int, threads: int) -> AbstractServer[Any]:
    """Return the server: WSGI on blocking threads, one HTTP version, its own log off since the application writes one."""
    return Granian(
        "caretally.app.web_process:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=threads,
        websockets=False,
        log_enabled=False,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_SECONDS,
    )


def require_free(host: str, port: int) -> None:
    """Raise `AddressTaken` unless this process could listen at the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressTaken(
                f"CareTally cannot listen at {host} port {port} ({error.strerror}); choose another with --port or --host."
            ) from error
