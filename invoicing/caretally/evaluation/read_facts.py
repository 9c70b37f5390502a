"""Reads the facts that `decide` is given and refuses, in one sentence, what cannot be true or is not understood."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from caretally.errors import UsageMistake
from caretally.months import Month

Facts = dict[str, Any]
PROGRAMS = ("CCM", "PCM", "APCM", "APCM_BHI", "APCM_COCM", "RPM", "RTM", "BHI", "COCM", "TCM")
DEVICES = ("RPM", "RTM", "RTM_RESPIRATORY", "RTM_MUSCULOSKELETAL", "RTM_COGNITIVE")
EFFECTS = ("hold", "warn", "off")
ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?")
LONGEST = timedelta(hours=24)
FRACTION = re.compile(r"[.,][0-9]*[1-9]")


class FactsRefused(UsageMistake):
    """The facts hold something that is unknown, impossible or contradictory."""

    code = "facts_refused"


class Day(fields.Field[date]):
    """A date as ISO text, `2026-03-31`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:  # noqa: ARG002
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise ValidationError(f"{value!r} is not a date; write it as 2026-03-31")


class Moment(fields.Field[datetime]):
    """A time with its offset from UTC, in whole seconds, `2026-03-02T10:00:00-05:00`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:  # noqa: ARG002
        if not isinstance(value, str) or len(value) < 16 or value[10] not in "T ":
            raise ValidationError(f"{value!r} is not a time; write it as 2026-03-02T10:00:00-05:00")
        if FRACTION.search(value):
            raise ValidationError(f"{value!r} is finer than a second; give whole seconds")
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(f"{value!r} is not a time; write it as 2026-03-02T10:00:00-05:00") from None
        raise ValidationError(f"{value!r} has no offset; add it, as in {value}-05:00")


class MonthName(fields.Field[Month]):
    """A month as `2026-03`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Month:  # noqa: ARG002
        try:
            return Month.parse(value if isinstance(value, str) else str(value))
        except UsageMistake as mistake:
            raise ValidationError(mistake.message) from None


class Condition(fields.Field[Facts]):
    """An ICD-10-CM code, or an object with `icd10`, its days and what is documented of its risk and duration; the code loses its dot."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Facts:  # noqa: ARG002
        row: Facts = CONDITION.load({"icd10": value} if isinstance(value, str) else value)
        code = row["icd10"].strip().upper()
        if not ICD10.fullmatch(code):
            raise ValidationError(f"{row['icd10']!r} is not an ICD-10-CM code; write it as E11.9")
        return row | {"icd10": code.replace(".", "")}


def _text(*, filled: bool = False, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(min=1) if filled else None, **options)


def _word(*words: str, **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(words, error="{input!r} is unknown; it is one of {choices}"), **options)


def _letters(**options: Any) -> fields.String:
    return fields.String(validate=validate.Regexp(r"^[A-Z]{2}\Z", error="{input!r} is not two capital letters"), **options)


def _flag(**options: Any) -> fields.Boolean:
    return fields.Boolean(truthy={True}, falsy={False}, error_messages={"invalid": "must be true or false"}, **options)


def _whole(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, **options)


def _schema(**members: Any) -> Schema:
    return Schema.from_dict(members)(unknown=RAISE)


def _rows(schema: Schema) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), load_default=list)


OPTIONAL: dict[str, Any] = {"allow_none": True, "load_default": None}
PROGRAM = _word(*PROGRAMS, required=True)
CONDITION = _schema(
    icd10=fields.String(required=True),
    onset_on=Day(**OPTIONAL),
    resolved_on=Day(**OPTIONAL),
    risk_documented=_flag(**OPTIONAL),
    expected_months=_whole(**OPTIONAL, validate=validate.Range(min=0, max=1200)),
    until_death=_flag(**OPTIONAL),
)
AGREEMENT = _schema(
    qhp_time=_word("pool", "personal", "never_pool"),
    attestation_required=_flag(),
    date_of_service=_word("threshold", "month_end"),
    copy_missing=_word(*EFFECTS),
    review_overdue=_word(*EFFECTS),
    priority=fields.List(_word(*PROGRAMS)),
    price_per_patient_month_cents=_whole(allow_none=True, validate=validate.Range(min=0)),
)
STAFF = _schema(
    role=_word("clinical", "administrative", "qhp", required=True),
    credential=_text(**OPTIONAL),
    licensed_states=fields.List(_letters(), allow_none=True, load_default=list),
    license_expires_on=Day(**OPTIONAL),
    country=_letters(**OPTIONAL),
    excluded_from=Day(**OPTIONAL),
    excluded_to=Day(**OPTIONAL),
    provider=_text(filled=True, **OPTIONAL),
    npi=_text(filled=True, **OPTIONAL),
)
ENROLMENT = Schema.from_dict(
    {
        "program": PROGRAM,
        "status": _word("enrolled", "paused", "withdrawn", "enrolled_elsewhere", "declined", "ineligible", load_default="enrolled"),
        "from": Day(required=True),
        "to": Day(**OPTIONAL),
        "provider": _text(filled=True, **OPTIONAL),
        "reason": _text(**OPTIONAL),
    }
)(unknown=RAISE)
CONSENT = _schema(
    program=PROGRAM,
    provider=_text(filled=True, **OPTIONAL),
    method=_word("verbal", "written", load_default="verbal"),
    obtained_on=Day(required=True),
    revoked_on=Day(**OPTIONAL),
    acknowledged=fields.List(_word("scope", "cost_sharing", "one_practitioner", "stop"), load_default=list),
)
VISIT = _schema(
    on=Day(required=True),
    kind=_word("AWV", "IPPE", "TCM", "EM", required=True),
    code=_text(**OPTIONAL),
    provider=_text(filled=True, **OPTIONAL),
    ccm_discussed=_flag(**OPTIONAL),
)
CARE_PLAN = _schema(
    version=_whole(load_default=1, validate=validate.Range(min=1, max=2_000_000_000)),
    effective_on=Day(required=True),
    copy_given_on=Day(**OPTIONAL),
    reviewed_on=Day(**OPTIONAL),
    signed_on=Day(**OPTIONAL),
    elements=fields.List(fields.String(), allow_none=True, load_default=list),
)
MDM = _schema(
    month=MonthName(required=True), level=_word("low", "moderate", "high", required=True), provider=_text(filled=True, **OPTIONAL)
)
ENTRY = _schema(
    start=Moment(required=True),
    end=Moment(required=True),
    staff=fields.String(required=True),
    program=PROGRAM,
    description=_text(**OPTIONAL),
    approved=_flag(load_default=True),
    contact=_word("live", "none", **OPTIONAL),
    within_em=_flag(load_default=False),
    activity=_text(**OPTIONAL),
    country=_letters(**OPTIONAL),
    entered_at=Moment(**OPTIONAL),
)
SERVICE = _schema(
    code=_text(filled=True, required=True),
    on=Day(required=True),
    provider=_text(filled=True, **OPTIONAL),
    same_practitioner=_flag(**OPTIONAL),
    minutes=_whole(**OPTIONAL, validate=validate.Range(min=0)),
)
DISCHARGE = _schema(
    discharged_on=Day(required=True),
    contacted_on=Day(**OPTIONAL),
    visited_on=Day(**OPTIONAL),
    mdm=_word("low", "moderate", "high", **OPTIONAL),
)
STAY = Schema.from_dict(
    {
        "kind": _word("part_a_inpatient", "part_a_snf", "nursing_facility_non_part_a", "hospice", required=True),
        "from": Day(required=True),
        "to": Day(**OPTIONAL),
    }
)(unknown=RAISE)
PATIENT = _schema(
    ref=_text(filled=True, required=True),
    client=_text(filled=True, load_default="main"),
    person=_text(filled=True, **OPTIONAL),
    state=_letters(**OPTIONAL),
    died_on=Day(**OPTIONAL),
    qmb=_flag(**OPTIONAL),
    part_b_from=Day(**OPTIONAL),
    setting=_word("physician", "rhc_fqhc", load_default="physician"),
    attested=_flag(load_default=False),
    enrolments=_rows(ENROLMENT),
    conditions=fields.List(Condition(), load_default=list),
    consents=_rows(CONSENT),
    visits=_rows(VISIT),
    care_plan=fields.Nested(CARE_PLAN, **OPTIONAL),
    care_plans=_rows(CARE_PLAN),
    mdm=_rows(MDM),
    entries=_rows(ENTRY),
    device_days=fields.Dict(keys=_word(*DEVICES), values=_whole(validate=validate.Range(min=0, max=30)), load_default=dict),
    discharges=_rows(DISCHARGE),
    choice=_word(*PROGRAMS, **OPTIONAL),
    waived=fields.List(_text(filled=True), load_default=list),
    services=_rows(SERVICE),
    stays=_rows(STAY),
)
# Patients are checked one by one, so that a mistake names its patient.
OUTLINE = Schema.from_dict(
    {
        "month": MonthName(required=True),
        "timezone": fields.String(required=True),
        "agreement": fields.Nested(AGREEMENT, load_default=dict),
        "staff": fields.Dict(keys=_text(filled=True), values=fields.Nested(STAFF), load_default=dict),
        "patients": fields.List(fields.Dict(), required=True),
    }
)(unknown=RAISE)
# What makes two rows of a patient the same row, as an import would have it: kind of row, how it is called, key.
IDENTITIES: tuple[tuple[str, str, Callable[[Facts], tuple[Any, ...]]], ...] = (
    ("enrolments", "enrolments in the same program from the same day", lambda row: (row["program"], row["from"])),
    ("conditions", "periods of the same condition", lambda row: (row["icd10"],)),
    ("consents", "consents to the same practitioner on the same day", lambda row: (row["program"], row["provider"], row["obtained_on"])),
    ("visits", "visits of the same kind on the same day", lambda row: (row["on"], row["kind"])),
    ("care_plans", "care plans of the same version", lambda row: (row["version"],)),
    ("mdm", "decisions about complexity for the same month", lambda row: (row["month"],)),
    ("services", "services with the same code on the same day", lambda row: (row["code"], row["on"])),
    ("discharges", "discharges of the same day", lambda row: (row["discharged_on"],)),
    ("stays", "stays of the same kind from the same day", lambda row: (row["kind"], row["from"])),
)
ORDERED = (
    ("enrolments", "from", "to"),
    ("stays", "from", "to"),
    ("conditions", "onset_on", "resolved_on"),
    ("consents", "obtained_on", "revoked_on"),
)


def parse_facts(text: str) -> Facts:
    """Return the facts written as JSON text. Raises `FactsRefused`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise FactsRefused(f"The facts are not JSON{where}; see the format of FACTS.json in the documentation.") from None
    return read_facts(document)


def read_facts(document: Any) -> Facts:
    """Return checked facts: dates, moments in UTC and months as values, every optional key present. Raises `FactsRefused`."""
    _refuse_unstorable(document)
    facts = _loaded(OUTLINE, document, "")
    _refuse_unknown_zone(facts["timezone"])
    for name, member in facts["staff"].items():
        if member["provider"] and member["npi"] and member["provider"] != member["npi"]:
            raise FactsRefused(f"staff {name!r}: provider and npi name two practitioners; keep one of them.")
        if member["excluded_to"] and (member["excluded_from"] is None or member["excluded_to"] < member["excluded_from"]):
            raise FactsRefused(
                f"staff {name!r}: excluded_to {member['excluded_to']} has no excluded_from on or before it; correct one of them."
            )
    facts["patients"] = [_patient(row, position, facts["staff"]) for position, row in enumerate(facts["patients"])]
    _refuse_repeated_refs(facts["patients"])
    return facts


def _patient(row: Any, position: int, staff: Mapping[str, Facts]) -> Facts:
    ref = row.get("ref")
    who = f"patient {ref[:60]!r}: " if isinstance(ref, str) and ref else f"patients[{position}]: "
    patient = _loaded(PATIENT, row, who)
    patient["care_plans"] += [patient.pop("care_plan")] if patient.get("care_plan") else []
    for mistake in chain(_out_of_order(patient), _wrong_entries(patient, staff), _contradictions(patient)):
        raise FactsRefused(f"{who}{mistake}.")
    for kind, _called, key in IDENTITIES:
        patient[kind] = list({key(one): one for one in patient[kind]}.values())
    return patient


def _out_of_order(patient: Facts) -> Iterator[str]:
    for kind, first, last in ORDERED:
        for at, row in enumerate(patient[kind]):
            if row[first] and row[last] and row[last] < row[first]:
                yield f"{kind}[{at}]: {last} {row[last]} lies before {first} {row[first]}; correct one of them"


def _wrong_entries(patient: Facts, staff: Mapping[str, Facts]) -> Iterator[str]:
    for at, entry in enumerate(patient["entries"]):
        if entry["staff"] not in staff:
            yield f"entries[{at}]: staff {entry['staff'][:60]!r} is not in the file; add them under staff"
        if entry["end"] <= entry["start"]:
            yield f"entries[{at}]: it ends at or before its start; correct start or end"
        if entry["end"] - entry["start"] > LONGEST:
            yield f"entries[{at}]: it is longer than 24 hours; correct start or end"


def _contradictions(patient: Facts) -> Iterator[str]:
    for kind, called, key in IDENTITIES:
        kept: dict[tuple[Any, ...], Facts] = {}
        for row in patient[kind]:
            if kept.setdefault(key(row), row) != row:
                yield f"{kind}: there are two different {called}; keep the one that is true"


def _loaded(schema: Schema, document: Any, who: str) -> Facts:
    if not isinstance(document, dict):
        raise FactsRefused(f"{who or 'The facts are '}not a JSON object; see the format of FACTS.json in the documentation.")
    try:
        loaded: Facts = schema.load(document)
    except ValidationError as error:
        path, message = _first(error.messages)
        raise FactsRefused(f"{who}{path}: {message.rstrip('.')}.") from None
    return loaded


def _first(messages: Any, path: str = "") -> tuple[str, str]:
    """Return where the first mistake is, as `entries[0].start`, and what it is."""
    if isinstance(messages, dict):
        key, inner = next(iter(messages.items()))
        if key == "_schema" or (key in {"key", "value"} and path):
            return _first(inner, path)
        return _first(inner, f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip("."))
    message = messages[0] if isinstance(messages, list) else messages
    return (path, str(message)) if isinstance(message, str) else _first(message, path)


def _refuse_unstorable(document: Any) -> None:
    """Refuse what no database text can hold, wherever it stands."""
    try:
        written = json.dumps(document, ensure_ascii=False, default=str).encode()
    except (UnicodeEncodeError, RecursionError):
        raise FactsRefused("The facts hold half of a character (a lone surrogate); write the text anew.") from None
    if b"\\u0000" in written:
        raise FactsRefused("The facts hold a NUL character; remove it.")


def _refuse_unknown_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise FactsRefused(f"timezone: {name[:60]!r} is no time zone; write it as America/New_York.") from None


def _refuse_repeated_refs(patients: Iterable[Facts]) -> None:
    seen: set[str] = set()
    for patient in patients:
        if patient["ref"] in seen:
            raise FactsRefused(f"patient {patient['ref'][:60]!r}: two patients have this ref; give each its own.")
        seen.add(patient["ref"])
