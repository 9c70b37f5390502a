"""Made-up identifiers that are valid by format: MBI by its pattern, NPI by its check digit."""

from random import Random

MBI_LETTERS = "ACDEFGHJKMNPQRTUVWXY"
# One letter a place: 1-9, letter, letter or digit, digit, and so on (CMS: no S, L, O, I, B, Z).
MBI_SHAPE = "CAXNAXNAANN"


def some_mbi(random: Random) -> str:
    """Return eleven characters that match CMS's pattern of a Medicare beneficiary identifier, without dashes."""
    places = {"C": "123456789", "N": "0123456789", "A": MBI_LETTERS, "X": MBI_LETTERS + "0123456789"}
    return "".join(random.choice(places[place]) for place in MBI_SHAPE)


def npi_check_digit(nine: str) -> str:
    """Return the Luhn check digit over `80840` and nine digits."""
    total = 0
    for place, digit in enumerate(reversed("80840" + nine)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def some_npi(random: Random, *, leading: str) -> str:
    """Return ten digits that pass the NPI check; `leading` 9 marks test data, 1 looks like an assigned one."""
    nine = leading + "".join(random.choice("0123456789") for _ in range(8))
    return nine + npi_check_digit(nine)
