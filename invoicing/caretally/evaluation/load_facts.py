"""Loads facts into the vendor that `decide` throws away, each table by one statement."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from caretally.evaluation.read_facts import Facts, FactsRefused

DECIDE_VENDOR = UUID("00000000-0000-7000-8000-000000000001")
ONE_DAY = timedelta(days=1)
# Days of device data are given for the thirty days that end with the month (decision 0008).
DEVICE_PERIOD = timedelta(days=29)
# Parents before children.
TABLES = (
    "client staff provider patient enrolment assignment condition consent visit care_plan review mdm billed_service stay "
    "device_period discharge exclusion_choice waiver time_entry"
).split()
Row = dict[str, Any]


@dataclass
class LoadedFacts:
    """The rows of a facts file by table, and the ids given to its clients; codes carry a random word, so two runs never meet."""

    month_first: date
    month_last: date
    period_from: date
    timezone: str
    run: str = field(default_factory=lambda: uuid4().hex)
    clients: dict[tuple[str, str], UUID] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    npis: dict[str | None, str] = field(default_factory=dict)
    providers: dict[tuple[UUID, str | None], UUID] = field(default_factory=dict)
    staff: dict[str, UUID] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> None:
        """Add a row of the vendor."""
        self.rows[table].append({"vendor_id": DECIDE_VENDOR, **values})

    def npi(self, reference: str | None) -> str:
        """Return the synthetic NPI that stands for an opaque reference, or for nobody in particular."""
        return self.npis.setdefault(reference, f"9{len(self.npis):09d}")

    def client(self, code: str, setting: str) -> UUID:
        """Return the id of a client of the file; patients of one client who are seen in different settings are loaded as those of two."""
        key = (code, setting)
        if key not in self.clients:
            self.clients[key] = client_id = uuid4()
            self.add("client", client_id=client_id, code=f"{code}/{setting}/{self.run}", name=code, timezone=self.timezone, setting=setting)
        return self.clients[key]

    def provider(self, client_id: UUID, reference: str | None) -> UUID:
        """Return the id of a practitioner at a client; nobody recorded a credential, so none is judged."""
        key = (client_id, reference)
        if key not in self.providers:
            self.providers[key] = provider_id = uuid4()
            self.add("provider", client_id=client_id, id=provider_id, npi=self.npi(reference), family_name="", given_name="")
        return self.providers[key]


def load_facts(connection: Connection, facts: Facts) -> dict[tuple[str, str], UUID]:
    """Insert checked facts in the caller's transaction and return the ids of their clients by code and setting; one statement a table.

    Raises `FactsRefused` for a waiver of what is not the vendor's to waive.
    """
    loaded = LoadedFacts(facts["month"].first_day, facts["month"].last_day, facts["month"].last_day - DEVICE_PERIOD, facts["timezone"])
    for name, member in facts["staff"].items():
        _add_staff(loaded, name, member)
    for patient in facts["patients"]:
        _add_patient(loaded, patient)
    _refuse_unwaivable(connection, facts)
    for table in TABLES:
        if loaded.rows[table]:
            insert_rows(connection, table, loaded.rows[table])
    return loaded.clients


def _refuse_unwaivable(connection: Connection, facts: Facts) -> None:
    given = [(patient["ref"], code) for patient in facts["patients"] for code in patient["waived"]]
    may = set(connection.scalars(text("SELECT gate_code FROM waivable_gate"))) if given else set()
    for ref, code in given:
        if code not in may:
            raise FactsRefused(f"patient {ref!r}: waived: {code!r} is not the vendor's to waive; it is one of {', '.join(sorted(may))}.")


def insert_rows(connection: Connection, table: str, rows: list[Row]) -> None:
    """Insert rows that all have the same columns with one statement; what is not among them takes its default."""
    columns = ", ".join(f'"{name}"' for name in rows[0])
    statement = (
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS jsonb))"
    )
    connection.execute(text(statement), {"rows": json.dumps(rows, default=str)})


def _add_staff(loaded: LoadedFacts, name: str, member: Facts) -> None:
    loaded.staff[name] = staff_id = uuid4()
    practitioner = member["provider"] or member["npi"]
    loaded.add(
        "staff",
        id=staff_id,
        code=f"{name}/{loaded.run}",
        family_name="",
        given_name="",
        role=member["role"],
        credential=member["credential"] or "",
        licensed_states=member["licensed_states"] or [],
        license_expires_on=member["license_expires_on"],
        country=member["country"] or "US",
        excluded_from=member["excluded_from"],
        excluded_to=member["excluded_to"],
        npi=loaded.npi(practitioner) if practitioner else None,
    )


def _add_patient(loaded: LoadedFacts, patient: Facts) -> None:
    client_id = loaded.client(patient["client"], patient["setting"])
    person = patient["person"]
    identity = {"client_id": client_id, "id": uuid4()}
    loaded.add(
        "patient",
        **identity,
        mrn=patient["ref"],
        family_name="",
        given_name="",
        birth_date="1900-01-01",
        state=patient["state"],
        qmb=patient["qmb"],
        part_b_from=patient["part_b_from"],
        died_on=patient["died_on"],
        person_key="\\x" + hashlib.sha256(person.encode()).hexdigest() if person else None,
    )
    key = {"client_id": client_id, "patient_id": identity["id"]}
    _add_enrolments(loaded, key, patient["enrolments"])
    _add_consents(loaded, key, patient["consents"])
    _add_history(loaded, key, patient)
    _add_waivers(loaded, key, patient)
    _add_entries(loaded, key, patient)


def _add_enrolments(loaded: LoadedFacts, key: Row, enrolments: list[Facts]) -> None:
    for row in enrolments:
        loaded.add("enrolment", **key, program=row["program"], status=row["status"], valid_from=row["from"], valid_to=row["to"])
    for program, provider, first, last in assignments(enrolments):
        provider_id = loaded.provider(key["client_id"], provider)
        loaded.add("assignment", **key, program=program, provider_id=provider_id, valid_from=first, valid_to=last)


def assignments(enrolments: list[Facts]) -> Iterator[tuple[str, str, date, date | None]]:
    """Yield program, practitioner, first and last day (None: open) of each stretch in which an enrolment with a practitioner decides.

    Of the enrolments that cover a day, the one with the latest `from` decides it. Source: decision 0003.
    """
    for program in dict.fromkeys(row["program"] for row in enrolments):
        rows = [row for row in enrolments if row["program"] == program]
        starts = {row["from"] for row in rows} | {row["to"] + ONE_DAY for row in rows if row["to"] and row["to"] < date.max}
        for first, following in pairwise([*sorted(starts), None]):
            covering = [row for row in rows if first is not None and row["from"] <= first and (row["to"] is None or first <= row["to"])]
            decides = max(covering, key=lambda row: row["from"], default=None)
            if first is not None and decides is not None and decides["status"] == "enrolled" and decides["provider"]:
                yield program, decides["provider"], first, following - ONE_DAY if following else None


def _add_consents(loaded: LoadedFacts, key: Row, consents: list[Facts]) -> None:
    for row in consents:
        loaded.add(
            "consent",
            **key,
            program=row["program"],
            provider_id=loaded.provider(key["client_id"], row["provider"]),
            method=row["method"],
            obtained_on=row["obtained_on"],
            revoked_on=row["revoked_on"],
            **{item: item in row["acknowledged"] for item in ("scope", "cost_sharing", "one_practitioner", "stop")},
        )


def _add_waivers(loaded: LoadedFacts, key: Row, patient: Facts) -> None:
    said = {"waived_by": "the facts", "reason": "given", "recorded_by": "the facts"}
    for code in dict.fromkeys(patient["waived"]):
        loaded.add("waiver", **key, gate_code=code, first_month=loaded.month_first, expires_on=loaded.month_last, **said)


def _add_history(loaded: LoadedFacts, key: Row, patient: Facts) -> None:
    for row in patient["conditions"]:
        loaded.add("condition", **key, **row)
    for row in patient["visits"]:
        npi = loaded.npi(row["provider"]) if row["provider"] else None
        said = {"code": row["code"] or "", "npi": npi, "ccm_discussed": row["ccm_discussed"]}
        loaded.add("visit", **key, visited_on=row["on"], kind=row["kind"], **said)
    for row in patient["care_plans"]:
        _add_plan(loaded, key, row)
    for row in patient["mdm"]:
        first = row["month"].first_day
        loaded.add("mdm", **key, month=first, level=row["level"], npi=loaded.npi(row["provider"]), documented_on=first)
    for row in patient["services"]:
        npi = loaded.npi(row["provider"]) if row["provider"] else None
        said = {"npi": npi, "same_practitioner": row["same_practitioner"], "minutes": row["minutes"]}
        loaded.add("billed_service", **key, code=row["code"], served_on=row["on"], **said)
    for row in patient["stays"]:
        loaded.add("stay", **key, kind=row["kind"], valid_from=row["from"], valid_to=row["to"])
    for program, days in patient["device_days"].items():
        loaded.add("device_period", **key, program=program, period_from=loaded.period_from, days=days)
    for row in patient["discharges"]:
        loaded.add("discharge", **key, **row | {"mdm": row["mdm"] or ""})
    if patient["choice"]:
        said = {"chosen_by": "the facts", "reason": "given"}
        loaded.add("exclusion_choice", **key, month=loaded.month_first, program=patient["choice"], **said)


def _add_plan(loaded: LoadedFacts, key: Row, plan: Facts) -> None:
    dates = {name: plan[name] for name in ("effective_on", "copy_given_on", "signed_on")}
    loaded.add("care_plan", **key, version=plan["version"], **dates, elements=plan["elements"] or [])
    if plan["reviewed_on"]:
        reviewed = {"reviewed_on": plan["reviewed_on"], "reviewer": "", "outcome": "no_change"}
        loaded.add("review", **key, plan_version=plan["version"], **reviewed)


def _add_entries(loaded: LoadedFacts, key: Row, patient: Facts) -> None:
    for position, row in enumerate(patient["entries"]):
        loaded.add(
            "time_entry",
            **key,
            staff_id=loaded.staff[row["staff"]],
            started_at=row["start"].isoformat(),
            ended_at=row["end"].isoformat(),
            program=row["program"],
            source="facts" if row["approved"] else "manual",
            external_id=f"{patient['ref']}/{position}",
            activity=row["activity"] or "",
            description=(row["description"] or "").strip(),
            contact=row["contact"] or "",
            within_em=row["within_em"],
            entered_at=row["entered_at"].isoformat() if row["entered_at"] else None,
            country=row["country"],
        )
