"""What went wrong and waits for somebody: mails, jobs, and findings in words."""

from typing import Any

from sqlalchemy import Select, func, literal

from backoffice.models import Message, OutboxRow, WorkItem
from backoffice.services import messages
from backoffice.services.work_queues.kinds import Day, line


def mails(day: Day) -> Select[Any]:
    """Mails that did not arrive."""
    return (
        line(
            "message",
            Message.id,
            title=Message.recipient,
            what=func.coalesce(Message.last_error, Message.subject, Message.template),
            who=Message.recipient_name,
            at=Message.created_at,
            status=Message.status,
        )
        .where(messages.needs_attention())
        .order_by(Message.created_at.desc(), Message.id)
    )


def dead(day: Day) -> Select[Any]:
    """Promises of the outbox that were given up."""
    return (
        line(
            "outbox",
            OutboxRow.id,
            title=OutboxRow.topic,
            what=OutboxRow.last_error,
            at=OutboxRow.dead_at,
            status=literal("failed"),
        )
        .where(OutboxRow.dead_at.is_not(None))
        .order_by(OutboxRow.dead_at.desc())
    )


def attention(day: Day) -> Select[Any]:
    """What an import or a job put before people."""
    return (
        line(
            "item",
            WorkItem.subject_id,
            title=WorkItem.sentence,
            what=WorkItem.kind,
            who=WorkItem.subject_type,
            at=WorkItem.created_at,
        )
        .add_columns(WorkItem.id.label("item_id"))
        .where(WorkItem.resolved_at.is_(None))
        .order_by(WorkItem.created_at, WorkItem.id)
    )
