"""The answer of a booker whose date was called off: once, by whoever is first, and all of it in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from backoffice.database import db, lock_row
from backoffice.domain.actor import SYSTEM, Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.models import Refund, ScheduleChoice
from backoffice.services import audit, messages, work_items
from backoffice.services.called_off import giving_back, rebooking, standing

WAYS = ("moved", "credited", "refunded")
# After a default that could not be applied: people are asked to look, and it is tried again.
PAUSE = timedelta(hours=6)


@dataclass(frozen=True)
class Answer:
    """`moved` to another date, `credited` or `refunded`; `override_reason` for a rule that staff may go past."""

    way: str
    schedule_id: UUID | None = None
    override_reason: str | None = None


def answer(
    choice_id: UUID, wanted: Answer, actor: Actor, now: datetime | None = None
) -> tuple[ScheduleChoice, bool]:
    """Do what the booker wants; the choice, and whether this call did it: one that is answered stays as it is.

    Raises Forbidden, Invalid, NotFound, Refused (too_late, nothing_paid, fully_booked …).
    """
    if actor.kind == "user":
        actor.require("booking.move")
    now = now or datetime.now(UTC)
    choice = _locked(choice_id)
    if choice.is_answered:
        return choice, False
    _check(choice, wanted, actor, now)
    amount_minor, made = standing.held_minor(choice.booking_id), list[Refund]()
    if wanted.way == "moved":
        choice.moved_booking_id = rebooking.take_another_date(
            choice, _schedule_of(wanted), wanted.override_reason, actor, now
        )
    else:
        made = giving_back.give_back(choice, wanted.way, now)
    _note(choice, wanted.way, amount_minor, actor, now)
    _tell(choice, made, actor)
    return choice, True


def _locked(choice_id: UUID) -> ScheduleChoice:
    """The choice's row is the turnstile of its answers."""
    choice = lock_row(ScheduleChoice, ScheduleChoice.id == choice_id)
    if choice is None:
        raise NotFound("This choice does not exist.")
    return choice


def _check(choice: ScheduleChoice, wanted: Answer, actor: Actor, now: datetime) -> None:
    if wanted.way not in WAYS:
        raise Invalid("way", "Choose one of the ways.", field="way")
    if actor.kind == "customer" and choice.is_late(now):
        raise Refused("too_late", "The time to choose is over. Call or write to us.")
    if wanted.way != "moved" and not standing.held_minor(choice.booking_id):
        raise Refused("nothing_paid", "No money lies on this booking: there is nothing to give back.")


def _schedule_of(wanted: Answer) -> UUID:
    if wanted.schedule_id is None:
        raise Invalid("schedule_id", "Choose a date.", field="schedule_id")
    return wanted.schedule_id


def _note(choice: ScheduleChoice, way: str, amount_minor: int, actor: Actor, now: datetime) -> None:
    choice.status, choice.amount_minor = way, amount_minor
    choice.answered_at, choice.answered_by_id = now, actor.user_id
    choice.answered_by_kind = actor.kind if actor.kind in ("customer", "user") else "system"
    db.session.flush()
    new = {"way": way, "amount_minor": amount_minor}
    if choice.moved_booking_id:
        new["booking"] = choice.moved_booking.reference
    audit.record(actor, "booking:choice", choice.booking, new=new)


def _tell(choice: ScheduleChoice, made: Sequence[Refund], actor: Actor) -> None:
    """What was understood, in writing; another date and a refund that is done have a mail of their own."""
    if any(refund.status != "succeeded" for refund in made):
        messages.queue(
            "choice_received",
            recipient=choice.booking.contact_email,
            recipient_name=choice.booking.contact_name,
            booking_id=choice.booking_id,
            user_id=choice.booking.customer_id,
            once_key=f"choice_received:{choice.id}",
            actor=actor,
        )


def apply_fallback(choice_id: UUID, now: datetime | None = None) -> bool:
    """What was announced for who does not answer; False when it is answered, or not due."""
    now = now or datetime.now(UTC)
    choice = _locked(choice_id)
    if choice.status != "open" or choice.apply_at > now:
        return False
    if not standing.held_minor(choice.booking_id):  # somebody gave it back by hand meanwhile
        choice.status = "nothing_paid"
        db.session.flush()
        return True
    return answer(choice_id, Answer(choice.fallback), SYSTEM, now)[1]


def postpone(choice_id: UUID, reason: str, now: datetime | None = None) -> None:
    """The default could not be applied: people look, and it is tried again later."""
    choice = _locked(choice_id)
    choice.apply_at = (now or datetime.now(UTC)) + PAUSE
    db.session.flush()
    sentence = (
        f"{choice.booking.reference}: the money of the called-off date could not be given back. {reason}"
    )
    work_items.add("choice_failed", choice.booking, sentence)
