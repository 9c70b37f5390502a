"""What a call goes through, and the note that is drafted from it for a person to edit and confirm."""

from collections.abc import Mapping, Sequence

# Each point of the protocol: what the list calls it, and what the draft says where nothing was written beside it.
POINTS = {
    "medication": ("Medication", "reviewed, no change reported"),
    "readings": ("Readings", "reviewed"),
    "symptoms": ("Symptoms", "none new reported"),
    "visits": ("Visits and stays", "none since the last contact"),
    "referrals": ("Referrals", "none open"),
    "education": ("Education", "given"),
}
ACTIVITIES = ("call", "care planning", "coordination", "medication management", "record review", "patient education")


def gone_through(ticked: Sequence[str], findings: Mapping[str, str]) -> list[str]:
    """Return the points that were ticked or have something written beside them, in the order of the protocol."""
    return [point for point in POINTS if point in ticked or findings.get(point, "").strip()]


def drafted_note(ticked: Sequence[str], findings: Mapping[str, str]) -> str:
    """Return a note with one line for each point that was gone through; it holds nothing that nobody ticked or wrote."""
    lines = []
    for point in gone_through(ticked, findings):
        label, otherwise = POINTS[point]
        found = " ".join(findings.get(point, "").split()).rstrip(".")
        lines.append(f"{label}: {found or otherwise}.")
    return "\n".join(lines)


def checklist_of(ticked: Sequence[str], findings: Mapping[str, str]) -> dict[str, str]:
    """Return what is kept of the protocol: each point that was gone through with what was written beside it."""
    return {point: findings.get(point, "").strip() for point in gone_through(ticked, findings)}
