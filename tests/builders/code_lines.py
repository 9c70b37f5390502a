"""A line that claims a given code on a given day: worked, seen, enrolled to or dead on it."""

from datetime import date, timedelta
from typing import Any

from tests.builders.facts import Facts, care_plan, consent, enrolment, entry
from tests.builders.worked_programs import Worked, discharge

PERSONAL = {"qhp_time": "personal"}
DEVICES = {
    "99445": ("RPM", 5),
    "99454": ("RPM", 16),
    "98984": ("RTM_RESPIRATORY", 5),
    "98976": ("RTM_RESPIRATORY", 16),
    "98985": ("RTM_MUSCULOSKELETAL", 5),
    "98977": ("RTM_MUSCULOSKELETAL", 16),
    "98986": ("RTM_COGNITIVE", 5),
    "98978": ("RTM_COGNITIVE", 16),
}
# Minutes of staff (of the practitioner where the agreement makes them personal) that reach a code and no more.
STAFF_MINUTES = {
    "99490": ("CCM", 20),
    "99439": ("CCM", 40),
    "99487": ("CCM", 60),
    "99489": ("CCM", 90),
    "99426": ("PCM", 30),
    "99427": ("PCM", 60),
    "99470": ("RPM", 10),
    "99457": ("RPM", 20),
    "99458": ("RPM", 40),
    "98979": ("RTM", 10),
    "98980": ("RTM", 20),
    "98981": ("RTM", 40),
    "99484": ("BHI", 20),
    "G2214": ("COCM", 16),
    "99492": ("COCM", 36),
    "99493": ("COCM", 31),
    "99494": ("COCM", 76),
}
OWN_MINUTES = {"99491": ("CCM", 30), "99437": ("CCM", 60), "99424": ("PCM", 30), "99425": ("PCM", 60)}
LEVELS: dict[str, dict[str, Any]] = {"G0556": {"conditions": ["I10"]}, "G0557": {}, "G0558": {"qmb": True}}
ADD_ONS = {"G0568": ("APCM_COCM", "-01"), "G0569": ("APCM_COCM", ""), "G0570": ("APCM_BHI", "")}
FIRST_MONTH = frozenset({"99492", "G0568"})
LINES = frozenset([*DEVICES, *STAFF_MINUTES, *OWN_MINUTES, *LEVELS, *ADD_ONS, "99495", "99496"])
PROVIDERS = {"same practitioner": ("A",), "different practitioner": ("B",)}


def line_of(code: str, day: date, **changes: Any) -> Facts | None:
    """Return facts in which a patient has a line that claims `code` for that day: worked, seen, enrolled to or dead on it.

    None for a code of which no line is decided.
    """
    month = f"{day:%Y-%m}"
    since = month[4:] + "-01" if code in FIRST_MONTH else None
    start = (day.replace(day=1) - timedelta(days=40)).isoformat() if since is None else f"{month}-01"
    if code in STAFF_MINUTES or code in OWN_MINUTES:
        own = code in OWN_MINUTES
        program, minutes = (OWN_MINUTES if own else STAFF_MINUTES)[code]
        call = entry(f"{day}T01:00", 60 * minutes, program=program, staff="doctor-a" if own else "nurse")
        mdm = [{"month": month, "level": "moderate" if code in ("99487", "99489") else "low", "provider": "A"}]
        return worked((program,), start, month, {"mdm": mdm} | changes, more=(call,), agreement=PERSONAL if own else {})
    if code in DEVICES:
        kind, days = DEVICES[code]
        return worked((kind.partition("_")[0],), start, month, {"device_days": {kind: days}, "died_on": f"{day}"} | changes)
    if code in LEVELS:
        return worked(("APCM",), start, month, LEVELS[code] | changes, last_day=f"{day}")
    if code in ADD_ONS:
        return worked(("APCM", ADD_ONS[code][0]), start, month, changes, last_day=f"{day}")
    if code in ("99495", "99496"):
        left = day - timedelta(days=6)
        contact = left + timedelta(days=1 if left.weekday() < 4 else 3)
        given = discharge(
            discharged_on=f"{left}", contacted_on=f"{contact}", visited_on=f"{day}", mdm="high" if code == "99496" else "moderate"
        )
        return worked(("TCM",), start, month, given | changes)
    return None


def worked(
    programs: tuple[str, ...], start: str, month: str, changes: dict[str, Any], *, last_day: str | None = None, **more: Any
) -> Facts:
    """Return a patient of the programs from `start` on, with everything that they ask for."""
    known: dict[str, Any] = {
        "enrolments": [enrolment(program=program, to=last_day, **{"from": start}) for program in programs],
        "consents": [consent(program=program, obtained_on=start) for program in programs],
        "visits": [{"on": start, "kind": "AWV", "provider": "A"}],
        "care_plan": care_plan(effective_on=start, copy_given_on=start, reviewed_on=start, signed_on=start),
        "part_b_from": "2010-01-01",
    }
    return Worked(enrolled=programs, month=month, changes=known | changes, **more).facts()
