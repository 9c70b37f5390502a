"""The months that are generated for the oracle and the product to agree on are not all refused: in some of them each program is billed."""

from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.builders.facts import Facts
from tests.builders.mixtures import mixed_client_months
from tests.builders.months import client_months
from tests.oracle.biller import decide

SEED, AT_ONCE, AT_LEAST = 20261130, 25, 3
BILLED_BY = {
    "chronic care": "99490",
    "complex chronic care": "99487",
    "chronic care by the practitioner": "99491",
    "a further unit of chronic care": "99439 99489 99437",
    "principal care": "99424 99426",
    "advanced primary care": "G0556 G0557 G0558",
    "advanced primary care with behavioral health": "G0570",
    "advanced primary care with collaborative care": "G0568 G0569",
    "monitoring of the body": "99457 99470",
    "a device of the body": "99445 99454",
    "monitoring of a therapy": "98979 98980",
    "a device of a therapy": "98976 98977 98978 98984 98985 98986",
    "behavioral health": "99484",
    "collaborative care": "99492 99493 G2214",
    "transitional care": "99495 99496",
    "the first visit": "G0506",
    "a rural health clinic": "G0511",
    "collaborative care in a rural health clinic": "G0512",
}


def drawn_anew(months: st.SearchStrategy[Facts], *, number: int, drawing: int) -> list[Facts]:
    drawn: list[Facts] = []

    @seed(SEED + number)
    @settings(max_examples=drawing, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(month=months)
    def draw(month: Facts) -> None:
        drawn.append(month)

    draw()
    return drawn


def unbilled(months: st.SearchStrategy[Facts], *, times: int) -> dict[str, int]:
    """Return what fewer than `AT_LEAST` patients bill in billable months, and how many do, drawing a few months so many times (one draw resembles itself)."""
    drawn = [month for number in range(times) for month in drawn_anew(months, number=number, drawing=AT_ONCE)]
    billable = [answer for month in drawn for answer in decide(month) if answer["outcome"] == "billable"]
    codes = Counter(line["code"] for answer in billable for line in answer["claim"])
    often = {what: sum(codes[code] for code in some.split()) for what, some in BILLED_BY.items()}
    return {what: count for what, count in often.items() if count < AT_LEAST}


def test_every_program_is_billed_in_some_months_of_a_mixture() -> None:
    assert unbilled(mixed_client_months(), times=12) == {}


def test_months_of_chronic_care_alone_bill_nothing_else() -> None:
    assert {"collaborative care", "transitional care", "a rural health clinic"} <= unbilled(client_months(most_patients=1), times=1).keys()
