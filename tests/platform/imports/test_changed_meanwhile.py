"""What two people changed of one record stays apart: ticked words in whatever order, and what no form of ours sends along."""

import json

import pytest

from caretally.imports.meanwhile import began_with, differences, held_by_form
from caretally.imports.records import version_of

WAS = {"elements": "goals;problems;interventions", "signed_by": ""}


def test_ticks_that_i_left_as_they_were_take_what_the_other_one_ticked() -> None:
    typed = {"elements": "problems;goals;interventions", "signed_by": "Dr. Osei"}
    kept = {"elements": "goals", "signed_by": ""}
    assert held_by_form(typed, was=WAS, kept=kept) == {"elements": "goals", "signed_by": "Dr. Osei"}
    [told] = differences({"elements": "Elements", "signed_by": "Signed by"}, typed, was=WAS, kept=kept)
    assert (told.label, told.typed, told.kept) == ("Elements", None, "goals")


def test_ticks_that_nobody_changed_are_no_difference_in_another_order() -> None:
    typed = {"elements": "problems;goals;interventions", "signed_by": "Dr. Osei"}
    assert differences({"elements": "Elements"}, typed, was=WAS, kept=WAS | {"elements": "interventions;goals;problems"}) == ()


@pytest.mark.parametrize("typed", ["call; then mail", "b;a"])
def test_a_text_with_a_semicolon_is_no_list(typed: str) -> None:
    was = {"note": "; ".join(reversed(typed.split("; "))) if "; " in typed else "a;b"}
    assert held_by_form({"note": typed}, was=was, kept={"note": "theirs"}) == {"note": typed}


@pytest.mark.parametrize("was", ['{"a": "\\ud800"}', "[]", "null", '{"a": 1}', "[" * 5000, "{"])
def test_what_no_form_of_ours_sends_along_is_as_if_it_were_not_there(was: str) -> None:
    assert began_with(was, seen="0" * 64) == {}


def test_the_record_that_was_seen_is_read_back() -> None:
    assert began_with(json.dumps(WAS), seen=version_of(WAS)) == WAS
