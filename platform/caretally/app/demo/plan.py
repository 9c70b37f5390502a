"""What a demo is made from."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from caretally.app.demo.scenario import VENDORS, Vendor


@dataclass(frozen=True)
class DemoPlan:
    """`today` decides the months of a new demo and nothing of an old one, `seed` everybody in it; documents go to `out`."""

    today: date
    seed: int
    out: Path
    vendors: tuple[Vendor, ...] = VENDORS
