"""The demo's card: what closed, what it adds up to, where the files are and which commands to try."""

import sys
from pathlib import Path
from typing import Any

from caretally.app.demo.personas import Persona, personas
from caretally.app.demo.run import DemoMade, VendorMade
from caretally.identity.memberships import role_words
from caretally.money import format_dollars

# Stories worth a command of their own: what to look for, and the patient who shows it.
WORTH_A_LOOK = (
    ("one second short of twenty minutes", "TIME_BELOW_THRESHOLD"),
    ("held: ten unapproved minutes would reach it", "TIME_PENDING"),
    ("held: the same person at two clients", "DUPLICATE_PATIENT_MONTH"),
    ("two nurses at once: one set of minutes", "TIME_OVERLAP_PATIENT"),
    ("64 minutes without decision making documented", "MDM_NOT_DOCUMENTED"),
    ("billable, complex, with its alternatives", "complex with decision making documented"),
)
WIDTH = 100


def card(made: DemoMade, *, seconds: str, address: str) -> str:
    """Return the card as text; `seconds` says how long this run took, `address` where the pages are (empty: they are not up)."""
    lines = ["", "=" * WIDTH, f"CareTally demo, seed {made.seed}: {made.month} is closed for every client", "=" * WIDTH]
    for one in made.vendors:
        lines += _vendor_lines(one)
    checks = sum(len(says) for says in made.proven)
    lines += ["", f"Verified: {checks} checks over all months, no breach." if checks else "Found as it was made; nothing was written."]
    lines += [f"Ready in {seconds} s. Files: {_short(made.out)} (PDF, XLSX and CSV of each invoice and exception report)"]
    lines += [
        *signs_in(address),
        f"The files that were imported: {_short(made.home / 'demo' / 'files')}",
        "",
        "Try:",
        *(f"  {line}" for line in commands(made)),
    ]
    return "\n".join([*lines, ""])


def signs_in(address: str) -> list[str]:
    """Return where the pages are, and a way in for each person of the demo."""
    if not address:
        return ["The pages are not up after --exit; without it they are, with a sign-in for each role."]
    lines = ["", f"Open {address}/ ; everybody of the demo is one click at {address}/demo/sign-in (only from this machine):"]
    return [*lines, *(f"  {sign_in_address(address, one):62} {one.name}, {role_words(one.role)}" for one in personas()), ""]


def sign_in_address(address: str, persona: Persona) -> str:
    """Return the address that puts one person of the demo first."""
    return f"{address}/demo/sign-in?as={persona.key}"


def _vendor_lines(one: VendorMade) -> list[str]:
    totals = {name: sum(getattr(result, name) for result in one.results) for name in ("enrolled", "billable", "held", "not_billable")}
    money = sum(result.invoice.total_cents for result in one.results if result.invoice)
    enrolled, *parts = (f"{number:,} {name.replace('_', ' ')}" for name, number in totals.items())
    lines = [
        "",
        f"{one.vendor.name} (--vendor {one.vendor.slug})",
        f"  {enrolled} = {' + '.join(parts)}, {format_dollars(money)}",
    ]
    lines += [f"    {result.client:4} {_client_line(result)}" for result in one.results]
    return lines


def _client_line(result: Any) -> str:
    if result.status == "parked":
        return f"parked: {result.parked_reason}"
    number = result.invoice.number if result.invoice else "no invoice"
    return f"{number:14} {result.conservation()}"


def commands(made: DemoMade) -> list[str]:
    """Return commands to try, with this demo's own clients, record numbers and invoices."""
    first, program, month = made.vendors[0], _program(), made.month
    slug, files = first.vendor.slug, _short(made.home / "demo" / "files")
    explain = [
        f"{program} explain {month} --vendor {slug} --client {client} --patient {mrn}   # {what}"
        for what, story in WORTH_A_LOOK
        for client, mrn in (first.files.planted[story],)
    ]
    client = first.files.planted["TIME_BELOW_THRESHOLD"][0]
    return [
        *explain,
        f"{program} exceptions {month} --vendor {slug} --client {client}",
        f"{program} close {month} --vendor {slug} --json   # closed already: the same numbers again",
        f"{program} close {month.next()} --vendor {slug} --dry-run   # the month under way",
        f"{program} forecast {month.next()} --vendor {slug}   # whom a call helps most before the month ends",
        f"{program} import time {files}/{slug}/time-{month}.csv --vendor {slug}   # all unchanged",
        f"{program} verify --vendor {made.vendors[-1].vendor.slug}",
        f'{program} reopen {month} --vendor {slug} --client {client} --reason "wrong rate"',
    ]


def as_json(made: DemoMade, *, address: str) -> dict[str, Any]:
    """Return what the card says, for programs."""
    return {
        "seed": made.seed,
        "month": str(made.month),
        "files": str(made.out),
        "vendors": [
            {
                "vendor": one.vendor.slug,
                "clients": [result.as_json() for result in one.results],
                "documents": [str(path) for path in one.documents],
                "planted": one.files.planted,
            }
            for one in made.vendors
        ],
        "commands": commands(made),
        "address": address or None,
        "people": [
            {
                "name": one.name,
                "role": str(one.role),
                "vendor": one.vendor or None,
                "sign_in": sign_in_address(address, one) if address else None,
            }
            for one in personas()
        ],
    }


def _program() -> str:
    return _short(Path(sys.argv[0]).absolute()) if Path(sys.argv[0]).name == "caretally" else "caretally"


def _short(path: Path) -> str:
    """Return a path from the current folder when it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
