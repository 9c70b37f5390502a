"""What Medicare is expected to pay for a claim, as it stands beside the vendor's price and never in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from caretally.money import format_dollars


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedPayment:
    """The expected amounts of one claim in cents: of each line (parallel to its codes) and of the whole, null where not known.

    `note` says how they were found or why not; it is empty where there is no claim to pay.
    """

    line_cents: tuple[int | None, ...]
    cents: int | None
    note: str

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """Return what a row with the columns `expected_line_cents`, `expected_cents` and `expected_note` holds."""
        return cls(line_cents=tuple(row["expected_line_cents"]), cents=row["expected_cents"], note=row["expected_note"])

    def as_json(self, codes: Sequence[str], units: Sequence[int]) -> dict[str, Any] | None:
        """Return the amounts with the codes and units they are for, or None where there is no claim."""
        if not self.note:
            return None
        lines = [{"code": code, "units": count, "cents": cents} for code, count, cents in zip(codes, units, self.line_cents, strict=True)]
        return {"cents": self.cents, "lines": lines, "note": self.note}

    def words(self, codes: Sequence[str]) -> str:
        """Return the amount in words, or why it is not known; empty where there is no claim."""
        if not self.note:
            return ""
        if self.cents is None:
            return f"expected amount not known: {self.note}"
        parts = [f"{code} {format_dollars(cents)}" for code, cents in zip(codes, self.line_cents, strict=True) if cents is not None]
        each = f"{' + '.join(parts)}; " if len(parts) > 1 else ""
        return f"{format_dollars(self.cents)} expected ({each}{self.note}), never part of the price"
