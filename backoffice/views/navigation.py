"""The menu, and what the frame of every page says of the person who is signed in."""

import logging
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_babel import lazy_gettext as _
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from backoffice.database import db
from backoffice.domain.permissions import ROLE_LABELS
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_instant
from backoffice.models import Tenant
from backoffice.services import terms
from backoffice.tenancy import find_tenant_id
from backoffice.views.access import allowed
from backoffice.views.landing import home_of
from backoffice.views.requests import current_tenant, signed_in

log = logging.getLogger(__name__)

Entry = tuple[str, str, str, bool]

# (section, ((label, endpoint), …)); an entry shows where its page exists and the person may open it.
NAVIGATION: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Desk", (("Today", "desk.home"), ("Phone desk", "desk.desk_page"))),
    (
        "Schedules",
        (
            ("Dates", "schedules.index_view"),
            ("Series", "series.index_view"),
            ("Waiting lists", "waiting_lists.index_view"),
            ("My dates", "landing.my_dates"),
        ),
    ),
    (
        "Bookings",
        (
            ("Bookings", "bookings.index_view"),
            ("Booking groups", "booking_groups.index_view"),
            ("Certificates", "certificates.index_view"),
        ),
    ),
    (
        "Customers",
        (
            ("Customers", "customers.index_view"),
            ("Companies", "companies.index_view"),
            ("Company requests", "corporate_requests.index_view"),
            ("Reviews", "reviews.index_view"),
        ),
    ),
    (
        "Money",
        (
            ("Payments", "payments.index_view"),
            ("Refunds", "refunds.index_view"),
            ("Gateway messages", "gateway_events.index_view"),
            ("Reconciliation", "reconciliation.index_view"),
            ("Discount codes", "discount_codes.index_view"),
            ("Discount rules", "discount_rules.index_view"),
        ),
    ),
    (
        "Catalogue",
        (
            ("Courses", "courses.index_view"),
            ("Course types", "course_types.index_view"),
            ("Venues", "venues.index_view"),
            ("Instructors", "instructors.index_view"),
        ),
    ),
    ("Reports", (("Reports", "reports.index_view"),)),
    (
        "Settings",
        (
            ("Messages", "messages.index_view"),
            ("Reminders", "reminders.index_view"),
            ("Mail texts", "wordings.index_view"),
            ("Terms", "terms_texts.index_view"),
            ("Staff", "users.index_view"),
            ("Provider", "settings.index_view"),
            ("Public site", "site_look.index_view"),
            ("How certificates look", "certificate_look.index_view"),
            ("Payments online", "gateways.index_view"),
            ("Import", "imports.index_view"),
            ("Jobs", "jobs.index_view"),
            ("Who changed what", "audit_events.index_view"),
        ),
    ),
    ("Platform", (("Tenants", "landing.tenant_list"),)),
)
# The public site: (endpoint, name); it shows where its page exists.
SITE_PAGES: tuple[tuple[str, Any], ...] = (
    ("catalogue.home", _("Courses")),
    ("calendar.month", _("Calendar")),
    ("companies_public.form", _("For companies")),
    ("my.home", _("My bookings")),
)


def set_up(app: Flask) -> None:
    app.context_processor(frame)
    app.jinja_env.globals["site_pages"] = site_pages
    app.jinja_env.globals["has_terms"] = terms.has_terms


def frame() -> dict[str, Any]:
    """What templates/layout.html shows; on a page about a database that does not answer, nothing."""
    if find_tenant_id() is None:
        return {}
    try:
        return _frame()
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("a page without its frame", extra={"cause": type(error).__name__})
        return {}


def _frame() -> dict[str, Any]:
    tenant = current_tenant()
    known = signed_in()
    if known is None:
        return provider_facts(tenant)
    before = known.last_sign_in_at
    return provider_facts(tenant) | {
        "navigation": navigation(),
        "user_name": known.name,
        "user_role": ROLE_LABELS[known.role],
        "last_sign_in": say_instant(before, tenant.time_zone) if before else None,
    }


def provider_facts(tenant: Tenant) -> dict[str, Any]:
    """Who speaks on a page, and how to reach them."""
    return {
        "tenant_name": tenant.name,
        "provider": tenant.name,
        "provider_phone": say_phone(tenant.phone, tenant.country),
        "provider_phone_link": tenant.phone or "",
        "provider_email": tenant.email or "",
    }


def site_pages() -> list[tuple[str, str]]:
    """The pages of the public site that everybody finds from everywhere: address and name."""
    known = current_app.view_functions
    return [(url_for(endpoint), str(name)) for endpoint, name in SITE_PAGES if endpoint in known]


def navigation() -> list[tuple[str, list[Entry]]]:
    """The sections that hold something for whoever asks."""
    sections = [(title, [_entry(*pair) for pair in pairs if _shows(pair[1])]) for title, pairs in NAVIGATION]
    return [(title, entries) for title, entries in sections if entries]


def _shows(endpoint: str) -> bool:
    if endpoint not in current_app.view_functions or not allowed(endpoint):
        return False
    # An administrator may open these too, but has no need of them.
    return not endpoint.startswith("landing.") or url_for(endpoint) == home_of(current_user.role)


def _entry(label: str, endpoint: str) -> Entry:
    return label, url_for(endpoint), endpoint, _is_current(endpoint)


def _is_current(endpoint: str) -> bool:
    """The page itself, or any other page of the same admin screen."""
    asked = request.endpoint or ""
    if not endpoint.endswith(".index_view"):
        return asked == endpoint
    return asked.rpartition(".")[0] == endpoint.rpartition(".")[0]
