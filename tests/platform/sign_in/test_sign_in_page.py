"""The numbers of docs/sign-in.md are the code's."""

from pathlib import Path

import pytest

from caretally.identity import codes, passwords, sessions, throttle, tokens
from caretally.identity.links import HOURS
from caretally.sign_in.people import BROWSER_DAYS

PAGE = " ".join((Path(__file__).parents[3] / "docs" / "sign-in.md").read_text(encoding="utf-8").split())
SAID = {
    "password": f"{passwords.FEWEST_CHARACTERS} to {passwords.MOST_CHARACTERS} characters",
    "score": f"zxcvbn score {passwords.LEAST_SCORE} or more",
    "code": f"TOTP, {codes.DIGITS} digits, each once, clocks may differ by {codes.SKEW_SECONDS} seconds",
    "recovery": f"one of {tokens.RECOVERY_CODES} recovery codes",
    "links": f"an invitation within {HOURS['invitation']} hours, a new password within {HOURS['reset']} hour,",
    "token": f"a random token of {tokens.TOKEN_BYTES * 8} bits",
    "idle": f"after {sessions.IDLE_SECONDS // 60} minutes without a page and after {sessions.LIFE_SECONDS // 3600} hours",
    "half": f"there are {sessions.HALF_LIFE_SECONDS // 60} minutes",
    "step-up": f"given within {sessions.STEP_UP_SECONDS // 60} minutes",
    "browser": f"within {BROWSER_DAYS} days",
}
COUNTED = {
    "pair": "account and network (IPv4 /24, IPv6 /48)",
    "browser": "a browser that signed in to the account before",
    "network": "network",
    "account": "account",
    "mail": "mails asked for, by address",
}


@pytest.mark.parametrize("what", SAID)
def test_the_page_says_the_codes_number(what: str) -> None:
    assert SAID[what] in PAGE


def test_the_page_lists_every_limit_on_guessing() -> None:
    assert set(COUNTED) == set(throttle.LIMITS)
    rows = [f"| {COUNTED[kind]} | {limit.failures} | {limit.seconds // 60} |" for kind, limit in throttle.LIMITS.items()]
    assert [row for row in rows if row not in PAGE] == []
