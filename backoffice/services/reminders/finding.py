"""Which mails are due by now: one INSERT … SELECT per kind of moment, for the provider in whose scope it runs.

`once_key` is rule:<rule>:<booking, attendee or certificate>:<instant it counts from>. So a second run, or a second
scheduler at the same time, adds nothing, and a date that was moved is reminded of anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, func, select, text

from backoffice.database import db
from backoffice.domain.reminders import MOMENTS
from backoffice.models import Course, Message, ReminderRule
from backoffice.services.reminders import expiry_sql
from backoffice.services.reminders.sql import PLANS
from backoffice.tenancy import current_tenant_id

STATEMENTS: dict[str, TextClause] = {plan.moment: text(plan.insert()) for plan in PLANS} | {
    expiry_sql.HOLDER_MAIL: text(expiry_sql.insert_holders()),
    expiry_sql.DIGEST_MAIL: text(expiry_sql.insert_digests()),
}
COUNTS: dict[str, TextClause] = {plan.moment: text(plan.count()) for plan in PLANS} | {
    expiry_sql.MOMENT: text(expiry_sql.count())
}
MOST_SHOWN = 30


@dataclass(frozen=True)
class Coming:
    """What a rule will send about one date, and when (UTC); `booking_id` is one that it goes to."""

    due: datetime
    schedule_id: UUID | None
    course: str
    starts_at: datetime
    time_zone: str
    mails: int
    booking_id: UUID


def queue_due(now: datetime) -> int:
    """Queue every mail that a rule makes due at `now` (UTC) and that was not queued yet; how many.

    The doorbell does not ring for them: the sweeper takes them up, some of every provider in turn.
    """
    values = {"tenant": current_tenant_id(), "now": now}
    return sum(_rows(statement, values) for statement in STATEMENTS.values())


def _rows(statement: TextClause, values: dict[str, Any]) -> int:
    return db.session.connection().execute(statement, values).rowcount


def list_coming(rule: ReminderRule, now: datetime) -> list[Coming]:
    """What the rule will send in the next days as things stand, the next first; as if it were switched on."""
    if rule.moment not in COUNTS:
        return []
    values = {"tenant": current_tenant_id(), "now": now, "rule": rule.id, "at_most": MOST_SHOWN}
    rows = db.session.execute(COUNTS[rule.moment], values).all()
    titles = _titles({row.course_id for row in rows})
    return [
        Coming(
            row.due,
            row.schedule_id,
            titles[row.course_id],
            row.starts_at,
            row.time_zone,
            row.mails,
            row.booking_id,
        )
        for row in rows
    ]


def _titles(course_ids: set[UUID]) -> dict[UUID, str]:
    found = db.session.execute(select(Course.id, Course.title).where(Course.id.in_(course_ids)))
    return {row.id: row.title for row in found}


def count_sent(rule_ids: Sequence[UUID], since: datetime) -> dict[UUID, dict[str, int]]:
    """How many mails of each rule were queued, sent, failed, bounced since then (UTC)."""
    templates = {template for moment in MOMENTS.values() for template in moment.templates}
    rule = Message.data["rule_id"].astext.label("rule")
    rows = db.session.execute(
        select(rule, Message.status, func.count())
        .where(Message.template.in_(templates), Message.created_at >= since, rule.is_not(None))
        .group_by(rule, Message.status)
    ).all()
    found: dict[UUID, dict[str, int]] = {rule_id: {} for rule_id in rule_ids}
    for rule_id, status, number in rows:
        found.setdefault(UUID(rule_id), {})[status] = number
    return found
