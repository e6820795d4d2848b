"""A date that was called off, and what each of its bookers wants instead (docs/decisions/called-off-dates.md)."""

from backoffice.services.called_off.answering import Answer, answer, apply_fallback, postpone
from backoffice.services.called_off.calling import CallOff, call_off
from backoffice.services.called_off.reminding import remind, remind_all
from backoffice.services.called_off.standing import (
    Share,
    find,
    find_of_booking,
    get,
    held_minor,
    list_dates_for,
    shares,
    url_of,
)
from backoffice.services.called_off.table import Counts, Line, count, list_lines

__all__ = [
    "Answer",
    "CallOff",
    "Counts",
    "Line",
    "Share",
    "answer",
    "apply_fallback",
    "call_off",
    "count",
    "find",
    "find_of_booking",
    "get",
    "held_minor",
    "list_dates_for",
    "list_lines",
    "postpone",
    "remind",
    "remind_all",
    "shares",
    "url_of",
]
