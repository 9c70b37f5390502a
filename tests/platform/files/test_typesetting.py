"""What the shipped fonts can show."""

import json
import unicodedata
from pathlib import Path

import pytest

from caretally.files.typesetting import FONT_FOLDER, coverages, narrow, showable

NAUGHTY: list[str] = json.loads((Path(__file__).parents[2] / "data" / "blns.json").read_text(encoding="utf-8"))
NAMES = {
    "Latin": "Nguyễn Łukaszewicz",
    "Cyrillic": "Ковалёва Ђорђе",
    "Greek": "Γιώργος Ἀθηνᾶ",
    "Arabic": "ليلى حداد",
    "Persian": "می‌نویسم",
    "Urdu": "ٹیپو",
    "Hebrew": "אברהם כהן",
    "Chinese": "王小明 陳",
    "rare Han": "𠮷野 㐂",
    "Japanese": "田中さくら タナカ",
    "Korean": "김민준",
    "Devanagari": "प्रिया शर्मा",
    "Bengali": "রীতা",
    "Gurmukhi": "ਗੁਰਪ੍ਰੀਤ",
    "Gujarati": "નરેન્દ્ર",
    "Odia": "ସୁବ୍ରତ",
    "Tamil": "கவிதா",
    "Telugu": "శ్రీనివాస్",
    "Kannada": "ಶ್ರೀಧರ್",
    "Malayalam": "ശ്രീജിത്ത്",
    "Sinhala": "ශ්‍රියානි",
    "Thai": "มานะ สุขใจ",
    "Lao": "ສົມຊາຍ",
    "Khmer": "សុភា",
    "Burmese": "အောင်ဆန်း",
    "Tibetan": "བསྟན་འཛིན",
    "Georgian": "ნინო",
    "Armenian": "Անի",
    "Ethiopic": "አበበ",
    "Mongolian": "ᠪᠠᠲᠤ",
    "Cherokee": "ᏣᎳᎩ",
    "Inuktitut": "ᐃᓄᒃᑎᑐᑦ",
    "Syriac": "ܝܘܚܢܢ",
    "Thaana": "އަހުމަދު",
    "Tifinagh": "ⵜⴰⵎⴰⵣⵉⵖⵜ",
    "N’Ko": "ߒߞߏ",
    "Yi": "ꆈꌠ",
    "Javanese": "ꦗꦮ",
    "Balinese": "ᬩᬮᬶ",
    "Adlam": "𞤀𞤁𞤂",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_in_this_script_is_shown_as_it_is_written(name: str) -> None:
    assert showable(name) == name


def test_a_character_that_no_font_has_is_named_and_not_dropped() -> None:
    assert showable("Ada \U0001fae8") == "Ada [U+1FAE8]"


def test_a_mark_that_no_font_can_put_on_its_letter_is_named() -> None:
    assert showable("ก\u05b8") == "ก[U+05B8]"


def test_text_cannot_turn_the_amount_beside_it_around() -> None:
    assert showable("Ada\u202e00.83$") == "Ada00.83$"


def test_a_long_word_may_break_and_a_fingerprint_stays_whole() -> None:
    assert showable("x" * 30).replace("\u200b", "") == "x" * 30
    assert "\u200b" in showable("x" * 30)
    assert showable("9f" * 32) == "9f" * 32


def test_an_identifier_for_a_narrow_column_keeps_its_characters() -> None:
    assert narrow("LFM-2041-ABCDEF").split("\u200b") == ["LFM-2041-AB", "CDEF"]


def test_every_shipped_font_says_what_it_shows() -> None:
    assert {path.name for path in FONT_FOLDER.iterdir() if path.suffix in {".otf", ".ttf"}} == set(coverages())


def test_the_fonts_stay_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in FONT_FOLDER.iterdir()) < 25_000_000


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_control_and_no_direction_override_is_left_of_a_naughty_string(text: str) -> None:
    overrides = set(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
    assert not {character for character in showable(text) if unicodedata.category(character) == "Cc" or character in overrides}
