"""Ten thousand bad sign-ins against the served program: each is refused, none leaves a secret behind, and others are served meanwhile."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import pytest

from caretally.web.own_forms import COOKIE
from tests.builders.accounts import PASSWORD, Signer, give_role, new_signer, sign_in
from tests.builders.databases import TestDatabase
from tests.builders.office import new_office
from tests.builders.pages import TOKEN, Pages
from tests.platform.app.test_serve_command import free_port, serving

# From more networks than any limit takes, at accounts that exist and at as many that do not.
GUESSES, GUESSERS, NETWORKS, ACCOUNTS = 10_000, 6, 100, 3
WRONG = "correct-horse-nobody-rides"
Figure = Callable[[str, object], None]


class Guesser:
    """A program that asks for the sign-in page once and then sends one wrong password after the other, each from another network."""

    def __init__(self, port: int, emails: list[str]) -> None:
        """Take the token of the form."""
        self.port, self.emails = port, emails
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request("GET", "/sign-in")
            answer = connection.getresponse()
            self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
            found = TOKEN.search(answer.read().decode())
        assert found is not None and self.cookie.startswith(COOKIE)
        self.token = found[1]

    def guess(self, numbers: range) -> Counter[int]:
        """Send a wrong password for each number and return how often each status came."""
        statuses: Counter[int] = Counter()
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            for number in numbers:
                form = {"form_token": self.token, "email": self.emails[number % len(self.emails)], "password": WRONG}
                headers = {
                    "Origin": f"http://127.0.0.1:{self.port}",
                    "Cookie": self.cookie,
                    "Content-Type": "application/x-www-form-urlencoded",
                    "X-Forwarded-For": f"10.{number // len(self.emails) % NETWORKS}.0.1",
                }
                connection.request("POST", "/sign-in", body=urlencode(form), headers=headers)
                answer = connection.getresponse()
                answer.read()
                statuses[answer.status] += 1
        return statuses


def seconds_of_pages(port: int, session: str, *, until: Callable[[int], bool]) -> list[float]:
    """Open the months as somebody who is signed in, again and again, and return how long each answer took."""
    took: list[float] = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        while not until(len(took)):
            began = time.perf_counter()
            connection.request("GET", "/months", headers={"Cookie": f"caretally_session={session}", "X-Forwarded-For": "192.0.2.7"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            took.append(time.perf_counter() - began)
            time.sleep(0.05)
    return took


def guess_all(guesser: Guesser, numbers: range, answered: list[Counter[int]]) -> None:
    """Guess, and say how it was answered."""
    answered.append(guesser.guess(numbers))


def milliseconds(took: list[float]) -> str:
    """Say the median and the 95th percentile."""
    return f"median {median(took) * 1000:.0f} ms, p95 {quantiles(took, n=20)[-1] * 1000:.0f} ms"


def session_of(pages: Pages, signer: Signer) -> str:
    """Return the token of a browser in which the signer is at work."""
    kept = sign_in(pages, signer).get_cookie("caretally_session")
    assert kept is not None
    return kept.value


@pytest.mark.drill
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("caretally_environment")
def test_ten_thousand_bad_sign_ins_are_refused_while_others_are_served(
    database: TestDatabase, pages: Pages, tmp_path: Path, record_property: Figure
) -> None:
    office = new_office(database)
    victims = [new_signer(database) for _ in range(ACCOUNTS)]
    reader = new_signer(database)
    give_role(database, reader, office.vendor_id, "billing_admin")
    session, port = session_of(pages, reader), free_port()
    emails = [email for victim in victims for email in (victim.email, f"x{victim.email}")]
    answered: list[Counter[int]] = []
    with (tmp_path / "log").open("w") as log, serving(port, "--behind-proxy", log=log):
        quiet = seconds_of_pages(port, session, until=lambda count: count == 60)
        guesser = Guesser(port, emails)
        threads = [
            threading.Thread(target=guess_all, args=(guesser, range(first, GUESSES, GUESSERS), answered)) for first in range(GUESSERS)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        busy = seconds_of_pages(port, session, until=lambda _count: not any(thread.is_alive() for thread in threads))
        took = time.perf_counter() - began
    statuses = sum(answered, Counter[int]())
    record_property(
        "figure",
        f"{GUESSES:,} bad sign-ins in {took:.0f} s, {statuses[422]:,} of them compared with a password; another's page "
        f"before: {milliseconds(quiet)}; meanwhile: {milliseconds(busy)}",
    )
    assert set(statuses) == {422, 429} and statuses.total() == GUESSES
    told = (tmp_path / "log").read_text()
    assert told.count('"/sign-in"') >= GUESSES
    assert [secret for secret in (WRONG, PASSWORD, *emails, session) if secret in told] == []
