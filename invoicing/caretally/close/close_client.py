"""Closes one client's month: locks first, then decisions, rows, number, invoice and audit, in one transaction."""

import json
from datetime import UTC, date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.audit.chain import append_event
from caretally.close.four_eyes import SeenPreview, refuse_one_pair_of_eyes, refuse_unseen_preview
from caretally.close.known_to_planner import make_known_to_planner
from caretally.close.numbers import InvoiceNumber, take_number
from caretally.close.prepare import Client, Prepared, prepare
from caretally.close.read_month import closed_result, latest_client_month
from caretally.close.results import ClientResult, ClosedMeanwhile, ConservationBreach, InvoiceSummary, PreviewChanged
from caretally.close.roots import root_of_leaves
from caretally.close.statements import statement
from caretally.close.summary import summary_now
from caretally.evaluation.evaluate import has_lines
from caretally.evaluation.parameters import ClientMonth
from caretally.faults.failpoints import failpoint
from caretally.files.printed_words import counted
from caretally.money import format_dollars
from caretally.months import Month
from caretally.waivers.in_force import seen, waived_now

SETTINGS = "SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '60s'; SET LOCAL work_mem = '256MB'; SET LOCAL jit = off"
# The first closes of an installation fill an empty table: without its statistics the key checks of what follows would read whole clients.
REFRESH_STATISTICS = text("SELECT import.refresh_statistics('patient_month', :added)")
# Below a thousand, what looks up one of a client's patient-months may as well read them all.
FEW_PATIENT_MONTHS = 1000


def take_locks(connection: Connection, client: Client) -> None:
    """Lock the vendor for sharing and the client alone: a close's first statements, so that what follows sees all that is committed."""
    connection.exec_driver_sql(SETTINGS)
    connection.execute(statement("lock_vendor"), {"vendor_id": client.vendor_id})
    connection.execute(statement("lock_client"), {"vendor_id": client.vendor_id, "client_id": client.id})


def close_client(
    connection: Connection,
    client: Client,
    month: Month,
    *,
    seen_open: bool,
    acknowledge_jump: bool = False,
    shown: SeenPreview | None = None,
) -> ClientResult:
    """Close one client's month in the caller's transaction, or read back what an earlier close wrote.

    `seen_open` says that the caller saw the month open before it asked for the lock: finding it closed then means that another
    process won; `shown` is the preview that whoever asks looked at, None when they looked at none here.
    Raises `ClosedMeanwhile`, `PreviewChanged`, `ClientParked` (`FourEyes` among them) and `ConservationBreach`; each leaves nothing written.
    """
    take_locks(connection, client)
    failpoint("close:locked")
    current = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    if current is not None and current["status"] == "closed":
        if seen_open:
            raise ClosedMeanwhile(
                f"{month} of {client.code} was closed by {current['closed_by']} at {current['closed_at'].astimezone(UTC):%Y-%m-%d %H:%M} UTC "
                "while this command waited, so this command wrote nothing; give the same command again to read back that close and its files."
            )
        return closed_result(connection, current, client_code=client.code)
    refuse_unseen_preview(client, month, current, shown)
    refuse_one_pair_of_eyes(connection, client, month, current)
    subject = ClientMonth(client.vendor_id, client.id, client.code, client.timezone, month)
    prepared = prepare(connection, client, subject, acknowledge_jump=acknowledge_jump)
    failpoint("close:evaluated")
    refuse_changed_preview(connection, client, month, prepared, current)
    return _write(connection, client, month, prepared, current)


def _write(connection: Connection, client: Client, month: Month, prepared: Prepared, current: RowMapping | None) -> ClientResult:
    values = (
        prepared.values
        | dict(prepared.figures)
        | prepared.look_back.values
        | {"revision": _revision(current), "total_cents": prepared.total_cents, "line_count": prepared.lines}
    )
    reuse = current is not None and current["status"] in ("open", "previewed")
    values["summary"] = summary_now(connection, prepared.values, total_cents=prepared.total_cents, line_count=prepared.lines)
    values["client_month_id"] = (
        current["id"] if current is not None and reuse else connection.scalar(statement("open_client_month"), values)
    )
    written = connection.execute(statement("write_patient_months"), values).rowcount
    failpoint("close:write_patient_months")
    connection.execute(REFRESH_STATISTICS, {"added": written})
    make_known_to_planner(connection, client.id, "patient_month", few=FEW_PATIENT_MONTHS)
    if has_lines(connection):
        connection.execute(statement("write_program_lines"), values)
    for step in ("write_exceptions", "write_late_entries", "write_adjustments", "write_overpayment_reviews", "write_reviews"):
        values[step] = connection.execute(statement(step), values).rowcount
        failpoint(f"close:{step}")
    if prepared.waivers:
        connection.execute(statement("write_waived"), values | {"waiver_ids": [waiver.id for waiver in prepared.waivers]})
    invoice = _write_invoice(connection, client, month, values) if prepared.lines else None
    connection.execute(statement("close_client_month"), values | {"agreement": json.dumps(prepared.agreement.as_json(), sort_keys=True)})
    failpoint("close:month-closed")
    connection.execute(statement("count_exceptions"), values)
    if values["write_adjustments"]:
        connection.execute(statement("recount_cured"), values)
    append_event(
        connection, action="month.closed", detail={**_audit_detail(client, month, values, invoice), **_digests(connection, values)}
    )
    failpoint("close:audited")
    row = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    assert row is not None
    return closed_result(connection, row, client_code=client.code)


def _digests(connection: Connection, values: dict[str, Any]) -> dict[str, str]:
    """Return the digests of what now stands in the tables, by the statement that `verify` uses too."""
    row = connection.execute(statement("contents"), {"client_month_id": values["client_month_id"], "month": None}).mappings().one()
    return {"rows_root": root_of_leaves(row["leaves"])} | {
        name: row[name] for name in ("figures_sha256", "exceptions_sha256", "invoice_sha256")
    }


def _write_invoice(connection: Connection, client: Client, month: Month, values: dict[str, Any]) -> InvoiceSummary:
    number = take_number(connection, vendor_id=client.vendor_id, client_id=client.id, month=month, revision=values["revision"])
    failpoint("close:number-taken")
    issued_on, due_on = invoice_dates(month, terms_days=client.terms_days)
    invoice = values | vars(number) | {"issued_on": issued_on, "due_on": due_on}
    invoice_id = connection.scalar(statement("write_invoice"), invoice)
    key = {"vendor_id": client.vendor_id, "client_id": client.id, "invoice_id": invoice_id}
    connection.execute(statement("write_lines"), key)
    failpoint("close:lines-written")
    connection.execute(statement("write_state"), key | {"seq": 1, "state": "draft", "reason": ""})
    connection.execute(statement("write_ledger"), key | {"kind": "invoiced", "amount_cents": values["total_cents"]})
    _check_written(connection, key, client, number, total_cents=values["total_cents"])
    return InvoiceSummary(number.number, values["total_cents"], values["line_count"], values["patient_months"])


def _check_written(connection: Connection, key: dict[str, UUID], client: Client, number: InvoiceNumber, *, total_cents: int) -> None:
    written = connection.execute(statement("written"), key).one()
    if not written.lines == written.ledger == total_cents:
        raise ConservationBreach(
            f"{client.code} was not closed: the lines of {number.number} add up to {format_dollars(written.lines)}, the ledger to "
            f"{format_dollars(written.ledger)}, the invoice to {format_dollars(total_cents)}."
        )


def invoice_dates(month: Month, *, terms_days: int) -> tuple[date, date]:
    """Return the day of issue (the first after the month, so that no clock is printed) and the due day, `terms_days` later."""
    issued_on = month.next().first_day
    return issued_on, issued_on + timedelta(days=terms_days)


def refuse_changed_preview(connection: Connection, client: Client, month: Month, prepared: Prepared, current: RowMapping | None) -> None:
    """Refuse to close a preview whose input changed since it was shown, and say what changed. Raises `PreviewChanged`."""
    if current is None or current["status"] != "previewed":
        return
    shown = current["preview"]
    # The rows tell what was decided; the total tells a price, or what a price is a share of; the waivers tell by whose name it is billed.
    waivers_changed = shown.get("waivers", []) != seen(waived_now(connection, prepared.waivers))
    if current["input_hash"] == prepared.figures["rows_hash"] and shown["total_cents"] == prepared.total_cents and not waivers_changed:
        return
    now: dict[str, str] = dict(connection.execute(text("SELECT mrn, substr(encode(evidence_hash, 'hex'), 1, 16) FROM eval_decision")).all())
    changed = [mrn for mrn in shown["rows"].keys() | now.keys() if shown["rows"].get(mrn) != now.get(mrn)]
    unseen = "its waivers changed" if waivers_changed else "its prices changed"
    # The sentence is kept with the run: it counts, and who may read patients finds them where every reading is noted.
    what = f"{counted(len(changed), 'patient-month', 'patient-months')} changed (each patient's page, or explain, tells how it stands now)"
    at = f"{current['previewed_at'].astimezone(UTC):%d %b %H:%M} UTC"
    billable = _moved("billable", f"{shown['billable']:,}", f"{prepared.figures['billable']:,}")
    total = _moved("total", format_dollars(shown["total_cents"]), format_dollars(prepared.total_cents))
    raise PreviewChanged(
        f"{month} of {client.code} is not what was previewed on {at}: {what if changed else unseen}, {billable}, {total}; "
        "preview it again and close what you saw."
    )


def _moved(what: str, then: str, now: str) -> str:
    return f"{what} {then} -> {now}" if then != now else f"{what} {now} as before"


def _revision(current: RowMapping | None) -> int:
    if current is None:
        return 1
    return int(current["revision"]) + (1 if current["status"] == "reopened" else 0)


def _audit_detail(client: Client, month: Month, values: dict[str, Any], invoice: InvoiceSummary | None) -> dict[str, str | int | None]:
    return {
        "client_id": str(client.id),
        "month": str(month),
        "revision": values["revision"],
        "rows_sha256": values["rows_hash"].hex(),
        "enrolled": values["enrolled"],
        "billable": values["billable"],
        "held": values["held"],
        "not_billable": values["not_billable"],
        "rule_set": values["rule_set"],
        "invoice": None if invoice is None else invoice.number,
        "total_cents": values["total_cents"],
        "reviews_started": values["write_overpayment_reviews"] + values["write_reviews"],
    }
