"""Patients who stand on both sides of one edge each of the rules of programs beside CCM, and of the rules by which programs meet."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

from tests.builders.edges import merged
from tests.builders.facts import Facts, care_plan, consent, enrolment, entry
from tests.builders.worked_programs import Worked, discharge, service

MARCH_CALL = "2026-03-02T10:00"
KNOWN_OF_SERVICES: tuple[dict[str, Any], ...] = (
    {},
    {"provider": "A"},
    {"provider": "B"},
    {"same_practitioner": False},
    {"same_practitioner": True},
    {"provider": "A", "same_practitioner": False},
    {"provider": "B", "same_practitioner": True},
)
LISTS: tuple[dict[str, Any], ...] = (
    {},
    {"priority": ["CCM", "RPM"]},
    {"priority": ["RPM", "CCM"]},
    {"priority": ["RPM"]},
    {"priority": ["BHI", "CCM"]},
    {"priority": ["BHI", "RPM", "CCM"]},
)


def program_edges() -> list[Facts]:
    """Return all of them, one file for each agreement and month."""
    return merged(program_edges_one_by_one())


def program_edges_one_by_one() -> list[Facts]:
    """Return all of them, one patient each."""
    every = (
        _of_devices,
        _of_services,
        _of_shared_minutes,
        _of_lines,
        _of_settings,
        _of_first_visits,
        _of_transitions,
        _of_seconds,
        _of_dates,
    )
    return [worked.facts() for edges in every for worked in edges()]


def program_edges_of_days() -> list[Facts]:
    """Return those of first and last days, one patient each."""
    every = (_of_dates, _of_devices, _of_first_visits, _of_transitions, _of_services)
    return [worked.facts() for some in every for worked in some()]


def program_edges_of_seconds() -> list[Facts]:
    """Return those of seconds, one patient each."""
    return [worked.facts() for worked in _of_seconds()]


def transitions() -> list[Facts]:
    """Return the transitions, and care beside services that somebody billed, one patient each."""
    return [worked.facts() for worked in (*_of_transitions(), *_of_services())]


def _of_devices() -> Iterator[Worked]:
    """Days of data around each band, of one device or several, in lives and enrolments that end."""
    for days, month in product((0, 1, 2, 15, 16, 30), ("2025-12", "2026-01")):
        yield Worked(enrolled=("RPM",), month=month, since="-01-01", changes={"device_days": {"RPM": days}})
        yield Worked({"RPM": 20}, month=month, since="-01-01", changes={"device_days": {"RPM": days}})
        for kind in ("RTM", "RTM_RESPIRATORY", "RTM_MUSCULOSKELETAL", "RTM_COGNITIVE"):
            yield Worked(enrolled=("RTM",), month=month, since="-01-01", changes={"device_days": {kind: days, "RTM_RESPIRATORY": 16}})
    for month in ("2021-12", "2022-01", "2022-12", "2023-01"):
        yield Worked(enrolled=("RTM",), month=month, since="-01-01", changes={"device_days": {"RTM_COGNITIVE": 16}})
    for change in ({"died_on": "2026-02-28"}, {"died_on": "2026-03-01"}, {"enrolments": [enrolment(program="RPM", to="2026-03-05")]}):
        yield Worked({"RPM": 20}, changes={"device_days": {"RPM": 16}} | change)
    for died in ("2026-02-28", "2026-03-01"):
        yield Worked(enrolled=("RTM",), changes={"device_days": {"RTM": 16}, "died_on": died})
    yield Worked(enrolled=("RPM",), month="2026-01", since="-01-01", changes={"device_days": {"RPM": 5}, "died_on": "2026-01-01"})
    yield Worked({"RPM": 20}, changes={"device_days": {"RPM": 16}, "enrolments": []})
    yield Worked(
        {"RPM": 5}, contact="none", changes={"device_days": {"RPM": 16}, "consents": [consent(program="RPM", revoked_on="2026-02-10")]}
    )


def _of_services() -> Iterator[Worked]:
    """What somebody billed, whoever it was, beside each family that may bar it; a transition on both sides of its thirty days."""
    for known, code in product(KNOWN_OF_SERVICES, ("G0181", "90970", "99490", "G0556", "G0506", "99484", "99426")):
        yield Worked({"CCM": 20}, changes=service(code, "2026-03-10", **known))
    for known, code in product(KNOWN_OF_SERVICES, ("99457", "99470", "99091", "98980", "99445")):
        yield Worked({"RPM": 20}, changes=service(code, "2026-03-10", **known) | {"device_days": {"RPM": 16}})
    for known, code in product(KNOWN_OF_SERVICES, ("G0557", "99490", "99446", "99495", "99484")):
        yield Worked(enrolled=("APCM", "APCM_BHI"), changes=service(code, "2026-03-10", **known))
        yield Worked(enrolled=("APCM_COCM",), changes=service("G0556", "2026-03-10", **known))
    on_new_year = entry("2025-01-01T10:00", 1200)
    yield Worked(enrolled=("CCM",), month="2025-01", since="-01-01", more=(on_new_year,), changes=service("G0556", "2025-01-01"))
    for on in ("2019-11-30", "2019-12-01", "2019-12-02", "2019-12-31"):
        yield Worked({"CCM": 20}, month="2019-12", changes=service("99495", on, provider="A"))
        yield Worked({"CCM": 20}, month="2020-01", since="-01-01", changes=service("99495", on, provider="A"))
    for on in ("2026-01-31", "2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01"):
        yield Worked(enrolled=("APCM",), changes=service("99495", on, provider="A"))
        yield Worked(enrolled=("APCM_BHI",), changes=service("G0556", on, provider="A"))


def _of_shared_minutes() -> Iterator[Worked]:
    """One call in several programs, whole or in part, decided by a list or by nobody."""
    whole = [entry(MARCH_CALL, 1200, program=program, staff=staff) for program, staff in (("CCM", "nurse"), ("RPM", "second-nurse"))]
    parts = [
        entry(MARCH_CALL, 1200, approved=False),
        entry("2026-03-02T10:10", 1200, program="RPM", staff="second-nurse"),
        entry("2026-03-02T10:15", 1200, program="BHI", staff="doctor-b"),
    ]
    third = entry(MARCH_CALL, 1200, program="BHI", staff="doctor-b")
    for terms, calls in product(LISTS, (whole, [*whole, third], parts)):
        yield Worked(enrolled=("CCM", "RPM", "BHI"), more=tuple(calls), agreement=terms)
        yield Worked(enrolled=("RPM",), more=tuple(calls), agreement=terms)
    for contacts in (("none", "none"), ("none", "live"), ("live", "none")):
        calls = [entry(MARCH_CALL, 1200, program="RPM", contact=contacts[0], staff="nurse")]
        for other in ({"staff": "second-nurse"}, {"staff": "clerk"}, {"staff": "second-nurse", "approved": False}):
            yield Worked(enrolled=("RPM",), more=(*calls, entry("2026-03-02T10:05", 60, program="RPM", contact=contacts[1], **other)))


def _of_lines() -> Iterator[Worked]:
    """Lines of which only some may stand, by each kind of decision and with practitioners known or not."""
    behavioural = {"BHI": 20.0, "COCM": 60.0}
    orders: tuple[dict[str, Any], ...] = (
        {},
        {"priority": ["BHI", "COCM"]},
        {"priority": ["COCM", "APCM_BHI", "BHI"]},
        {"priority": ["COCM"]},
    )
    for terms, choice in product(orders, (None, "BHI", "COCM", "APCM_BHI")):
        chosen = {"choice": choice}
        yield Worked(behavioural, enrolled=("APCM", "APCM_BHI"), agreement=terms, changes=chosen)
        yield Worked(behavioural, enrolled=("APCM", "APCM_BHI"), providers={"COCM": "B"}, agreement=terms, changes=chosen)
        unknown = [enrolment(program="APCM_BHI"), enrolment(program="BHI", provider=None), enrolment(program="COCM", provider="B")]
        yield Worked(
            behavioural, enrolled=("APCM_BHI",), agreement=terms, changes=chosen | {"enrolments": [enrolment(program="APCM"), *unknown]}
        )
    for terms, choice in product(({}, {"priority": ["RTM", "RPM"]}, {"priority": ["RTM"]}), (None, "RPM", "RTM")):
        devices = {"device_days": {"RPM": 16, "RTM_COGNITIVE": 16}, "choice": choice}
        yield Worked({"RPM": 20, "RTM": 20}, agreement=terms, changes=devices)
        yield Worked({"RPM": 5, "RTM": 20}, agreement=terms, changes=devices)
        yield Worked({"RPM": 20, "RTM": 20}, providers={"RTM": "B"}, agreement=terms, changes=devices)
    for providers, choice in product(({}, {"CCM": "B"}, {"CCM": "B", "PCM": "C"}), (None, "CCM", "PCM")):
        yield Worked({"CCM": 20, "PCM": 30}, enrolled=("APCM",), providers=providers, changes={"choice": choice})
        yield Worked({"CCM": 20, "PCM": 30}, providers=providers, changes={"choice": choice}, agreement={"priority": ["PCM", "CCM"]})
    revoked = {"consents": [consent(program="APCM", revoked_on="2026-02-10"), consent()]}
    yield Worked({"CCM": 20}, enrolled=("APCM", "APCM_BHI"), changes=revoked)
    yield Worked({"CCM": 20}, enrolled=("APCM", "APCM_BHI"), changes={"consents": [consent()]})
    on_new_year = [entry("2022-01-01T10:00", 1200), entry("2022-01-01T12:00", 1800, program="PCM")]
    yield Worked(enrolled=("CCM", "PCM"), month="2022-01", since="-01-01", more=tuple(on_new_year))
    for first, second in (("A", None), (None, "A"), (None, None), ("A", "B")):
        both = [enrolment(program="APCM", provider=first), enrolment(program="APCM_COCM", provider=second)]
        yield Worked(enrolled=("APCM", "APCM_COCM"), changes={"enrolments": both})


def _of_settings() -> Iterator[Worked]:
    """Care in a rural health clinic on both sides of each day on which its payment changed."""
    for month in ("2017-12", "2018-01", "2020-12", "2024-12", "2025-01", "2025-09", "2025-10", "2025-12", "2026-01"):
        clinic: dict[str, Any] = {"month": month, "since": "-01-01", "agreement": {"date_of_service": "month_end"}}
        yield Worked({"CCM": 45, "BHI": 20, "COCM": 60}, providers={"COCM": "B"}, changes={"setting": "rhc_fqhc"}, **clinic)
        yield Worked({"CCM": 45, "PCM": 30, "COCM": 60}, changes={"setting": "rhc_fqhc", "choice": "PCM"}, **clinic)
        yield Worked({"CCM": 45}, changes={"setting": "rhc_fqhc", "conditions": []}, **clinic)
        yield Worked({"CCM": 20}, changes={"setting": "rhc_fqhc"} | service("G0181", f"{month}-10", provider="A"), **clinic)
        yield Worked(
            {"CCM": 60}, staff="doctor-a", month=month, since="-01-01", changes={"setting": "rhc_fqhc"}, agreement={"qhp_time": "personal"}
        )


def _of_first_visits() -> Iterator[Worked]:
    """The code beside the first visit: who, when, of what kind, and what was signed by then."""
    visits: tuple[list[Facts], ...] = (
        [{"on": "2026-03-01", "kind": "AWV", "ccm_discussed": True}],
        [{"on": "2026-03-01", "kind": "AWV", "provider": "A", "ccm_discussed": True}],
        [{"on": "2026-03-01", "kind": "AWV", "provider": "B", "ccm_discussed": True}],
        [{"on": "2026-03-01", "kind": "TCM", "ccm_discussed": True}],
        [{"on": "2026-03-01", "kind": "EM", "code": "99211", "ccm_discussed": True}, {"on": "2026-03-01", "kind": "AWV"}],
        [{"on": "2026-02-28", "kind": "AWV", "ccm_discussed": True}],
        [{"on": "2026-03-01", "kind": "AWV"}, {"on": "2026-03-30", "kind": "AWV", "ccm_discussed": True}],
    )
    for said, signed, since in product(visits, ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01"), ("-03-01", "-02-28")):
        plan = care_plan(effective_on="2026-02-01", signed_on=signed)
        yield Worked({"CCM": 20}, since=since, changes={"visits": said, "care_plan": plan})
    yield Worked({"CCM": 20}, since="-03-01", enrolled=("APCM",), changes={"visits": visits[0]})
    yield Worked({"CCM": 20}, since="-03-01", changes={"visits": visits[0], "setting": "rhc_fqhc"})
    for month in ("2016-12", "2017-01"):
        said = [{"on": f"{month}-01", "kind": "AWV", "ccm_discussed": True}]
        yield Worked({"CCM": 20}, month=month, since=f"{month[4:]}-01", changes={"visits": said})


def _of_transitions() -> Iterator[Worked]:
    """A discharge, its contact in business days, its visit in days, its level, and what ends before them."""
    changes: list[dict[str, Any]] = [
        {"contacted_on": day} for day in (None, "2026-03-01", "2026-03-02", "2026-03-04", "2026-03-05", "2026-03-10")
    ]
    changes += [{"visited_on": day} for day in (None, "2026-03-01", "2026-03-02", "2026-03-03", "2026-03-10", "2026-03-16", "2026-03-17")]
    for change, level in product(changes, ("low", "moderate", "high", None)):
        yield Worked(enrolled=("TCM",), changes=discharge(**change | {"mdm": level}))
    for died in ("2026-02-01", "2026-03-05", "2026-03-31", "2026-04-01"):
        yield Worked(enrolled=("TCM",), changes=discharge() | {"died_on": died})
    for to in ("2026-03-08", "2026-03-09"):
        yield Worked(enrolled=("TCM",), changes=discharge() | {"enrolments": [enrolment(program="TCM", to=to)]})
    first, later = discharge()["discharges"][0], {"discharged_on": "2026-03-12", "contacted_on": "2026-03-13"}
    for visited, level in product(("2026-03-25", "2026-03-14", "2026-04-01"), ("low", "high")):
        yield Worked(enrolled=("TCM",), changes={"discharges": [first, later | {"visited_on": visited, "mdm": level}]})
    holidays = "2015-12-24 2020-06-18 2021-06-17 2021-12-30 2022-12-30 2026-01-16 2026-07-02 2026-11-10 2026-11-25 2026-10-09".split()
    for left, days in product(holidays, range(3, 7)):
        on = (date.fromisoformat(left) + timedelta(days=days)).isoformat()
        given = [{"discharged_on": left, "contacted_on": on, "visited_on": on, "mdm": "high"}]
        yield Worked(enrolled=("TCM",), month=on[:7], since="-01-01", changes={"discharges": given})
    for month, providers, choice in product(("2019-12", "2020-01"), ({}, {"TCM": "B"}), (None, "CCM")):
        dates = {"discharged_on": f"{month}-06", "contacted_on": f"{month}-07", "visited_on": f"{month}-10"}
        yield Worked(
            {"CCM": 20},
            enrolled=("TCM",),
            month=month,
            since="-01-01",
            providers=providers,
            changes=discharge(**dates) | {"choice": choice},
        )
    yield Worked(enrolled=("TCM", "APCM"), changes=discharge())
    last = discharge(discharged_on="2019-12-26", contacted_on="2019-12-27", visited_on="2019-12-31")
    yield Worked({"CCM": 20}, enrolled=("TCM",), month="2019-12", changes=last, agreement={"date_of_service": "month_end"})


def _of_seconds() -> Iterator[Worked]:
    """The seconds of each code of each timed program, missed by one, reached, and where the next unit is."""
    minutes: dict[str, tuple[int, ...]] = {
        "PCM": (30, 60, 90, 120),
        "RPM": (10, 20, 40, 80, 100),
        "RTM": (10, 20, 40, 80, 100),
        "BHI": (20,),
        "COCM": (16, 31, 36, 76, 86, 106, 116, 196, 226),
    }
    for month, (program, edges), since in product(("2020-03", "2025-12", "2026-03"), minutes.items(), ("-01-05", None)):
        for at, short in product(edges, (0, 1)):
            seconds = 60 * at - short
            call = entry(f"{month}-02T00:00", seconds, program=program)
            yield Worked(enrolled=(program,), month=month, since=since or f"{month[4:]}-01", more=(call,))
    for month, at in product(("2020-03", "2026-03"), (15, 16, 31, 35, 36)):
        before = entry(f"{month}-02T10:00", 60 * at, program="COCM")
        yield Worked(enrolled=("COCM",), month=month, since=f"{month[4:]}-15", more=(before,))
        yield Worked(enrolled=("COCM",), month=month, since="-01-15", more=(before | {"country": "PH"},))
    for program in minutes:
        yield Worked({program: 9}, changes={"enrolments": []})
    for policy, staff, short in product(("pool", "personal", "never_pool"), ("nurse", "doctor-a", "doctor-b"), (0, 1)):
        call = entry(MARCH_CALL, 3600 - short, program="PCM", staff=staff)
        other = entry("2026-03-03T10:00", 1800, program="PCM", staff="nurse", approved=bool(short))
        yield Worked(enrolled=("PCM",), more=(call, other), agreement={"qhp_time": policy})
    for month, abroad in product(("2025-12", "2026-03"), (599, 600, 601)):
        calls = (entry(f"{month}-02T10:00", 600, program="RPM"), entry(f"{month}-03T10:00", abroad, program="RPM", country="PH"))
        yield Worked(enrolled=("RPM",), month=month, since="-01-01", more=calls)


def _of_dates() -> Iterator[Worked]:
    """Enrolments, lives, visits and consents that end at the edges of what a program without minutes or a yearly visit asks."""
    spans: tuple[tuple[str, str | None], ...] = (
        ("2026-01-05", "2026-02-28"),
        ("2026-01-05", "2026-03-01"),
        ("2026-03-31", None),
        ("2026-03-10", "2026-03-15"),
    )
    for (start, end), died in product(spans, (None, "2026-02-28", "2026-03-01", "2026-03-09", "2026-03-12")):
        programs = [enrolment(program=program, to=end, **{"from": start}) for program in ("APCM", "APCM_BHI", "APCM_COCM")]
        yield Worked(enrolled=("APCM", "APCM_BHI", "APCM_COCM"), changes={"enrolments": programs, "died_on": died})
    paused = [enrolment(program="APCM"), enrolment(program="APCM", status="paused", to="2026-03-20", **{"from": "2026-03-06"})]
    for died in ("2026-03-03", "2026-03-10", "2026-03-25"):
        yield Worked(enrolled=("APCM",), changes={"enrolments": paused, "died_on": died})
    for on in ("2024-02-29", "2025-02-28", "2025-03-01", "2026-03-20"):
        yield Worked({"PCM": 30}, changes={"visits": [{"on": on, "kind": "AWV"}]})
        yield Worked({"PCM": 30}, changes={"visits": [{"on": "2020-01-01", "kind": "AWV"}, {"on": on, "kind": "EM", "code": "99211"}]})
    for month in ("2024-12", "2025-01", "2025-12", "2026-01"):
        yield Worked(enrolled=("APCM", "APCM_BHI", "APCM_COCM"), month=month, since="-01-01")
    for conditions, qmb in product(([], ["I10"], ["E11.9", "I10"], ["E11.9", "E119"]), (None, False, True)):
        yield Worked(enrolled=("APCM",), changes={"conditions": conditions, "qmb": qmb})
