"""`caretally bench close`."""

import click

from caretally.app.bench.bench_close import bench_close
from caretally.app.installation import Installation
from caretally.app.output import print_json


@click.group("bench")
def bench_group() -> None:
    """Measure this installation on generated data; nothing of its own is read or changed."""


@bench_group.command("close")
@click.option("--patient-months", type=click.IntRange(100, 10_000_000), required=True, help="how many, with six entries each")
@click.option("--vendors", type=click.IntRange(1, 64), default=1, show_default=True, help="closed side by side, one process each")
@click.option(
    "--clients", type=click.IntRange(1, 500), default=1, show_default=True, help="clients of each vendor, closed one after the other"
)
@click.option(
    "--programs",
    type=click.Choice(["ccm", "all"]),
    default="ccm",
    show_default=True,
    help="chronic care alone, or a mixture of every program",
)
def close(patient_months: int, vendors: int, clients: int, programs: str) -> None:
    """Close generated patient-months and print the figures beside the floor of what has to be read and written."""
    installation = Installation()
    print_json(bench_close(installation.url, patient_months=patient_months, vendors=vendors, clients=clients, programs=programs).as_json())
