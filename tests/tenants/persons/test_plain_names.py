"""Two spellings of one name are read alike, two names are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretally.persons.names import plain_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Núñez-Ruiz", "José"), ("NUNEZ RUIZ", "jose")),
        (("O'Brien", "Zoë"), ("O’BRIEN", "ZOE")),
        (("OBrien", "Zoe"), ("O Brien", "Zoe")),
        (("Smith Jr.", "John"), ("Smith", "John, Jr")),
        (("Smith", "John III"), ("Smith 3rd", "John")),
        (("Strauß", "Jörg"), ("STRAUSS", "Jorg")),
        (("Łukasik", "Władysław"), ("Lukasik", "Wladyslaw")),
        (("Đặng", "Bích Ngọc"), ("Dang", "Bich-Ngoc")),
        (("Шевченко", "Галина"), ("Shevchenko", "Galina")),
        (("王", "小明"), ("Wang", "Xiao Ming")),
        (("김", "영자"), ("Gim", "Yeongja")),
        (("أحمد", "خَالِد"), ("احمد", "خالد")),
        (("Mueller  ", "\u00a0Anna"), ("MUELLER", "anna")),
        (("\uff33mith", "\uff2aohn"), ("Smith", "John")),
        (("Cafe\u0301", "A\u030ase"), ("Caf\u00e9", "\u00c5se")),
        (("Ortega", "Mrs. Ana"), ("Ortega", "Ana")),
        (("de la Cruz", "Ana"), ("DeLaCruz", "Ana")),
    ],
)
def test_two_spellings_of_one_name_have_one_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert plain_name(*one).key == plain_name(*other).key is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Smith", "John"), ("Smyth", "John")),
        (("Smith", "John"), ("John", "Smith")),
        (("Smith", "John Q"), ("Smith", "John")),
        (("Ann", "Alee"), ("Anna", "Lee")),
        (("Junior", "John"), ("Smith", "John")),
        (("नेहा", "राम"), ("नहा", "राम")),
    ],
)
def test_two_names_have_two_keys(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert plain_name(*one).key != plain_name(*other).key


@pytest.mark.parametrize("name", [("", "John"), ("—", "John"), ("Smith", "?"), ("UNKNOWN", "John"), ("Smith", "unk"), ("\u200b", "\u0301")])
def test_what_names_nobody_has_no_key(name: tuple[str, str]) -> None:
    assert plain_name(*name).key is None


def test_the_generation_leaves_the_name_and_is_kept() -> None:
    generations = [plain_name(family, "John").generation for family in ("Smith", "Smith Sr", "Smith Jr.", "Smith II", "Smith III")]
    assert generations == [None, 1, 2, 2, 3]
    assert plain_name("Junior", "Jr").family == "junior"


def test_names_in_each_others_place_are_one_whole() -> None:
    assert plain_name("García López", "Ana").whole == plain_name("Ana", "Lopez Garcia").whole == "ana garcia lopez"


@given(st.text(), st.text())
def test_any_text_can_be_read_and_reading_it_again_changes_nothing(family: str, given_name: str) -> None:
    name = plain_name(family, given_name)
    assert set(name.family + name.given) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert plain_name(name.family, name.given).family == name.family
