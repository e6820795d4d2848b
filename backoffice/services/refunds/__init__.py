"""Money back: asked for, approved, paid out. From approval on it reserves its payment."""

from backoffice.services.refunds.asking import RefundIn, note_request, request
from backoffice.services.refunds.carrying import (
    CARRY_PAUSES,
    MOST_CHECKS,
    MOST_CHECKS_ELSEWHERE,
    ask_of,
    begin,
    claim_carrying,
    is_silent,
    refuse_route,
)
from backoffice.services.refunds.deciding import acknowledge, approve, decline, is_large
from backoffice.services.refunds.ending import execute, fail, keep_as_credit
from backoffice.services.refunds.history import get

__all__ = [
    "CARRY_PAUSES",
    "MOST_CHECKS",
    "MOST_CHECKS_ELSEWHERE",
    "RefundIn",
    "acknowledge",
    "approve",
    "ask_of",
    "begin",
    "claim_carrying",
    "decline",
    "execute",
    "fail",
    "get",
    "is_large",
    "is_silent",
    "keep_as_credit",
    "note_request",
    "refuse_route",
    "request",
]
