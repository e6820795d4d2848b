"""What the payment page says, in words: of the provider, of what is paid for, of the ways to pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import ngettext

from backoffice.domain.money import format_money
from backoffice.models import Booking, GatewayAccount
from backoffice.services import gateway_accounts, payment_links
from backoffice.services.pay_facts import Asked
from backoffice.views.public.local_times import say_instant, say_span


@dataclass(frozen=True)
class Item:
    """One booking as the payer knows it; no name of anybody."""

    reference: str
    course: str
    days: list[str]
    venue: str
    places: str
    total: str
    due: str


def facts(asked: Asked) -> dict[str, Any]:
    """Everything the templates of the payment page say."""
    zone = asked.bookings[0].schedule.time_zone
    accounts = payment_links.accounts_for(asked.currency) if asked.is_payable else []
    return {
        "items": [_item(booking) for booking in asked.bookings],
        "total": format_money(asked.total_minor, asked.currency),
        "due": format_money(asked.due_minor, asked.currency),
        "amount": format_money(asked.asked_minor, asked.currency),
        "rest": format_money(asked.due_minor - asked.asked_minor, asked.currency),
        "held_until": say_instant(asked.held_until, zone) if asked.held_until else "",
        "is_over_time": asked.bookings[0].status == "expired",
        "ways": [account.gateway for account in sorted(accounts, key=_order)],
        "is_simulated": any(gateway_accounts.is_simulated(account) for account in accounts),
    }


def _order(account: GatewayAccount) -> int:
    """What most people of the country use comes first."""
    return ("mpesa", "stripe", "flutterwave").index(account.gateway)


def _item(booking: Booking) -> Item:
    schedule = booking.schedule
    venue = schedule.venue
    return Item(
        reference=booking.reference,
        course=schedule.course.title,
        days=[say_span(day.starts_at, day.ends_at, schedule.time_zone) for day in schedule.days],
        venue=", ".join(part for part in (venue.name, venue.city) if part and part not in ("",)),
        places=ngettext("%(num)s place", "%(num)s places", booking.seats),
        total=format_money(booking.total_minor, booking.currency),
        due=format_money(booking.payable_minor, booking.currency),
    )
