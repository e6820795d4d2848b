"""The day's work: what waits for somebody, the dates of today and tomorrow, and what was taken today."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, null, or_, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.domain.times import day_bounds, to_local
from backoffice.models import (
    Booking,
    Course,
    GatewayEvent,
    Message,
    OutboxRow,
    Payment,
    Refund,
    Schedule,
    ScheduleChoice,
    Tenant,
    User,
    Venue,
    WorkItem,
)
from backoffice.services import messages

MOST_COUNTED = 1000
MOST_LISTED = 200
UNPAID_AHEAD = timedelta(days=14)
NAMES_AHEAD = timedelta(days=7)


@dataclass(frozen=True)
class Day:
    """The tenant's clock: now, and where today and tomorrow begin and end (all UTC)."""

    now: datetime
    begins: datetime
    ends: datetime
    tomorrow_ends: datetime

    @classmethod
    def of(cls, now: datetime, tenant: Tenant) -> "Day":
        today = to_local(now, tenant.time_zone).date()
        begins, ends = day_bounds(today, tenant.time_zone)
        return cls(now, begins, ends, day_bounds(today + timedelta(days=1), tenant.time_zone)[1])


@dataclass(frozen=True)
class Queue:
    """One kind of waiting work. `find` gives rows of the columns that `Line` names, the most urgent first."""

    name: str
    label: str
    hint: str
    right: str
    tone: str
    find: Callable[[Day], Select[Any]]


@dataclass(frozen=True)
class Line:
    """One thing that waits: where it leads (kind and id), its words, and its instant (UTC)."""

    kind: str
    id: UUID
    title: str
    what: str
    who: str
    at: datetime | None
    status: str
    item_id: UUID | None = None


@dataclass(frozen=True)
class Counted:
    """A queue and how much waits in it; MOST_COUNTED means that or more."""

    queue: Queue
    count: int


def _line(kind: str, row_id: Any, **words: Any) -> Select[Any]:
    """A select of the columns of a Line; what is not named is empty."""
    columns = {
        "title": literal(""),
        "what": literal(""),
        "who": literal(""),
        "at": null(),
        "status": literal(""),
    }
    named = (column.label(name) for name, column in (columns | words).items())
    return select(literal(kind).label("kind"), row_id.label("id"), *named)


def _contact() -> ColumnElement[str]:
    return func.trim(func.concat(Booking.contact_first_name, " ", Booking.contact_last_name))


def _bookings(at: Any, status: Any) -> Select[Any]:
    return (
        _line(
            "booking",
            Booking.id,
            title=Booking.reference,
            what=Course.title,
            who=_contact(),
            at=at,
            status=status,
        )
        .select_from(Booking)
        .join(Schedule, Schedule.id == Booking.schedule_id)
        .join(Course, Course.id == Schedule.course_id)
    )


def _unpaid(day: Day) -> Select[Any]:
    return (
        _bookings(Booking.starts_at, Booking.payment_status)
        .where(
            Booking.awaits_money(),
            Booking.payment_method != "account",
            Booking.starts_at.between(day.now, day.now + UNPAID_AHEAD),
        )
        .order_by(Booking.starts_at, Booking.id)
    )


def _names(day: Day) -> Select[Any]:
    return (
        _bookings(Booking.starts_at, Booking.status)
        .where(Booking.lacks_names(), Booking.starts_at.between(day.now, day.now + NAMES_AHEAD))
        .order_by(Booking.starts_at, Booking.id)
    )


def _holds(day: Day) -> Select[Any]:
    return (
        _bookings(Booking.hold_expires_at, Booking.payment_status)
        .where(Booking.status == "pending", Booking.hold_expires_at < day.ends)
        .order_by(Booking.hold_expires_at, Booking.id)
    )


def _refunds(day: Day) -> Select[Any]:
    return (
        _line(
            "refund",
            Refund.id,
            title=Refund.reference,
            what=Refund.reason,
            who=_contact(),
            at=Refund.requested_at,
            status=Refund.status,
        )
        .select_from(Refund)
        .outerjoin(Booking, Booking.id == Refund.booking_id)
        .where(Refund.status.in_(("requested", "approved")))
        .order_by(Refund.requested_at, Refund.id)
    )


def _external(day: Day) -> Select[Any]:
    return (
        _line(
            "refund",
            Refund.id,
            title=Refund.reference,
            what=Refund.reason,
            who=_contact(),
            at=Refund.succeeded_at,
            status=Refund.status,
        )
        .select_from(Refund)
        .outerjoin(Booking, Booking.id == Refund.booking_id)
        .where(Refund.is_external, Refund.acknowledged_at.is_(None))
        .order_by(Refund.succeeded_at, Refund.id)
    )


def _mails(day: Day) -> Select[Any]:
    return (
        _line(
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


def _dead(day: Day) -> Select[Any]:
    return (
        _line(
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


def _choices(day: Day) -> Select[Any]:
    return (
        _line(
            "schedules",
            ScheduleChoice.schedule_id,
            title=Booking.reference,
            what=Course.title,
            who=_contact(),
            at=ScheduleChoice.deadline_at,
            status=ScheduleChoice.status,
        )
        .select_from(ScheduleChoice)
        .join(Booking, Booking.id == ScheduleChoice.booking_id)
        .join(Schedule, Schedule.id == ScheduleChoice.schedule_id)
        .join(Course, Course.id == Schedule.course_id)
        .where(ScheduleChoice.status == "open")
        .order_by(ScheduleChoice.deadline_at, ScheduleChoice.id)
    )


def _gateway_events(day: Day) -> Select[Any]:
    return (
        _line(
            "gateway_event",
            GatewayEvent.id,
            title=GatewayEvent.kind,
            what=GatewayEvent.last_error,
            who=GatewayEvent.gateway,
            at=GatewayEvent.dead_at,
            status=literal("failed"),
        )
        .where(GatewayEvent.dead_at.is_not(None))
        .order_by(GatewayEvent.dead_at.desc(), GatewayEvent.id)
    )


def _attention(day: Day) -> Select[Any]:
    return (
        _line(
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


QUEUES: tuple[Queue, ...] = (
    Queue("unpaid", "Unpaid before start", "starts within two weeks", "booking.read", "bad", _unpaid),
    Queue("names", "Names missing", "starts within a week", "booking.read", "wait", _names),
    Queue("holds", "Holds that end today", "paid, or released tonight", "booking.read", "wait", _holds),
    Queue(
        "refunds", "Refunds to approve or pay", "asked for and still open", "refund.read", "wait", _refunds
    ),
    Queue(
        "external",
        "Refunds made elsewhere",
        "at a gateway: to be confirmed",
        "refund.read",
        "wait",
        _external,
    ),
    Queue("choices", "Choices waiting", "of dates that were called off", "booking.read", "wait", _choices),
    Queue("mails", "Failed mails", "not delivered, or come back", "message.read", "bad", _mails),
    Queue("attention", "To look at", "found by an import or a job", "booking.read", "wait", _attention),
    Queue(
        "gateway_events",
        "Gateway messages given up",
        "a payment may be missing",
        "payment.read",
        "bad",
        _gateway_events,
    ),
    Queue("dead", "Stopped jobs", "given up after many tries", "audit.read", "bad", _dead),
)


def find_queue(name: str, actor: Actor) -> Queue | None:
    """The queue of this name, if the actor may see it."""
    return next((queue for queue in QUEUES if queue.name == name and actor.may(queue.right)), None)


def count_queues(day: Day, actor: Actor) -> list[Counted]:
    """How much waits in each queue that the actor may see; one statement."""
    mine = [queue for queue in QUEUES if actor.may(queue.right)]
    if not mine:
        return []
    counts = [_count(queue, day).label(queue.name) for queue in mine]
    row = db.session.execute(select(*counts)).one()
    return [Counted(queue, getattr(row, queue.name)) for queue in mine]


def _count(queue: Queue, day: Day) -> Any:
    capped = queue.find(day).order_by(None).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(capped).scalar_subquery()


def list_queue(queue: Queue, day: Day) -> list[Line]:
    """What waits, the most urgent first; at most MOST_LISTED."""
    rows = db.session.execute(queue.find(day).limit(MOST_LISTED))
    return [Line(**row._mapping) for row in rows]


def list_dates(day: Day, tenant: Tenant) -> Sequence[Row[Any]]:
    """The dates that run today or tomorrow, with their places."""
    nameless = (
        select(func.coalesce(func.sum(Booking.unnamed_places), 0))
        .where(Booking.schedule_id == Schedule.id, Booking.status.in_(LIVE_BOOKING))
        .scalar_subquery()
    )
    return db.session.execute(
        select(
            Schedule.id,
            Course.title,
            Venue.name.label("venue"),
            Venue.city,
            Schedule.starts_at,
            Schedule.ends_at,
            Schedule.time_zone,
            Schedule.seats_taken,
            Schedule.capacity,
            nameless.label("nameless"),
        )  # fmt: skip
        .join(Course, Course.id == Schedule.course_id)
        .join(Venue, Venue.id == Schedule.venue_id)
        .where(
            Schedule.status.in_(("published", "completed")),
            Schedule.starts_at < day.tomorrow_ends,
            or_(Schedule.starts_at >= day.begins, and_(Schedule.ends_at >= day.begins)),
        )
        .order_by(Schedule.starts_at, Schedule.id)
    ).all()


def takings(day: Day) -> Sequence[Row[Any]]:
    """What was received today by clerk and method: (clerk, method, currency, payments, amount_minor)."""
    clerk = func.coalesce(
        func.nullif(func.trim(func.concat(User.first_name, " ", User.last_name)), ""), "Online"
    )
    return db.session.execute(
        select(
            clerk.label("clerk"),
            Payment.method,
            Payment.currency,
            func.count().label("payments"),
            func.sum(Payment.amount_minor).label("amount_minor"),
        )
        .outerjoin(User, User.id == Payment.taken_by_id)
        .where(
            Payment.status == "succeeded",
            Payment.paid_at >= day.begins,
            Payment.paid_at < day.ends,
            Payment.is_imported.is_(False),
            Payment.method != "credit",  # it was received when the credit arose
        )
        .group_by(clerk, Payment.method, Payment.currency)
        .order_by(clerk, Payment.method)
    ).all()
