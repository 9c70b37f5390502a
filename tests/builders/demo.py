"""The demo's import files read back as facts for the plain-Python biller, so that no database is needed to ask what they say."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from python_calamine import CalamineWorkbook

from caretally.app.commands import demo
from caretally.app.demo.generate import VendorFiles
from caretally.app.demo.plan import DemoPlan
from caretally.app.demo.scenario import VENDORS
from tests.builders.facts import Facts

# A twelfth of the demo's ordinary patients.
SMALL = tuple(replace(v, clients=tuple(replace(c, patients=max(4, c.patients // 12)) for c in v.clients)) for v in VENDORS)
Rows = list[dict[str, str]]
Key = tuple[str, str]
ACKNOWLEDGEMENTS = ("scope", "cost_sharing", "one_practitioner", "stop")
YES_NO = {"yes": True, "no": False, "": None}


def plan_small_demos() -> None:
    """Let the command `demo` of this process make a small one."""
    vars(demo)["DemoPlan"] = partial(DemoPlan, vendors=SMALL)


def read(path: Path) -> Rows:
    """Return the rows of a CSV file or of the first sheet of an XLSX, every value as text."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    header, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, header), map(str, row), strict=True)) for row in rows]


def month_facts(files: VendorFiles, client: str, patients: Iterable[Key], *, number: int = -1) -> Facts:
    """Return the facts of one month (the last by default) under one client's terms, for patients of any client."""
    month, time_file = files.time[number]
    wanted, kinds = set(patients), {kind: read(path) for kind, path in files.facts}
    zones = {row["code"]: row["timezone"] for row in kinds["clients"]}
    by_patient: dict[str, dict[Key, Rows]] = {kind: _grouped(rows, wanted) for kind, rows in kinds.items() if "mrn" in rows[0]}
    entries = _grouped([row for _, path in files.time[number - 1 : number] for row in read(path)] + read(time_file), wanted)
    return {
        "month": str(month),
        "timezone": zones[client],
        "agreement": _agreement(kinds["agreements"], client, month.last_day.isoformat()),
        "staff": {row["staff"]: _staff(row) for row in kinds["staff"]},
        "patients": [_patient(key, by_patient, [_entry(row, zones[key[0]]) for row in entries[key]]) for key in sorted(wanted)],
    }


def _grouped(rows: Rows, wanted: set[Key]) -> dict[Key, Rows]:
    grouped: dict[Key, Rows] = defaultdict(list)
    for row in rows:
        if (row["client"], row["mrn"]) in wanted:
            grouped[row["client"], row["mrn"]].append(row)
    return grouped


def _agreement(rows: Rows, client: str, last_day: str) -> Facts:
    own = [row for row in rows if row["client"] == client and row["valid_from"] <= last_day <= (row["valid_to"] or "9999")]
    terms = ("qhp_time", "date_of_service", "copy_missing", "review_overdue")
    return {name: own[0][name] for name in terms} | {"attestation_required": own[0]["attestation_required"] == "yes"}


def _staff(row: dict[str, str]) -> Facts:
    return row | {
        "licensed_states": row["licensed_states"].split(";"),
        "license_expires_on": row["license_expires_on"] or None,
        "country": row["country"] or "US",
        "excluded_from": row["excluded_from"] or None,
    }


def _patient(key: Key, kinds: dict[str, dict[Key, Rows]], entries: list[Facts]) -> Facts:
    row = kinds["patients"][key][0]
    npis = {rows["from"]: rows["npi"] for rows in kinds["assignments"][key]}
    return {
        "ref": "/".join(key),
        "client": key[0],
        "person": row["mbi"],
        "state": row["state"],
        "died_on": row["died_on"] or None,
        "qmb": YES_NO[row["qmb"]],
        "part_b_from": row["part_b_from"] or None,
        "enrolments": [_nulls(r) | {"provider": npis[max(npis)] if npis else None} for r in kinds["enrolments"][key]],
        "conditions": [_condition(r) for r in kinds["conditions"][key]],
        "consents": [_consent(r) for r in kinds["consents"][key]],
        "visits": [r | {"on": r["visited_on"]} for r in kinds["visits"][key]],
        "care_plans": [_plan(r, kinds["reviews"][key]) for r in kinds["care_plans"][key]],
        "mdm": kinds["mdm"][key],
        "stays": [_nulls(r) for r in kinds["stays"][key]],
        "entries": entries,
    }


def _condition(row: dict[str, str]) -> Facts:
    said = {name: YES_NO[row[name]] for name in ("risk_documented", "until_death")}
    return _nulls(row) | said | {"expected_months": int(row["expected_months"]) if row["expected_months"] else None}


def _consent(row: dict[str, str]) -> Facts:
    return _nulls(row) | {"provider": row["npi"], "acknowledged": [name for name in ACKNOWLEDGEMENTS if row[name] == "yes"]}


def _plan(row: dict[str, str], reviews: Rows) -> Facts:
    reviewed = [review["reviewed_on"] for review in reviews]
    return _nulls(row) | {"elements": row["elements"].split(";"), "reviewed_on": max(reviewed) if reviewed else None}


def _entry(row: dict[str, str], zone: str) -> Facts:
    start = moment(row["started_at"], zone)
    end = moment(row["ended_at"], zone) if row["ended_at"] else start + timedelta(minutes=int(row["duration"]))
    approved = row["source"] != "manual" or bool(row["approved_by"])
    entered = moment(row["entered_at"], zone).isoformat() if row["entered_at"] else None
    times = {"start": start.isoformat(), "end": end.isoformat(), "entered_at": entered}
    return row | times | {"approved": approved, "within_em": row["within_em"] == "yes"}


def moment(text: str, zone: str) -> datetime:
    """Return a moment of a time file: with its offset, or local to the zone."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=_zone(zone))


@cache
def _zone(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)


def _nulls(row: dict[str, str]) -> Facts:
    return {name: value or None for name, value in row.items()}
