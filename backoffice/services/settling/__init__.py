"""What a gateway says of a payment, and when it is asked."""

from backoffice.services.settling.attempts import (
    FEE_PAUSES,
    LONGEST_PAUSE,
    OPEN,
    claim_check,
    end_attempts_soon,
    is_wanted,
    note_fee,
    open_attempts,
)
from backoffice.services.settling.booking_in import settle
from backoffice.services.settling.naming import find_customer, find_payment, keep_customer, pointer
from backoffice.services.settling.other_money import PAID_TWICE, is_handed_over

__all__ = [
    "FEE_PAUSES",
    "LONGEST_PAUSE",
    "OPEN",
    "PAID_TWICE",
    "claim_check",
    "end_attempts_soon",
    "find_customer",
    "find_payment",
    "is_handed_over",
    "is_wanted",
    "keep_customer",
    "note_fee",
    "open_attempts",
    "pointer",
    "settle",
]
