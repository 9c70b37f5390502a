"""Checks a whole file as sets: all row rules in one pass over the rows, each rule over several rows in one statement."""

import re
import unicodedata
from collections.abc import Sequence

from sqlalchemy import Connection, text

from caretally.imports.kinds import Column, ImportKind, Rule, SetRule
from caretally.imports.results import RowProblem

AnyRule = Rule | SetRule
CONTROL_CHARACTER = "control_character"
CONTROL = r"'[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]'"
UNSEEN_CHARACTER = "unseen_character"
# Blanks other than the plain one, marks without width, fillers: two keys that differ in these look like one.
UNSEEN_CHARACTERS = (
    r"[\t\n\r\u0085\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]"
)
UNSEEN = f"'{UNSEEN_CHARACTERS}'"
LINE_BREAK = "line_break"
BREAKS = r"'[\n\r]'"
LONGEST_KEY = 200
MONTH_CLOSED = "month_closed"
CREATE_PROBLEMS = "CREATE TEMP TABLE import_problem (line int, rule int, detail text) ON COMMIT DROP"
CREATE_SKIP = "CREATE TEMP TABLE import_skip (line int, why text) ON COMMIT DROP"
# A row that breaks no rule is passed over by the OR; only the others are looked at rule by rule.
ROW_RULES = """
INSERT INTO import_problem
SELECT r.line, v.rule, NULL FROM (SELECT * FROM import_row r WHERE {any_broken} OFFSET 0) r
CROSS JOIN LATERAL (VALUES {rules}) v (rule, broken) WHERE v.broken
"""
# Rows with one identity: `alike` when they say the same, so that all but the first count as unchanged.
REPEATED = """
SELECT r.line, min(r.line) OVER same AS first_line, min(content) OVER same = max(content) OVER same AS alike FROM (
    SELECT r.*, ROW({content})::text AS content FROM import_row r JOIN (
        SELECT {named} FROM import_row r GROUP BY {places} HAVING count(*) > 1) twice ON ({identity}) = ({twice})
) r WINDOW same AS (PARTITION BY {identity})
"""
READ_PROBLEMS = """
SELECT p.line, p.rule, p.detail, CASE p.rule {values} END AS value FROM import_problem p JOIN import_stage s ON s.line = p.line ORDER BY p.line, p.rule
"""


def all_rules(kind: ImportKind) -> tuple[AnyRule, ...]:
    """Return every rule of a kind in the order they are reported: blank and unreadable cells, unknown names, its own, the file's."""
    cells = [rule for column in kind.columns for rule in _cell_rules(column)]
    closed = SetRule(
        MONTH_CLOSED, _month_column(kind), "", "{detail} is closed for this client, so this row cannot change it; record an adjustment."
    )
    return (*cells, *(lookup.rule for lookup in kind.lookups), *kind.rules, _repeated(kind), closed)


def check(connection: Connection, kind: ImportKind) -> tuple[AnyRule, ...]:
    """Fill `import_problem` (line, rule number, detail) and `import_skip` (rows that repeat an earlier one); return the rules by number."""
    rules = all_rules(kind)
    for statement in (CREATE_PROBLEMS, CREATE_SKIP, _row_rules(rules)):
        connection.execute(text(statement))
    for number, rule in enumerate(rules):
        if isinstance(rule, SetRule) and rule.select:
            connection.execute(
                text(f"INSERT INTO import_problem SELECT found.line, {number}, found.detail FROM ({rule.select}) found (line, detail)")
            )
    connection.execute(
        text(f"INSERT INTO import_skip SELECT line, 'repeat' FROM ({_repeated_rows(kind)}) same WHERE alike AND line <> first_line")
    )
    return rules


def refuse_lines(connection: Connection, lines: Sequence[int]) -> None:
    """Keep lines out that the parser could not read as rows."""
    if lines:
        connection.execute(text("INSERT INTO import_skip SELECT unnest(CAST(:lines AS int[])), 'refused'"), {"lines": list(lines)})


def refuse_broken_rows(connection: Connection, rules: Sequence[AnyRule]) -> None:
    """Keep the rows out that break a rule which refuses."""
    refusing = ", ".join(str(number) for number, rule in enumerate(rules) if not rule.warns)
    connection.execute(text(f"INSERT INTO import_skip SELECT DISTINCT line, 'refused' FROM import_problem WHERE rule IN ({refusing})"))


def refuse_closed_months(connection: Connection, rules: Sequence[AnyRule], *, lines: str) -> None:
    """Keep the rows out that would change a closed month; `lines` is a SELECT of line and month."""
    number = next(number for number, rule in enumerate(rules) if rule.name == MONTH_CLOSED)
    connection.execute(text(f"INSERT INTO import_problem SELECT line, {number}, to_char(month, 'YYYY-MM') FROM ({lines}) closed"))
    connection.execute(text(f"INSERT INTO import_skip SELECT line, 'refused' FROM import_problem WHERE rule = {number}"))


def count_refused(connection: Connection) -> int:
    """Return how many lines are kept out because they are wrong."""
    return int(connection.execute(text("SELECT count(DISTINCT line) FROM import_skip WHERE why = 'refused'")).scalar_one())


def problems_found(connection: Connection, rules: Sequence[AnyRule]) -> tuple[RowProblem, ...]:
    """Return every problem of every row by line, with the cell as it was written."""
    values = " ".join(f'WHEN {number} THEN s."in_{rule.column}"' for number, rule in enumerate(rules))
    return tuple(
        _problem(rules[row.rule], row.line, row.value or "", row.detail or "")
        for row in connection.execute(text(READ_PROBLEMS.format(values=values)))
    )


def _problem(rule: AnyRule, line: int, value: str, detail: str) -> RowProblem:
    sentence = rule.sentence.replace("{detail}", detail).replace("{unseen}", _unseen(value)).replace("{value}", value)
    return RowProblem(line, rule.column, value, rule.name, sentence, "warning" if rule.warns else "refused")


def _unseen(value: str) -> str:
    found = re.search(UNSEEN_CHARACTERS, value)
    return f"{unicodedata.name(found[0], 'a character')} (U+{ord(found[0]):04X})" if found else ""


def _cell_rules(column: Column) -> list[Rule]:
    cell = f'r."in_{column.name}"'
    rules = [Rule(CONTROL_CHARACTER, column.name, f"{cell} ~ {CONTROL}", f"The {column.name} holds a control character.")]
    if column.is_key:
        sentence = f"The {column.name} holds {{unseen}}, which nobody can see; write it without."
        rules.append(Rule(UNSEEN_CHARACTER, column.name, f"{cell} ~ {UNSEEN}", sentence))
        too_long = f"The {column.name} is longer than {LONGEST_KEY} characters; write the one that the source system shows."
        rules.append(Rule("too_long", column.name, f"char_length({cell}) > {LONGEST_KEY}", too_long))
    elif column.value is None and not column.prose:
        sentence = f"The {column.name} holds a line break; write it in one line, or close a quote that stands open in it."
        rules.append(Rule(LINE_BREAK, column.name, f"{cell} ~ {BREAKS}", sentence))
    if column.required:
        rules.append(Rule("required", column.name, f"btrim(coalesce({cell}, '')) = ''", f"The {column.name} is missing."))
    if column.value:
        unread, mistaken = f"{column.cell} IS NULL AND btrim({cell}) <> ''", column.value.mistaken
        if mistaken is not None:
            is_it = mistaken.sql.format(raw=cell)
            rules.append(Rule(mistaken.rule, column.name, f"{unread} AND ({is_it})", mistaken.sentence))
            unread = f"{unread} AND NOT ({is_it})"
        rules.append(Rule(column.value.rule, column.name, unread, column.value.sentence))
        rules += [
            Rule(fault.rule, column.name, fault.sql.format(raw=cell, cell=column.cell, zone="r.zone"), fault.sentence)
            for fault in column.value.faults
        ]
    if column.happened:
        ahead = f"{column.cell} > now() + interval '1 day'"
        rules.append(Rule("in_future", column.name, ahead, "{value} lies ahead; look whether its year is right.", warns=True))
    return rules


def _row_rules(rules: Sequence[AnyRule]) -> str:
    numbered = [(number, rule) for number, rule in enumerate(rules) if isinstance(rule, Rule)]
    # All cells of a row are searched for such characters at once, cell by cell only in a row that has one.
    together = {CONTROL_CHARACTER: CONTROL, UNSEEN_CHARACTER: UNSEEN, LINE_BREAK: BREAKS}
    any_broken = [
        f"concat({', '.join(cells)}) ~ {characters}" for name, characters in together.items() if (cells := _cells_of(numbered, name))
    ]
    any_broken += [rule.broken for _, rule in numbered if rule.name not in together]
    return ROW_RULES.format(
        any_broken=" OR ".join(f"({broken})" for broken in any_broken),
        rules=", ".join(f"({number}, ({rule.broken}))" for number, rule in numbered),
    )


def _cells_of(rules: Sequence[tuple[int, Rule]], name: str) -> list[str]:
    return [f'r."in_{rule.column}"' for _, rule in rules if rule.name == name]


def _repeated(kind: ImportKind) -> SetRule:
    contradicting = f"SELECT line, first_line::text FROM ({_repeated_rows(kind)}) same WHERE NOT alike"
    return SetRule("repeated", _naming_column(kind), contradicting, "The file says different things about {value}, first in line {detail}.")


def _repeated_rows(kind: ImportKind) -> str:
    content = [field.sql for target in kind.targets for field in kind.fields_of(target)]
    return REPEATED.format(
        content=", ".join(content) or "1",
        named=", ".join(f"{sql} AS i{place}" for place, sql in enumerate(kind.identity)),
        places=", ".join(str(place + 1) for place in range(len(kind.identity))),
        identity=", ".join(kind.identity),
        twice=", ".join(f"twice.i{place}" for place in range(len(kind.identity))),
    )


def _naming_column(kind: ImportKind) -> str:
    return next(name for name in ("external_id", "mrn", "staff", "npi", "valid_from", "code") if name in kind.column_names)


def _month_column(kind: ImportKind) -> str:
    return next((c.name for c in kind.columns if c.name in ("month", "on")), kind.columns[0].name)
