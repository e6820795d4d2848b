"""The booker says who comes: only places without a name, until the date begins, by the same checks as at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from backoffice.database import db, lock_row, lock_rows
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.models import Attendee, Booking, Tenant
from backoffice.services import attendee_mail, audit
from backoffice.services.bookings.changing import check_age, note_prepared, put_person, touch
from backoffice.services.bookings.order import AttendeeIn
from backoffice.services.bookings.placing import clean_attendee
from backoffice.tenancy import current_tenant_id

OPEN = ("pending", "confirmed")


def why_closed(booking: Booking, now: datetime | None = None) -> str | None:
    """Why no name is taken any more, in words for the booker; None while they are."""
    if booking.status not in OPEN:
        return "This booking is not open any more, so no names are needed."
    if booking.schedule.starts_at <= (now or datetime.now(UTC)):
        return "The course has begun: please tell the instructor."
    return None


def give_names(
    booking_id: UUID, given: Mapping[UUID, AttendeeIn], actor: Actor, now: datetime | None = None
) -> list[Attendee]:
    """Name places of one booking; what is left empty stays to follow. The attendees that now have a name.

    Whoever holds the booking's link may do it: no right is asked for. Raises NotFound; Refused once it is closed;
    Invalid on `<attendee id>.<field>` for everything that is wrong, and then nothing is kept.
    """
    now = now or datetime.now(UTC)
    booking = lock_row(Booking, Booking.id == booking_id)
    if booking is None:
        raise NotFound("This booking does not exist.")
    reason = why_closed(booking, now)
    if reason:
        raise Refused("closed", reason)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    places = {each.id: each for each in lock_rows(Attendee, Attendee.booking_id == booking_id)}
    wanted = _checked(booking, places, {key: who for key, who in given.items() if is_told(who)}, tenant)
    for attendee_id, who in wanted.items():
        before, after = put_person(places[attendee_id], who)
        after["place"] = places[attendee_id].position
        after |= note_prepared(booking, places[attendee_id], who, now)
        audit.record(actor, "booking:rename", booking, old=before, new=after)
    if wanted:
        touch(booking)
    for attendee_id in wanted:
        attendee_mail.tell_late(places[attendee_id], booking, actor)
    return [places[each] for each in wanted]


def is_told(who: AttendeeIn) -> bool:
    """Whether anything at all was written about a place."""
    return any((who.first_name, who.last_name, who.email, who.birth_date, who.requirements))


def _checked(
    booking: Booking, places: Mapping[UUID, Attendee], given: Mapping[UUID, AttendeeIn], tenant: Tenant
) -> dict[UUID, AttendeeIn]:
    """Everybody cleaned and allowed to come. Raises Invalid with every problem, beside its field."""
    wanted: dict[UUID, AttendeeIn] = {}
    problems: dict[str, str] = {}
    for attendee_id, who in given.items():
        try:
            found = _one(booking, places.get(attendee_id), who, tenant)
        except Invalid as error:
            problems |= {f"{attendee_id}.{name}": text for name, text in error.fields.items()}
            continue
        if found is not None:
            wanted[attendee_id] = found
    if problems:
        raise Invalid.of(problems)
    return wanted


def _one(booking: Booking, place: Attendee | None, who: AttendeeIn, tenant: Tenant) -> AttendeeIn | None:
    """What one place will hold; None when it says so already: the form was sent twice."""
    if place is None or place.cancelled_at:
        raise Invalid("gone", "This place was cancelled meanwhile: leave it empty.", field="first_name")
    cleaned = clean_attendee(_kept(place, who), tenant.country)
    check_name(cleaned)
    if place.name:
        if (place.first_name, place.last_name) == (cleaned.first_name, cleaned.last_name):
            return None
        raise Invalid(
            "named",
            f"{place.name} was given for this place meanwhile: call us to change it.",
            field="first_name",
        )
    check_birth(booking, cleaned)
    check_age(booking, place, cleaned, tenant)
    check_prepared(booking, cleaned)
    return cleaned


def _kept(place: Attendee, who: AttendeeIn) -> AttendeeIn:
    """What the desk was told before about a place without a name stays, where nothing else is said."""
    born = date.fromisoformat(place.birth_date) if place.birth_date else None
    return replace(
        who,
        email=who.email or place.email,
        phone=who.phone or place.phone,
        birth_date=who.birth_date or born,
        requirements=who.requirements or place.requirements,
    )


def check_name(who: AttendeeIn) -> None:
    """Raises Invalid for a first or a last name that is missing."""
    missing = [name for name in ("first_name", "last_name") if not getattr(who, name)]
    if missing:
        sentences = {"first_name": "Write the first name.", "last_name": "Write the last name."}
        raise Invalid.of({name: sentences[name] for name in missing})


def check_birth(booking: Booking, who: AttendeeIn) -> None:
    """Where a course has a minimum age, a name without a birth date would go round it. Raises Invalid."""
    minimum = booking.schedule.course.minimum_age
    if who.birth_date and who.birth_date > datetime.now(UTC).date():
        raise Invalid("birth_date", "This day is still to come: check the year.", field="birth_date")
    if minimum and who.birth_date is None and not booking.override_reason:
        raise Invalid(
            "birth_date", f"Enter the date of birth: attendees must be {minimum}.", field="birth_date"
        )


def check_prepared(booking: Booking, who: AttendeeIn) -> None:
    """Where people must bring or hold something, somebody says so of each who is named. Raises Invalid."""
    if booking.schedule.course.prerequisites and not who.is_prepared:
        raise Invalid(
            "not_prepared", f"Tick the box when {who.first_name} brings and holds this.", field="is_prepared"
        )
