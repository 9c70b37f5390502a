"""Part 3 of the battery: every route, opened by everybody with ids that are not theirs, answers as it does for ids that do not exist.

A route that is not listed here fails; so does a page that shows a stranger's canary.
"""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from caretally.web.access import declared_access
from tests.builders.pages import HERE, Pages, form_token, visitor_of
from tests.builders.pages_office import invoice_id
from tests.builders.worlds import Owned, World

CHANGING = re.compile(
    r'Request <span class="mono">[0-9a-f]+</span>|name="form_token" value="[0-9a-f]+"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|checked at [0-9:]+|q=~[\w-]+'
)


# What an owner has beside an invoice and a membership.
AN_ID = re.compile("{(member|question|patient|sample|item|roster|client)}")
OWNED = ("question", "patient", "sample", "item", "roster", "client")


@dataclass(frozen=True)
class Crawled:
    """How to open a route: `path` with `{invoice}`, `{member}` or another id of `Owned`; `queries` are further addresses.

    `{words}` becomes a stranger's canary.
    """

    path: str
    queries: tuple[str, ...] = ()

    def addresses(self, invoice: UUID, member: UUID, words: str, owned: Owned | None = None) -> list[str]:
        """Return the addresses to open for one owner's ids and words; without an owner the other ids are nobody's."""
        ids = {name: getattr(owned, name) if owned else uuid4() for name in OWNED}
        return [(self.path + query).format(words=words, invoice=invoice, member=member, **ids) for query in ("", *self.queries)]


CRAWL = {
    "static": Crawled("/static/app.css"),
    "health.live": Crawled("/livez"),
    "health.ready": Crawled("/readyz"),
    "health.status": Crawled("/statusz"),
    "start.begin": Crawled("/"),
    "search_words.keep": Crawled("/look-for"),
    "months.newest": Crawled("/months"),
    "overview.show": Crawled("/overview"),
    "months.show": Crawled("/months/2026-10", ("?q={words}", "?show={words}&sort={words}&page=9", "?reopened={words}")),
    "months.clients": Crawled("/months/2026-10/clients.csv", ("?q={words}",)),
    "closing.previewed": Crawled("/months/2026-10/preview"),
    "closing.chosen": Crawled("/months/2026-10/chosen"),
    "closing.confirm": Crawled("/months/2026-10/close", ("?client={client}", "?client={words}")),
    "closing.run": Crawled("/months/2026-10/runs/{member}"),
    "closing.reopen": Crawled("/months/2026-10/clients/{member}/reopen"),
    "forecast.newest": Crawled("/forecast"),
    "forecast.again": Crawled("/forecast"),
    "forecast.show": Crawled("/months/2026-10/forecast", ("?client={client}", "?client={words}")),
    "whatif.show": Crawled("/months/2026-10/what-if", ("?client={client}", "?client={words}")),
    "invoices.send": Crawled("/invoices/send", ("?invoice={invoice}", "?month={words}")),
    "invoices.listed": Crawled("/invoices", ("?q={words}", "?q={invoice}", "?page=2", "?client={invoice}&month=2026-10&sort=-amount")),
    "invoices.list_file": Crawled("/invoices/list.csv", ("?q={words}", "?client={invoice}")),
    "invoices.show": Crawled("/invoices/{invoice}", ("?open=1", "?page=2", "?q={words}&only=questioned&sort=name")),
    "invoices.asked": Crawled("/invoices/{invoice}/ask", ("?open=1",)),
    "invoices.not_billed": Crawled("/invoices/{invoice}/not-billed/TIME_BELOW_THRESHOLD", ("?page=2",)),
    "questions.listed": Crawled("/questions", ("?shown=all", "?kind={words}")),
    "questions.show": Crawled("/questions/{question}"),
    "questions.replied": Crawled("/questions/{question}/reply"),
    "questions.answered": Crawled("/questions/{question}/answer"),
    "patient_months.show": Crawled("/patients/{patient}/2026-10"),
    "practice.overview": Crawled("/practice"),
    "practice.patients": Crawled("/practice/patients"),
    "patients_of_month.listed": Crawled(
        "/months/2026-10/patients",
        ("?q={words}", "?client={client}&outcome=held", "?client={words}", "?minutes={words}&reason={words}&near=1"),
    ),
    "patients_of_month.download": Crawled("/months/2026-10/patients/list.csv", ("?q={words}", "?client={client}")),
    "samples.listed": Crawled("/practice/samples"),
    "samples.show": Crawled("/practice/samples/{sample}"),
    "samples.judged": Crawled("/practice/samples/items/{item}"),
    "samples.download": Crawled("/practice/samples/{sample}/file.csv"),
    "rosters.listed": Crawled("/practice/rosters"),
    "rosters.show": Crawled("/practice/rosters/{roster}", ("?result=extra",)),
    "rosters.download": Crawled("/practice/rosters/{roster}/file.csv"),
    "audit.listed": Crawled("/audit-log", ("?action={words}", "?before=2")),
    "invoices.download": Crawled("/invoices/{invoice}/file.csv"),
    "exceptions.listed": Crawled("/exceptions", ("?q={words}", "?client={invoice}&state=all", "?assignee={member}", "?month=all&page=2")),
    "exceptions.download": Crawled("/exceptions/file.csv", ("?q={words}",)),
    "exceptions.act": Crawled("/exceptions/act", ("?client={invoice}",)),
    "exceptions.undo": Crawled("/exceptions/undo"),
    "exceptions.save": Crawled("/exceptions/views"),
    "exceptions.delete": Crawled("/exceptions/views/{member}/delete"),
    "exceptions_fix.show": Crawled("/exceptions/{patient}/2026-10/TIME_BELOW_THRESHOLD", ("?recorded=1",)),
    "exceptions_fix.work": Crawled("/exceptions/{patient}/2026-10/TIME_BELOW_THRESHOLD/work"),
    "exceptions_fix.consent": Crawled("/exceptions/{patient}/2026-10/TIME_BELOW_THRESHOLD/consent"),
    "exceptions_fix.time": Crawled("/exceptions/{patient}/2026-10/TIME_BELOW_THRESHOLD/time"),
    "exceptions_fix.review": Crawled("/exceptions/{patient}/2026-10/TIME_BELOW_THRESHOLD/review"),
    "exception_reports.listed": Crawled("/exception-reports", ("?page=2",)),
    "exception_reports.of_client": Crawled("/exception-reports/{client}/2026-10", ("?page=2",)),
    "exception_reports.download": Crawled("/exception-reports/{client}/2026-10/file.csv"),
    "sign_in.sign_in": Crawled("/sign-in", ("?next=/invoices/{invoice}",)),
    "sign_in.code": Crawled("/sign-in/code", ("?next=/invoices/{invoice}",)),
    "sign_in.authenticator": Crawled("/sign-in/authenticator"),
    "sign_in.choose": Crawled("/choose", ("?next=/invoices/{invoice}",)),
    "sign_in.step_up": Crawled("/step-up", ("?next=/invoices/{invoice}",)),
    "sign_in.sign_out": Crawled("/sign-out"),
    "links.forgotten": Crawled("/forgotten"),
    "links.set_password_by": Crawled("/link/{member}"),
    "organisation.begin": Crawled("/sign-in/organisation", ("?next=/invoices/{invoice}",)),
    "organisation.again": Crawled("/sign-in/organisation/again"),
    "organisation.back": Crawled("/sign-in/organisation/back", ("?state={words}&code={invoice}",)),
    "passkeys.ask": Crawled("/sign-in/passkey/ask"),
    "passkeys.enter": Crawled("/sign-in/passkey"),
    "passkeys.ask_new": Crawled("/profile/passkeys/ask"),
    "passkeys.own": Crawled("/profile/passkeys"),
    "passkeys.remove": Crawled("/profile/passkeys/{member}/remove"),
    "profile.show": Crawled("/profile"),
    "profile.password": Crawled("/profile/password"),
    "profile.recovery_codes": Crawled("/profile/recovery-codes"),
    "profile.authenticator": Crawled("/profile/authenticator"),
    "profile.end_one": Crawled("/profile/sessions/{member}/end"),
    "profile.end_others": Crawled("/profile/sessions/end-others"),
    "people.listed": Crawled("/people"),
    "people.invite": Crawled("/people/invite"),
    "people.change": Crawled("/people/{member}"),
    "people.invite_again": Crawled("/people/{member}/invite-again"),
    "people.end": Crawled("/people/{member}/end"),
    "staff_ties.listed": Crawled("/staff-ties", ("?tied={member}",)),
    "time.show": Crawled("/time", ("?q={words}",)),
    "time.begin": Crawled("/time/start"),
    "time.act": Crawled("/time/{member}/act"),
    "time.answered": Crawled("/time/{member}/answer"),
    "time.logged": Crawled("/time/entries/{member}"),
    "time.hours": Crawled("/time/entries/{member}/hours"),
    "time.taken_out": Crawled("/time/entries/{member}/take-out"),
    "time.by_hand": Crawled("/time/by-hand", ("?q={words}",)),
    "time.write": Crawled("/time/by-hand/{member}"),
    "time.other": Crawled("/time/by-hand/other"),
    "time.other_taken_out": Crawled("/time/other/{member}/take-out"),
    "time.week": Crawled("/time/week", ("?day=2026-10-05",)),
    "time_approvals.listed": Crawled("/time/approvals", ("?staff={member}", "?page=2")),
    "patient_time.show": Crawled("/time/patients/{patient}/2026-10"),
    "sign_in.operate_here": Crawled("/choose/operate"),
    "settings.show": Crawled("/settings", ("?saved=1",)),
    "settings.policies": Crawled("/settings/policies"),
    "settings.due_dates": Crawled("/settings/due-dates"),
    "provider.show": Crawled("/settings/sign-in"),
    "provider.end": Crawled("/settings/sign-in/end"),
    "console.vendors": Crawled("/operator/vendors"),
    "console.new_vendor": Crawled("/operator/vendors/new"),
    "console.health": Crawled("/operator/health"),
    "directory.clients": Crawled("/clients", ("?q={words}",)),
    "directory.client": Crawled("/clients/{client}"),
    "directory.new_client": Crawled("/clients/new"),
    "directory.edit_client": Crawled("/clients/{client}/edit"),
    "directory.providers": Crawled("/providers", ("?q={words}",)),
    "directory.new_provider": Crawled("/clients/{client}/providers/new"),
    "directory.edit_provider": Crawled("/providers/{member}/edit"),
    "directory.staff": Crawled("/staff", ("?q={words}",)),
    "directory.new_staff": Crawled("/staff/new"),
    "directory.edit_staff": Crawled("/staff/{member}/edit"),
    "patients.listed": Crawled("/patients", ("?q={words}", "?page=2", "?client={client}")),
    "patients.download": Crawled("/patients/file.csv", ("?q={words}", "?client={client}")),
    "patients.show": Crawled("/patients/{patient}"),
    "charts.new_patient": Crawled("/patients/new", ("?client={client}", "?client={words}")),
    "charts.edit_patient": Crawled("/patients/{patient}/edit"),
    "charts.new_fact": Crawled("/patients/{patient}/consents/new", ("?month=2026-10&code=NO_CONSENT",)),
    "charts.edit_fact": Crawled("/patients/{patient}/consents/{member}/edit"),
    "replay.listed": Crawled("/agreements"),
    "replay.versions": Crawled("/agreements/{client}"),
    "replay.taken_back": Crawled("/agreements/{client}/versions/{member}/take-back"),
    "replay.new": Crawled("/agreements/{client}/new"),
    "replay.replayed": Crawled("/agreements/{client}/replays/{member}"),
    "outreach.listed": Crawled("/outreach", ("?state={words}", "?client={client}", "?program={words}")),
    "outreach.attempt": Crawled("/outreach/{patient}", ("?program={words}",)),
    "onboarding.show": Crawled("/setup"),
    "sample.fill": Crawled("/setup/sample"),
    "sample.new_vendor": Crawled("/operator/vendors/sample"),
    "search.found": Crawled("/search", ("?q={words}", "?q={invoice}")),
    "guide.first": Crawled("/help"),
    "guide.topic": Crawled("/help/{member}"),
    "profile.keys": Crawled("/profile/keys"),
    "columns.choose": Crawled("/columns"),
    "saved_views.save": Crawled("/views"),
    "saved_views.delete": Crawled("/views/{member}/delete"),
    "imports.listed": Crawled("/imports", ("?kind={words}", "?page=2")),
    "imports.columns": Crawled("/imports/uploads/{member}", ("?mapping={words}",)),
    "imports.check": Crawled("/imports/uploads/{member}/check"),
    "imports.correct": Crawled("/imports/uploads/{member}/cells"),
    "imports.merge": Crawled("/imports/uploads/{member}/import"),
    "imports.discard": Crawled("/imports/uploads/{member}/discard"),
    "imports.show": Crawled("/imports/{member}"),
    "imports.undo": Crawled("/imports/{member}/undo"),
    "isolation.listed": Crawled("/isolation"),
    "isolation.download": Crawled("/isolation/{member}/file.pdf"),
    "jobs.listed": Crawled("/work", ("?show=unfinished", "?page=2")),
    "jobs.show": Crawled("/work/{member}"),
    "jobs.again": Crawled("/work/{member}/again"),
    "jobs.check_audit_log": Crawled("/work/audit-log-check"),
    "break_glass.listed": Crawled("/break-glass"),
    "break_glass.decided": Crawled("/break-glass/{member}/decide"),
    "break_glass.ended": Crawled("/break-glass/{member}/end"),
    "operator_break_glass.listed": Crawled("/operator/break-glass"),
    "operator_break_glass.asked": Crawled("/operator/break-glass/ask"),
    "operator_break_glass.leave": Crawled("/operator/break-glass/leave"),
    "operator_break_glass.decided": Crawled("/operator/break-glass/{invoice}/{member}/decide"),
    "operator_break_glass.ended": Crawled("/operator/break-glass/{invoice}/{member}/end"),
    "operator_break_glass.read": Crawled("/operator/break-glass/{invoice}/{member}/read"),
}
WHO = ("vendor A", "practice A1", "practice A2", "an auditor of A1", "vendor B", "an operator", "an operator who reads vendor A")
# The log that this visitor looks at grows with each look.
GROWS = ("audit.listed", "an operator who reads vendor A")
PROBES = {"probe_form", "probe_filled", "probe_defect", "probe_write", "probe_write_and_fail_after", "probe_role"}


def test_every_route_has_an_entry_in_the_crawl(world: World) -> None:
    assert set(CRAWL) == set(declared_access(world.pages.app)) - PROBES


@pytest.mark.parametrize("who", [*WHO, "anonymous"])
@pytest.mark.parametrize("endpoint", CRAWL)
def test_a_foreign_id_answers_as_one_that_does_not_exist_and_shows_nothing(world: World, endpoint: str, who: str) -> None:
    visitor, foreign = world.visitors()[who]
    for their in foreign:
        canary = their.canary
        absent = CRAWL[endpoint].addresses(uuid4(), uuid4(), "x" * len(canary))
        for address, other in zip(CRAWL[endpoint].addresses(their.invoice, their.member, canary, their), absent, strict=True):
            theirs, nobodys = (world.pages.get(path, visitor) for path in (address, other))
            assert theirs.status_code == nobodys.status_code
            if (endpoint, who) != GROWS:
                assert without_echo(theirs.text, canary) == without_echo(nobodys.text, "x" * len(canary))
            assert canary not in without_echo(theirs.text, canary)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("endpoint", CRAWL)
def test_no_route_takes_an_unsafe_method_from_another_site(world: World, endpoint: str, method: str) -> None:
    visitor, _ = world.visitors()["vendor A"]
    address = CRAWL[endpoint].addresses(uuid4(), uuid4(), "x")[0]
    assert world.pages.client(visitor).open(address, method=method, headers={"Origin": "https://evil.example"}).status_code == 403
    assert world.pages.client(visitor).open(address, method=method, headers={"Origin": HERE}).status_code == 403


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    "endpoint",
    [name for name, crawled in CRAWL.items() if re.search("{(member|question|patient|sample|item|roster|client)}", crawled.path)],
)
def test_a_form_sent_to_a_foreign_id_answers_as_one_sent_to_none_and_changes_nothing(world: World, endpoint: str, who: str) -> None:
    visitor, foreign = world.visitors()[who]
    client = world.pages.client(visitor)
    typed = {"form_token": form_token(client.get("/probe/form")), "role": "provider"}
    for their in foreign:
        answers = [
            client.post(CRAWL[endpoint].addresses(uuid4(), member, "x", owned)[0], data=typed, headers={"Origin": HERE})
            for member, owned in ((their.member, their), (uuid4(), None))
        ]
        assert answers[0].status_code == answers[1].status_code >= 400 or endpoint.startswith(("profile.", "passkeys."))
        assert without_echo(answers[0].text, "") == without_echo(answers[1].text, "")
    held = "SELECT count(*) FROM membership WHERE ended_at IS NULL AND role = 'practice_administrator'"
    assert (world.ours.value(held), world.theirs.value(held)) == (2, 1)


def test_the_crawl_sees_a_planted_leak(world: World) -> None:
    stranger = visitor_of(world.theirs.vendor_id)
    leaky = Pages(world.pages.database)
    leaky.visitors[stranger.session_key] = visitor_of(world.ours.vendor_id)
    page = leaky.app.test_client().get(f"/invoices/{invoice_id(world.ours, 'A1')}", headers={"X-Tester": stranger.session_key})
    assert "Castellano-A1" in without_echo(page.text, "")


def without_echo(page: str, words: str) -> str:
    """Return a page without what changes by itself and without the words that the visitor looked for, which it may repeat."""
    # kept markup writes these as references
    said = CHANGING.sub("", page).replace("&#8220;", "“").replace("&#8221;", "”")
    return (
        said.replace(f"“{words}”", "").replace(f"q={words}", "").replace(f"%3D{words}", "").replace(f'value="{words}"', "")
        if words
        else said
    )
