"""Money that waits for somebody."""

from typing import Any

from sqlalchemy import Select, literal

from backoffice.models import Booking, GatewayEvent, Refund
from backoffice.services.work_queues.kinds import Day, contact, line


def refunds(day: Day) -> Select[Any]:
    """Refunds that somebody approves or pays out."""
    waiting = Refund.status.in_(("requested", "approved"))
    return _refund_lines(Refund.requested_at).where(waiting)


def external(day: Day) -> Select[Any]:
    """Refunds made at a gateway that nobody has confirmed."""
    return _refund_lines(Refund.succeeded_at).where(Refund.is_external, Refund.acknowledged_at.is_(None))


def _refund_lines(at: Any) -> Select[Any]:
    return (
        line(
            "refund",
            Refund.id,
            title=Refund.reference,
            what=Refund.reason,
            who=contact(),
            at=at,
            status=Refund.status,
        )
        .select_from(Refund)
        .outerjoin(Booking, Booking.id == Refund.booking_id)
        .order_by(at, Refund.id)
    )


def events(day: Day) -> Select[Any]:
    """Messages of gateways that nobody could apply."""
    return (
        line(
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
