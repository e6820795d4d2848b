"""Accepting the terms: from here on the booking is agreed; a free one is firm, the others are to be paid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.models import Booking, BookingDraft
from backoffice.services import payment_links, terms
from backoffice.services.bookings.confirming import confirm_if_paid
from backoffice.services.bookings.holds import hold_for_transfer
from backoffice.services.web_bookings import links
from backoffice.services.web_bookings.standing import Standing, standing_of

ENDED = "The time for which we held the places is over. Nothing you typed is lost: hold them again below."
CHANGED = "The booking was changed in another window. Please look at it again."


@dataclass(frozen=True)
class Accepted:
    """How it goes on: `token` of the page to pay on, None where nothing is to be paid there."""

    standing: Standing
    token: str | None = None


def accept(
    draft_id: UUID, booking_id: UUID, text_ids: Collection[UUID], actor: Actor, now: datetime | None = None
) -> Accepted:
    """Accept these texts for the booking that was seen; a second time is no change.

    Raises Refused (ended, changed, terms_changed), Invalid on the kind of a text that was not ticked.
    """
    now = now or datetime.now(UTC)
    draft = lock_row(BookingDraft, BookingDraft.id == draft_id)
    standing = standing_of(draft, now)
    if draft is None or standing.booking is None or standing.stage in ("typing", "lapsed", "gone"):
        raise Refused("ended", ENDED)
    if standing.booking.id != booking_id:
        raise Refused("changed", CHANGED)
    if standing.stage == "held":
        _agree(draft, standing.booking, text_ids, actor, now)
    return _go_on(draft, actor, now)


def _agree(
    draft: BookingDraft, booking: Booking, text_ids: Collection[UUID], actor: Actor, now: datetime
) -> None:
    terms.accept(booking.id, text_ids, actor, now)
    draft.accepted_at = now
    db.session.flush()
    if not booking.payable_minor:
        confirm_if_paid(booking, actor, now)
    elif not payment_links.accounts_for(booking.currency):
        hold_for_transfer(booking, actor, now)


def _go_on(draft: BookingDraft, actor: Actor, now: datetime) -> Accepted:
    standing = standing_of(draft, now)
    booking = standing.booking
    is_to_be_paid = (
        booking is not None and standing.stage == "agreed" and booking.payment_method != "bank_transfer"
    )
    if booking is None or not is_to_be_paid:
        return Accepted(standing)
    return Accepted(standing, links.make_for(booking.id, actor).token)
