"""The isolation report of one vendor: what the catalog says and what was tried on the live database, dated and signed."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from caretally.app.installation import Installation, Vendor, cli_actor
from caretally.audit.chain import append_event, canonical
from caretally.audit.signing import public_text, signature_text, signing_key
from caretally.db.engines import LONG, login_engine
from caretally.files.pdf import pdf_bytes
from caretally.files.printed_words import counted, long_date
from caretally.isolation_reports.keep import fingerprint, keep_report
from caretally.tenancy.catalog import CHECKS, catalog_breaches
from caretally.tenancy.live_probes import Probed, Strangers, probe_contexts, probe_tables
from caretally.tenancy.registry import CLIENT_TABLES, VENDOR_TABLES

TEMPLATE = Path(__file__).parent / "isolation_report.typ"
VENDORS = text("SELECT vendor_id FROM vendor WHERE vendor_id <> :own ORDER BY vendor_id")
CLIENTS = text("SELECT client_id FROM client ORDER BY code")
SERVER = text("SELECT current_setting('server_version')")


@dataclass(frozen=True)
class Kept:
    """A report as it was signed, and its PDF."""

    told: dict[str, Any]
    pdf: bytes


@dataclass(frozen=True)
class IsolationReport:
    """What was checked and tried for one vendor at a moment (UTC), and everything that did not hold, in sentences that name no patient."""

    vendor: str
    slug: str
    at: datetime
    server: str
    catalog_checks: int
    catalog_breaches: tuple[str, ...]
    other_vendors: int
    other_clients: int
    tables: int
    attempts: int
    leaks: tuple[str, ...]
    by_login: dict[str, int]

    @property
    def holds(self) -> bool:
        """Tell whether nothing was found."""
        return not (self.catalog_breaches or self.leaks)

    def as_json(self) -> dict[str, Any]:
        """Return the report as it is signed: whole numbers and texts."""
        return asdict(self) | {"version": 1, "at": self.at.isoformat(timespec="seconds"), "holds": self.holds}


def isolation_report(here: Installation, vendor: Vendor, *, now: datetime) -> IsolationReport:
    """Check the catalog and try to reach every other vendor's and client's rows on behalf of `vendor`; nothing that is tried is kept.

    Where there is no other vendor, one that does not exist stands for it.
    """
    with here.operator_pool.connect() as connection:
        others: list[UUID] = list(connection.scalars(VENDORS, {"own": vendor.id}))
        server = str(connection.scalar(SERVER))
        breaches = catalog_breaches(connection)
    with vendor.transaction() as connection:
        clients: list[UUID] = list(connection.scalars(CLIENTS))
    strangers = Strangers(others or [uuid4()], clients[1:])
    practice = login_engine(here.url, "practice", roles=here.roles, secret=here.secret, statement_timeout=LONG)
    engines: dict[str, Engine] = {"vendor": here.vendor_pool, "practice": practice}
    try:
        first = clients[0] if clients else None
        tried = list(probe_tables(engines, vendor.id, first, strangers, secret=here.secret, actor=cli_actor()))
        tried += probe_contexts(engines, vendor.id, strangers.vendors[0], secret=here.secret)
    finally:
        practice.dispose()
    return IsolationReport(
        vendor=vendor.name,
        slug=vendor.slug,
        at=now.astimezone(UTC),
        server=server,
        catalog_checks=len(CHECKS) + 3,
        catalog_breaches=tuple(breaches),
        other_vendors=len(others),
        other_clients=len(strangers.clients),
        tables=len((*VENDOR_TABLES, *CLIENT_TABLES)),
        attempts=sum(one.tried for one in tried),
        leaks=tuple(leak for one in tried for leak in one.leaks),
        by_login=_by_login(tried),
    )


def keep(vendor: Vendor, report: IsolationReport, secret: bytes) -> Kept:
    """Sign and print the report, keep it for the vendor's page, and note in the audit log that it was made."""
    told, pdf = signed(report, secret), isolation_pdf(report, secret)
    with vendor.transaction() as connection:
        keep_report(connection, told, pdf=pdf)
        detail: dict[str, str | int] = {"holds": str(report.holds), "attempts": report.attempts, "report_sha256": fingerprint(told)}
        append_event(connection, action="isolation.reported", detail=detail)
    return Kept(told, pdf)


def _by_login(tried: list[Probed]) -> dict[str, int]:
    logins = dict.fromkeys(one.login for one in tried)
    return {login: sum(one.tried for one in tried if one.login == login) for login in logins}


def signed(report: IsolationReport, secret: bytes) -> dict[str, Any]:
    """Return the report with the installation's public key and its Ed25519 signature over the canonical JSON of the rest."""
    key, said = signing_key(secret), report.as_json()
    return said | {"public_key": public_text(key.public_key()), "signature": signature_text(key, canonical(said))}


def isolation_pdf(report: IsolationReport, secret: bytes) -> bytes:
    """Return the report as a tagged PDF for the customer."""
    told = signed(report, secret)
    return pdf_bytes(
        TEMPLATE,
        {
            "title": f"Isolation report, {report.vendor}",
            "author": "CareTally",
            "description": f"Whether any other customer's data could be reached on behalf of {report.vendor}.",
            "footer": f"Isolation report · {report.vendor} · {report.at:%Y-%m-%d %H:%M} UTC",
            "vendor": report.vendor,
            "state": "Holds" if report.holds else "Does not hold",
            "holds": report.holds,
            "subtitle": verdict(report),
            "facts": [
                ("Made", f"{long_date(report.at.date())}, {report.at:%H:%M} UTC"),
                ("PostgreSQL", report.server),
                ("Attempts", f"{report.attempts:,}"),
                ("Tables", f"{report.tables:,}"),
            ],
            "catalog": f"{counted(report.catalog_checks, 'check', 'checks')} of tables, keys, policies, triggers, rights, functions and roles",
            "catalog_breaches": list(report.catalog_breaches),
            "tried": [_login_words(login, number) for login, number in report.by_login.items()],
            "against": _against(report),
            "leaks": list(report.leaks),
            "public_key": told["public_key"],
            "signature": told["signature"],
            "digest": fingerprint(told),
        },
    )


def verdict(report: IsolationReport) -> str:
    """Return the outcome in one sentence."""
    if report.holds:
        return f"Nothing of another customer could be read or changed on behalf of {report.vendor}: {report.attempts:,} attempts, none got through."
    found = len(report.leaks) + len(report.catalog_breaches)
    return f"{counted(found, 'thing', 'things')} did not hold for {report.vendor}; each is named below."


def _login_words(login: str, number: int) -> tuple[str, str]:
    who = {"vendor": "as a user of the vendor", "practice": "as a user of one practice"}
    return who[login].capitalize(), f"{number:,}"


def _against(report: IsolationReport) -> str:
    vendors = (
        counted(report.other_vendors, "other vendor", "other vendors")
        if report.other_vendors
        else "a vendor that does not exist, since there is no other"
    )
    return f"{vendors} and {counted(report.other_clients, 'other practice', 'other practices')} of the vendor's own"
