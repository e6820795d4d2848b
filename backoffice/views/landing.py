"""The first page of everybody: where signing in leads, by role."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from backoffice.domain.times import day_bounds, to_local
from backoffice.models import Schedule
from backoffice.services import own_records, tenants
from backoffice.views.requests import current_actor, signed_in

blueprint = Blueprint("landing", __name__)

HOMES = {"instructor": "/admin/my-dates/", "customer": "/my/", "operator": "/admin/tenants/"}
STAFF_HOME = "/admin/"


def home_of(role: str) -> str:
    """The page that a person of this role begins with."""
    return HOMES.get(role, STAFF_HOME)


@blueprint.get("/")
def home() -> Response:
    known = signed_in()
    return redirect(home_of(known.role) if known else "/login")


@blueprint.get("/my/")
def my_bookings() -> Any:
    """A customer's own bookings."""
    bookings = own_records.list_bookings(current_actor())
    return render_template("landing/my_bookings.html", bookings=bookings)


@blueprint.get("/admin/my-dates/")
def my_dates() -> Any:
    """The dates that an instructor teaches, with places."""
    dates, now = own_records.list_dates(current_actor()), datetime.now(UTC)
    to_mark = [date for date in dates if date.status == "published" and _has_begun(date, now)]
    rest = [date for date in dates if date not in to_mark]
    return render_template(
        "landing/my_dates.html",
        to_mark=to_mark,
        coming=[date for date in rest if date.ends_at >= now],
        past=[date for date in reversed(rest) if date.ends_at < now],
        now=now,
    )


def _has_begun(date: Schedule, now: datetime) -> bool:
    """From the morning of its first day on: the register is open."""
    return day_bounds(to_local(date.starts_at, date.time_zone).date(), date.time_zone)[0] <= now


@blueprint.get("/admin/tenants/")
def tenant_list() -> Any:
    """The platform's tenants: names and addresses, nothing of their data."""
    return render_template("landing/tenants.html", tenants=tenants.list_names())
