"""`caretally isolation-report`: whether anything of another customer can be reached on behalf of one vendor, tried on the live database."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from caretally.app.installation import Installation
from caretally.app.isolation_report import IsolationReport, isolation_report, keep, verdict
from caretally.app.output import json_option, print_json
from caretally.files.atomic import write_together
from caretally.isolation_reports.keep import report_json


@click.command("isolation-report")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="folder for the signed report as PDF and JSON")
@json_option
def isolation_report_command(vendor_word: str, out: Path | None, *, as_json: bool) -> None:
    """Check the catalog and try every command on every table as each login; exit 1 when anything does not hold, naming it.

    The vendor's administrator finds the report on the page Isolation.
    """
    here = Installation()
    vendor = here.vendor(vendor_word)
    report = isolation_report(here, vendor, now=datetime.now(UTC))
    kept = keep(vendor, report, here.secret)
    if out is not None:
        name = f"isolation-{report.slug}-{report.at:%Y-%m-%d-%H%M%S}"
        write_together({out / f"{name}.json": report_json(kept.told), out / f"{name}.pdf": kept.pdf})
    if as_json:
        print_json(kept.told)
    else:
        _tell(report)
    sys.exit(0 if report.holds else 1)


def _tell(report: IsolationReport) -> None:
    click.echo(f"{'BREACH' if report.catalog_breaches else 'ok':7}the catalog is as declared ({report.catalog_checks} checks)")
    for breach in report.catalog_breaches:
        click.echo(f"       {breach}")
    tables = f"{report.attempts:,} attempts on {report.tables} tables"
    click.echo(f"{'BREACH' if report.leaks else 'ok':7}nothing of another vendor or practice can be reached ({tables})")
    for leak in report.leaks:
        click.echo(f"       {leak}")
    click.echo(verdict(report))
