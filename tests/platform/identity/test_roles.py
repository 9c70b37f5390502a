"""The matrix of roles is the one that routes go by and that the page shows."""

from pathlib import Path

from caretally.app.create_app import create_app
from caretally.identity.roles import MATRIX, REACH, STEP_UP, Permission, Reach, Role, roles_page
from caretally.web.access import declared_access
from tests.builders.databases import TestDatabase
from tests.builders.pages import edge_of

PAGE = Path(__file__).parents[3] / "docs" / "roles.md"
CHANGES = {
    Permission.IMPORT,
    Permission.CLOSE_MONTH,
    Permission.VOID_INVOICE,
    Permission.CREDIT_INVOICE,
    Permission.WAIVE_GATES,
    Permission.LOG_TIME,
    Permission.ATTEST,
    Permission.MANAGE_PEOPLE,
}


def test_every_permission_that_a_route_asks_for_is_held_by_some_role(database: TestDatabase) -> None:
    app = create_app(edge_of(database))
    asked = {access.permission for access in declared_access(app).values() if access.permission}
    assert asked
    assert asked <= set(Permission)


def test_every_role_is_in_the_matrix_and_every_permission_is_somebodys() -> None:
    assert set(MATRIX) == set(REACH) == set(Role)
    assert frozenset().union(*MATRIX.values()) == set(Permission)


def test_the_operator_reads_nothing_of_any_patient_client_or_month() -> None:
    seen = {Permission.READ_PATIENTS, Permission.READ_MONTHS, Permission.READ_INVOICES, Permission.EXPORT}
    assert not MATRIX[Role.OPERATOR] & seen


def test_an_auditor_changes_nothing_and_sees_one_client_for_one_period() -> None:
    assert not MATRIX[Role.AUDITOR] & CHANGES
    assert REACH[Role.AUDITOR] is Reach.CLIENT_AND_PERIOD


def test_only_a_provider_attests() -> None:
    assert [role for role in Role if Permission.ATTEST in MATRIX[role]] == [Role.PROVIDER]


def test_who_asks_for_a_broken_glass_does_not_approve_it() -> None:
    assert [role for role, held in MATRIX.items() if held >= {Permission.REQUEST_BREAK_GLASS, Permission.APPROVE_BREAK_GLASS}] == []


def test_what_cannot_be_taken_back_asks_for_a_fresh_second_factor() -> None:
    wanted = {"attest", "close_month", "void_invoice", "credit_invoice", "change_payment_settings", "export", "request_break_glass"}
    assert wanted <= STEP_UP


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text() == roles_page(), "run: python -m caretally.identity.print_roles > docs/roles.md"
