"""What somebody wants to try, checked before anything is evaluated."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.errors import UsageMistake
from caretally.money import parse_cents

TERMS: Mapping[str, tuple[str, ...]] = {
    "qhp_time": ("pool", "personal", "never_pool"),
    "date_of_service": ("threshold", "month_end"),
    "attestation_required": ("true", "false"),
    "copy_missing": ("hold", "warn", "off"),
    "review_overdue": ("hold", "warn", "off"),
}
EFFECTS = ("hold", "warn", "off")
PATIENT_MONTH = "patient-month"
WITH_PATIENT = text(
    "SELECT c.client_id, c.code FROM patient p JOIN client c ON c.vendor_id = p.vendor_id AND c.client_id = p.client_id WHERE p.mrn = :mrn ORDER BY c.code"
)
CODES = text("SELECT code FROM client WHERE client_id = ANY(CAST(:clients AS uuid[])) ORDER BY code")


class ChangeRefused(UsageMistake):
    """A change that cannot be tried."""

    code = "change_refused"


@dataclass(frozen=True)
class TriedVersion:
    """A whole version of one client's agreement: its terms by the columns of the table, its prices as (code, tier_from, cents, percent)."""

    client_id: UUID
    terms: Mapping[str, Any]
    prices: tuple[tuple[str, int, int | None, Decimal | None], ...]


@dataclass(frozen=True)
class Changes:
    """Terms of the agreement by name, prices in cents by code (empty code: a patient-month), effects by gate, and a folder of rules.

    `waive` names gates to waive for a patient by record number (`waive_for`, None: for everybody); `without_waivers` takes those in force away.
    `version` takes the place of everything that was agreed with its client.
    """

    terms: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, int] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    rules: Path | None = None
    waive: tuple[str, ...] = ()
    waive_for: str | None = None
    without_waivers: bool = False
    version: TriedVersion | None = None

    @property
    def changes_waivers(self) -> bool:
        """Tell whether something would be waived, or nothing any more."""
        return bool(self.waive or self.without_waivers)

    @property
    def changes_agreement(self) -> bool:
        """Tell whether the agreement would be another."""
        return bool(self.terms or self.prices or self.version)


def read_changes(
    connection: Connection,
    *,
    terms: Iterable[str],
    prices: Iterable[str],
    policies: Iterable[str],
    rules: Path | None,
    waive: Iterable[str] = (),
    waive_for: str | None = None,
    without_waivers: bool = False,
    clients: Collection[UUID] = (),
) -> Changes:
    """Return the changes written as `name=value`, to be tried at these clients (none: at all of the vendor's).

    Raises `ChangeRefused` for an unknown name, a value that cannot be, a gate of CMS, or a patient of none of the clients.
    """
    changes = Changes(
        _terms(_pairs(terms, "--terms qhp_time=personal")),
        _prices(connection, _pairs(prices, "--price 99490=40.00")),
        _policies(connection, _pairs(policies, "--policy CARE_PLAN_REVIEW_OVERDUE=warn")),
        rules,
        _waivable(connection, waive),
        waive_for,
        without_waivers,
    )
    if waive_for and not changes.waive:
        raise ChangeRefused("--patient says for whom something is waived; name the gate with --waive.")
    if waive_for:
        _refuse_stranger(connection, waive_for, clients)
    if not (changes.changes_agreement or changes.policies or changes.rules or changes.changes_waivers):
        raise ChangeRefused("Nothing is to be tried; give --terms, --price, --policy, --waive, --without-waivers or --rules.")
    return changes


def _refuse_stranger(connection: Connection, mrn: str, clients: Collection[UUID]) -> None:
    theirs = connection.execute(WITH_PATIENT, {"mrn": mrn}).all()
    if not theirs:
        raise ChangeRefused(f"There is no patient {mrn[:40]!r}; check the record number.")
    if clients and not {row.client_id for row in theirs} & set(clients):
        named = connection.scalars(CODES, {"clients": list(clients)}).all()
        have = "have" if len(theirs) > 1 else "has"
        raise ChangeRefused(
            f"{_listed(named, 'nor')} has no patient with the record number {mrn[:40]!r}; "
            f"{_listed([row.code for row in theirs], 'and')} {have} one: name it with --client."
        )


def _listed(codes: Sequence[str], last: str) -> str:
    return f" {last} ".join([*([", ".join(codes[:-1])] if codes[1:] else []), codes[-1]])


def _waivable(connection: Connection, given: Iterable[str]) -> tuple[str, ...]:
    may = set(connection.scalars(text("SELECT gate_code FROM waivable_gate")))
    codes = tuple(dict.fromkeys(code.upper() for code in given))
    for code in codes:
        if code not in may:
            raise ChangeRefused(f"{code[:40]} is not the vendor's to waive; what may be waived is {', '.join(sorted(may))}.")
    return codes


def _pairs(written: Iterable[str], example: str) -> dict[str, str]:
    pairs = [text_.partition("=") for text_ in written]
    for name, sign, value in pairs:
        if not (name and sign and value):
            raise ChangeRefused(f"{name or value!r} is not a change; write it as {example}.")
    return {name.strip(): value.strip() for name, _sign, value in pairs}


def _terms(given: dict[str, str]) -> dict[str, str]:
    for name, value in given.items():
        if name not in TERMS:
            raise ChangeRefused(f"The term {name!r} is unknown; it is one of {', '.join(TERMS)}.")
        if value not in TERMS[name]:
            raise ChangeRefused(f"{name} cannot be {value!r}; it is one of {', '.join(TERMS[name])}.")
    return given


def _prices(connection: Connection, given: dict[str, str]) -> dict[str, int]:
    known = set(connection.scalars(text("SELECT code FROM billing_code")))
    prices = {"" if code.lower() == PATIENT_MONTH else code.upper(): _cents(amount) for code, amount in given.items()}
    for code in sorted(prices.keys() - known - {""}):
        raise ChangeRefused(
            f"{code} is no code that CareTally prices; give a code as 99490=40.00 or the price of a month as {PATIENT_MONTH}=40.00."
        )
    return prices


def _cents(amount: str) -> int:
    cents = parse_cents(amount)
    if cents < 0:
        raise ChangeRefused(f"A price cannot be below zero, as {amount} is.")
    return cents


def _policies(connection: Connection, given: dict[str, str]) -> dict[str, str]:
    changeable = set(connection.scalars(text("SELECT code FROM gate WHERE vendor_may_change")))
    for code, effect in given.items():
        if code not in changeable:
            raise ChangeRefused(f"{code} is not a vendor's to change; a policy is one of {', '.join(sorted(changeable))}.")
        if effect not in EFFECTS:
            raise ChangeRefused(f"{code} cannot be {effect!r}; it is one of {', '.join(EFFECTS)}.")
    return given
