"""Who may join which list, what is written down, and what is kept from whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.models import AuditEvent, Booking, Schedule, WaitingEntry, WhitelistEntry
from backoffice.services import waiting
from backoffice.services.waiting import JoinIn, joining
from backoffice.work import commit_once
from tests import factories
from tests.services.waiting.world import (
    OFFICE,
    VISITOR,
    cancel_one,
    full_date,
    joined,
    look_after,
    mails,
    offered,
    party,
    status,
    wish,
)

pytestmark = pytest.mark.usefixtures("tenant")


def try_to_join(*schedules: Schedule, places: int = 1, actor: Any = VISITOR, **more: Any) -> WaitingEntry:
    ids: tuple[UUID, ...] = tuple(each.id for each in schedules)
    return commit_once(lambda: waiting.join(JoinIn(ids, places, party("ann", **more)), actor))


def test_joining_is_written_down_and_mailed_with_its_link() -> None:
    date = full_date()
    entry = joined("ann", date, places=2)
    assert mails("waiting_joined") == ["waiting_joined ann@x.example"]
    (written,) = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "waiting:join")).all()
    assert written.new_values["party"] == "Ann Ting"
    assert waiting.find(entry.token) is not None
    assert entry.token.encode() not in entry.token_digest
    assert entry.token not in str(entry.token_sealed)
    assert waiting.find(entry.token + "x") is None
    assert waiting.find("") is None


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"status": "draft"}, Refused, "no waiting list"),
        ({"pricing": "on_request", "price_minor": None}, Refused, "on request"),
        ({"is_private": True}, NotFound, "does not exist"),
    ],
)
def test_not_every_date_has_a_list(values: dict[str, Any], error: type[Exception], said: str) -> None:
    date = factories.make_schedule(**values)
    with pytest.raises(error, match=said):
        try_to_join(date)


def test_dates_of_two_courses_are_no_entry() -> None:
    with pytest.raises(Invalid, match="one course"):
        try_to_join(full_date(), full_date())


def test_a_course_for_listed_addresses_lists_only_those() -> None:
    course = factories.make_course()
    date = full_date(1, course=course)
    course.has_whitelist = True
    factories.add(WhitelistEntry(course_id=course.id, pattern="@listed.example"))
    with pytest.raises(Refused, match="listed"):
        try_to_join(date)


def test_an_entry_ends_when_its_address_is_listed_no_more() -> None:
    course = factories.make_course()
    date = full_date(1, course=course)
    first, second = joined("ann", date), joined("bob", date)
    course.has_whitelist = True
    factories.add(WhitelistEntry(course_id=course.id, pattern="bob@x.example"))
    cancel_one(date)
    look_after(date)
    assert (status(first), offered(date)) == ("ended", ["Bob"])
    assert status(second) == "offered"


def test_one_address_waits_once_on_each_date_and_may_join_again_later() -> None:
    date = full_date(1)
    first = joined("ann", date)
    assert joined("ann", date, places=1).id == first.id
    with pytest.raises(Refused, match="already"):
        joined("ann", date, actor=OFFICE)
    commit_once(lambda: waiting.leave(first.id, VISITOR))
    assert joined("ann", date).id != first.id


def test_no_address_has_more_than_a_few_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MOST_OPEN", 2)
    for _ in range(2):
        joined("ann", full_date(1))
    with pytest.raises(Refused, match="No more waiting lists"):
        joined("ann", full_date(1))
    joined("ann", full_date(1), actor=OFFICE)


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MOST_WAITING", 1)
    date = full_date(1)
    joined("ann", date)
    with pytest.raises(Refused, match="list is full"):
        joined("bob", date)


def test_who_may_not_book_puts_nobody_on_a_list() -> None:
    date = full_date(1)
    with pytest.raises(Forbidden):
        joined("ann", date, actor=factories.actor("instructor"))
    entry = joined("ann", date)
    for act in (
        lambda: waiting.pick(wish(entry, date).id, "x", factories.actor("manager")),
        lambda: waiting.remove(entry.id, "x", factories.actor("manager")),
        lambda: waiting.set_offer_hours("3", OFFICE),
    ):
        with pytest.raises(Forbidden):
            commit_once(act)


def test_an_offer_never_lasts_past_the_start() -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    date = full_date(1, starts_at=soon)
    entry = joined("ann", date)
    cancel_one(date)
    look_after(date)
    booking = db.session.get_one(Booking, wish(entry, date).booking_id)
    assert booking.hold_expires_at == soon
    assert db.session.scalar(select(func.count()).select_from(WaitingEntry)) == 1


def test_the_database_lets_a_status_move_only_along_its_table() -> None:
    date = full_date(1)
    entry = joined("ann", date)
    entry.status = "accepted"
    db.session.flush()
    entry.status = "waiting"
    with pytest.raises(Refused, match="status has changed"):
        commit_once(db.session.flush)
