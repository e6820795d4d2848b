"""What the desk shows of a caller: bookings, money owed either way, notes, the last contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.models import Booking, Company, Message, Payment, Schedule, Tenant, User, UserNote
from backoffice.services import credit_lines, left_over
from backoffice.tenancy import current_tenant_id

MOST_BOOKINGS = 30
MOST_NOTES = 5


@dataclass(frozen=True)
class Card:
    """A caller at a glance; amounts in minor units of the tenant's currency, instants UTC."""

    user: User
    coming: Sequence[Booking]
    past: Sequence[Booking]
    unpaid: Sequence[Booking]
    unallocated_minor: int
    credit_minor: int
    notes: Sequence[UserNote]
    last_contact: tuple[str, datetime] | None

    @property
    def owed_minor(self) -> int:
        return sum(booking.due_minor for booking in self.unpaid)


def get(user_id: UUID, actor: Actor, now: datetime | None = None) -> Card:
    """The card of a customer; notes only for those who may read them. Raises NotFound, Forbidden."""
    actor.require("customer.read")
    now = now or datetime.now(UTC)
    user = db.session.scalar(select(User).where(User.id == user_id).options(joinedload(User.company)))
    if user is None:
        raise NotFound("This customer does not exist.")
    bookings = _bookings(user_id)
    coming = [booking for booking in bookings if booking.starts_at >= now]
    return Card(
        user=user,
        coming=coming[::-1],
        past=[booking for booking in bookings if booking.starts_at < now],
        unpaid=[booking for booking in bookings if booking.is_live and booking.due_minor > 0],
        unallocated_minor=_unallocated(user_id),
        credit_minor=credit_lines.balance_minor(user_id, _currency()),
        notes=_notes(user_id) if actor.may("note.read") else (),
        last_contact=_last_contact(user_id),
    )


def _bookings(user_id: UUID) -> Sequence[Booking]:
    return db.session.scalars(
        select(Booking)
        .where(Booking.customer_id == user_id)
        .options(joinedload(Booking.schedule).joinedload(Schedule.course))
        .order_by(Booking.starts_at.desc(), Booking.id.desc())
        .limit(MOST_BOOKINGS)
    ).all()


def _currency() -> str:
    return db.session.get_one(Tenant, current_tenant_id()).currency


def _unallocated(user_id: UUID) -> int:
    payments = db.session.scalars(
        select(Payment).where(
            Payment.customer_id == user_id,
            Payment.status == "succeeded",
            Payment.allocated_minor < Payment.amount_minor,
        )
    ).all()
    return sum(left_over.free_minors(payments).values())


def _notes(user_id: UUID) -> Sequence[UserNote]:
    return db.session.scalars(
        select(UserNote)
        .where(UserNote.user_id == user_id)
        .options(joinedload(UserNote.author))
        .order_by(UserNote.created_at.desc())
        .limit(MOST_NOTES)
    ).all()


def _last_contact(user_id: UUID) -> tuple[str, datetime] | None:
    """The newest of booking, mail and note, and its word."""
    row = db.session.execute(
        select(
            select(func.max(Booking.booked_at)).where(Booking.customer_id == user_id).scalar_subquery(),
            select(func.max(Message.sent_at)).where(Message.user_id == user_id).scalar_subquery(),
            select(func.max(UserNote.created_at)).where(UserNote.user_id == user_id).scalar_subquery(),
        )
    ).one()
    known = [(when, word) for when, word in zip(row, ("booked", "mail sent", "note"), strict=True) if when]
    if not known:
        return None
    when, word = max(known)
    return word, when


@dataclass(frozen=True)
class Employer:
    """What the desk needs to know of a company before it takes an order on account."""

    id: UUID
    name: str
    has_terms: bool
    needs_purchase_order: bool


def find_company(name: str, company_id: UUID | None = None) -> Employer | None:
    """The company of this id, or of this name in any case."""
    which = Company.id == company_id if company_id else func.lower(Company.name) == name.strip().lower()
    row = db.session.execute(
        select(Company.id, Company.name, Company.has_terms, Company.needs_purchase_order).where(
            which, Company.archived_at.is_(None)
        )
    ).first()
    return Employer(*row) if row else None
