"""What a set of fonts can show, so that a document never fails on a letter and never drops one without a trace."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from caretally.files.cells import plain_text

FONT_FOLDER = Path(__file__).parent / "fonts"
DECLARED = ("Inter-Regular.otf", "NotoSans-Regular.ttf", "NotoSansCJKsc-Regular.otf")  # as in page.typ
# Joiners and variation selectors have no picture of their own; without them Persian, Hindi and some Han names are misspelt.
_INVISIBLE = frozenset(
    {
        0x00AD,
        0x034F,
        0x061C,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x2060,
        0x3164,
        0xFFA0,
        *range(0x180B, 0x1810),
        *range(0x200B, 0x2010),
        *range(0xFE00, 0xFE10),
        *range(0x2061, 0x2066),
        *range(0x206A, 0x2070),
        *range(0xE0000, 0xE1000),
    }
)
_JOINERS = frozenset({0x200C, 0x200D})
_BREAK = "\u200b"  # templates break a line here and leave no character behind
_FIRST_SHAPED = 0x0590  # Hebrew; Latin, Greek, Cyrillic and Armenian letters lie before it
LONGEST_WORD = 22
_MOST_BREAKS = 40  # in one text: typst gives up on some hundred
_LONG_WORD = re.compile(rf"(?<!\S)(?![0-9a-f]{{64}}\b)[^\s\u2007]{{{LONGEST_WORD + 1},}}")


@dataclass(frozen=True, slots=True)
class Coverage:
    """The code points that one font shows, as sorted first and last points of its ranges."""

    firsts: tuple[int, ...]
    lasts: tuple[int, ...]

    def shows(self, point: int) -> bool:
        """Tell whether the font has a picture for this code point."""
        at = bisect.bisect_right(self.firsts, point) - 1
        return at >= 0 and point <= self.lasts[at]


@cache
def coverages() -> dict[str, Coverage]:
    """Return what each shipped font file shows, read from `fonts/coverage.txt` (written with the fonts)."""
    lines = (FONT_FOLDER / "coverage.txt").read_text(encoding="ascii").splitlines()
    return {line.split()[0]: _coverage(line.split()[1:]) for line in lines}


def _coverage(ranges: list[str]) -> Coverage:
    pairs = [tuple(int(point, 16) for point in span.split("-")) for span in ranges]
    return Coverage(firsts=tuple(first for first, _ in pairs), lasts=tuple(last for _, last in pairs))


@cache
def face_shows(character: str) -> bool:
    """Tell whether the semi-bold text face has this character."""
    return coverages()["Inter-SemiBold.otf"].shows(ord(character))


def narrow(text: str, *, width: int = 11) -> str:
    """Return an identifier that may break after every `width` characters, for a narrow column."""
    return _BREAK.join(text[at : at + width] for at in range(0, len(text), width))


@cache
def showable(text: str) -> str:
    """Return `text` as our fonts can show it; a character that no font has is named by its code point, as in [U+1F9FF].

    Control and direction-override characters are taken out first (see `plain_text`), so text cannot reorder an amount beside it. A word of
    more than 22 characters may break anywhere, so that it stays in its column; a SHA-256 stays whole.
    """
    clean = text if text.isascii() and text.isprintable() else "".join(map(_showable_cluster, _clusters(plain_text(text))))
    return _LONG_WORD.sub(_breakable, clean) if len(clean) > LONGEST_WORD else clean


def spelled_out(text: str) -> str:
    """Return `text` with every character named that is not plain in a declared face: ugly, and certain to be shown."""
    return "".join(character if character.isascii() or _plainly_shown(character) else f"[U+{ord(character):04X}]" for character in text)


def _plainly_shown(character: str) -> bool:
    return not _joins(character) and coverages()[DECLARED[0]].shows(ord(character))


def _breakable(match: re.Match[str]) -> str:
    word = match.group()
    clusters = list(_clusters(word))
    # Letters that join or stack are shaped together, so such a word may break only now and then.
    step = max(1 if max(map(ord, word)) < _FIRST_SHAPED else LONGEST_WORD // 2, 1 + len(match.string) // _MOST_BREAKS)
    return _BREAK.join("".join(clusters[at : at + step]) for at in range(0, len(clusters), step))


def _clusters(text: str) -> Iterator[str]:
    """Split into a base character with the marks on it: the smallest piece that one font must show alone."""
    start = 0
    for index in range(1, len(text)):
        if not _joins(text[index]):
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def _joins(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Mc", "Me"} or ord(character) in _INVISIBLE


def _showable_cluster(cluster: str) -> str:
    unseen = _INVISIBLE - _JOINERS if ord(cluster[0]) >= _FIRST_SHAPED else _INVISIBLE
    kept = "".join(character for character in cluster if character == _BREAK or ord(character) not in unseen)
    if kept.isascii() or _one_font_shows(kept):
        return kept
    return "".join(_shown_or_named(character, alone=index == 0) for index, character in enumerate(kept) if ord(character) not in _JOINERS)


@cache
def _one_font_shows(cluster: str) -> bool:
    points = [ord(character) for character in cluster if character != _BREAK and ord(character) not in _JOINERS]
    return not points or any(all(map(coverage.shows, points)) for coverage in _candidates(points[0]))


def _candidates(first: int) -> list[Coverage]:
    """Return the fonts that typst tries for a cluster: our declared faces when one has its first character, else any that has."""
    declared = [coverages()[font] for font in DECLARED]
    return declared if any(coverage.shows(first) for coverage in declared) else list(coverages().values())


def _shown_or_named(character: str, *, alone: bool) -> str:
    shown = character == _BREAK or (alone and not _joins(character) and _one_font_shows(character))
    return character if shown else f"[U+{ord(character):04X}]"
