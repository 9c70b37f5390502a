"""What may stand in one cell of an exported table."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from caretally.files.cells import LONGEST_TEXT, dollars, minutes, plain_text, safe_text

NAUGHTY: list[str] = json.loads((Path(__file__).parents[2] / "data" / "blns.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\tx",
        "\rx",
        "  =1",
        "\xa0=1",
        " \t x",
        "\u200b=1",
        "\ufeff=cmd|' /C calc'!A0",
        "＝1",
        "＋1",
        "－1",
        "＠x",
    ],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert safe_text(text).startswith("'")


@pytest.mark.parametrize("text", ["Abara, Alma", "O'Brien", "LFM-2041", "a=b", "", " Ada", "99490 + 99439"])
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_naughty_string_becomes_a_formula_or_a_second_line(text: str) -> None:
    cell = safe_text(text)
    assert not cell.lstrip(" \xa0\u200b").startswith(("=", "+", "-", "@"))
    assert cell.splitlines() in ([], [cell])


def test_control_and_direction_override_characters_are_taken_out() -> None:
    assert plain_text("a\x00b\x1bc\u202ed\u2066e") == "abcde"


def test_a_lone_surrogate_can_be_written_as_utf_8() -> None:
    assert plain_text("a\ud800b").encode("utf-8") == "a\ufffdb".encode()


def test_text_beyond_a_cell_ends_in_an_ellipsis() -> None:
    assert len(safe_text("x" * 40_000)) == LONGEST_TEXT
    assert safe_text("x" * 40_000).endswith("…")


def test_cents_become_exact_dollars() -> None:
    assert [dollars(862_200), dollars(-5), dollars(0)] == [Decimal("8622.00"), Decimal("-0.05"), Decimal("0.00")]


def test_nineteen_minutes_fifty_nine_are_never_shown_as_twenty() -> None:
    assert minutes(1199) == Decimal("19.98")
