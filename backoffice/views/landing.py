"""The first page of everybody who signs in: where signing in leads, by role."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template

from backoffice.services import own_records, tenants
from backoffice.views import own_dates
from backoffice.views.requests import current_actor

blueprint = Blueprint("landing", __name__)

HOMES = {"instructor": "/admin/my-dates/", "customer": "/my/", "operator": "/admin/tenants/"}
STAFF_HOME = "/admin/"


def home_of(role: str) -> str:
    """The page that a person of this role begins with."""
    return HOMES.get(role, STAFF_HOME)


@blueprint.get("/admin/my-dates/")
def my_dates() -> Any:
    """The dates that an instructor teaches: today's with its register first."""
    dates, now = own_records.list_dates(current_actor()), datetime.now(UTC)
    days = own_records.list_days(dates, current_actor())
    return render_template("landing/my_dates.html", dates=own_dates.sort_out(dates, days, now), now=now)


@blueprint.get("/admin/tenants/")
def tenant_list() -> Any:
    """The platform's tenants: names and addresses, nothing of their data."""
    return render_template("landing/tenants.html", tenants=tenants.list_names())
