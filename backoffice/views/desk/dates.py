"""The dates on sale, and what a booking on one of them costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import jsonify, request

from backoffice.domain.booking_rules import default_hold
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.money import format_money
from backoffice.domain.pricing import Quote
from backoffice.domain.times import parse_date, say_instant, to_local
from backoffice.models import Booking
from backoffice.services import bookings, credit_lines, dates_on_sale, waiting_turn
from backoffice.services.bookings import loyalty
from backoffice.services.dates_on_sale import OfferedDate, Wanted
from backoffice.services.search import clean_wanted
from backoffice.views.admin.formats import pill_of
from backoffice.views.desk.blueprint import desk
from backoffice.views.desk.links import id_of, url_of
from backoffice.views.desk.wishes import Wish
from backoffice.views.requests import current_actor, current_tenant


@desk.get("/admin/desk/dates")
def dates() -> Any:
    """Dates on sale for words (`q`), `course`, `town` and `from`; full ones are shown, not sold."""
    course, from_day = request.args.get("course"), request.args.get("from")
    wanted = Wanted(
        words=clean_wanted(request.args.get("q", "")),
        course_id=id_of(course) if course else None,
        town=clean_wanted(request.args.get("town", "")),
        from_day=parse_date(from_day, field="from") if from_day else None,
    )
    found = dates_on_sale.list_dates(wanted, current_tenant())
    return jsonify(dates=[shown(each) for each in found], is_cut=len(found) == dates_on_sale.MOST)


@desk.get("/admin/desk/dates/<schedule_id>")
def date_details(schedule_id: str) -> Any:
    """One date again, with its places as they are now; null when it is no longer on sale."""
    found = dates_on_sale.find_date(id_of(schedule_id), current_tenant())
    return jsonify(date=shown(found) if found else None)


def shown(date: OfferedDate) -> dict[str, Any]:
    local = to_local(date.starts_at, date.time_zone)
    return {
        "id": str(date.id),
        "course": date.course,
        "when": date.when,
        "day": f"{local:%a} {local.day} {local:%b}",
        "year": f"{local:%Y}",
        "time": f"{local:%H:%M}",
        "days": date.days,
        "town": date.town,
        "venue": date.venue,
        "instructors": date.instructors,
        "left": max(date.seats_left, 0),
        "capacity": date.capacity,
        "price": price_of(date),
        "is_free": date.pricing == "free" or (date.pricing == "priced" and date.price_minor == 0),
        "on_request": date.pricing == "on_request",
        "minimum_age": date.minimum_age,
        "has_whitelist": date.has_whitelist,
    }


def price_of(date: OfferedDate) -> str:
    if date.pricing == "on_request":
        return "on request"
    return format_money(date.price_minor, date.currency) if date.price_minor else "free"


@desk.post("/admin/desk/quote")
def quote() -> Any:
    """What the wish costs now, until when it would be held, and what the clerk should know before booking."""
    wish = Wish.of_request()
    tenant, now = current_tenant(), datetime.now(UTC)
    date = dates_on_sale.find_date(wish.schedule_id, tenant, now)
    if date is None:
        raise Invalid("gone", "This date is no longer on sale: choose another.", field="schedule_id")
    price, problem = _price(wish, now)
    return jsonify(
        date=shown(date),
        price=_said(price, wish.places, date) if price else None,
        problem=problem,
        hold=_hold(date, now, tenant.hold_days),
        credit=_credit(wish, price, date.currency) if price else None,
        warnings=warnings(wish, date),
    )


def _price(wish: Wish, now: datetime) -> tuple[Quote | None, dict[str, str] | None]:
    """The quote; with a refused code the quote without it, and the reason."""
    try:
        return _quote(wish, wish.discount_code, now), None
    except DomainError as error:
        problem = {"field": error.field or "schedule_id", "message": error.message}
        if not isinstance(error, Invalid) or error.field != "discount_code":
            return None, problem
        return _quote(wish, None, now), problem


def _quote(wish: Wish, discount_code: str | None, now: datetime) -> Quote:
    known = loyalty.proved(wish.customer_id, current_actor())
    tenant = current_tenant()
    return bookings.quote_for(wish.schedule_id, wish.places, discount_code, tenant, now, customer_id=known)


def _said(price: Quote, places: int, date: OfferedDate) -> dict[str, Any]:
    def money(minor: int) -> str:
        return format_money(minor, date.currency)

    return {
        "list": money(price.list_minor),
        "each": money(date.price_minor),
        "places": places,
        "discount": money(price.discount_minor) if price.discount_minor else None,
        "discount_label": price.offer.label if price.offer else None,
        "total": money(price.total_minor),
        "total_minor": price.total_minor,
        "is_code": bool(price.offer and price.offer.code_id),
    }


def _credit(wish: Wish, price: Quote, currency: str) -> dict[str, Any] | None:
    """What of the caller's credit could pay this, for whoever may take money; None without any."""
    if wish.customer_id is None or not current_actor().may("payment.take"):
        return None
    has = credit_lines.balance_minor(wish.customer_id, currency)
    part = min(has, price.total_minor)
    if part < 1:
        return None
    return {
        "customer_id": str(wish.customer_id),
        "balance": format_money(has, currency),
        "covers": part == price.total_minor,
        "part_minor": part,
        "part": format_money(part, currency),
        "rest": format_money(price.total_minor - part, currency),
    }


def _hold(date: OfferedDate, now: datetime, days: int) -> dict[str, str]:
    """The default end of a hold and the end of tomorrow, as the date's clock shows them; never past the start."""
    default = default_hold(now, date.starts_at, days)
    local_now = to_local(now, date.time_zone)
    tomorrow = (local_now + timedelta(days=1)).replace(hour=18, minute=0, second=0, microsecond=0)
    tomorrow = min(tomorrow, to_local(date.starts_at, date.time_zone))
    return {
        "default": _field(to_local(default, date.time_zone)),
        "words": say_instant(default, date.time_zone),
        "tomorrow": _field(tomorrow),
        "latest": _field(to_local(date.starts_at, date.time_zone)),
        "earliest": _field(local_now),
    }


def _field(local: datetime) -> str:
    return local.strftime("%Y-%m-%dT%H:%M")


def warnings(wish: Wish, date: OfferedDate) -> list[dict[str, Any]]:
    """What stands against the wish without forbidding it, the other booking with it."""
    found = []
    if wish.customer_id or wish.names:
        for booking, words in bookings.same_people(wish.schedule_id, wish.customer_id, wish.names):
            found.append(_other_booking(booking, words))
    if date.minimum_age:
        found.append({"words": f"Attendees must be {date.minimum_age} or older on the day."})
    if date.prerequisites:
        found.append(
            {"words": f"Tell the caller what to bring or hold: {' '.join(date.prerequisites.split())}"}
        )
    if date.has_whitelist:
        found.append({"words": "This course is only for listed e-mail addresses."})
    if waiting_turn.keeps(date.id):
        found.append({"words": "Others wait for these places: they would be offered to the waiting list."})
    return found


def _other_booking(booking: Booking, words: str) -> dict[str, Any]:
    return {
        "words": words,
        "reference": booking.reference,
        "url": url_of("booking", booking.id),
        "who": booking.contact_name,
        "status": pill_of(booking.status, "booking").label,
    }
