"""`caretally up`: the pages and the background work on one machine, kept up together."""

import threading

import click

from caretally.app.broker import broker_up
from caretally.app.commands.serve import PORT, require_free
from caretally.app.commands.worker import stop_on_signals
from caretally.app.demo.run import database_up
from caretally.app.end_with_parent import guarded, wait_for_endings
from caretally.app.installation import Installation
from caretally.app.supervisor import Supervisor
from caretally.jobs.work_process import THREADS


@click.command("up")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="address to listen at; others than loopback belong behind a proxy with TLS"
)
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True, help="port to listen at")
@click.option("--hostname", "hostnames", multiple=True, help="a name under which people open it; give it once for each")
@click.option("--behind-proxy", is_flag=True, help="believe the proxy in front of it what the browser's address, scheme and host are")
@click.option("--threads", type=click.IntRange(1, 64), default=THREADS, show_default=True, help="jobs worked at side by side")
def up(*, host: str, port: int, hostnames: tuple[str, ...], behind_proxy: bool, threads: int) -> None:
    """Serve the pages and work at background jobs until Ctrl-C or SIGTERM; whichever part ends is started again.

    The embedded database and broker are started with it, and stopped with it when it started them, even when it is killed. Exit 6 when one of them,
    or the address, cannot be used.
    """
    require_free(host, port)
    here, stop = Installation(), threading.Event()
    wait_for_endings(here.settings.home)
    stop_on_signals(stop)
    with database_up(here) as database, broker_up(here.settings) as broker:
        here.require_schema()
        pages = ("serve", "--host", host, "--port", str(port), *(word for name in hostnames for word in ("--hostname", name)))
        commands = [(*pages, "--behind-proxy") if behind_proxy else pages, ("worker", "--threads", str(threads))]
        watched = Supervisor(commands)
        with guarded(here.settings.home, watched.lifeline, database=database, broker=broker.started):
            watched.run(stop)
    click.echo("Everything that was started has ended.", err=True)
