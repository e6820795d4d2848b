"""What the customer of a booking may do with it now, and what it would cost: the same for the page and for the act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from backoffice.domain import own_changes
from backoffice.domain.actor import Actor
from backoffice.domain.own_changes import Standing
from backoffice.models import Attendee, Booking, Tenant
from backoffice.services import giving_back, refund_mails
from backoffice.services.bookings import naming


@dataclass(frozen=True)
class MayDo:
    """Why not, each in a sentence; None: it may be done."""

    no_naming: str | None
    no_new_name: str | None
    no_move: str | None
    no_cancelling: str | None


@dataclass(frozen=True)
class Way:
    """A part of the money (minor units), and how and when it arrives, in words."""

    amount_minor: int
    how: str
    when: str


@dataclass(frozen=True)
class Back:
    """What comes back when places are cancelled (minor units), why, and which way."""

    amount_minor: int
    kept_minor: int
    why: str
    ways: tuple[Way, ...]


def standing_of(booking: Booking, tenant: Tenant) -> Standing:
    """The facts of the booking that the rules ask for."""
    schedule = booking.schedule
    return Standing(
        status=booking.status,
        starts_at=schedule.starts_at,
        name_change_hours=tenant.name_change_hours,
        window_hours=schedule.course.refund_window_hours,
        is_called_off=schedule.status == "cancelled",
        is_private=schedule.is_private,
        on_account=booking.payment_method == "account",
    )


def may_do(booking: Booking, tenant: Tenant, now: datetime) -> MayDo:
    """What may be done at this moment (UTC)."""
    standing = standing_of(booking, tenant)
    return MayDo(
        no_naming=naming.why_closed(booking, now),
        no_new_name=own_changes.why_no_new_name(standing, now),
        no_move=own_changes.why_no_move(standing, now),
        no_cancelling=own_changes.why_no_cancelling(standing, now),
    )


def leaving(booking: Booking, attendee_ids: Sequence[UUID]) -> list[Attendee]:
    """The live places that are meant; none named means all of them."""
    chosen = set(attendee_ids)
    return [place for place in booking.active_attendees if not chosen or place.id in chosen]


def back(booking: Booking, places: Sequence[Attendee], now: datetime) -> Back:
    """What cancelling these places gives back by the course's rules.

    Only what was paid for them: what the places that stay still cost is kept for those, and a fee that was kept
    before is not given back with a later place.
    """
    sources = giving_back.sources_of(booking)
    lines = sum(place.net_minor for place in places)
    stays = booking.total_minor - lines
    base = max(min(giving_back.left_minor(sources) - stays, lines), 0)
    amount, why = giving_back.by_policy(booking, base, now, ends_now=True)
    return Back(amount, base - amount, why, tuple(_ways(sources, amount)))


def _ways(sources: Sequence[giving_back.Source], amount_minor: int) -> list[Way]:
    """Out of the payments in their order, as giving back does it."""
    found = []
    for source in sources:
        part = min(amount_minor, source.left_minor)
        if part > 0:
            route = giving_back.route_of(source.payment, part)
            how, when = refund_mails.say_way(source.payment.method, route)
            found.append(Way(part, how, when))
            amount_minor -= part
    return found


def mandate(actor: Actor) -> Actor:
    """The customer with the office's rights, for one act that the rules above allow; the history names the customer."""
    return replace(actor, role="office")
