"""Where the desk's answers lead to."""

from uuid import UUID

from flask import current_app, url_for

from backoffice.domain.errors import NotFound
from backoffice.services.search import Found

SCREENS = {
    "booking": "bookings.details_view",
    "user": "customers.details_view",
    "company": "companies.details_view",
    "certificate": "certificates.details_view",
}


def url_of(kind: str, record_id: UUID) -> str:
    """The page of a record; the search where its screen is not there."""
    endpoint = SCREENS[kind]
    if endpoint in current_app.view_functions:
        return url_for(endpoint, id=record_id)
    return url_for("desk.search_page")


def date_url(schedule_id: UUID) -> str | None:
    """The page of a date, if its screen is there."""
    endpoint = "schedules.details_view"
    return url_for(endpoint, id=schedule_id) if endpoint in current_app.view_functions else None


def url_of_found(found: Found) -> str:
    return url_of(found.kind, found.id)


def id_of(text: object) -> UUID:
    """An id from an address or a form; anything else is nobody's record. Raises NotFound."""
    try:
        return UUID(str(text))
    except ValueError:
        raise NotFound() from None
