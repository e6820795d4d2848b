"""The work queue of certificates that expire: who is to be called, and who need not be."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from backoffice.database import db
from backoffice.models import Booking, Tenant
from backoffice.services import work_queues
from backoffice.services.work_queues import Day
from tests import factories
from tests.services.reminders.certified import certified, pair_of_courses

pytestmark = pytest.mark.usefixtures("tenant")
ADMIN = factories.actor("admin")


def waiting(tenant: Tenant) -> list[tuple[str, str]]:
    queue = work_queues.find_queue("expiring", ADMIN)
    assert queue is not None
    lines = work_queues.list_queue(queue, Day.of(datetime.now(UTC), tenant))
    return [(line.who, line.status) for line in lines]


def test_it_lists_what_ends_within_ninety_days_or_ended_lately(tenant: Tenant) -> None:
    today = datetime.now(UTC).date()
    for name, days in (
        ("Early Bird", 91),
        ("Ada Byron", 89),
        ("Bo Diddley", 5),
        ("Cy Young", -29),
        ("Di Late", -31),
    ):
        certified(name, expires_on=today + timedelta(days=days))
    assert waiting(tenant) == [("Cy Young", "expired"), ("Bo Diddley", "valid"), ("Ada Byron", "valid")]


def test_it_says_which_number_to_call(tenant: Tenant) -> None:
    certified("Ada Byron", expires_on=datetime.now(UTC).date() + timedelta(days=9))
    db.session.execute(update(Booking).values(contact_phone="+447700900123"))
    db.session.commit()
    assert waiting(tenant) == [("Ada Byron, +447700900123", "valid")]


def test_it_leaves_out_who_has_renewed(tenant: Tenant) -> None:
    full, short = pair_of_courses()
    soon = datetime.now(UTC).date() + timedelta(days=20)
    certified("Ada Byron", "ada@x.example", course=full, expires_on=soon)
    certified("Ada Byron", "ada@x.example", course=short, expires_on=soon + timedelta(days=900))
    assert waiting(tenant) == []


def test_who_may_not_read_certificates_does_not_see_it() -> None:
    assert work_queues.find_queue("expiring", factories.actor("instructor")) is None


def test_it_is_counted_on_the_home_page(tenant: Tenant) -> None:
    certified(expires_on=datetime.now(UTC).date() + timedelta(days=5))
    counted = work_queues.count_queues(Day.of(datetime.now(UTC), tenant), ADMIN)
    assert {each.queue.name: each.count for each in counted}["expiring"] == 1
