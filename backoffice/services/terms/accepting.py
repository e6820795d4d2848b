"""Who accepted what: the versions in effect when it was said, kept with the booking."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.network import shortened
from backoffice.models import Booking, Consent, Schedule, TermsText
from backoffice.services import audit
from backoffice.services.terms.reading import KIND_WORDS, Text, current_for
from backoffice.tenancy import current_tenant_id

OPEN = ("pending", "confirmed")
# What to say beside the box that was not ticked.
UNTICKED = {
    "terms": "Tick the box to accept the terms.",
    "waiver": "Tick the box to accept the waiver.",
}


def missing_for(booking_id: UUID) -> list[Text]:
    """The texts in effect that were not accepted for this booking yet. Raises NotFound."""
    accepted = {consent.terms_text_id for consent in list_consents(booking_id)}
    return [text for text in current_for(_course_of(_get(booking_id))) if text.id not in accepted]


def accept(
    booking_id: UUID, text_ids: Collection[UUID], actor: Actor, now: datetime, *, channel: str = "web"
) -> list[Consent]:
    """Keep that the contact of a booking accepted these texts (UTC); a second time is no change. All of the booking's.

    Raises NotFound; Refused (`terms_changed`) when a newer version was published meanwhile, (`closed`) when the booking
    is not open; Invalid on the kind ("terms", "waiver") of a text in effect that is missing.
    """
    booking = _get(booking_id)
    if booking.status not in OPEN:
        raise Refused("closed", "This booking is not open any more.")
    texts = _kept_in_effect(_course_of(booking))
    accepted = {consent.terms_text_id for consent in list_consents(booking_id)}
    _check([text for text in texts if text.id not in accepted], set(text_ids) - accepted)
    new = [text for text in texts if _add(booking, text, actor, now, channel)]
    if new:
        said = [f"{KIND_WORDS[text.kind]}, version {text.version}" for text in new]
        about = {"texts": said, "accepted_by": booking.contact_name, "channel": channel}
        audit.record(actor, "booking:consent", booking, new=about)
    return list_consents(booking_id)


def accept_read_out(booking_id: UUID, actor: Actor, now: datetime) -> list[Consent]:
    """Keep that a clerk read the texts in effect out to the caller, who agreed (UTC). Raises Forbidden, Refused."""
    actor.require("booking.place")
    texts = [text.id for text in current_for(_course_of(_get(booking_id)))]
    return accept(booking_id, texts, actor, now, channel="phone")


def list_consents(booking_id: UUID) -> list[Consent]:
    """What was accepted for a booking, in order, each with its text."""
    found = (
        select(Consent)
        .where(Consent.booking_id == booking_id)
        .options(joinedload(Consent.terms_text), joinedload(Consent.recorded_by))
        .order_by(Consent.accepted_at, Consent.id)
    )
    return list(db.session.scalars(found))


def _get(booking_id: UUID) -> Booking:
    booking = db.session.get(Booking, booking_id)
    if booking is None:
        raise NotFound("This booking does not exist.")
    return booking


def _course_of(booking: Booking) -> UUID:
    course = select(Schedule.course_id).where(Schedule.id == booking.schedule_id)
    return db.session.scalars(course).one()


def _kept_in_effect(course_id: UUID) -> list[Text]:
    """The texts in effect, which stay so until the commit: whoever publishes a newer one waits, or was first."""
    seen = [text.id for text in current_for(course_id)]
    db.session.execute(
        select(TermsText.id).where(TermsText.id.in_(seen)).order_by(TermsText.id).with_for_update(read=True)
    )
    return current_for(course_id)


def _check(texts: Sequence[Text], ticked: Collection[UUID]) -> None:
    if set(ticked) - {text.id for text in texts}:
        raise Refused(
            "terms_changed", "Our terms have changed while you were booking: please read them once more."
        )
    problems = {text.kind: UNTICKED[text.kind] for text in texts if text.id not in ticked}
    if problems:
        raise Invalid.of(problems)


def _add(booking: Booking, text: Text, actor: Actor, now: datetime, channel: str) -> bool:
    """Whether it is new; a double click finds the first one's."""
    values = {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "booking_id": booking.id,
        "terms_text_id": text.id,
        "accepted_at": now,
        "accepted_by": booking.contact_name,
        "channel": channel,
        "address": shortened(actor.address) if channel == "web" else None,
        "recorded_by_id": actor.user_id,
    }
    adding = insert(Consent).values(values).on_conflict_do_nothing().returning(Consent.id)
    return db.session.scalar(adding) is not None
