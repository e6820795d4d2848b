"""What the booking pages say, in words: the date, the price, the steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.domain.money import format_money, round_half_up
from backoffice.domain.pricing import Quote
from backoffice.models import Attendee, Booking, Schedule
from backoffice.services.web_bookings import Standing
from backoffice.views.public.local_times import say_instant, say_span

MOST_DAYS = 10


@dataclass(frozen=True)
class Line:
    """One line of the price."""

    label: str
    amount: str
    kind: str = ""  # "off", "total", "note"


@dataclass(frozen=True)
class Step:
    """One step of the way: its name, and whether it is behind, here or ahead."""

    name: str
    state: str


def steps(current: int, *, is_free: bool) -> list[Step]:
    """The way through a booking; a free one has no payment. `current` counts from 0."""
    names = [_("Places and people"), _("Terms"), *([] if is_free else [_("Payment")]), _("Confirmation")]
    states = ["done" if at < current else "now" if at == current else "next" for at in range(len(names))]
    return [Step(name, state) for name, state in zip(names, states, strict=True)]


def of_date(schedule: Schedule) -> dict[str, Any]:
    """What the card of the date says."""
    course, venue, zone = schedule.course, schedule.venue, schedule.time_zone
    days = [say_span(day.starts_at, day.ends_at, zone) for day in schedule.days]
    where = ", ".join(part for part in (venue.name, venue.city) if part)
    return {
        "schedule": schedule,
        "course": course,
        "days": days[:MOST_DAYS],
        "more_days": max(len(days) - MOST_DAYS, 0),
        "where": where,
        "minimum_age": course.minimum_age,
    }


def price_lines(quote: Quote, currency: str) -> list[Line]:
    """List price, what comes off and why, total, VAT."""
    places, unit = len(quote.lines), quote.lines[0].price_minor
    if quote.list_minor == 0:
        return [Line(_places(places), _("Free")), Line(_("Total"), _("Free"), "total")]
    each = format_money(unit, currency)
    label = ngettext("%(num)s place at %(each)s", "%(num)s places at %(each)s", places, each=each)
    lines = [Line(label, format_money(quote.list_minor, currency))]
    if quote.offer:
        lines.append(Line(_(quote.offer.label), f"−{format_money(quote.discount_minor, currency)}", "off"))
    lines.append(Line(_("Total"), format_money(quote.total_minor, currency), "total"))
    vat = sum(
        round_half_up(each.total_minor * each.vat_rate_bp, 10_000 + each.vat_rate_bp) for each in quote.lines
    )
    return lines + ([Line(_("VAT included"), format_money(vat, currency), "note")] if vat else [])


def lines_of(booking: Booking) -> list[Line]:
    """The price of a booking as it was stored."""
    live = booking.active_attendees
    list_minor = sum(each.price_minor for each in live)
    if list_minor == 0:
        return [Line(_places(len(live)), _("Free")), Line(_("Total"), _("Free"), "total")]
    currency = booking.currency
    lines = [Line(_priced(live, currency), format_money(list_minor, currency))]
    if booking.discount_minor:
        lines.append(Line(_discount(booking), f"−{format_money(booking.discount_minor, currency)}", "off"))
    lines.append(Line(_("Total"), format_money(booking.total_minor, currency), "total"))
    vat = sum(round_half_up(each.net_minor * each.vat_rate_bp, 10_000 + each.vat_rate_bp) for each in live)
    return lines + ([Line(_("VAT included"), format_money(vat, currency), "note")] if vat else [])


def _priced(live: Sequence[Attendee], currency: str) -> str:
    each = format_money(live[0].price_minor, currency)
    return ngettext("%(num)s place at %(each)s", "%(num)s places at %(each)s", len(live), each=each)


def _discount(booking: Booking) -> str:
    if booking.discount_code:
        return _("Code %(code)s", code=booking.discount_code.code)
    return booking.discount_rule.title if booking.discount_rule else _("Discount")


def _places(count: int) -> str:
    return ngettext("%(num)s place", "%(num)s places", count)


def people_of(booking: Booking) -> list[str]:
    """Who comes; a place may still be without a name."""
    return [each.name or _("Name to follow") for each in booking.active_attendees]


def of_hold(standing: Standing, zone: str, now: datetime) -> dict[str, Any]:
    """Until when the places are held: seconds for the clock, and in words for whoever has no script."""
    until = standing.held_until if standing.is_held else None
    return clock(until, now) | {"held_until": say_time(until, zone) if until else ""}


def clock(until: datetime | None, now: datetime) -> dict[str, int]:
    """How many seconds are left: a browser's own clock may be wrong. The last one is over when it is over here."""
    return {"held_seconds": max(0, int((until - now).total_seconds()) + 1) if until else 0}


def say_time(instant: datetime, zone: str) -> str:
    return say_instant(instant, zone).rpartition(", ")[2]
