"""One patient's month decided and priced by the close's own SQL, in one call of a function of the database."""

import json
from functools import cache

from sqlalchemy import Connection, text

from caretally.agreements.in_force import Agreement
from caretally.close.prepare import Client, refuse_breaches, refuse_unexpected, refuse_unpriced, usable_agreement, values_of
from caretally.close.statements import statement
from caretally.evaluation.database_function import DatabaseFunction, function_of, steps_in_turn
from caretally.evaluation.one_patient import OnePatient, evaluation_function, given_to_function


def price_one(connection: Connection, one: OnePatient) -> Agreement:
    """Decide and price one patient's month, so that `eval_decision`, `close_amount` and `decision_expected` tell of it, and return what it is priced by.

    Prices by volume mean nothing. Raises `ClientParked` when the client has no agreement or that no price for what would be billed, and
    `ConservationBreach`.
    """
    client = client_of(one)
    agreement = usable_agreement(client, one.agreement, one.read.subject.month)
    given = {"given": given_to_function(one), "priced": json.dumps(values_of(one.read, agreement), default=str)}
    call = text(f"SELECT {pricing_function().name}(CAST(:given AS jsonb), CAST(:priced AS jsonb))")
    found = connection.execute(call, given).scalar_one()
    refuse_unexpected(client, found["unexpected"])
    refuse_unpriced(client, found["unpriced"])
    refuse_breaches(client, found["breaches"])
    return agreement


def client_of(one: OnePatient) -> Client:
    """Return the client whose patient it is."""
    row = one.client
    return Client(id=row["client_id"], **{name: row[name] for name in ("vendor_id", "code", "name", "timezone", "po_number", "terms_days")})


@cache
def pricing_function() -> DatabaseFunction:
    """Return the function that evaluates and prices one patient's month and tells what is wrong with it."""
    return function_of("price_patient", arguments="given jsonb, priced jsonb", returns="jsonb", body=_body())


def _body() -> str:
    def step(*names: str) -> str:
        return steps_in_turn(statement(name).text for name in names)

    def told(name: str) -> str:
        return f"(SELECT coalesce(jsonb_agg(told.what), '[]') FROM ({statement(name).text}) AS told (what))"

    return f"""DECLARE
parameter record;
unexpected jsonb := '[]';
unpriced jsonb := '[]';
BEGIN
PERFORM {evaluation_function().name}(given);
SELECT * INTO parameter FROM jsonb_to_record(priced) AS told ({{parameters}});
{step("tables", "rates", "expect")}IF EXISTS (SELECT FROM eval_line) THEN
{step("expect_lines")}END IF;
IF :basis = 'percentage' THEN
unexpected := {told("unexpected")};
IF unexpected = '[]' THEN {step("price_share", "amounts")}END IF;
ELSE
unpriced := {told("unpriced")};
IF unpriced = '[]' THEN {step("price_lines", "amounts")}END IF;
END IF;
RETURN jsonb_build_object('unexpected', unexpected, 'unpriced', unpriced, 'breaches',
    CASE WHEN unexpected = '[]' AND unpriced = '[]' THEN {told("conservation")} ELSE '[]' END);
END
"""
