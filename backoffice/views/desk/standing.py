"""How a booking stands: what the clerk reads when it was taken, and again when its money came in."""

from __future__ import annotations

from typing import Any

from backoffice.domain.money import format_money
from backoffice.domain.times import say_instant
from backoffice.views.admin.formats import pill_of


def standing_of(booking: Any, zone: str) -> dict[str, Any]:
    """Pills, money and hold of a booking, in words; a `Booking` or a row with its columns."""
    pills = [pill_of(booking.status, "booking"), pill_of(booking.payment_status, "payment_status")]
    due_minor = booking.due_minor if booking.status != "cancelled" else 0
    until = booking.hold_expires_at if booking.status == "pending" else None
    return {
        "pills": [{"label": each.label, "tone": each.tone} for each in pills],
        "total": format_money(booking.total_minor, booking.currency),
        "due": format_money(due_minor, booking.currency) if due_minor > 0 else None,
        "held_until": say_instant(until, zone) if until else None,
    }
