"""Parts of pages that are made once: for the same facts and the same reach alone, by templates that cannot tell who asks, and not without end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from caretally.web.parts import KeptParts, kept_parts, letters_of, made_once
from caretally.web.visitor import Reading, Visitor
from tests.builders.pages import TESTER, Pages, visitor_of

VENDOR, CLIENT = uuid4(), uuid4()
Ask = Callable[[Visitor, str], Markup]


@pytest.fixture
def made(pages: Pages) -> tuple[list[str], Ask]:
    """A list of the facts for which a part was made, and what asks for the part as a visitor."""
    facts: list[str] = []

    @made_once
    def greeting(fact: str) -> Markup:
        facts.append(fact)
        return Markup("<b>{}</b>").format(fact)

    def ask(who: Visitor, fact: str) -> Markup:
        pages.visitors[who.session_key] = who
        with pages.app.test_request_context(headers={TESTER: who.session_key}):
            return greeting(fact)

    return facts, ask


def test_a_part_is_made_once_for_the_same_facts_whoever_of_the_same_reach_asks(made: tuple[list[str], Ask]) -> None:
    facts, ask = made
    assert {ask(visitor_of(VENDOR, name=name), "one") for name in ("Dana", "Robin")} == {"<b>one</b>"}
    assert ask(visitor_of(VENDOR), "two") == "<b>two</b>"
    assert facts == ["one", "two"]


def test_a_part_is_ascii_and_says_what_it_said(made: tuple[list[str], Ask]) -> None:
    _, ask = made
    part = ask(visitor_of(VENDOR), "Zoë <&> 李 …")
    assert part.isascii()
    assert isinstance(part, Markup)
    assert part.striptags() == "Zoë <&> 李 …"
    # as a reference browsers would read it as an apostrophe
    assert "O\x92Neil" in ask(visitor_of(VENDOR), "O\x92Neil")


@pytest.mark.parametrize(
    "other",
    [
        visitor_of(uuid4()),
        visitor_of(VENDOR, clients=[CLIENT]),
        visitor_of(VENDOR, permissions=frozenset({"read_months"})),
        visitor_of(VENDOR, operates=True),
    ],
    ids=["another vendor", "a practice", "other permissions", "an operator"],
)
def test_a_part_is_made_again_for_another_reach(made: tuple[list[str], Ask], other: Visitor) -> None:
    facts, ask = made
    for who in (visitor_of(VENDOR), other):
        ask(who, "the same")
    assert facts == ["the same"] * 2


@pytest.mark.parametrize("asked", ["may('export')", "visitor()", "form_token()", "request.args", "session", "g.visitor", "frame()"])
def test_the_template_of_a_part_cannot_tell_who_asks(pages: Pages, asked: str) -> None:
    with pages.app.test_request_context(), pytest.raises(UndefinedError):
        kept_parts().templates.from_string("{{ " + asked + " }}").render()


def noting(asked: list[str], key: str, *, letters: int) -> Callable[[], str]:
    """Return what makes so many letters and notes that it was asked."""

    def make() -> str:
        asked.append(key)
        return "x" * letters

    return make


def test_the_parts_used_last_are_kept_up_to_so_many_letters(pages: Pages) -> None:
    kept, asked = KeptParts(pages.app, most_letters=100), list[str]()
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.of(key, noting(asked, key, letters=40))
    assert asked == ["a", "b", "c", "b"]
    assert kept.letters <= 100


def test_what_is_larger_than_all_that_is_kept_is_made_each_time(pages: Pages) -> None:
    kept, asked = KeptParts(pages.app, most_letters=100), list[str]()
    for _ in range(2):
        assert len(kept.of("long", noting(asked, "long", letters=101))) == 101
    assert (asked, kept.letters) == (["long"] * 2, 0)


def test_what_a_part_is_kept_by_counts_too(pages: Pages) -> None:
    kept, asked = KeptParts(pages.app, most_letters=100_000), list[str]()
    for number in [*range(100), 0]:
        kept.of((number, tuple(("a client", row) for row in range(100))), noting(asked, str(number), letters=1))
    assert (asked[-1], len(asked)) == ("0", 101)
    assert 0 < kept.letters <= 100_000


def test_nothing_is_kept_of_who_reads_by_break_glass(made: tuple[list[str], Ask]) -> None:
    facts, ask = made
    reader = visitor_of(VENDOR, reading=Reading(uuid4(), datetime.now(UTC) + timedelta(minutes=30)))
    for _ in range(2):
        ask(reader, "one")
    assert facts == ["one"] * 2


def test_what_a_set_or_a_text_in_any_script_holds_is_counted() -> None:
    assert letters_of(frozenset({"a" * 1000})) > 1000
    assert letters_of("\U0001f600" * 1000) > 4000
    assert letters_of(("é" * 10, "a" * 10)) < 300
