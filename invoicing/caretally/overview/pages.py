"""The first page of each visitor."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from caretally.forecast.kept_forecasts import KeptForecast, forecasts_kept
from caretally.months import Month
from caretally.overview.figures import figures_of
from caretally.overview.tasks import Task, tasks_of
from caretally.overview.trend_picture import trend_picture
from caretally.web.access import declared_access, requires
from caretally.web.edge import connection, signed_in
from caretally.web.shell import may

pages = Blueprint("overview", __name__, template_folder="templates")


@pages.get("/overview")
@requires("read_months")
def show() -> ResponseReturnValue:
    """Show what needs the visitor today, where the newest month stands, and the months before it."""
    who = signed_in()
    of_practice = who.clients is not None
    figures = figures_of(connection(), vendor_id=who.vendor_id, of_practice=of_practice)
    return render_template(
        "overview/show.html",
        figures=figures,
        newest=figures.months[0] if figures.months else None,
        tasks=[(task, page_of(task)) for task in tasks_of(figures, permissions=who.permissions, of_practice=of_practice)],
        of_practice=of_practice,
        open_month=None if of_practice else Month.of(figures.waits["open_month"]),
        forecasts=[] if of_practice or not may("read_forecast") else open_forecasts(Month.of(figures.waits["open_month"])),
        picture=trend_picture,
        approvals=first_of(("time_approvals.listed", {}), ("months.newest", {})),
    )


def open_forecasts(month: Month) -> list[KeptForecast]:
    """Return what the newest forecasts of the month under way came to, those that there are."""
    return [one for one in forecasts_kept(connection(), month, vendor_id=signed_in().vendor_id) if one.as_of]


def page_of(task: Task) -> str:
    """Return the address of the first page that this installation has for a task."""
    return first_of(*task.pages)


def first_of(*found: tuple[str, Mapping[str, Any]]) -> str:
    """Return the address of the first page that this installation has and the visitor may open, else of the last."""
    access = declared_access(current_app)
    offered = (one for one in found if one[0] in access and may(access[one[0]].permission))
    endpoint, values = next(offered, found[-1])
    return url_for(endpoint, **values)
