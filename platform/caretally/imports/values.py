"""The values a cell can hold: text to date, month, moment, number, cents, yes or no, identifier or word, in SQL that never raises."""

from caretally.imports.kinds import Fault, Value

DATE = Value("import.date({raw})", "date", "“{value}” is not a date; write 2026-10-31 or 10/31/2026.")
MONTH = Value("import.month({raw})", "month", "“{value}” is not a month; write 2026-10.")
MOMENT = Value(
    "import.moment({raw}, {zone})",
    "moment",
    "“{value}” is not a moment; write 2026-10-31T09:30 in the client's local time, or with an offset as 2026-10-31T09:30:00-05:00.",
    faults=(
        Fault(
            "local_time_nonexistent",
            "import.clock_changes({cell}, {zone}) AND import.clock_fault({raw}, {zone}) = 'nonexistent'",
            "{value} does not exist at this client: the clocks go forward over it.",
        ),
        Fault(
            "local_time_ambiguous",
            "import.clock_changes({cell}, {zone}) AND import.clock_fault({raw}, {zone}) = 'ambiguous'",
            "{value} happens twice at this client, as the clocks go back; give it with an offset.",
        ),
    ),
)
DURATION = Value(
    "import.seconds({raw})",
    "duration",
    "“{value}” is not a duration; write 20 for minutes, 20:00 for minutes and seconds, 00:20:00 with hours too, or 1200s for seconds.",
    mistaken=Fault(
        "clock",
        r"{raw} ~* '^[0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}})? ?[AP]M$' OR {raw} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'",
        "“{value}” is a date or a time of day, as a spreadsheet makes of 20:00; write 20, or 00:20:00 as text.",
    ),
)
WHOLE = Value("import.whole({raw})", "number", "“{value}” is not a whole number.")
CENTS = Value("import.cents({raw})", "money", "“{value}” is not an amount in dollars with at most two decimals; write 38.00.")
PERCENT = Value("import.percent({raw})", "percent", "“{value}” is not a percentage with at most six decimals; write 12.5.")
YES_NO = Value("import.yes_no({raw})", "yes_no", "“{value}” is neither yes nor no.")
LIST = Value("import.words({raw})", "list", "“{value}” is not a list; separate its parts by semicolons.")
STATE = Value("import.state({raw})", "state", "“{value}” is not a two-letter state.")
STATES = Value("import.states({raw})", "state", "“{value}” is not a list of two-letter states such as TX;LA.")
COUNTRY = Value(
    "CASE WHEN upper(btrim({raw})) ~ '^[A-Z]{{2}}$' THEN upper(btrim({raw})) END", "country", "“{value}” is not a two-letter country code."
)
ICD10 = Value("import.icd10({raw})", "icd10", "“{value}” is not written as an ICD-10-CM code such as E11.9.")
NPI = Value("import.npi({raw})", "npi", "“{value}” is not a National Provider Identifier: 10 digits whose check digit fits.")
MBI = Value("import.mbi({raw})", "mbi", "“{value}” is not a Medicare Beneficiary Identifier such as 1EG4-TE5-MK73.")
# Letters of any alphabet; a colon would be a parameter of the statement.
EMAIL = Value(
    r"""CASE WHEN btrim({raw}) ~ '^[^\s@<>(),;"]+@(\w([\w-]*\w)?\.)+\w[\w-]*\w$' AND char_length({raw}) <= 254 THEN btrim({raw}) END""",
    "email",
    "“{value}” is not an email address; write name@example.org.",
)
YEARS = Value(
    "import.years({raw})",
    "years",
    "“{value}” is not a list of years such as 2026;2027.",
)
BILLING_CODE = Value(
    "CASE WHEN upper(btrim({raw})) ~ '^[0-9A-Z]{{5}}$' THEN upper(btrim({raw})) END",
    "billing_code",
    "“{value}” is not a five-character billing code.",
)


def one_of(*words: str) -> Value:
    """Return the value that is one of `words`, however its letters are cased."""
    listed = " ".join(f"WHEN '{word.lower()}' THEN '{word}'" for word in words)
    return Value(
        f"CASE lower(btrim({{raw}})) {listed} END",
        "word",
        f"“{{value}}” is not one of {', '.join(words)}.",
    )
