"""Mutants of the rule tables that are the same rule, each with the proof, which is asked of the tables themselves."""

from itertools import product
from typing import Any

from caretally.cms.reference_files import read_tables
from tests.invoicing.evaluation.table_mutants import DAY, RULES_BEGAN, TableMutant

TABLES = {name: list(table.dicts()) for name, table in read_tables().items()}
CODES = {str(row["code"]): row for row in TABLES["billing_code"]}
BASES: dict[str, list[str]] = {}
for _ladder in TABLES["time_ladder"]:
    if _ladder["addon_code"]:
        BASES.setdefault(str(_ladder["addon_code"]), []).append(str(_ladder["base_code"]))
# Seconds are given their reason by the table of reasons; only these two are asked for by a program's own row.
REASONS = {str(row["code"]) for row in TABLES["exclusion_reason"]} - {"PART_A_STAY", "AFTER_DEATH"}
FAMILIES: dict[str, list[str]] = {}
for _member in TABLES["code_family"]:
    FAMILIES.setdefault(str(_member["name"]), []).append(str(_member["code"]))
PERIOD_BEGAN = {row["program"]: row["valid_from"] for row in TABLES["program_limit"] if row["name"] == "device_period_days"}
LINES = {str(row["base_code"]) for row in TABLES["time_ladder"]} | {
    str(row["code"]) for name in ("untimed_code", "device_band") for row in TABLES[name]
}
# A term of every agreement, which stands before the policy's own effect.
TERMS_OF_AGREEMENTS = ("CARE_PLAN_COPY_MISSING", "CARE_PLAN_REVIEW_OVERDUE")
IMPLIED = ("removed", "a day later", "ends a day earlier", "nobody wins", "within the month", "scope same practitioner")


def is_equivalent(mutant: TableMutant) -> str:
    """Return why a mutant can change no decision, empty when it can."""
    prove = PROOFS.get(mutant.table.shape.name)
    return prove(mutant, mutant.values) if prove else ""


def _of_code(mutant: TableMutant, values: dict[str, Any]) -> str:
    code = values["code"]
    if (
        mutant.change.startswith("first_threshold")
        and values["min_reportable_seconds"]
        and code not in {b for bases in BASES.values() for b in bases}
    ):
        return "it is reached by its own minimum, and no increment is counted from its first threshold"
    if mutant.change == "first_valid - 1":
        if code in BASES and all(CODES[base]["first_valid"] == values["first_valid"] for base in BASES[code]):
            return "its base is not in force on the day before either"
        devices = [row for row in TABLES["device_band"] if row["code"] == code]
        if devices and all(PERIOD_BEGAN[str(row["device"]).partition("_")[0]] == values["first_valid"] for row in devices):
            return "no record of a device counts before the day on which its period is on record"
    return ""


def _of_band(mutant: TableMutant, values: dict[str, Any]) -> str:
    if mutant.change != "days_to + 1":
        return ""
    if any(_goes_on(row, values) for row in TABLES["device_band"]):
        return "the day belongs to the next band, whose code has been in force for as long"
    return "a period has thirty days" if values["days_to"] == 30 else ""


def _goes_on(row: Any, band: dict[str, Any]) -> bool:
    """Tell whether a row is the device's next band, of a code that began no later."""
    follows = row["device"] == band["device"] and row["days_from"] == band["days_to"] + 1
    return bool(follows and _began(row) <= _began(band))


def _began(band: Any) -> Any:
    return CODES[str(band["code"])]["first_valid"]


def _of_duplicates(mutant: TableMutant, values: dict[str, Any]) -> str:
    began_with_the_rules = mutant.change == "valid_from - 1" and values["valid_from"] == RULES_BEGAN
    return "no rules are on record on the day before" if began_with_the_rules else ""


def _of_untimed(mutant: TableMutant, values: dict[str, Any]) -> str:
    before = [row for row in TABLES["untimed_code"] if row["program"] == values["program"] and row["ordinal"] < values["ordinal"]]
    if (
        mutant.change == "any month"
        and values["enrolled_since"] == "earlier"
        and any(row["enrolled_since"] == "this_month" for row in before)
    ):
        return "a row before it takes the first month"
    return ""


def _of_gate(mutant: TableMutant, values: dict[str, Any]) -> str:
    program = next(row for row in TABLES["program"] if row["program"] == values["program"])
    if values["gate_code"] in REASONS:
        return "seconds have their reasons from the table of reasons"
    if values["gate_code"] == "UNIT_CAP_REACHED" and not any(
        row["addon_code"] for row in TABLES["time_ladder"] if row["program"] == values["program"]
    ):
        return "a program without an add-on has no unit beyond a cap"
    barred = {row["program"] for row in TABLES["duplicate_program"]}
    if values["gate_code"] == "DUPLICATE_PATIENT_MONTH" and program["enrolled_as"] not in barred:
        return "nothing bars this program under a second record"
    codes = [CODES[str(row["code"])] for row in TABLES["untimed_code"] if row["program"] == values["program"]]
    if values["gate_code"] == "CODE_NOT_VALID_ON_DOS" and codes and all(_is_always_in_force(code) for code in codes):
        return "its codes are in force on every day on which rules are"
    return ""


def _is_always_in_force(code: Any) -> bool:
    return code["first_valid"] <= RULES_BEGAN and code["last_valid"] is None


def _of_reason(mutant: TableMutant, values: dict[str, Any]) -> str:
    if values["code"] == "TIME_OVERLAP_PATIENT" or (mutant.other and mutant.other[0][0] == "TIME_OVERLAP_PATIENT"):
        return "no piece of an entry has this reason: it is what is left when each second is counted once"
    return ""


def _of_pair(mutant: TableMutant, values: dict[str, Any]) -> str:
    if values["allowed"] == "no" and _is_barred_by_other_rows(mutant, values):
        return "other rows bar the same codes between the same practitioners since the same day or before"
    if values["allowed"] != "no" or mutant.change not in IMPLIED:
        return ""
    one, other = values["code_a"], values["code_b"]
    sides = [(line, service) for name, service in ((one, other), (other, one)) for line in FAMILIES[name]]
    if all(line not in LINES and _is_barred_with_its_bases(line, service, values) for line, service in sides):
        return "an add-on stands with its base, which the same service bars since the same day or before"
    return ""


def _is_barred_by_other_rows(mutant: TableMutant, values: dict[str, Any]) -> bool:
    """Tell whether, between the practitioners of whom the row says something else after the change, each of its pairs is barred without it."""
    if values["wins"] or "TCM" in values["window"]:
        return False
    scope = mutant.change.removeprefix("scope ") if mutant.change.startswith("scope ") else None
    changed = _between(values["scope"]) ^ (_between(scope) if scope else set())
    others = [row for row in TABLES["code_exclusion"] if _holds_for_as_long(row, values)]
    pairs = {frozenset(pair) for pair in product(FAMILIES[values["code_a"]], FAMILIES[values["code_b"]])}
    return all(any(who in _between(row["scope"]) and pair in _pairs_of(row) for row in others) for who in changed for pair in pairs)


def _between(scope: Any) -> set[str]:
    one = {"same practitioner": {"same"}, "different practitioner": {"different"}}
    return one.get(scope, {"same", "different"})


def _pairs_of(row: Any) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in product(FAMILIES[row["code_a"]], FAMILIES[row["code_b"]])}


def _holds_for_as_long(row: Any, values: dict[str, Any]) -> bool:
    """Tell whether another row bars, whoever wins nothing, on all days on which this one does."""
    if row == values or row["kind"] != "policy" or row["allowed"] != "no" or row["wins"]:
        return False
    ends_no_earlier = row["valid_to"] is None or (values["valid_to"] is not None and row["valid_to"] >= values["valid_to"])
    return bool(ends_no_earlier and row["valid_from"] <= values["valid_from"])


def _is_barred_with_its_bases(line: str, service: str, values: dict[str, Any]) -> bool:
    """Tell whether a line with the code is barred without this row: by its bases', or because no line has the code."""
    if line not in BASES:
        return line in CODES or line not in LINES
    return all(any(_bars_alike(row, base, service, values) for row in TABLES["code_exclusion"]) for base in BASES[line])


def _bars_alike(row: Any, base: str, service: str, values: dict[str, Any]) -> bool:
    same = all(row[name] == values[name] for name in ("kind", "scope", "window", "allowed", "valid_to"))
    return same and {row["code_a"], row["code_b"]} == {base, service} and row["valid_from"] <= values["valid_from"]


def _of_policy(mutant: TableMutant, values: dict[str, Any]) -> str:
    return "each agreement says it for itself" if values["code"] in TERMS_OF_AGREEMENTS else ""


def _of_substitution(mutant: TableMutant, values: dict[str, Any]) -> str:
    began = min(_began({"code": row["base_code"]}) for row in TABLES["time_ladder"] if row["program"] == values["program"])
    first_changed = {"valid_from + 1": values["valid_from"], "valid_from - 1": values["valid_from"] - DAY}.get(mutant.change)
    return "no code of the program that it stands for was in force on that day" if first_changed and first_changed < began else ""


PROOFS = {
    "code_substitution": _of_substitution,
    "gate": _of_policy,
    "billing_code": _of_code,
    "device_band": _of_band,
    "duplicate_program": _of_duplicates,
    "untimed_code": _of_untimed,
    "program_gate": _of_gate,
    "exclusion_reason": _of_reason,
    "code_exclusion": _of_pair,
}
