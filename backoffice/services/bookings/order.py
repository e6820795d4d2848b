"""What somebody asks for, and what became of it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from backoffice.services.customers import CustomerIn


@dataclass(frozen=True)
class AttendeeIn:
    """One place; everything may come later. `is_customer`: the caller attends.

    `is_prepared`: somebody says that they bring and hold what the course asks for.
    """

    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    phone: str | None = None
    birth_date: date | None = None
    requirements: str | None = None
    is_customer: bool = False
    is_prepared: bool = False

    @property
    def has_name(self) -> bool:
        return bool(self.first_name or self.last_name)


@dataclass(frozen=True)
class Order:
    """A wish for n places on a date. Its price is never part of it: that is the server's.

    `credit_minor`: what the clerk was shown that the caller's credit pays beside another method (minor units).
    `gives_back`: places on the date that whoever asks gave back for it in this transaction; they are nobody else's.
    `instead_of`: the booking that this one takes the place of; its customer, company and group were proved then.
    `is_hold`: the places are held before anything is agreed; pending whatever it costs, and nobody is told.
    """

    schedule_id: UUID
    places: int
    customer: CustomerIn
    payment_method: str
    attendees: tuple[AttendeeIn, ...] = ()
    source: str = "phone"
    hold_until: datetime | None = None
    discount_code: str | None = None
    purchase_order: str | None = None
    special_requirements: str | None = None
    notes: str | None = None
    idempotency_key: str | None = None
    override_reason: str | None = None
    payer_reference: str | None = None
    credit_minor: int = 0
    send_mail: bool = True
    gives_back: int = 0
    is_hold: bool = False
    booking_group_id: UUID | None = None
    instead_of: UUID | None = None
    # What was agreed for all places together (minor units, VAT included), whatever the date costs. Staff only.
    agreed_minor: int | None = None


@dataclass(frozen=True)
class Placed:
    """A booking as it now stands (minor units, UTC). `is_repeat`: this key was used before; nothing was made."""

    booking_id: UUID
    reference: str
    status: str
    total_minor: int
    hold_expires_at: datetime | None = None
    is_repeat: bool = False
    mail: str | None = field(default=None)
