"""The checklist of a new vendor: each step with what is there, what is missing, and the one act that comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from caretally.files.printed_words import counted

STANDING = text((Path(__file__).parent / "standing.sql").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Act:
    """What comes next: its words, the page it is done on and the permission of that page."""

    words: str
    endpoint: str
    permission: str
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step: `done` of `of` (both 1 and 0 for what is there or not), and in words what is there or missing."""

    name: str
    says: str
    done: int
    of: int
    act: Act

    @property
    def state(self) -> str:
        """Return done, begun or missing."""
        return "done" if self.of and self.done >= self.of else "begun" if self.done else "missing"


def imports(kind: str) -> Act:
    """Return the act of importing a file of a kind."""
    return Act(f"Import the file of {kind.replace('_', ' ')}", "imports.listed", "import", {"kind": kind})


def standing_of(connection: Connection) -> Mapping[str, Any]:
    """Return the counts of what the current vendor has."""
    return dict(connection.execute(STANDING).mappings().one())


def checklist(has: Mapping[str, Any]) -> list[Step]:
    """Return the steps in the order in which they are done, since later ones stand on earlier ones."""
    return [*_own_house(has), *_clients(has), *_patients(has), *_months(has)]


def _own_house(has: Mapping[str, Any]) -> list[Step]:
    missing = [words for words, there in (("address", has["has_address"]), ("remit-to address", has["has_remit_to"])) if not there]
    says = (
        f"Not written yet: the {' and the '.join(missing)}, which stand on every invoice."
        if missing
        else "Name, addresses and time zone stand on every invoice."
    )
    return [
        Step("Your details", says, 2 - len(missing), 2, Act("Fill in the settings", "settings.show", "change_settings")),
        Step(
            "Your people",
            f"{counted(has['people'], 'person', 'people')} may sign in; two administrators keep you from being locked out.",
            min(has["people"], 2),
            2,
            Act("Invite somebody", "people.invite", "manage_people"),
        ),
        Step(
            "Staff",
            f"{counted(has['staff'], 'person logs', 'people log')} time, and that of {has['counting_staff']:,} counts.",
            min(has["counting_staff"], 1),
            1,
            imports("staff"),
        ),
    ]


def _clients(has: Mapping[str, Any]) -> list[Step]:
    clients = has["clients"]
    listed = Act("Open the list of clients", "directory.clients", "read_directory")
    return [
        Step("Clients", f"{counted(clients, 'practice', 'practices')} on record.", min(clients, 1), 1, imports("clients")),
        Step(
            "What Medicare asks of a practice",
            _share(has, "complete_clients", "have it all on record"),
            has["complete_clients"],
            clients,
            listed,
        ),
        Step(
            "Providers",
            _share(has, "clients_with_providers", "have a provider"),
            has["clients_with_providers"],
            clients,
            imports("providers"),
        ),
        Step(
            "Agreements",
            _share(has, "clients_with_terms", "have one that holds today"),
            has["clients_with_terms"],
            clients,
            Act("Open the agreements", "replay.listed", "change_agreements"),
        ),
    ]


def _patients(has: Mapping[str, Any]) -> list[Step]:
    enrolled = has["enrolled"]
    return [
        Step(
            "Patients",
            f"{counted(has['patients'], 'patient', 'patients')} on the rosters.",
            min(has["patients"], 1),
            1,
            imports("patients"),
        ),
        Step(
            "Enrolments", f"{counted(enrolled, 'patient is', 'patients are')} enrolled today.", min(enrolled, 1), 1, imports("enrolments")
        ),
        Step(
            "Consents", f"{has['consented']:,} of {enrolled:,} enrolled patients have one.", has["consented"], enrolled, imports("consents")
        ),
        Step(
            "Care plans", f"{has['planned']:,} of {enrolled:,} enrolled patients have one.", has["planned"], enrolled, imports("care_plans")
        ),
    ]


def _months(has: Mapping[str, Any]) -> list[Step]:
    closed = counted(has["months_closed"], "month", "months")
    return [
        Step(
            "Time",
            "Time is logged." if has["has_time"] else "No minute is logged or imported yet.",
            int(has["has_time"]),
            1,
            imports("time"),
        ),
        Step(
            "First month",
            f"{closed} closed." if has["months_closed"] else "Preview a month before you close it: nothing is written by a preview.",
            min(has["months_closed"], 1),
            1,
            Act("Go to the months", "months.newest", "read_months"),
        ),
    ]


def _share(has: Mapping[str, Any], name: str, words: str) -> str:
    return f"{has[name]:,} of {counted(has['clients'], 'client', 'clients')} {words}."
