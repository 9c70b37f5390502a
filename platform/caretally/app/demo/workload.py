"""How much work a patient gets in a month, and how it is cut into pieces."""

from random import Random

from caretally.app.demo.drafts import Draft

MINUTE = 60
# (weight, from, to) in minutes of the months that reach twenty minutes, and of those that do not.
REACHED = ((64, 20, 28), (13, 28, 40), (16, 40, 52), (4, 52, 60), (3, 60, 84))
SHORT = ((24, 0, 0), (36, 2, 10), (40, 10, 17))
COMPLEX = ((60, 60, 90), (30, 90, 120), (10, 120, 160))
PENDING_SHARE = 0.008
_Bands = tuple[tuple[int, int, int], ...]


def month_seconds(random: Random, draft: Draft) -> int:
    """Return how long a patient is worked for in a month, in seconds; 0 for a month without work."""
    reached = random.random() < (0.85 if draft.is_complex else draft.diligence)
    bands: _Bands = (COMPLEX if draft.is_complex else REACHED) if reached else SHORT
    _, least, most = random.choices(bands, [weight for weight, *_ in bands])[0]
    return random.randint(least * MINUTE, most * MINUTE) if most else 0


def pieces(random: Random, total: int, *, most: int) -> list[int]:
    """Cut seconds into at most `most` pieces of two to twelve minutes or so; they add up to the total."""
    count = max(1, min(most, round(total / random.uniform(240, 480))))
    cuts = [random.uniform(0.6, 1.4) for _ in range(count)]
    scale = total / sum(cuts)
    cut = [int(share * scale) for share in cuts]
    cut[-1] += total - sum(cut)
    return cut
