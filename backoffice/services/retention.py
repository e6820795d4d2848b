"""How long what is no longer needed is kept: rules as data, each removed in small batches.

Money, bookings, the audit and what the gateways said of our payments are not here: the law or a dispute may ask for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, select, update

from backoffice.database import among, db
from backoffice.models import (
    AnalyticsEvent,
    Booking,
    BookingDraft,
    CorporateRequest,
    GatewayEvent,
    ImportRow,
    ImportRun,
    Message,
    OutboxRow,
    Picture,
    UserToken,
)
from backoffice.services import pictures

AT_ONCE = 500


@dataclass(frozen=True)
class Rule:
    """What goes, in words, after how many days, which rows that are, and what becomes of a batch of them."""

    name: str
    words: str
    days: int
    model: Any
    is_over: Callable[[datetime], ColumnElement[bool]]
    end: Callable[[list[Any]], None]

    def wanted(self, now: datetime) -> ColumnElement[bool]:
        """The criterion of its rows at this moment (UTC)."""
        return self.is_over(now - timedelta(days=self.days))


def count(rule: Rule, now: datetime) -> int:
    """How many rows of this provider would go."""
    return db.session.scalar(select(func.count()).select_from(rule.model).where(rule.wanted(now))) or 0


def remove(rule: Rule, now: datetime) -> int:
    """End one batch; how many rows it was, fewer than AT_ONCE when nothing is left. Commit after each."""
    oldest = select(rule.model.id).where(rule.wanted(now)).order_by(rule.model.id).limit(AT_ONCE)
    # What somebody is working on at this moment goes the next time.
    ids = list(db.session.scalars(oldest.with_for_update(skip_locked=True)))
    if ids:
        rule.end(ids)
    return len(ids)


def _delete(model: Any) -> Callable[[list[Any]], None]:
    return lambda ids: _execute(delete(model).where(among(model.id, ids)))


def _forget_text(ids: list[Any]) -> None:
    values = {"body_text": None, "body_html": None, "calendar_file": None}
    _execute(update(Message).where(among(Message.id, ids)).values(values))


def _delete_uploads(ids: list[Any]) -> None:
    _execute(delete(ImportRow).where(among(ImportRow.import_run_id, ids)))
    _execute(delete(ImportRun).where(among(ImportRun.id, ids)))


def _is_forgotten_draft(before: datetime) -> ColumnElement[bool]:
    """What is still held by it counts against whoever holds it."""
    is_held = exists().where(Booking.id == BookingDraft.booking_id, Booking.status == "pending")
    return (BookingDraft.updated_at < before) & ~is_held


def _execute(statement: Any) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})


RULES: tuple[Rule, ...] = (
    Rule(
        "jobs",
        "jobs that were done",
        30,
        OutboxRow,
        lambda before: OutboxRow.done_at < before,
        _delete(OutboxRow),
    ),
    Rule(
        "gateway-events",
        "messages of gateways about nothing of ours",
        90,
        GatewayEvent,
        # One about a payment is its proof in a dispute, and stays as long as the payment does.
        lambda before: (GatewayEvent.processed_at < before) & GatewayEvent.payment_id.is_(None),
        _delete(GatewayEvent),
    ),
    Rule(
        "links",
        "links of invitations and new passwords that have run out",
        7,
        UserToken,
        lambda before: UserToken.expires_at < before,
        _delete(UserToken),
    ),
    Rule(
        "booking-drafts",
        "what visitors typed into the booking pages",
        1,
        BookingDraft,
        _is_forgotten_draft,
        _delete(BookingDraft),
    ),
    Rule(
        "uploads",
        "uploads that nobody confirmed",
        7,
        ImportRun,
        lambda before: (
            ImportRun.status.in_(("checking", "checked", "failed")) & (ImportRun.created_at < before)
        ),
        _delete_uploads,
    ),
    Rule(
        "pictures",
        "pictures that no page of the public site shows any more",
        # Pages that a browser or another site has kept may still ask for one.
        30,
        Picture,
        pictures.is_unused_since,
        _delete(Picture),
    ),
    Rule(
        "visits",
        "visits to the public site",
        # Thirteen months: a month can be compared with the same one a year before.
        396,
        AnalyticsEvent,
        lambda before: AnalyticsEvent.occurred_at < before,
        _delete(AnalyticsEvent),
    ),
    Rule(
        "company-requests",
        "requests of companies that led to nothing",
        730,
        CorporateRequest,
        lambda before: (CorporateRequest.status == "rejected") & (CorporateRequest.updated_at < before),
        _delete(CorporateRequest),
    ),
    Rule(
        "mail-texts",
        "texts of mails; that they were sent, to whom and when stays",
        365,
        Message,
        lambda before: (
            Message.status.in_(("sent", "bounced"))
            & (Message.created_at < before)
            & (Message.body_text.is_not(None) | Message.body_html.is_not(None))
        ),
        _forget_text,
    ),
)
