"""All kinds of import file, in an order in which an installation can be filled, and what follows from them elsewhere."""

from dataclasses import replace

from sqlalchemy import Connection

from caretally.agreements.import_agreements import AGREEMENTS
from caretally.carelog.import_device_days import DEVICE_DAYS
from caretally.carelog.import_time import TIME
from caretally.careplans.import_careplans import CARE_PLANS, MDM
from caretally.clients.import_clients import CLIENTS
from caretally.close.review_one_person import review_one_person
from caretally.consents.import_consents import CONSENTS
from caretally.directory.import_people import PROVIDERS, STAFF
from caretally.errors import UsageMistake
from caretally.files.printed_words import counted
from caretally.imports.kinds import ImportKind
from caretally.patients.import_history import ASSIGNMENTS, CONDITIONS, DISCHARGES, ENROLMENTS, SERVICES, STAYS, VISITS
from caretally.patients.import_patients import PATIENTS
from caretally.persons.match import match_all_records, match_new_records
from caretally.reviews.import_reviews import REVIEWS


def find_persons(connection: Connection) -> tuple[str, ...]:
    """Match the new and changed patients with all others of the vendor and return what a person should know of it."""
    matched = match_new_records(connection)
    reviewed = review_one_person(connection, matched.linked)
    notes = []
    if matched.linked:
        patients = counted(len(matched.linked), "patient has", "patients have")
        notes.append(f"{patients} a second record; a month is held under both.")
    if reviewed:
        notes.append(f"{counted(reviewed, 'closed month', 'closed months')} billed for one person twice came under overpayment review.")
    if matched.proposed:
        pairs = counted(matched.proposed, "pair of patients", "pairs of patients")
        notes.append(f"{pairs} may be one person; decide with caretally persons review.")
    return tuple(notes)


def find_persons_again(connection: Connection) -> None:
    """Match again after patients were removed or put back as they were."""
    review_one_person(connection, match_all_records(connection).linked)


IMPORT_KINDS: dict[str, ImportKind] = {
    kind.name: kind
    for kind in (
        CLIENTS,
        PROVIDERS,
        STAFF,
        replace(PATIENTS, after_import=find_persons, after_undo=find_persons_again),
        ENROLMENTS,
        ASSIGNMENTS,
        CONDITIONS,
        CONSENTS,
        VISITS,
        CARE_PLANS,
        REVIEWS,
        MDM,
        TIME,
        SERVICES,
        STAYS,
        DEVICE_DAYS,
        DISCHARGES,
        AGREEMENTS,
    )
}


def import_kind(name: str) -> ImportKind:
    """Return the kind of a name; raises `UsageMistake` with the names there are."""
    if name not in IMPORT_KINDS:
        raise UsageMistake(f"“{name}” is not a kind of import file; choose one of {', '.join(IMPORT_KINDS)}.")
    return IMPORT_KINDS[name]
