"""Every move of every status, against the table written out by hand."""

from itertools import product

import pytest

from backoffice.domain.errors import Refused
from backoffice.domain.statuses import (
    LABELS,
    LIVE_BOOKING,
    PAYMENT_STATUSES,
    SCHEDULE_STATES,
    TABLES,
    TRANSITIONS,
    check_move,
    label,
    may_move,
)

MOVES = """
booking pending confirmed, booking pending cancelled, booking pending expired, booking expired confirmed,
booking confirmed completed, booking confirmed no_show, booking confirmed cancelled,
booking completed no_show, booking no_show completed,
payment pending processing, payment pending succeeded, payment pending failed, payment pending cancelled,
payment processing succeeded, payment processing failed, payment processing cancelled,
payment failed succeeded, payment cancelled succeeded,
refund requested approved, refund requested declined, refund approved processing,
refund processing succeeded, refund processing failed, refund succeeded failed,
schedule draft published, schedule draft cancelled, schedule published completed,
schedule published cancelled, schedule published draft, schedule completed published,
message queued sent, message queued failed, message failed queued, message sent bounced,
certificate valid replaced, certificate valid revoked,
schedule_choice open moved, schedule_choice open credited, schedule_choice open refunded,
schedule_choice open nothing_paid, schedule_choice nothing_paid open, schedule_choice nothing_paid moved,
corporate_request pending reviewing, corporate_request pending rejected, corporate_request reviewing quoted,
corporate_request reviewing confirmed, corporate_request reviewing rejected, corporate_request quoted reviewing,
corporate_request quoted confirmed, corporate_request quoted rejected, corporate_request confirmed completed,
corporate_request confirmed reviewing, corporate_request completed confirmed, corporate_request rejected reviewing,
waiting_entry waiting offered, waiting_entry waiting accepted, waiting_entry waiting left, waiting_entry waiting ended,
waiting_entry offered waiting, waiting_entry offered accepted, waiting_entry offered left, waiting_entry offered ended,
waiting_entry ended accepted,
waiting_date waiting offered, waiting_date waiting ended, waiting_date offered accepted, waiting_date offered declined,
waiting_date offered lapsed, waiting_date lapsed accepted
"""
ALL_PAIRS = [(subject, *pair) for subject, table in TABLES.items() for pair in product(table, repeat=2)]


def test_the_moves_are_those_that_were_agreed() -> None:
    assert {tuple(move.split()) for move in MOVES.split(",")} == TRANSITIONS


@pytest.mark.parametrize(("subject", "source", "target"), ALL_PAIRS)
def test_a_move_is_possible_only_by_the_table(subject: str, source: str, target: str) -> None:
    if (subject, source, target) in TRANSITIONS:
        check_move(subject, source, target)
        return
    assert not may_move(subject, source, target)
    with pytest.raises(Refused, match=f"The {subject.replace('_', ' ')} is .* and cannot become"):
        check_move(subject, source, target)


@pytest.mark.parametrize("subject", TABLES)
def test_every_target_is_itself_a_status(subject: str) -> None:
    table = TABLES[subject]
    assert frozenset().union(*table.values()) <= table.keys()


@pytest.mark.parametrize("subject", [each for each in TABLES if each != "schedule"])
def test_every_status_has_a_word_for_people(subject: str) -> None:
    assert LABELS[subject].keys() == TABLES[subject].keys()


def test_every_derived_state_has_a_word_for_people() -> None:
    assert tuple(LABELS["payment_status"]) == PAYMENT_STATUSES
    assert tuple(LABELS["schedule"]) == SCHEDULE_STATES
    assert label("booking", "no_show") == "No-show"


def test_a_live_booking_keeps_its_places() -> None:
    assert set(TABLES["booking"]) - LIVE_BOOKING == {"cancelled", "expired"}
