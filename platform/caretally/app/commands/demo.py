"""`caretally demo`: two vendors with fourteen months of made-up history, closed through the real path."""

import os
import sys
import threading
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from caretally.app.broker import broker_up
from caretally.app.commands.serve import PORT, AddressTaken, require_free
from caretally.app.commands.worker import stop_on_signals
from caretally.app.demo.card import as_json as card_as_json
from caretally.app.demo.card import card
from caretally.app.demo.plan import DemoPlan
from caretally.app.demo.run import CARD, DemoMade, Tell, database_up, make_demo, throw_away
from caretally.app.end_with_parent import guarded, wait_for_endings
from caretally.app.installation import Installation
from caretally.app.output import json_option, notes, print_json
from caretally.app.supervisor import Supervisor
from caretally.app.web_process import DEMO
from caretally.errors import BlockedByExceptions
from caretally.files.atomic import write_whole

OUT = Path("demo-output")
PORTS = range(PORT, PORT + 10)


@click.command("demo")
@click.option("--exit", "leave", is_flag=True, help="leave after printing the card and stop every process that was started")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="other names, numbers and minutes")
@click.option("--reset", is_flag=True, help="throw the demo of this home away first")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=OUT, show_default=True, help="folder for the documents")
@json_option
def demo(*, leave: bool, seed: int, reset: bool, out: Path, as_json: bool) -> int:
    """Make two vendors with fourteen closed months, write the last month's documents and print what to try.

    Without --exit the database and the pages stay up until Ctrl-C. A second run reuses everything.
    """
    began, out = time.monotonic_ns(), out.absolute()
    if reset:
        throw_away(Installation(), out=out)
    here = Installation()
    wait_for_endings(here.settings.home)
    with database_up(here) as database:
        made = _made(here, seed=seed, out=out)
        tenths = (time.monotonic_ns() - began) // 100_000_000
        port = None if leave else free_port()
        address = f"http://127.0.0.1:{port}" if port else ""
        text = card(made, seconds=f"{tenths // 10}.{tenths % 10}", address=address)
        if made.proven:
            write_whole(out / CARD, text.encode())
        print_json(card_as_json(made, address=address)) if as_json else click.echo(text)
        if port:
            _serve(here, port, database=database)
    parked = [result for one in made.vendors for result in one.results if result.status == "parked"]
    return BlockedByExceptions.exit_code if parked else 0


def _made(here: Installation, *, seed: int, out: Path) -> DemoMade:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    shown = sys.stderr.isatty()
    with Progress(*columns, console=notes(), transient=True, disable=not shown) as progress:
        task = progress.add_task("Starting")
        tell: Tell = (lambda what: progress.update(task, description=what)) if shown else _note
        return make_demo(here, DemoPlan(date.today(), seed, out), tell)  # noqa: DTZ011 - the month before the user's own today


def _note(what: str) -> None:
    """Print a step that ended; the many small ones are for a terminal only."""
    if what.endswith(" s)") or "parked" in what:
        click.echo(what, err=True)


def free_port() -> int:
    """Return the first free port of those the pages use. Raises `AddressTaken` when all are taken."""
    for port in PORTS[:-1]:
        with suppress(AddressTaken):
            require_free("127.0.0.1", port)
            return port
    require_free("127.0.0.1", PORTS[-1])
    return PORTS[-1]


def _serve(here: Installation, port: int, *, database: bool) -> None:
    """Serve the pages until Ctrl-C, with a worker beside them; whichever ends is started again.

    Both are programs of their own: this process may have set documents, and a fork of it could set none (`files/pdf.py`).
    """
    os.environ[DEMO] = "1"
    stop = threading.Event()
    stop_on_signals(stop)
    watched = Supervisor([("serve", "--port", str(port)), ("worker", "--threads", "2")])
    with broker_up(here.settings) as broker, guarded(here.settings.home, watched.lifeline, database=database, broker=broker.started):
        click.echo("The pages, background work and the database stay up for this; Ctrl-C ends the demo.", err=True)
        watched.run(stop)
    click.echo("Bye; the next run finds everything again.", err=True)
