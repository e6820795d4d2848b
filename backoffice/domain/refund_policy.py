"""What to propose as a refund when a booking is cancelled; a person decides."""

from __future__ import annotations

import math

from backoffice.domain.money import format_percent, round_half_up

WHOLE = 10_000  # basis points of 100 %


def proposed_refund(paid_minor: int, hours_before: float, window_hours: int, fee_bp: int) -> tuple[int, str]:
    """Minor units to give back of `paid_minor`, and the sentence that says why.

    All of it up to `window_hours` before the start, later all but the fee (basis points of what was paid,
    rounded half up once), nothing from the start on. Raises ValueError for what is out of range.
    """
    if paid_minor < 0 or window_hours < 0 or not 0 <= fee_bp <= WHOLE or math.isnan(hours_before):
        raise ValueError("amount, window or fee out of range")
    if paid_minor == 0:
        return 0, "Nothing was paid, so there is nothing to refund."
    if hours_before <= 0:
        return 0, "The date has started: no refund is due."
    if hours_before >= window_hours:
        return paid_minor, f"At least {_say_hours(window_hours)} before the start: a full refund is due."
    refund = paid_minor - round_half_up(paid_minor * fee_bp, WHOLE)
    return refund, _sentence_inside(window_hours, fee_bp)


def _sentence_inside(window_hours: int, fee_bp: int) -> str:
    late = f"Less than {_say_hours(window_hours)} before the start"
    if fee_bp == WHOLE:
        return f"{late}: no refund is due."
    if fee_bp == 0:
        return f"{late}, but there is no fee: a full refund is due."
    return f"{late}: a fee of {format_percent(fee_bp)} is kept."


def _say_hours(hours: int) -> str:
    if hours >= 48 and hours % 24 == 0:
        return f"{hours // 24} days"
    return "1 hour" if hours == 1 else f"{hours} hours"
