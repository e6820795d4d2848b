"""The mail that says that money came in."""

from backoffice.domain.actor import Actor
from backoffice.models import Booking, Payment
from backoffice.services import messages


def send(booking: Booking, payment: Payment, actor: Actor) -> None:
    """Tell who booked that a payment is in: once for each payment, whoever says it; nobody without an address."""
    messages.queue(
        "payment_received",
        recipient=booking.contact_email,
        recipient_name=booking.contact_name,
        booking_id=booking.id,
        user_id=booking.customer_id,
        data={"payment_id": str(payment.id)},
        once_key=f"payment_received:{payment.id}",
        actor=actor,
    )
