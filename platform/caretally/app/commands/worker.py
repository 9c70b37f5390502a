"""`caretally worker`: works at background jobs, hands them out, asks for what is scheduled, and keeps checkpoints of the audit log."""

import signal
import threading
from collections.abc import Callable

import click

from caretally.app.broker import BrokerMoved, broker_up, heal_broker
from caretally.app.checkpoint import keep_checkpoints
from caretally.app.end_with_parent import end_with_parent
from caretally.app.installation import Installation
from caretally.app.job_kinds import KINDS
from caretally.db.engines import LONG, operator_engine, vendor_engine
from caretally.errors import CareTallyError
from caretally.jobs.run_job import Workshop
from caretally.jobs.work_process import THREADS, WorkProcess

# Beside each thread at work its lease is renewed, and the scheduler asks.
SPARE_CONNECTIONS = 2


@click.command("worker")
@click.option("--threads", type=click.IntRange(1, 64), default=THREADS, show_default=True, help="jobs worked at side by side")
def worker(*, threads: int) -> None:
    """Work at background jobs until Ctrl-C or SIGTERM; run as many as you like. What runs then comes to its end or its next step, within 25 seconds.

    Exit 6 when the database or the broker cannot be used.
    """
    here, stop = Installation(), threading.Event()
    end_with_parent()
    here.require_schema()
    with broker_up(here.settings) as broker:
        lost: list[CareTallyError] = []
        vendors = vendor_engine(
            here.url, roles=here.roles, secret=here.secret, statement_timeout=LONG, pool_size=threads + SPARE_CONNECTIONS
        )
        operator = operator_engine(here.url, roles=here.roles, secret=here.secret, pool_size=3)
        process = WorkProcess(Workshop(KINDS, vendors, here.secret), operator, broker.url, _healer(here, broker.url, stop, lost), threads)
        stop_on_signals(stop)
        threading.Thread(target=keep_checkpoints, args=(here, stop), name="checkpoints", daemon=True).start()
        click.echo("CareTally works at background jobs; Ctrl-C ends it.", err=True)
        process.run(stop)
        vendors.dispose()
        operator.dispose()
        if lost:
            raise lost[0]
    click.echo("The worker has ended; every job that had begun is done or waits for the next worker.", err=True)


def _healer(here: Installation, url: str, stop: threading.Event, lost: list[CareTallyError]) -> Callable[[], None]:
    """Return what the relay calls when the broker does not answer: a broker that moved ends this worker, so that a supervisor starts it anew."""

    def heal() -> None:
        try:
            heal_broker(here.settings, url)
        except BrokerMoved as error:
            lost.append(error)
            stop.set()
        except CareTallyError as error:
            click.echo(error.message, err=True)
        stop.wait(1)

    return heal


def stop_on_signals(stop: threading.Event) -> None:
    """Let Ctrl-C and SIGTERM set `stop` instead of breaking into whatever runs."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
