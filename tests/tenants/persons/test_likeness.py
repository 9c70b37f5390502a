"""How likely two records are one person, and the words for why."""

from datetime import date

import pytest

from caretally.persons.likeness import Commonness, Described, likeness
from caretally.persons.names import plain_name
from caretally.persons.near import LEAST_PERCENT

PLAIN = Commonness(10_000, {"abara": 5, "smith": 100, "alma": 20, "mary": 300, "wilhelmina": 1})
BORN = date(1941, 3, 2)


def described(family: str, given: str, born: date = BORN, mbi: str | None = None) -> Described:
    name = plain_name(family, given)
    return Described(name.family, name.given, name.generation, born, mbi)


ALMA = described("Abara", "Alma")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (described("Abarra", "Alma"), "family_name_similar"),
        (described("Abraa", "Alma"), "family_name_similar"),
        (described("Abara", "Alna"), "given_name_similar"),
        (described("Abara", "Alma Rose"), "given_name_first_word"),
        (described("Abara Lopez", "Alma"), "family_name_one_of_two"),
        (described("Alma", "Abara"), "names_swapped"),
        (described("Abara", "Alma", date(1941, 2, 3)), "birth_date_day_and_month_swapped"),
        (described("Abara", "Alma", date(1941, 3, 3)), "birth_date_one_day_apart"),
        (described("Abara", "Alma", date(1947, 3, 2)), "birth_date_one_digit"),
        (described("Abara", "Alma", date(1914, 3, 2)), "birth_date_digits_swapped"),
        (described("Abara", "Alma", date(1941, 3, 20)), "birth_date_digits_swapped"),
    ],
)
def test_one_slip_is_put_before_a_person_with_its_reason(other: Described, reason: str) -> None:
    found = likeness(ALMA, other, PLAIN)
    assert reason in found.reasons
    assert found.percent >= LEAST_PERCENT


@pytest.mark.parametrize(
    ("one", "other"), [("Bill", "William"), ("Peggy", "Margaret"), ("Robert", "Bob"), ("Betty", "Elizabeth"), ("Barb", "Barbara")]
)
def test_a_short_form_is_put_before_a_person(one: str, other: str) -> None:
    found = likeness(described("Abara", one), described("Abara", other), PLAIN)
    assert "given_name_short_form" in found.reasons
    assert found.percent >= LEAST_PERCENT


@pytest.mark.parametrize(
    "other",
    [
        described("Abara", "Otis"),
        described("Smith", "Alma", date(1950, 1, 9)),
        described("Smith", "Otis"),
        described("Abara", "Alma", date(1966, 12, 30)),
        described("", ""),
    ],
    ids=["a twin", "a namesake", "the same day of birth only", "another generation", "nobody"],
)
def test_strangers_and_twins_are_not(other: Described) -> None:
    assert likeness(ALMA, other, PLAIN).percent < LEAST_PERCENT


def test_father_and_son_with_one_name_are_not_taken_for_a_slip_in_the_year() -> None:
    father, son = described("Abara Sr", "Otis"), described("Abara Jr", "Otis", date(1961, 3, 2))
    assert likeness(father, son, PLAIN).percent < LEAST_PERCENT


def test_two_medicare_numbers_speak_against_and_one_slip_in_them_for_it() -> None:
    one = described("Abara", "Alma", mbi="1EG4TE5MK73")
    other, slip, nothing = (likeness(one, described("Abarra", "Alma", mbi=mbi), PLAIN) for mbi in ("9XY8QR7TW11", "1EG4TE5MK78", None))
    assert other.percent < nothing.percent < slip.percent
    assert "mbi_one_character" in slip.reasons


def test_a_rare_name_says_more_than_a_common_one() -> None:
    rare = likeness(described("Abara", "Wilhelmina"), described("Coleman", "Wilhelmina"), PLAIN)
    common = likeness(described("Abara", "Mary"), described("Coleman", "Mary"), PLAIN)
    assert rare.percent > common.percent


def test_more_patients_make_a_coincidence_likelier() -> None:
    other = described("Abarra", "Alma")
    many = Commonness(1_000_000, {"abara": 500, "alma": 2_000})
    assert likeness(ALMA, other, many).percent < likeness(ALMA, other, PLAIN).percent


def test_it_does_not_matter_which_record_is_first() -> None:
    for other in (described("Abarra", "Alma"), described("Alma", "Abara"), described("Abara", "Alma", date(1947, 3, 2))):
        assert likeness(ALMA, other, PLAIN) == likeness(other, ALMA, PLAIN)
