"""The mail that brings a certificate: whose it is, its paper from the archive, and whether it is wanted still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.times import say_date
from backoffice.gateways.mail import Attachment
from backoffice.models import Booking, Certificate, CertificateFile, Message
from backoffice.services import audit, messages
from backoffice.services.certificates import links

TEMPLATE = "certificate_issued"
_ENDED = {"replaced": "was replaced by another", "revoked": "was revoked"}


@dataclass(frozen=True)
class Told:
    """What the mail says of a certificate, in words; `is_own`: it goes to the holder, not to who booked."""

    holder: str
    course: str
    number: str
    expires: str
    check_url: str
    is_own: bool


def facts(booking: Booking, data: dict[str, Any], base_url: str) -> dict[str, Any]:
    """The certificate and its paper; a preview, which names none, shows the booking's latest or a specimen.

    Raises NotFound for one that is named and not there.
    """
    certificate = _find(booking.id, data)
    if certificate is None:
        return _specimen(booking, data, base_url)
    told = Told(
        holder=certificate.holder,
        course=certificate.course_title,
        number=certificate.number,
        expires=say_date(certificate.expires_on) if certificate.expires_on else "",
        check_url=links.check_url(certificate.code, base_url),
        is_own=bool(data.get("is_own", True)),
    )
    return {"certificate": told, "attachments": _attachments(certificate)}


def send(certificate_id: UUID, actor: Actor) -> str:
    """Mail a certificate once more, to the address that is known now; the address.

    Raises Forbidden, NotFound, Refused for one that has ended, is not made yet, or reaches nobody by mail.
    """
    actor.require("message.send")
    certificate = db.session.scalar(select(Certificate).where(Certificate.id == certificate_id))
    if certificate is None:
        raise NotFound("This certificate does not exist.")
    if certificate.status != "valid" or certificate.making != "made":
        raise Refused("not_to_mail", "Only a valid certificate whose paper is made can be mailed.")
    attendee, booking = certificate.attendee, certificate.booking
    recipient = attendee.email or booking.contact_email
    if not recipient:
        raise Refused("no_address", "No e-mail is known: add one to the place on the booking, or print it.")
    messages.queue(
        TEMPLATE,
        recipient=recipient,
        recipient_name=certificate.holder if attendee.email else booking.contact_name,
        booking_id=booking.id,
        data={"certificate_id": str(certificate.id), "is_own": _is_own(certificate)},
        actor=actor,
    )
    audit.record(actor, "certificate:mail", certificate, new={"to": recipient})
    return str(recipient)


def _is_own(certificate: Certificate) -> bool:
    """Whether the mail reaches the holder: at an address of its own, or as the one who booked."""
    holder, booker = certificate.holder.strip(), certificate.booking.contact_name.strip()
    return bool(certificate.attendee.email) or holder.lower() == booker.lower()


def _specimen(booking: Booking, data: dict[str, Any], base_url: str) -> dict[str, Any]:
    if data.get("certificate_id"):
        raise NotFound("The certificate this mail is about does not exist.")
    course, url = booking.schedule.course.title, links.check_url("SPECIMEN", base_url)
    told = Told("Sam Specimen", course, "SPECIMEN-0001", "", url, is_own=True)
    return {"certificate": told, "attachments": ()}


def url_for_message(message: Message, base_url: str) -> str:
    """The holder's download link, written into the letter alone; "" for a mail about something else."""
    named = message.data.get("certificate_id") if message.template == TEMPLATE else None
    return links.download_url(UUID(str(named)), base_url) if named else ""


def why_unwanted(message: Message) -> str | None:
    """A sentence when the certificate has ended before its mail went out."""
    if message.template != TEMPLATE:
        return None
    certificate = _find(message.booking_id, message.data)
    if certificate is None or certificate.status == "valid":
        return None
    return (
        f"Not sent: certificate {certificate.number} {_ENDED[certificate.status]} before this mail went out."
    )


def _find(booking_id: UUID | None, data: dict[str, Any]) -> Certificate | None:
    named = data.get("certificate_id")
    if named:
        return db.session.scalar(select(Certificate).where(Certificate.id == UUID(str(named))))
    of_booking = select(Certificate).where(Certificate.booking_id == booking_id)
    return db.session.scalar(
        of_booking.order_by(Certificate.created_at.desc(), Certificate.id.desc()).limit(1)
    )


def _attachments(certificate: Certificate) -> tuple[Attachment, ...]:
    content = db.session.scalar(
        select(CertificateFile.content).where(CertificateFile.certificate_id == certificate.id)
    )
    return (Attachment(f"{certificate.number}.pdf", content, "application/pdf"),) if content else ()
