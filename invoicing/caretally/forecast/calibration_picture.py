"""The picture of a back-test: for each tenth of the chances told, the share that happened; the same bytes every time."""

from collections.abc import Sequence
from decimal import Decimal
from math import isqrt

from caretally.forecast.calibration import Bin, Prediction, bins_of, brier, told_with
from caretally.forecast.chances import SCALE

SIDE, LEFT, TOP = 400, 70, 62
WIDTH, HEIGHT = LEFT + SIDE + 30, TOP + SIDE + 96
LARGEST, SMALLEST = 20, 3  # radii
STYLE = (
    "text{font:13px sans-serif;fill:#1c2b2a}.small{font-size:11px;fill:#4a5b59}.head{font-size:16px;font-weight:600}"
    ".grid{stroke:#d9e2e1}.even{stroke:#8a9a98;stroke-dasharray:5 4}.own{fill:#0b6259;fill-opacity:.8}.anybody{fill:none;stroke:#b4541a;stroke-width:1.6}"
)


def picture(predictions: Sequence[Prediction]) -> str:
    """Return an SVG of what was told beside what happened, with the patient's own months and without; a circle's area is how many were told."""
    own, anybody = told_with(predictions, "chance"), told_with(predictions, "chance_of_anybody")
    most = max(one.number for one in (*bins_of(own), *bins_of(anybody)))
    says = f"{len(predictions):,} forecasts; Brier score {brier(own)} with the patient's own months, {brier(anybody)} without"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title desc">',
        '<title id="title">Chances told beside what happened</title>',
        f'<desc id="desc">{says}. On the dashed line as many reach the threshold as were told.</desc>',
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text class="head" x="{LEFT}" y="26">Chances told beside what happened</text><text class="small" x="{LEFT}" y="46">{says}</text>',
        *_axes(),
        *_circles("anybody", bins_of(anybody), most),
        *_circles("own", bins_of(own), most),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axes() -> list[str]:
    lines = []
    for tenths in range(0, 11, 2):
        x, y = LEFT + SIDE * tenths // 10, TOP + SIDE - SIDE * tenths // 10
        lines.append(f'<path class="grid" d="M{x} {TOP}V{TOP + SIDE}M{LEFT} {y}H{LEFT + SIDE}"/>')
        lines.append(f'<text class="small" x="{x}" y="{TOP + SIDE + 18}" text-anchor="middle">{tenths * 10} %</text>')
        lines.append(f'<text class="small" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{tenths * 10} %</text>')
    lines.append(f'<path class="even" d="M{LEFT} {TOP + SIDE}L{LEFT + SIDE} {TOP}"/>')
    lines.append(f'<text x="{LEFT + SIDE // 2}" y="{TOP + SIDE + 40}" text-anchor="middle">chance told</text>')
    lines.append(f'<text transform="translate(20 {TOP + SIDE // 2}) rotate(-90)" text-anchor="middle">share that reached it</text>')
    return lines


def _circles(name: str, bins: Sequence[Bin], most: int) -> list[str]:
    circles = []
    for one in bins:
        if one.told is not None and one.happened is not None:
            radius = max(SMALLEST, isqrt(LARGEST * LARGEST * one.number // most))
            says = f"told {_percent(one.told)}, happened {_percent(one.happened)} of {one.number:,}"
            circles.append(
                f'<circle class="{name}" cx="{LEFT + _along(one.told)}" cy="{TOP + SIDE - _along(one.happened)}" r="{radius}"><title>{says}</title></circle>'
            )
    return circles


def _legend() -> list[str]:
    y = TOP + SIDE + 74
    return [
        f'<circle class="own" cx="{LEFT + 7}" cy="{y - 4}" r="6"/><text class="small" x="{LEFT + 20}" y="{y}">with the patient\'s own months</text>',
        f'<circle class="anybody" cx="{LEFT + 217}" cy="{y - 4}" r="6"/><text class="small" x="{LEFT + 230}" y="{y}">of anybody who stands there</text>',
    ]


def _along(share: Decimal) -> int:
    return int(share * SCALE) * SIDE // SCALE


def _percent(share: Decimal) -> str:
    return f"{share * 100:.1f} %"
