"""`caretally verify`: recomputes what closed months must still add up to."""

import sys

import click
from sqlalchemy import Connection

from caretally.app.installation import Installation
from caretally.app.output import json_option, print_json
from caretally.audit.checkpoints import compare_with_checkpoints
from caretally.audit.signing import signing_key
from caretally.close.verify import CheckResult, verify
from caretally.files.printed_words import counted
from caretally.months import Month


@click.command("verify")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--month", help="one month only, as 2026-10")
@json_option
def verify_command(vendor_word: str, month: str | None, as_json: bool) -> None:
    """Check conservation, numbers, evidence, the audit chain and its checkpoints; exit 1 on any breach, naming it."""
    chosen = Month.parse(month) if month else None
    here = Installation()
    vendor = here.vendor(vendor_word)
    with vendor.transaction() as connection:
        results = [*verify(connection, month=chosen), _checkpoints(here, connection)]
    if as_json:
        print_json(
            {
                "vendor": vendor.slug,
                "month": month,
                "checks": [{"name": r.name, "ok": not r.breaches, "breaches": list(r.breaches)} for r in results],
            }
        )
    else:
        for result in results:
            click.echo(f"{'BREACH' if result.breaches else 'ok':7}{result.says}")
            for breach in result.breaches:
                click.echo(f"       {breach}")
    sys.exit(1 if any(result.breaches for result in results) else 0)


def _checkpoints(here: Installation, connection: Connection) -> CheckResult:
    found = compare_with_checkpoints(connection, archive=here.archive_folder, key=signing_key(here.secret).public_key())
    says = f"the audit chain is what {counted(found.checkpoints, 'signed checkpoint', 'signed checkpoints')} saw"
    return CheckResult("checkpoints", says if found.checkpoints else "no checkpoint of the audit chain was written yet", found.breaches)
