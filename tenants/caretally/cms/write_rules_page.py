"""Write the page of the rules for people from the reference files: `python -m caretally.cms.write_rules_page docs/rules.md`."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from caretally.cms.reference_files import DATA_FOLDER, ReferenceTable, Value, read_tables

PATH_WORDS = {
    "staff": "care team's time",
    "complex": "care team's time, complex care",
    "personal": "practitioner's own time",
    "first": "care team's time, first month",
    "brief": "care team's time, shorter",
}
PERFORMER_WORDS = {"staff": "clinical staff", "personal": "the practitioner", "device": "a device", "team": "a care team"}
EFFECT_WORDS = {
    "off": "off",
    "warn": "warning",
    "hold": "the month is held",
    "exclude": "these seconds do not count",
    "unsupport": "not billable",
    "park": "the client's close waits",
}
ONLY_READ = "only read, where somebody else billed it"
HEADING = """# The rules, as the product holds them

This page is generated from the files in `tenants/caretally/cms/data/`; change those, then run `python -m caretally.cms.write_rules_page
docs/rules.md`. Rule set {code}, in effect from {effective_from}. Labels of codes are this project's own words. In a sentence, `…`
stands for what the single patient-month fills in. How open edges were settled is in `docs/decisions/`.
"""

Record = Mapping[str, Value]
Tables = Mapping[str, ReferenceTable]


def rules_page(folder: Path = DATA_FOLDER) -> str:
    """Return the whole page as Markdown; the same files give the same bytes."""
    tables = read_tables(folder)
    rule_set = next(tables["rule_set"].dicts())
    sections = (_ladders, _codes, _limits, _gates, _reasons, _people_and_visits, _exclusions, _rule_numbers)
    return "\n".join([HEADING.format_map(rule_set), *(section(tables) for section in sections)])


def _ladders(tables: Tables) -> str:
    codes = {row["code"]: row for row in tables["billing_code"].dicts()}
    rows: list[list[object]] = []
    for ladder in tables["time_ladder"].dicts():
        base, addon = codes[ladder["base_code"]], codes.get(ladder["addon_code"], {})
        way = PATH_WORDS[str(ladder["path"])]
        further = _minutes(addon.get("increment_seconds"))
        step = [_minutes(base["first_threshold_seconds"]), ladder["addon_code"], further, addon.get("max_units_month")]
        rows.append([ladder["program"], way, ladder["base_code"], *step])
    header = ["program", "whose time", "base code", "from", "add-on", "each full further", "most units a month"]
    return _section("From time to codes", _table(header, rows))


def _codes(tables: Tables) -> str:
    rows = [
        [
            row["code"],
            row["family"],
            row["label"],
            PERFORMER_WORDS[str(row["performed_by"])],
            _thresholds(row),
            row["max_units_month"],
            row["adds_on_to"],
            _validity(row["first_valid"], row["last_valid"]),
            _remarks(row, is_evaluated=_is_evaluated(tables, row)),
        ]
        for row in tables["billing_code"].dicts()
    ]
    header = ["code", "family", "our label", "worked by", "time", "most units a month", "follows", "valid", "remarks"]
    return _section("Codes", _table(header, rows))


def _thresholds(code: Record) -> str:
    first, least = _minutes(code["first_threshold_seconds"]), _minutes(code["min_reportable_seconds"])
    further = _minutes(code["increment_seconds"])
    told = [f"from {first}" if first else "", f"each {further}" if further else "", f"reportable from {least}" if least else ""]
    return ", ".join(part for part in told if part) or "not timed"


def _remarks(code: Record, *, is_evaluated: bool) -> str:
    needed = code["mdm_levels"]
    complexity = f"needs decision making {' or '.join(needed)}" if isinstance(needed, list) and needed else ""
    return "; ".join(str(part) for part in (complexity, code["note"], "" if is_evaluated else ONLY_READ) if part)


def _limits(tables: Tables) -> str:
    rows = [
        [row["program"], str(row["name"]).replace("_", " "), row["amount"], _validity(row["valid_from"], row["valid_to"]), row["source"]]
        for row in tables["program_limit"].dicts()
    ]
    return _section("Counts, days and months", _table(["program", "limit", "amount", "valid", "source"], rows))


def _gates(tables: Tables) -> str:
    planned = {row["code"]: row["capability"] for row in tables["planned"].dicts()}
    waivable = {row["gate_code"] for row in tables["waivable_gate"].dicts()}
    rows = [
        [
            f"`{row['code']}`",
            _effect(row, waivable),
            _open_sentence(str(row["sentence"])) + (f" **{_planned(planned[row['code']])}**" if row["code"] in planned else ""),
            f"{str(row['owner_role']).replace('_', ' ')}, {row['due_days']} days",
            row["fix"],
            _listed(row["rules"]),
            row["source"],
        ]
        for row in tables["gate"].dicts()
    ]
    told = (
        "In this order: the first reason of a patient-month is its primary one, save that what makes it not billable beats what holds it."
    )
    header = ["code", "effect", "sentence", "owner, due in", "what cures it", "rules", "source"]
    return _section("Gates: what holds a month or a minute back", f"{told}\n\n{_table(header, rows)}")


def _effect(gate: Record, waivable: Collection[object]) -> str:
    words = EFFECT_WORDS[str(gate["default_effect"])]
    words += "; the vendor may change it" if gate["vendor_may_change"] else ""
    return f"{words} and waive it by name" if gate["code"] in waivable else words


def _reasons(tables: Tables) -> str:
    labels = {row["code"]: row["label"] for row in tables["gate"].dicts()}
    rows = [
        [
            row["ordinal"],
            f"`{row['code']}`",
            labels[row["code"]],
            "yes" if row["curable"] else "no",
            _validity(row["valid_from"], row["valid_to"]),
        ]
        for row in tables["exclusion_reason"].dicts()
    ]
    told = "Each second takes the first reason that applies to it. A curable one leaves the second pending: it would count once put right."
    return _section("Why a second does not count", f"{told}\n\n{_table(['', 'reason', 'label', 'curable', 'valid'], rows)}")


def _people_and_visits(tables: Tables) -> str:
    credentials = [
        [row["credential"], row["counts_as"], _yes(row["needs_state_license"]), _yes(row["may_bill"])]
        for row in tables["credential_type"].dicts()
    ]
    visits = [[row["code"], row["why"]] for row in tables["visit_code_not_qualifying"].dicts()]
    elements = "\n".join(f"- {row['label']}" for row in tables["plan_element"].dicts())
    return "\n".join(
        [
            _section("Credentials", _table(["credential", "counts as", "needs a license in the patient's state", "may bill"], credentials)),
            _section("Visit codes that cannot begin the care", _table(["code", "why"], visits)),
            _section("Elements of a care plan", elements),
        ]
    )


def _exclusions(tables: Tables) -> str:
    kinds = [str(row["kind"]) for row in tables["code_exclusion"].dicts()]
    told = (
        f"`code_exclusion.csv` holds {kinds.count('policy')} policy rows and {kinds.count('ncci_ptp')} NCCI pairs,"
        " dated, each with its source. Where two services of a patient-month meet in a row that holds on the day, one of them is billed;"
        " the client's order of priority or a person decides where the row leaves a choice, and never the amount."
    )
    return _section("Pairs of codes that exclude each other", told)


def _rule_numbers(tables: Tables) -> str:
    return _section("Rule numbers", _table(["rule", "meaning"], ([row["number"], row["meaning"]] for row in tables["rule_number"].dicts())))


def _is_evaluated(tables: Tables, code: Record) -> bool:
    """Return whether a program leads to the code: by time, by the month, by a device, beside a visit or in place of another code."""
    leading = {"time_ladder": ("base_code", "addon_code"), "untimed_code": ("code",), "device_band": ("code", "setup_code")}
    leading |= {"visit_addon": ("code",), "code_substitution": ("code",)}
    return any(code["code"] == row[column] for table, columns in leading.items() for row in tables[table].dicts() for column in columns)


def _planned(capability: Value) -> str:
    return f"not evaluated yet (planned with {capability})"


def _open_sentence(sentence: str) -> str:
    return re.sub(r"\{[a-z_]+\}", "…", sentence)


def _minutes(seconds: Value) -> str:
    return f"{seconds // 60} min" if isinstance(seconds, int) else ""


def _validity(first: Value, last: Value) -> str:
    return f"{first} to {last}" if last else f"from {first}"


def _listed(values: Value) -> str:
    return ", ".join(values) if isinstance(values, list) else ""


def _yes(flag: Value) -> str:
    return "yes" if flag else "no"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines: list[Sequence[object]] = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join("" if cell is None else str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(rules_page(), encoding="utf-8")
