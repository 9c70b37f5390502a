"""Twelve months of one figure as bars in SVG, small enough to stand beside others of its kind."""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, FLOOR, TOP, STEP = 252, 52, 4, 21


def trend_picture(values: Sequence[int], *, colour: str, label: str) -> Markup:
    """Return the bars of whole numbers, the earliest first; `colour` ends the name of a colour class, `label` says in words what is seen."""
    tallest, shift = max([*values, 1]), WIDTH - STEP * len(values)
    bars = [
        Markup('<rect class="f-{}" x="{}" y="{}" width="{}" height="{}"/>').format(
            colour, shift + STEP * place, FLOOR - height, STEP - 3, height
        )
        for place, value in enumerate(values)
        if (height := max((FLOOR - TOP) * value // tallest, 1 if value else 0))
    ]
    axis = Markup('<line class="ax" x1="0" x2="{}" y1="{}" y2="{}"/>').format(WIDTH, FLOOR, FLOOR)
    return Markup('<svg viewBox="0 0 {} 54" role="img" aria-label="{}">{}{}</svg>').format(WIDTH, label, Markup("").join(bars), axis)
