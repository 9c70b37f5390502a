"""`caretally what-if`: what another agreement, policy or set of rules would change, patient by patient."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import click

from caretally.app.installation import Installation
from caretally.app.patients_read import note_patients_read
from caretally.close.close_month import clients_to_close
from caretally.files.printed_words import counted
from caretally.money import format_dollars
from caretally.months import Month
from caretally.whatif.changes import read_changes
from caretally.whatif.what_if import ClientDifference, Difference, what_if


@click.command("what-if")
@click.argument("month")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--client", "codes", multiple=True, help="code of a client; again for more, none for all")
@click.option("--terms", multiple=True, help="a term of the agreement, as qhp_time=personal")
@click.option("--price", "prices", multiple=True, help="a price, as 99490=40.00, or of a whole month, as patient-month=40.00")
@click.option("--policy", "policies", multiple=True, help="the effect of a policy, as CARE_PLAN_REVIEW_OVERDUE=warn")
@click.option("--waive", multiple=True, help="a policy gate to waive, as CARE_PLAN_REVIEW_OVERDUE")
@click.option("--patient", "waive_for", help="record number of the patient for whom it is waived; none for everybody")
@click.option("--without-waivers", is_flag=True, help="as if nothing were waived")
@click.option("--rules", type=click.Path(exists=True, file_okay=False, path_type=Path), help="a folder with another set of rules")
@click.option("--json", "as_json", is_flag=True, help="print the result as JSON")
def what_if_command(
    month: str,
    vendor_word: str,
    codes: tuple[str, ...],
    terms: tuple[str, ...],
    prices: tuple[str, ...],
    policies: tuple[str, ...],
    rules: Path | None,
    waive: tuple[str, ...],
    waive_for: str | None,
    *,
    without_waivers: bool,
    as_json: bool,
) -> None:
    """Say what would change in MONTH, closed or open, under other terms, prices, policies, waivers or rules; nothing is written."""
    chosen = Month.parse(month)
    vendor = Installation().vendor(vendor_word)
    found = []
    with vendor.transaction() as connection:
        clients = clients_to_close(connection, codes)
        changes = read_changes(
            connection,
            terms=terms,
            prices=prices,
            policies=policies,
            rules=rules,
            waive=waive,
            waive_for=waive_for,
            without_waivers=without_waivers,
            clients=[client.id for client in clients] if codes else (),
        )
    for client in clients:
        with vendor.transaction() as connection:
            found.append(what_if(connection, client, chosen, changes))
    with vendor.transaction() as connection:
        note_patients_read(
            connection, "what-if", [(one.client, patient.mrn) for one in found for patient in one.patients], month=str(chosen)
        )
    if as_json:
        click.echo(json.dumps({"vendor": vendor.slug, "month": str(chosen), "clients": [asdict(one) for one in found]}, ensure_ascii=False))
    else:
        click.echo("\n".join(told_in_words(found)))


def told_in_words(found: Iterable[ClientDifference]) -> Iterator[str]:
    """Yield a line for each client and one for each patient that would be different."""
    for client in found:
        change = client.total_cents_after - client.total_cents_before
        head = (
            f"{client.client} ({client.state})  {format_dollars(client.total_cents_before)} -> {format_dollars(client.total_cents_after)}"
        )
        yield f"{head} ({'+' if change > 0 else ''}{format_dollars(change)}), {counted(len(client.patients), 'patient-month', 'patient-months')} different"
        if client.parked_reason:
            yield f"  could not be priced: {client.parked_reason}"
        yield from (f"  {_words(one)}" for one in client.patients)


def _words(one: Difference) -> str:
    before = f"{one.outcome_before or 'not in the month'} {one.claim_before or one.reason_before}".strip()
    after = f"{one.outcome_after or 'not in the month'} {one.claim_after or one.reason_after}".strip()
    since = " (differs without the change too, by what came in since the close)" if one.came_in_since else ""
    return f"{one.mrn}: {before} {format_dollars(one.cents_before)} -> {after} {format_dollars(one.cents_after)}{since}"
