"""`caretally persons`: pairs of records that may be one person, reviewed and decided by the vendor."""

import sys
from typing import Any, cast

import click

from caretally.app.commands.import_file import printable
from caretally.app.installation import Installation
from caretally.app.output import json_option, print_json, print_rows
from caretally.app.patients_read import note_patients_read
from caretally.close.review_one_person import review_one_person
from caretally.files.printed_words import counted
from caretally.imports.readable_errors import readable_errors
from caretally.persons.decide import Decision, Word, decide_pair, take_back
from caretally.persons.review import ALL, OPEN, ReviewedPair, ReviewedRecord, reviewed_pairs

HEADINGS = ("pair", "likely", "status", "one record", "the other record", "why")
vendor_option = click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
reason_option = click.option("--reason", required=True, help="why; the next reviewer reads it, the audit log keeps its digest")


@click.group("persons")
def persons_group() -> None:
    """Find out who is one person in several records of a vendor; a month is paid once for a person."""


@persons_group.command("review")
@vendor_option
@click.option("--all", "everything", is_flag=True, help="decided pairs too, and those that identifiers alone decide")
@json_option
def review(vendor_word: str, *, everything: bool, as_json: bool) -> None:
    """List the pairs that may be one person, the likeliest first, with what speaks for and against it."""
    vendor = Installation().vendor(vendor_word)
    with vendor.transaction() as connection:
        pairs = reviewed_pairs(connection, statuses=ALL if everything else OPEN)
        shown = [(record.client, record.mrn) for pair in pairs for record in pair.records]
        note_patients_read(connection, "persons review", shown)
    if as_json:
        print_json([as_dict(pair) for pair in pairs])
    else:
        tell(pairs)


@persons_group.command("decide")
@click.argument("pair")
@click.argument("word", metavar="same|different", type=click.Choice(["same", "different"]))
@reason_option
@vendor_option
@json_option
def decide(pair: str, word: str, reason: str, vendor_word: str, *, as_json: bool) -> None:
    """Decide that PAIR (as the review calls it) is one person, held as a duplicate in every open month, or two.

    Exit code: 2 no such pair, 3 decided so before, 5 it contradicts an earlier decision.
    """
    vendor = Installation().vendor(vendor_word)
    with readable_errors(), vendor.transaction() as connection:
        decision = decide_pair(connection, pair, word=cast("Word", word), reason=reason)
        reviewed = review_one_person(connection, decision.matched.linked)
    _tell_decision(decision, reviewed, as_json=as_json)


@persons_group.command("undo")
@click.argument("pair")
@reason_option
@vendor_option
@json_option
def undo(pair: str, reason: str, vendor_word: str, *, as_json: bool) -> None:
    """Take the decision on PAIR back; it stands again as the identifiers alone have it."""
    vendor = Installation().vendor(vendor_word)
    with readable_errors(), vendor.transaction() as connection:
        decision = take_back(connection, pair, reason=reason)
        reviewed = review_one_person(connection, decision.matched.linked)
    _tell_decision(decision, reviewed, as_json=as_json)


def as_dict(pair: ReviewedPair) -> dict[str, Any]:
    """Return a pair as JSON shows it."""
    return {
        "pair": pair.pair,
        "id": pair.id,
        "status": pair.status,
        "score": pair.score,
        "found_by": pair.found_by,
        "reasons": list(pair.reasons),
        "why": pair.why,
        "records": [vars(record) for record in pair.records],
        "found_at": pair.found_at,
        "decided_by": pair.decided_by,
        "decided_at": pair.decided_at,
        "reason": pair.reason,
    }


def tell(pairs: list[ReviewedPair]) -> None:
    """Print the pairs: a table on a terminal, between tabs elsewhere."""
    rows = [(p.pair, f"{p.score} %", _status(p), _record(p.records[0]), _record(p.records[1]), p.why) for p in pairs]
    if not rows:
        click.echo("No pair of records waits for a decision.", err=True)
        return
    print_rows(HEADINGS, rows)
    if sys.stdout.isatty():
        waiting = counted(sum(p.status == "proposed" for p in pairs), "pair waits", "pairs wait")
        click.echo(f"{waiting}; caretally persons decide PAIR same|different --reason TEXT --vendor V", err=True)


def _status(pair: ReviewedPair) -> str:
    return pair.status if pair.decided_by or pair.status == "proposed" else f"{pair.status} (by itself)"


def _record(record: ReviewedRecord) -> str:
    number = f", MBI …{record.mbi_end}" if record.mbi_end else ""
    return printable(f"{record.client} {record.mrn}: {record.family_name}, {record.given_name}, {record.birth_date}{number}")


def _tell_decision(decision: Decision, reviewed: int, *, as_json: bool) -> None:
    if as_json:
        now = as_dict(decision.now) if decision.now else None
        print_json({"pair": decision.was.pair, "was": decision.was.status, "now": now, "overpayment_reviews": reviewed})
        return
    one, other = (f"{record.client} {record.mrn}" for record in decision.was.records)
    click.echo(f"{decision.was.pair}: {one} and {other} {_standing(decision.now)}.", err=True)
    if reviewed:
        click.echo(f"{counted(reviewed, 'closed month', 'closed months')} billed for them came under overpayment review.", err=True)


def _standing(pair: ReviewedPair | None) -> str:
    if pair is None:
        return "are nobody's question any more"
    if pair.status == "same":
        return "are one person, held as a duplicate in every open month in which both have care management"
    return "are two people; neither is held for the other" if pair.status == "different" else "wait for a decision"
