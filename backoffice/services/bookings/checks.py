"""Whether an order may be taken: each rule says no in its own words, and who may go past it, with a reason."""

from collections.abc import Sequence
from datetime import date as Day
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, tuple_

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.booking_rules import age_on, check_hold, default_hold, whitelisted
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.models import Attendee, Booking, Company, Schedule, WhitelistEntry
from backoffice.services import waiting_turn
from backoffice.services.bookings.order import Order
from backoffice.services.bookings.quoting import DateOnSale

MOST_HOLD_DAYS = 60


def check_open(date: DateOnSale, actor: Actor, now: datetime) -> None:
    """Only published dates that have not started; a late entry by right, until the end. Raises Refused.

    To a visitor another company's private date is no date at all: NotFound.
    """
    schedule = date.schedule
    if schedule.is_private and actor.kind == "customer":
        raise NotFound("This date does not exist.")
    if schedule.status != "published":
        raise Refused("not_on_sale", "This date is not open for booking.", field="schedule_id")
    if now >= schedule.ends_at:
        raise Refused("over", "This date is over: choose another.", field="schedule_id")
    if now >= schedule.starts_at and not actor.may("booking.late_entry"):
        raise Refused("started", "This date has started: choose another.", field="schedule_id")


def check_places(date: DateOnSale, places: int) -> None:
    """An early no; the database says the last word. Raises Refused fully_booked."""
    left = date.schedule.capacity - date.schedule.seats_taken
    if places <= left:
        return
    say = (
        "This date is fully booked"
        if left <= 0
        else f"Only {left} place{'s' * (left != 1)} left on this date"
    )
    raise Refused("fully_booked", f"{say}: choose another date or book fewer places.", field="places")


def check_turn(date: DateOnSale, places: int, actor: Actor, own: int = 0) -> None:
    """Free places are offered to who waits for them first: no visitor takes them. Raises Refused waiting_first.

    `own`: how many of the free ones whoever asks has just given back; so many again are nobody else's.
    """
    if places > own:
        free = date.schedule.capacity - date.schedule.seats_taken
        waiting_turn.check(date.schedule.id, free, actor, own)


def check_whitelist(date: DateOnSale, email: str | None, override_reason: str | None, actor: Actor) -> None:
    """A course for listed addresses takes only those; an override needs the right and a reason (C61)."""
    if not date.schedule.has_whitelist:
        return
    patterns = db.session.scalars(
        select(WhitelistEntry.pattern).where(WhitelistEntry.course_id == date.schedule.course_id)
    )
    if whitelisted(email, patterns) or _overridden(override_reason, actor):
        return
    raise Refused(
        "not_listed", "This course is only for listed addresses, and this one is not listed.", field="email"
    )


def check_ages(
    date: DateOnSale, births: Sequence[Day | None], override_reason: str | None, actor: Actor
) -> None:
    """Whose birth date is known must be old enough on the first day. Raises Invalid on `attendees.<0…>.birth_date`."""
    for number, born in enumerate(births):
        if is_too_young(date, born) and not _overridden(override_reason, actor):
            raise Invalid(
                "too_young",
                f"Attendee {number + 1} is younger than {date.schedule.minimum_age} on the day of the course.",
                field=f"attendees.{number}.birth_date",
            )


def is_too_young(date: DateOnSale, born: Day | None) -> bool:
    """Whether somebody has not reached the course's minimum age on the first local day."""
    minimum = date.schedule.minimum_age
    if not minimum or born is None:
        return False
    first_day = date.schedule.starts_at.astimezone(ZoneInfo(date.schedule.time_zone)).date()
    return age_on(born, first_day) < minimum


def _overridden(reason: str | None, actor: Actor) -> bool:
    return bool(reason and reason.strip()) and actor.may("booking.override")


def check_terms(company_id: UUID | None, purchase_order: str | None) -> None:
    """Account terms are for companies that have them, with a purchase order where theirs need one."""
    if company_id is None:
        raise Invalid("company", "Account terms need a company.", field="company")
    company = db.session.execute(
        select(Company.has_terms, Company.needs_purchase_order, Company.name).where(Company.id == company_id)
    ).first()
    if company is None:
        raise Invalid("company", "This company does not exist.", field="company")
    if not company.has_terms:
        raise Refused("no_terms", f"{company.name} has no account terms.", field="payment_method")
    if company.needs_purchase_order and not purchase_order:
        raise Invalid("purchase_order", f"{company.name} needs a purchase order.", field="purchase_order")


def hold_of(order: Order, date: DateOnSale, now: datetime) -> datetime:
    """Until when a pending booking keeps its places: as set by the clerk, or the tenant's days (UTC)."""
    if order.hold_until is None:
        return default_hold(now, date.schedule.starts_at, date.tenant.hold_days)
    return check_hold(order.hold_until, now, date.schedule.starts_at)


def same_people(
    schedule_id: UUID, customer_id: UUID | None, names: Sequence[tuple[str, str]]
) -> list[tuple[Booking, str]]:
    """Live bookings on a date of the same customer or with an attendee of the same name: a warning, no more.

    Two people share a name, and a booker may book twice. Each comes with the words to show.
    """
    wanted = [(first.lower(), last.lower()) for first, last in names if first or last]
    same_name = tuple_(func.lower(Attendee.first_name), func.lower(Attendee.last_name)).in_(wanted)
    rows = db.session.execute(
        select(Booking, Attendee.first_name, Attendee.last_name)
        .join(Attendee, Attendee.booking_id == Booking.id)
        .where(
            Booking.schedule_id == schedule_id,
            Attendee.holds_place,
            or_(Booking.customer_id == customer_id, same_name)
            if wanted
            else Booking.customer_id == customer_id,
        )
        .order_by(Booking.id)
        .limit(20)
    )
    found: dict[UUID, tuple[Booking, str]] = {}
    for booking, first, last in rows:
        named = (first.lower(), last.lower()) in wanted
        words = (
            f"{first} {last} is already on this date"
            if named
            else "The caller already has a booking on this date"
        )
        if booking.id not in found or named:
            found[booking.id] = (booking, words)
    return list(found.values())


def lock_dates(*schedule_ids: UUID) -> None:
    """Take several dates in the order of their ids, as every change of several dates does."""
    db.session.execute(
        select(Schedule.id)
        .where(Schedule.id.in_(schedule_ids))
        .order_by(Schedule.id)
        .with_for_update(key_share=True)
    )
