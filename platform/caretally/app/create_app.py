"""The composition root of the web: one Flask application out of the capabilities' pages."""

from collections.abc import Sequence
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

import caretally.web
from caretally.app.demo.pages import pages as demo_pages
from caretally.app.import_kinds import IMPORT_KINDS
from caretally.app.job_kinds import KINDS as JOB_KINDS
from caretally.app.sample.pages import pages as sample_pages
from caretally.audit.pages import pages as audit_pages
from caretally.break_glass.operator_pages import pages as operator_break_glass_pages
from caretally.break_glass.pages import pages as break_glass_pages
from caretally.break_glass.requests import PRESENT
from caretally.carelog.approval_pages import pages as approval_pages
from caretally.carelog.pages import pages as time_pages
from caretally.carelog.tie_pages import pages as tie_pages
from caretally.charts.pages import pages as chart_pages
from caretally.close.pages import pages as month_pages
from caretally.closing_runs.pages import pages as closing_pages
from caretally.console.pages import pages as console_pages
from caretally.directory.pages import pages as directory_pages
from caretally.exceptions.pages import pages as exception_report_pages
from caretally.forecast.pages import pages as forecast_pages
from caretally.guide.pages import pages as guide_pages
from caretally.imports.pages import KINDS
from caretally.imports.pages import pages as import_pages
from caretally.invoices.pages import pages as invoice_pages
from caretally.isolation_reports.pages import pages as isolation_pages
from caretally.jobs.pages import install_kinds
from caretally.jobs.pages import pages as job_pages
from caretally.jobs.read import STUCK
from caretally.onboarding.pages import pages as onboarding_pages
from caretally.outreach.pages import pages as outreach_pages
from caretally.overview.pages import pages as overview_pages
from caretally.patient_months.list_pages import pages as patients_of_month_pages
from caretally.patient_months.pages import pages as patient_month_pages
from caretally.patient_time.pages import pages as patient_time_pages
from caretally.patients.pages import pages as patient_pages
from caretally.practice.pages import pages as practice_pages
from caretally.practice.roster_pages import roster_pages
from caretally.practice.samples_pages import samples_pages
from caretally.questions.pages import pages as question_pages
from caretally.questions.threads import statement as question_statement
from caretally.replay.pages import pages as agreement_pages
from caretally.saved_views.pages import install_saved_views
from caretally.saved_views.pages import pages as saved_view_pages
from caretally.search.pages import pages as search_pages
from caretally.settling.fix_pages import pages as exception_fix_pages
from caretally.settling.pages import pages as exception_pages
from caretally.sign_in.link_pages import pages as link_pages
from caretally.sign_in.organisation_pages import pages as organisation_pages
from caretally.sign_in.pages import pages as sign_in_pages
from caretally.sign_in.passkey_pages import pages as passkey_pages
from caretally.sign_in.people import install_sign_in
from caretally.sign_in.people_pages import pages as people_pages
from caretally.sign_in.profile_pages import pages as profile_pages
from caretally.sign_in.provider_pages import pages as provider_pages
from caretally.vendors.pages import pages as settings_pages
from caretally.web.access import declared_access, open_to_all
from caretally.web.columns import column_choice
from caretally.web.edge import EXTENSION, Edge
from caretally.web.error_pages import install_error_pages
from caretally.web.headers import install_headers
from caretally.web.health import health
from caretally.web.large_requests import install_large_requests
from caretally.web.month_in_path import MonthInPath
from caretally.web.own_forms import install_own_forms
from caretally.web.parts import install_parts
from caretally.web.request_log import install_request_log
from caretally.web.search_words import install_search_words, search_words
from caretally.web.shell import Entry, Shell, install_shell
from caretally.web.start import start
from caretally.whatif.pages import pages as what_if_pages

WEB = Path(caretally.web.__file__).parent
LARGEST_REQUEST_BYTES = 1_000_000
LARGEST_FORM_BYTES = 500_000
MOST_FORM_PARTS = 500
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
ENTRIES = (
    Entry("Installation", "Vendors", "console.vendors", "people", "manage_vendors"),
    Entry("Installation", "Health", "console.health", "heart", "read_health"),
    Entry("Installation", "Break-glass", "operator_break_glass.listed", "key", "request_break_glass"),
    Entry("Work", "Overview", "overview.show", "home", "read_months", key="o"),
    Entry("Work", "Time", "time.show", "clock", "log_time", key="t", also_key="t", also=("patient_time",)),
    Entry("Work", "Approvals", "time_approvals.listed", "tick", "approve_time", key="a"),
    Entry(
        "Work",
        "Months",
        "months.newest",
        "calendar",
        "read_months",
        key="m",
        also=("patients_of_month", "patient_months", "closing", "forecast", "whatif"),
    ),
    Entry("Work", "Exceptions", "exceptions.listed", "warning", "settle_exceptions", key="x", also=("exceptions_fix",)),
    Entry("Work", "Exception reports", "exception_reports.listed", "document", "read_patients"),
    Entry("Work", "Patients", "patients.listed", "people", "read_patients", key="p", also=("charts",)),
    Entry("Work", "Your practice", "practice.overview", "home", "audit_care"),
    Entry("Work", "Patients by month", "practice.patients", "people", "audit_care"),
    Entry("Work", "Your own samples", "samples.listed", "tick", "audit_care"),
    Entry("Work", "Your roster", "rosters.listed", "list", "audit_care"),
    Entry("Work", "Enrolment calls", "outreach.listed", "phone", "record_outreach", key="e"),
    Entry("Money", "Invoices", "invoices.listed", "document", "read_invoices", key="i"),
    Entry(
        "Money",
        "Questions",
        "questions.listed",
        "speech",
        "read_invoices",
        question_statement("waiting").text,
        key="q",
        waits_for=frozenset({"ask_questions", "answer_questions"}),
    ),
    Entry("Setup", "Background work", "jobs.listed", "clock", "read_work", STUCK),
    Entry("Setup", "Getting started", "onboarding.show", "flag", "import"),
    Entry("Setup", "Clients", "directory.clients", "building", "read_directory", key="c"),
    Entry("Setup", "Agreements", "replay.listed", "pen", "change_agreements"),
    Entry("Setup", "Imports", "imports.listed", "upload", "import", key="u"),
    Entry("Setup", "People and roles", "people.listed", "people", "manage_people"),
    Entry("Setup", "Staff sign-ins", "staff_ties.listed", "clock", "manage_people"),
    Entry("Setup", "Settings", "settings.show", "gear", "change_settings"),
    Entry("Setup", "Sign-in", "provider.show", "lock", "change_identity_provider"),
    Entry("Setup", "Audit log", "audit.listed", "list", "read_audit_log"),
    Entry("Setup", "Isolation", "isolation.listed", "shield", "read_isolation_report"),
    Entry("Setup", "Break-glass", "break_glass.listed", "key", "read_break_glass", PRESENT),
)
ONE_PRACTICE = "SELECT CASE WHEN count(*) = 1 THEN min(name) END FROM client WHERE vendor_id = :vendor_id"
PLACES = {
    "switch": "sign_in.choose",
    "leave": "sign_in.sign_out",
    "profile": "profile.show",
    "help": "guide.first",
    "keys": "profile.keys",
    "stop_reading": "operator_break_glass.leave",
}
PAGES = (
    health,
    start,
    search_words,
    column_choice,
    saved_view_pages,
    sign_in_pages,
    link_pages,
    organisation_pages,
    passkey_pages,
    profile_pages,
    people_pages,
    tie_pages,
    time_pages,
    approval_pages,
    patient_time_pages,
    overview_pages,
    month_pages,
    closing_pages,
    forecast_pages,
    what_if_pages,
    exception_pages,
    exception_fix_pages,
    exception_report_pages,
    invoice_pages,
    question_pages,
    patient_month_pages,
    patients_of_month_pages,
    practice_pages,
    samples_pages,
    roster_pages,
    audit_pages,
    isolation_pages,
    break_glass_pages,
    operator_break_glass_pages,
    console_pages,
    settings_pages,
    import_pages,
    directory_pages,
    patient_pages,
    chart_pages,
    agreement_pages,
    outreach_pages,
    onboarding_pages,
    sample_pages,
    search_pages,
    guide_pages,
    provider_pages,
    job_pages,
)
TABLES_WITH_VIEWS = ("clients", "invoices", "patients", "patient_months")
SEARCH = Entry("", "Search patients, clients, invoices", "search.found", "search", "read_months")


def create_app(edge: Edge, *, hostnames: Sequence[str] = LOOPBACK, demo: bool = False, behind_proxy: bool = False) -> Flask:
    """Return the application; requests for other hosts than `hostnames` are refused, so that a foreign name cannot be pointed at it.

    `behind_proxy` believes what one proxy says of the browser's address, scheme and host (`X-Forwarded-For`, `-Proto`, `-Host`), each by its
    last value; without one these headers are the browser's own words and are not read.

    Raises `UndeclaredRoute` when a route does not say who may open it.
    """
    app = Flask("caretally.web", root_path=str(WEB))
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM_BYTES,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        TRUSTED_HOSTS=list(hostnames),
        PROPAGATE_EXCEPTIONS=False,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[EXTENSION] = edge
    app.extensions[KINDS] = IMPORT_KINDS
    app.url_map.converters["month"] = MonthInPath
    install_request_log(app)
    install_error_pages(app)
    install_headers(app)
    install_large_requests(app)
    install_own_forms(app)
    install_search_words(app)
    install_shell(app, Shell(ENTRIES, search=SEARCH, practice=ONE_PRACTICE, demo=demo, **PLACES))
    install_sign_in(app)
    install_kinds(app, JOB_KINDS)
    install_saved_views(app, TABLES_WITH_VIEWS)
    install_parts(app)
    for pages in PAGES:
        app.register_blueprint(pages)
    if behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    if demo:
        app.register_blueprint(demo_pages)
    open_to_all("the stylesheet, the scripts and the icon, the same for everybody")(app.view_functions["static"])
    declared_access(app)
    return app
