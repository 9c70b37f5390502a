"""Every change of one row of the rule tables that ought to be noticed, and the facts most likely to notice it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from caretally.cms.reference_files import ReferenceTable, Row, read_tables
from tests.builders.excluded_pairs import of_pair, spelled_out
from tests.builders.facts import Facts
from tests.builders.program_edges import transitions
from tests.builders.rule_rows import (
    TIMED,
    of_band,
    of_code,
    of_credential,
    of_duplicates,
    of_first_visit,
    of_holiday,
    of_program,
    of_signals,
    of_substitution,
)

Values = Mapping[str, Any]
RULES_BEGAN = date(2015, 1, 1)
DAY = timedelta(days=1)
LATE_OR_ALIKE = ("TIME_BACKDATED", "INTEGRITY_SIGNAL")
SCOPES = {"same practitioner": "any", "different practitioner": "any", "any": "same practitioner"}


def none_by_itself() -> list[Facts]:
    """Return no facts: those of the whole material are asked."""
    return []


@dataclass(frozen=True)
class TableMutant:
    """One row changed (`after` is None: removed), and an `other` with it. `mentions` are words of which the answers of facts worth asking hold one."""

    table: ReferenceTable
    row: Row
    after: dict[str, Any] | None
    change: str
    mentions: tuple[str, ...] = ()
    facts: Callable[[], list[Facts]] = none_by_itself
    other: tuple[Row, dict[str, Any]] | None = None

    @property
    def name(self) -> str:
        """Return the table, the row's key and what is done to it."""
        shape = self.table.shape
        return f"{shape.name} {' '.join(str(self.values[column]) for column in shape.key)}: {self.change}"

    @property
    def values(self) -> dict[str, Any]:
        """Return the row as it stands."""
        return dict(zip(self.table.shape.columns, self.row, strict=True))

    def mutated(self) -> ReferenceTable:
        """Return the table after the change."""
        changes = {id(self.row): self.after} | ({id(self.other[0]): self.other[1]} if self.other else {})
        kept = [row for row in self.table.rows if id(row) not in changes or changes[id(row)] is not None]
        rows = [self._changed(row, changes.get(id(row)) or {}) for row in kept]
        return replace(self.table, rows=rows)

    def _changed(self, row: Row, after: dict[str, Any]) -> Row:
        values = dict(zip(self.table.shape.columns, row, strict=True))
        return tuple((values | after).values())


def of_late_and_alike() -> list[Facts]:
    """Return what the vendor's own figures about time put down late and alike are asked of."""
    return list(of_signals())


def _around(day: date) -> list[Facts]:
    return [of_holiday(day)]


class Mutants:
    """The mutants of the tables of a folder of rules."""

    def __init__(self) -> None:
        """Read the product's own tables."""
        self.tables = read_tables()
        self.families: dict[str, list[str]] = {}
        for row in self.tables["code_family"].dicts():
            self.families.setdefault(str(row["name"]), []).append(str(row["code"]))
        ladder = list(self.tables["time_ladder"].dicts())
        self.bases = {str(row["base_code"]) for row in ladder}
        self.addons = {str(row["addon_code"]) for row in ladder if row["addon_code"]}
        untimed = [str(row["code"]) for name in ("untimed_code", "device_band", "visit_addon") for row in self.tables[name].dicts()]
        self.by_visit = {str(row["code"]) for row in self.tables["visit_addon"].dicts()}
        self.decided = {*self.bases, *self.addons, *untimed}

    def all(self) -> Iterator[TableMutant]:
        """Yield every mutant, table by table."""
        for each in (self._codes, self._ladders, self._bands, self._untimed, self._limits, self._removed, self._gates, self._reasons):
            yield from each()
        for each in (self._people, self._settings, self._holidays, self._families, self._pairs):
            yield from each()

    def _rows(self, name: str) -> Iterator[tuple[Row, dict[str, Any]]]:
        table = self.tables[name]
        for row in table.rows:
            yield row, dict(zip(table.shape.columns, row, strict=True))

    def _shifted(self, name: str, row: Row, column: str, *, steps: tuple[Any, ...], mentions: tuple[str, ...]) -> Iterator[TableMutant]:
        values = dict(zip(self.tables[name].shape.columns, row, strict=True))
        for step in steps if values[column] is not None else ():
            change = f"{column} {'+' if step > 0 * step else '-'} {abs(step) // (DAY if isinstance(step, timedelta) else 1)}"
            yield TableMutant(self.tables[name], row, {column: values[column] + step}, change, mentions)

    def _codes(self) -> Iterator[TableMutant]:
        for row, values in self._rows("billing_code"):
            code = str(values["code"])
            if code not in self.decided:
                continue
            shift = partial(self._shifted, "billing_code", row, mentions=(code,))
            if code in self.bases:
                # where a minimum of its own reaches the base, the first threshold says from where increments count
                yield from shift("first_threshold_seconds", steps=(1, -1))
                yield from shift("min_reportable_seconds", steps=(1, -1))
            if code in self.addons:
                yield from shift("increment_seconds", steps=(1, -1))
                yield from shift("min_reportable_seconds", steps=(1, -1))
                yield from shift("max_units_month", steps=(1, -1))
            # on no day before 2015 are there rules to decide by
            steps = (DAY, -DAY) if values["first_valid"] > RULES_BEGAN else ()
            for mutant in shift("first_valid", steps=steps):
                by_visit = code in self.by_visit
                yield replace(mutant, facts=partial(of_first_visit if by_visit else partial(of_code, code), values["first_valid"]))

    def _ladders(self) -> Iterator[TableMutant]:
        for row, values in self._rows("time_ladder"):
            yield TableMutant(self.tables["time_ladder"], row, None, "removed", (values["base_code"],))
            if values["addon_code"]:
                yield TableMutant(self.tables["time_ladder"], row, {"addon_code": None}, "without its add-on", (values["addon_code"],))

    def _bands(self) -> Iterator[TableMutant]:
        for row, values in self._rows("device_band"):
            facts = partial(of_band, values["device"], values["days_from"], values["days_to"])
            yield TableMutant(self.tables["device_band"], row, None, "removed", (), facts)
            for column in ("days_from", "days_to"):
                for mutant in self._shifted("device_band", row, column, steps=(1, -1), mentions=()):
                    yield replace(mutant, facts=facts)

    def _untimed(self) -> Iterator[TableMutant]:
        table = self.tables["untimed_code"]
        for row, values in self._rows("untimed_code"):
            mentions, facts = (values["code"],), transitions if values["program"] == "TCM" else none_by_itself
            yield TableMutant(table, row, None, "removed", mentions, facts)
            for mutant in self._shifted("untimed_code", row, "visit_within_days", steps=(1, -1), mentions=mentions):
                yield replace(mutant, facts=facts)
            for mutant in self._shifted("untimed_code", row, "conditions_from", steps=(1, -1), mentions=mentions):
                yield replace(mutant, facts=partial(of_program, values["program"]))
            for column in ("qmb_only", "needs_base"):
                if values[column]:
                    yield TableMutant(table, row, {column: False}, f"{column} dropped", (), partial(of_program, values["program"]))
            if values["enrolled_since"] != "any":
                yield TableMutant(table, row, {"enrolled_since": "any"}, "any month", (), partial(of_program, values["program"]))
            for level in values["mdm_levels"] or []:
                rest = [one for one in values["mdm_levels"] if one != level]
                yield TableMutant(table, row, {"mdm_levels": rest}, f"without {level}", mentions, facts)

    def _limits(self) -> Iterator[TableMutant]:
        for row, values in self._rows("program_limit"):
            if values["program"] == "ALL":
                continue  # no patient-month asks these; the tests of the checks before a close and of the first page do
            own = (
                partial(of_program, values["program"])
                if values["program"] not in ("TCM", "RPM", "RTM") or "consent" in values["name"]
                else none_by_itself
            )
            own = transitions if values["program"] == "TCM" else own
            for mutant in self._shifted("program_limit", row, "amount", steps=(1, -1), mentions=(values["program"],)):
                yield replace(mutant, facts=of_late_and_alike if values["name"] in ("entered_within_days", "alike_entries") else own)

    def _removed(self) -> Iterator[TableMutant]:
        for name in ("visit_code_not_qualifying", "plan_element", "visit_addon"):
            for row, values in self._rows(name):
                mentions = {"plan_element": ("CARE_PLAN_INCOMPLETE",), "visit_code_not_qualifying": ("VISIT_NOT_QUALIFYING",)}.get(
                    name, (str(values.get("code", "DUPLICATE_PATIENT_MONTH")),)
                )
                yield TableMutant(self.tables[name], row, None, "removed", mentions)
        for row, values in self._rows("duplicate_program"):
            facts = partial(of_duplicates, values["program"], values["other_program"], values["valid_from"])
            # it is asked by the month's last day, so a day more is the same month
            for mutant in self._shifted("duplicate_program", row, "valid_from", steps=(31 * DAY, -DAY), mentions=()):
                yield replace(mutant, facts=facts)
            yield TableMutant(self.tables["duplicate_program"], row, None, "removed", (), facts)

    def _gates(self) -> Iterator[TableMutant]:
        for row, values in self._rows("program_gate"):
            facts = of_late_and_alike if values["gate_code"] in LATE_OR_ALIKE else none_by_itself
            mentions = (values["gate_code"], values["program"])
            yield TableMutant(self.tables["program_gate"], row, None, "removed", mentions, facts)
        planned = {row["code"] for row in self.tables["planned"].dicts()}
        asked = {row["gate_code"] for row in self.tables["program_gate"].dicts()}
        for row, values in self._rows("gate"):
            if values["kind"] == "policy" and values["code"] in asked - planned:
                for effect in {"hold", "warn", "off"} - {values["default_effect"]}:
                    facts = of_late_and_alike if values["code"] in LATE_OR_ALIKE else none_by_itself
                    change = f"by default {effect}"
                    yield TableMutant(self.tables["gate"], row, {"default_effect": effect}, change, (values["code"],), facts)

    def _reasons(self) -> Iterator[TableMutant]:
        table = self.tables["exclusion_reason"]
        for row, values in self._rows("exclusion_reason"):
            yield TableMutant(table, row, {"curable": not values["curable"]}, "curable or not", (values["code"],))
        for row, following in pairwise(table.rows):
            place, code = [*table.shape.columns].index("ordinal"), str(row[[*table.shape.columns].index("code")])
            swapped = (following, {"ordinal": row[place]})
            yield TableMutant(table, row, {"ordinal": following[place]}, "behind the next", (code,), other=swapped)

    def _people(self) -> Iterator[TableMutant]:
        table = self.tables["credential_type"]
        for row, values in self._rows("credential_type"):
            facts = partial(of_credential, values["credential"])
            yield TableMutant(table, row, None, "removed", (), facts)
            change = {"needs_state_license": not values["needs_state_license"]}
            yield TableMutant(table, row, change, "license or not", (), facts)
        for row, values in self._rows("program"):
            if values["kind"] == "timed":
                change = {"follows_qhp_policy": not values["follows_qhp_policy"]}
                yield TableMutant(self.tables["program"], row, change, "policy or not", (values["program"],))

    def _settings(self) -> Iterator[TableMutant]:
        table = self.tables["code_substitution"]
        bases = {
            program: [str(row["base_code"]) for row in self.tables["time_ladder"].dicts() if row["program"] == program] for program in TIMED
        }
        for row, values in self._rows("code_substitution"):
            facts = partial(of_substitution, values, bases[values["program"]])
            yield TableMutant(table, row, None, "removed", (values["code"],), facts)
            for column in ("valid_from", "mandatory_to", "valid_to"):
                for mutant in self._shifted(
                    "code_substitution", row, column, steps=(DAY, -DAY), mentions=(values["code"], values["program"])
                ):
                    yield replace(mutant, facts=facts)

    def _holidays(self) -> Iterator[TableMutant]:
        for row, values in self._rows("federal_holiday"):
            day = values["day"]
            if day > RULES_BEGAN:
                yield TableMutant(self.tables["federal_holiday"], row, None, "removed", (), partial(_around, day))

    def barring(self) -> Iterator[tuple[Row, dict[str, Any]]]:
        """Yield the rows that bar two services, or that an add-on needs its base by."""
        for row, values in self._rows("code_exclusion"):
            if values["kind"] == "policy" and values["allowed"] in ("no", "REQUIRED base"):
                yield row, values

    def _families(self) -> Iterator[TableMutant]:
        used = [values for _, values in self.barring()]
        for row, values in self._rows("code_family"):
            name, code = values["name"], values["code"]
            by = [one for one in used if name in (one["code_a"], one["code_b"])]
            if by:
                yield TableMutant(self.tables["code_family"], row, None, "removed", (code,), partial(self._beside, by, code))

    def _beside(self, rows: list[dict[str, Any]], code: str) -> list[Facts]:
        return [
            made
            for row in rows
            if row["allowed"] == "no"
            for made in of_pair(row, [pair for pair in spelled_out(row, self.families) if code in pair])
        ]

    def _pairs(self) -> Iterator[TableMutant]:
        table = self.tables["code_exclusion"]
        for row, values in self.barring():
            if values["allowed"] != "no":
                yield TableMutant(table, row, None, "removed", (values["code_a"], "ADDON_WITHOUT_BASE"))
                continue
            facts = partial(self._of_pair, values)
            yield TableMutant(table, row, None, "removed", (), facts)
            wider = next((scope for known, scope in SCOPES.items() if values["scope"] == known), "same practitioner")
            yield TableMutant(table, row, {"scope": wider}, f"scope {wider}", (), facts)
            if values["wins"]:
                yield TableMutant(table, row, {"wins": None}, "nobody wins", (), facts)
            if "TCM" in values["window"]:
                yield TableMutant(table, row, {"window": "calendar month"}, "within the month", (), facts)
            yield TableMutant(table, row, {"valid_from": values["valid_from"] + DAY}, "a day later", (), facts)
            if values["valid_to"]:
                yield TableMutant(table, row, {"valid_to": values["valid_to"] - DAY}, "ends a day earlier", (), facts)

    def _of_pair(self, values: Values) -> list[Facts]:
        return list(of_pair(values, spelled_out(values, self.families)))
