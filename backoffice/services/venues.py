"""Rooms, clients' sites and online places."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.domain.times import say_instant
from backoffice.models import Schedule, Venue
from backoffice.models.venue import KINDS
from backoffice.services import catalogue, cleaning


def _web_address(name: str, value: Any) -> str | None:
    address = cleaning.line(500)(name, value)
    if address and not address.lower().startswith(("https://", "http://")):
        raise Invalid("web_address", "Enter an address that begins with https://", field=name)
    return address


CLEANERS: dict[str, cleaning.Cleaner] = {
    "slug": catalogue.slug_of,
    "name": cleaning.line(200, nullable=False),
    "kind": cleaning.one_of(KINDS),
    "address_line1": cleaning.line(255),
    "address_line2": cleaning.line(255),
    "city": cleaning.line(100),
    "postcode": cleaning.line(12),
    "capacity": cleaning.whole(1, 10_000),
    "facilities": cleaning.lines(200),
    "parking_info": cleaning.block(1000),
    "directions": cleaning.block(2000),
    "online_url": _web_address,
}


def create(values: Mapping[str, Any], actor: Actor) -> Venue:
    """A new venue; `name` and `capacity` (people) are needed, the short name is made up. Raises Invalid."""
    actor.require("catalogue.edit")
    given = {"name": "", "capacity": None, **values}
    cleaned = cleaning.clean_all(given, CLEANERS, ("name", "capacity"))
    _check_place(cleaned.get("kind", "room"), cleaned)
    cleaned["slug"] = cleaned.get("slug") or catalogue.free_slug(Venue, cleaned["name"])
    return catalogue.insert(Venue(**cleaned), "venue", actor)


def update(venue_id: UUID, values: Mapping[str, Any], actor: Actor, *, version: int | None = None) -> Venue:
    """Change what is given; raises Invalid, NotFound or Changed.

    A capacity below that of a coming date is refused: that date would promise places the room does not have.
    """
    actor.require("catalogue.edit")
    row = catalogue.get(Venue, venue_id, version)
    needed = [name for name in ("name", "capacity", "kind") if name in values]
    cleaned = cleaning.clean_all(values, CLEANERS, needed)
    if "slug" in cleaned and cleaned["slug"] is None:
        del cleaned["slug"]
    _check_place(cleaned.get("kind", row.kind), {"address_line1": row.address_line1, **cleaned})
    if cleaned.get("capacity", row.capacity) < row.capacity:
        _check_coming_dates(row, cleaned["capacity"])
    catalogue.change(row, cleaned, "venue", actor)
    return row


def archive(venue_id: UUID, actor: Actor) -> Venue:
    """Offer the venue no more; its dates stay."""
    return catalogue.archive(Venue, venue_id, "venue", actor)


def restore(venue_id: UUID, actor: Actor) -> Venue:
    """Offer the venue again."""
    return catalogue.restore(Venue, venue_id, "venue", actor)


def _check_place(kind: str, values: Mapping[str, Any]) -> None:
    if kind == "room" and not values.get("address_line1"):
        raise Invalid("required", "A room needs an address: people must find it.", field="address_line1")


def _check_coming_dates(venue: Venue, capacity: int) -> None:
    larger = db.session.scalar(
        select(Schedule)
        .where(
            Schedule.venue_id == venue.id,
            Schedule.status.in_(("draft", "published")),
            Schedule.ends_at > datetime.now(UTC),
            Schedule.capacity > capacity,
        )
        .order_by(Schedule.starts_at)
        .limit(1)
    )
    if larger is not None:
        when = say_instant(larger.starts_at, larger.time_zone)
        raise Invalid(
            "capacity",
            f"The date of {when} has {larger.capacity} places: lower its capacity first.",
            field="capacity",
        )
