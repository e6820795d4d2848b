"""What the screens show of certificates and of the runs that make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, and_, cast, func, or_, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.errors import NotFound
from backoffice.models import Attendee, Booking, Certificate, CertificateFile, CertificateRun, Message
from backoffice.services.certificates import mailing

MOST_LISTED = 500
MOST_OF_CUSTOMER = 50


@dataclass(frozen=True)
class Delivery:
    """How a certificate reaches its holder: the mail's address and status, both None where it has to be printed."""

    recipient: str | None
    status: str | None
    message_id: UUID | None


def get(certificate_id: UUID) -> Certificate:
    """The certificate; raises NotFound."""
    found = db.session.scalar(select(Certificate).where(Certificate.id == certificate_id))
    if found is None:
        raise NotFound("This certificate does not exist.")
    return found


def find_file(certificate_id: UUID) -> CertificateFile | None:
    """The archived paper, None while it is not made."""
    return db.session.scalar(select(CertificateFile).where(CertificateFile.certificate_id == certificate_id))


def find_successor(certificate_id: UUID) -> Certificate | None:
    """The one that replaced it."""
    return db.session.scalar(select(Certificate).where(Certificate.replaces_id == certificate_id))


def get_run(run_id: UUID) -> CertificateRun:
    """The run as it is now; raises NotFound."""
    run = db.session.scalar(
        select(CertificateRun).where(CertificateRun.id == run_id).execution_options(populate_existing=True)
    )
    if run is None:
        raise NotFound("This run does not exist.")
    return run


def list_of_run(run_id: UUID) -> Sequence[Certificate]:
    """The certificates of a run, what failed first, then by name; at most MOST_LISTED."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.run_id == run_id)
        .order_by(
            Certificate.making != "failed",
            Certificate.holder_last_name,
            Certificate.holder_first_name,
            Certificate.id,
        )
        .limit(MOST_LISTED)
    ).all()


def list_of_booking(booking_id: UUID) -> Sequence[Certificate]:
    """The certificates of a booking's people, by name; what replaced another one before it."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.booking_id == booking_id)
        .order_by(Certificate.holder_last_name, Certificate.holder_first_name, Certificate.id.desc())
        .limit(MOST_LISTED)
    ).all()


def list_of_customer(user_id: UUID) -> Sequence[Certificate]:
    """What a customer holds, or booked for others; the newest first, at most MOST_OF_CUSTOMER."""
    booked = select(Booking.id).where(Booking.customer_id == user_id)
    return db.session.scalars(
        select(Certificate)
        .where(or_(Certificate.user_id == user_id, Certificate.booking_id.in_(booked)))
        .order_by(Certificate.id.desc())
        .limit(MOST_OF_CUSTOMER)
    ).all()


def deliveries(certificate_ids: Sequence[UUID]) -> dict[UUID, Delivery]:
    """How each of these reaches its holder; the latest mail counts."""
    address = func.coalesce(Attendee.email, Booking.contact_email)
    is_its_mail = and_(
        Message.booking_id == Certificate.booking_id,
        Message.template == mailing.TEMPLATE,
        Message.data["certificate_id"].astext == cast(Certificate.id, Text),
    )
    rows = db.session.execute(
        select(
            Certificate.id,
            address.label("address"),
            Message.recipient,
            Message.status,
            Message.id.label("mail"),
        )
        .join(Attendee, Attendee.id == Certificate.attendee_id)
        .join(Booking, Booking.id == Certificate.booking_id)
        .outerjoin(Message, is_its_mail)
        .where(Certificate.id.in_(certificate_ids))
        .order_by(Message.created_at, Message.id)
    )
    return {row.id: Delivery(row.recipient or row.address, row.status, row.mail) for row in rows}


def last_run_of(schedule_id: UUID) -> CertificateRun | None:
    """The latest run of a date."""
    return db.session.scalar(
        select(CertificateRun)
        .where(CertificateRun.schedule_id == schedule_id)
        .options(joinedload(CertificateRun.asked_by))
        .order_by(CertificateRun.created_at.desc(), CertificateRun.id.desc())
        .limit(1)
    )
