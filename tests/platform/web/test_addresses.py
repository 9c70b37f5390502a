"""Addresses are remembered and are those that `url_for` makes."""

from typing import Any
from uuid import uuid4

from flask import url_for

from caretally.web.shell import address, stack_of, thousands
from tests.builders.pages import Pages


def test_a_remembered_address_is_the_one_that_would_be_made(pages: Pages) -> None:
    invoice = uuid4()
    asked: list[tuple[str, dict[str, Any]]] = [
        ("invoices.show", {"invoice_id": invoice, "open": 1}),
        ("invoices.show", {"invoice_id": invoice, "open": True}),
        ("invoices.show", {"invoice_id": invoice, "open": None}),
        ("invoices.show", {"invoice_id": invoice, "_anchor": "lines"}),
        ("invoices.listed", {"_external": True}),
    ]
    with pages.app.test_request_context("/"):
        for _turn in range(2):
            assert [address(endpoint, **values) for endpoint, values in asked] == [
                url_for(endpoint, **values) for endpoint, values in asked
            ]


def test_under_another_root_an_address_is_another(pages: Pages) -> None:
    made = []
    for root in ("", "/care"):
        with pages.app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            made.append(address("invoices.listed"))
    assert made == ["/invoices", "/care/invoices"]


def test_words_of_a_bar_are_escaped_and_numbers_are_read_as_people_write_them() -> None:
    assert 'aria-label="&lt;b&gt; &amp; &#34;"' in stack_of([("bill", 1)], label='<b> & "')
    assert (thousands(1134567), thousands(-5)) == ("1,134,567", "-5")
