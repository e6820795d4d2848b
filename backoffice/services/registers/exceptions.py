"""An approved exception stands in for days that an attendee missed or left early: an administrator answers for it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Attendee, RegisterEntry
from backoffice.services import audit
from backoffice.services.registers.corrections import flag_certificates
from backoffice.services.registers.marking import entries_of, hold_person, touch

REASON_MAXIMUM = 500


def approve(attendee_id: UUID, reason: str, actor: Actor, now: datetime | None = None) -> RegisterEntry:
    """Let an attendee count as present throughout, for a reason. Raises Forbidden, Invalid, NotFound, Refused."""
    actor.require("certificate.issue")
    reason = clean_line(reason, field="reason", maximum=REASON_MAXIMUM, required=True)
    refuse_card_number(reason, field="reason")
    hold_person(attendee_id, actor, datetime.now(UTC))
    entry = entries_of([attendee_id])[attendee_id]
    entry.exception_reason, entry.exception_by_id = reason, actor.user_id
    entry.exception_at = now or datetime.now(UTC)
    return _noted(entry, "booking:approve_exception", {"reason": reason}, actor)


def withdraw(attendee_id: UUID, actor: Actor) -> RegisterEntry:
    """Take an exception back; a certificate issued by it is to be looked at. Raises Forbidden, NotFound, Refused."""
    actor.require("certificate.issue")
    hold_person(attendee_id, actor, datetime.now(UTC))
    entry = entries_of([attendee_id])[attendee_id]
    if entry.exception_reason is None:
        raise NotFound("There is no exception for this person.")
    reason = entry.exception_reason
    entry.exception_reason = entry.exception_by_id = entry.exception_at = None
    flag_certificates([attendee_id])
    return _noted(entry, "booking:withdraw_exception", {"reason": reason}, actor)


def _noted(entry: RegisterEntry, action: str, said: dict[str, str], actor: Actor) -> RegisterEntry:
    touch(entry, actor)
    db.session.flush()
    attendee = db.session.get_one(Attendee, entry.attendee_id)
    audit.record(actor, action, attendee.booking, new={"attendee": str(attendee), **said})
    return entry
