"""The history of a record, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.money import format_money
from backoffice.domain.times import say_instant
from backoffice.models import AuditEvent, PaymentEvent
from backoffice.views.admin.formats import page_currency, page_zone
from backoffice.views.admin.history_words import changes_of, sentence, tone_of

MOST = 200


@dataclass(frozen=True)
class Event:
    """A line of the timeline, as the macro `timeline` shows it."""

    what: str
    who: str
    when: str
    at: datetime
    tone: str = ""
    changes: Sequence[tuple[str, str, str]] = field(default=())


def of_subjects(subjects: Iterable[tuple[str, UUID]], most: int = MOST) -> list[Event]:
    """The newest entries about these subjects, newest first."""
    found: list[AuditEvent] = []
    for subject_type, ids in _by_type(subjects).items():
        found += db.session.scalars(
            select(AuditEvent)
            .where(AuditEvent.subject_type == subject_type, AuditEvent.subject_id.in_(ids))
            .order_by(AuditEvent.id.desc())
            .limit(most)
        )
    return [_event(row) for row in sorted(found, key=lambda row: row.id, reverse=True)[:most]]


def _by_type(subjects: Iterable[tuple[str, UUID]]) -> dict[str, list[UUID]]:
    grouped: dict[str, list[UUID]] = {}
    for subject_type, subject_id in subjects:
        grouped.setdefault(subject_type, []).append(subject_id)
    return grouped


def of_row(row: Any) -> list[Event]:
    """The entries about one row, newest first."""
    return of_subjects([(row.__tablename__, row.id)])


def _event(row: AuditEvent) -> Event:
    said = sentence(row.action, row.old_values, row.new_values)
    return Event(
        what=said[:1].upper() + said[1:],
        who=who(row),
        when=say_instant(row.happened_at, page_zone()),
        at=row.happened_at,
        tone=tone_of(row.action),
        changes=changes_of(row.action, row.old_values, row.new_values),
    )


def who(row: AuditEvent | PaymentEvent) -> str:
    """Who did it, as people say it."""
    return row.actor_name or {"system": "The system", "import": "An import"}.get(row.actor_kind, "Somebody")


# What happens to a payment without a staff deed that the audit tells already.
_UNTOLD = {
    "imported": "Imported {amount}",
    "released": "{amount} became the customer's unallocated money",
}


def with_ledger(events: Sequence[Event], payment_ids: Iterable[UUID]) -> list[Event]:
    """The events and what only the ledger of these payments tells, newest first."""
    rows = db.session.scalars(
        select(PaymentEvent)
        .where(PaymentEvent.payment_id.in_(list(payment_ids)), PaymentEvent.kind.in_(_UNTOLD))
        .order_by(PaymentEvent.id.desc())
        .limit(MOST)
    )
    return sorted([*events, *map(_ledger_event, rows)], key=lambda event: event.at, reverse=True)


def _ledger_event(row: PaymentEvent) -> Event:
    amount = format_money(row.amount_minor or 0, page_currency())
    return Event(
        what=_UNTOLD[row.kind].format(amount=amount),
        who=who(row),
        when=say_instant(row.happened_at, page_zone()),
        at=row.happened_at,
    )


def since(row: Any, seen: UUID | None) -> list[str]:
    """What happened to a row after an entry, as whole sentences, oldest first."""
    entries = select(AuditEvent).where(
        AuditEvent.subject_type == row.__tablename__, AuditEvent.subject_id == row.id
    )
    if seen:
        entries = entries.where(AuditEvent.id > seen)
    newest = db.session.scalars(entries.order_by(AuditEvent.id.desc()).limit(5)).all()
    return [_whole_sentence(entry) for entry in reversed(newest)]


def _whole_sentence(entry: AuditEvent) -> str:
    said = sentence(entry.action, entry.old_values, entry.new_values)
    changed = [what.lower() for what, _, _ in changes_of(entry.action, entry.old_values, entry.new_values)]
    of_what = f" ({', '.join(changed)})" if changed else ""
    return f"{say_instant(entry.happened_at, page_zone())} — {who(entry)} {said}{of_what}"


def newest_id(row: Any) -> UUID | None:
    """The newest entry about a row: what a page has seen when it is shown now."""
    return db.session.scalar(
        select(AuditEvent.id)
        .where(AuditEvent.subject_type == row.__tablename__, AuditEvent.subject_id == row.id)
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )
