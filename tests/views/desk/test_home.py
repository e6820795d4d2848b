"""The day's work: counts that are right, pages that list them, takings that add up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.models import Booking, Message, OutboxRow, Tenant, User
from backoffice.services import work_items, work_queues
from backoffice.services.work_queues import Day
from tests import factories
from tests.views.desk.conftest import Clerk, order
from tests.views.desk.counting import statements


def counts(clerk: Clerk, role: str = "admin") -> dict[str, int]:
    with clerk.at_the_provider():
        day = Day.of(datetime.now(UTC), db.session.get_one(Tenant, clerk.provider.id))
        counted = work_queues.count_queues(day, factories.actor(role))
        return {each.queue.name: each.count for each in counted if each.count}


def make_unpaid(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        schedule_id = str(factories.make_schedule().id)
    clerk.send("book", order(schedule_id, payment_method="bank_transfer"))


def make_nameless(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        soon = datetime.now(UTC) + timedelta(days=3)
        schedule_id = str(factories.make_schedule(starts_at=soon).id)
    clerk.send("book", order(schedule_id, places="2"))


def make_failed_mail(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        user = factories.make_user()
        mail = Message(
            template="invitation",
            recipient="a@b.example",
            user_id=user.id,
            status="failed",
            last_error="No such box",
        )
        factories.add(mail)


def make_dead_job(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        factories.add(OutboxRow(topic="stop", dead_at=datetime.now(UTC), last_error="gave up"))


def make_attention(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        work_items.add("repeated_attendee", factories.make_user(), "Ann is twice on a date")
        db.session.commit()


MAKERS: dict[str, Callable[[Clerk], None]] = {
    "unpaid": make_unpaid,
    "names": make_nameless,
    "mails": make_failed_mail,
    "dead": make_dead_job,
    "attention": make_attention,
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_waits_is_counted_and_listed(app: Flask, provider: factories.Provider, name: str) -> None:
    admin = Clerk(app, provider, "admin")
    assert counts(admin) == {}
    MAKERS[name](admin)
    assert counts(admin) == {name: 1}
    page = admin.visitor.get(f"/admin/work/{name}").get_data(as_text=True)
    assert page.count('<th scope="row"') == 1
    home = admin.visitor.get("/admin/").get_data(as_text=True)
    assert f'href="/admin/work/{name}"' in home
    assert '<span class="count">1</span>' in home


def test_a_hold_that_ends_today_is_listed_until_it_is_paid(clerk: Clerk, schedule_id: str) -> None:
    clerk.send("book", order(schedule_id, payment_method="bank_transfer"))
    assert "holds" not in counts(clerk)
    with clerk.at_the_provider():
        booking = db.session.query(Booking).one()
        booking.hold_expires_at = datetime.now(UTC) + timedelta(seconds=1)
        db.session.commit()
    assert counts(clerk)["holds"] == 1


def test_a_booking_on_account_is_not_chased_before_the_start(clerk: Clerk, schedule_id: str) -> None:
    with clerk.at_the_provider():
        factories.make_company(name="Works", has_terms=True)
    clerk.send("book", order(schedule_id, payment_method="account", company="Works"))
    assert "unpaid" not in counts(clerk)


def test_a_done_item_leaves_the_queue(clerk: Clerk) -> None:
    make_attention(clerk)
    page = clerk.visitor.get("/admin/work/attention").get_data(as_text=True)
    path = page.split('action="')[-1].split('"')[0]
    assert clerk.visitor.post(path).status_code == 303
    assert counts(clerk) == {}


def test_nobody_sees_a_queue_without_its_right(clerk: Clerk) -> None:
    assert clerk.visitor.get("/admin/work/dead").status_code == 404
    assert clerk.visitor.get("/admin/work/nonsense").status_code == 404
    make_dead_job(clerk)
    assert counts(clerk, "office") == {}
    assert counts(clerk, "instructor") == {}


def test_todays_takings_add_up_by_clerk_and_method(clerk: Clerk, schedule_id: str) -> None:
    for method, name in (("cash", "Ann"), ("cash", "Bea"), ("card_terminal", "Cat")):
        clerk.send(
            "book",
            order(schedule_id, payment_method=method, first_name=name, email=f"{name}@x.example".lower()),
        )
    with clerk.at_the_provider():
        day = Day.of(datetime.now(UTC), db.session.get_one(Tenant, clerk.provider.id))
        rows = [(row.method, row.payments, int(row.amount_minor)) for row in work_queues.takings(day)]
        assert sorted(rows) == [("card_terminal", 1, 7500), ("cash", 2, 15000)]
        yesterday = Day.of(
            datetime.now(UTC) - timedelta(days=1), db.session.get_one(Tenant, clerk.provider.id)
        )
        assert work_queues.takings(yesterday) == []
        clerk_name = db.session.query(User).filter_by(role="office").one().name
    page = clerk.visitor.get("/admin/").get_data(as_text=True)
    for words in ("£225.00", "£150.00", "Card terminal", clerk_name, "<svg"):
        assert words in page, words


def test_the_day_is_the_providers_own(tenant: Tenant) -> None:
    tenant.time_zone = "Africa/Nairobi"
    day = Day.of(datetime(2026, 3, 1, 22, 30, tzinfo=UTC), tenant)
    assert day.begins == datetime(2026, 3, 1, 21, 0, tzinfo=UTC)
    assert day.tomorrow_ends == datetime(2026, 3, 3, 21, 0, tzinfo=UTC)


def test_today_and_tomorrow_stand_on_the_home_page_with_their_places(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        now = datetime.now(UTC)
        for days, title in ((0, "Runs now"), (1, "Runs tomorrow"), (2, "Runs later")):
            start = now + timedelta(days=days)
            factories.make_schedule(course=factories.make_course(title=title), starts_at=start)
    page = clerk.visitor.get("/admin/").get_data(as_text=True)
    assert "Runs now" in page
    assert "Runs tomorrow" in page
    assert "Runs later" not in page
    assert "0 of 12" in page


def test_the_home_page_of_a_new_provider_is_calm(clerk: Clerk) -> None:
    """Abuse case Q1."""
    answer = clerk.visitor.get("/admin/")
    assert answer.status_code == 200
    assert "No payment yet today." in answer.get_data(as_text=True)


def test_the_home_page_takes_at_most_twelve_statements(clerk: Clerk, schedule_id: str) -> None:
    for _ in range(3):
        clerk.send("book", order(schedule_id, attendees=[{}], places="2"))
    clerk.visitor.get("/admin/")
    with statements() as seen:
        clerk.visitor.get("/admin/")
    assert len(seen) <= 12, seen


def test_a_reference_in_the_box_leads_straight_to_its_booking(clerk: Clerk, schedule_id: str) -> None:
    placed: Any = clerk.send("book", order(schedule_id)).json
    answer = clerk.visitor.get(f"/admin/search?q={placed['reference'].lower()}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == placed["urls"]["booking"]
    page = clerk.visitor.get("/admin/search?q=jane").get_data(as_text=True)
    assert "Jane Smith" in page
    assert "Type at least two" in clerk.visitor.get("/admin/search?q=j").get_data(as_text=True)
    assert "Nothing found" in clerk.visitor.get("/admin/search?q=zzzz").get_data(as_text=True)


def test_an_instructor_has_no_home_here(app: Flask, provider: factories.Provider) -> None:
    answer = Clerk(app, provider, "instructor").visitor.get("/admin/")
    assert (answer.status_code, answer.location) == (302, "/admin/my-dates/")
    assert Clerk(app, provider, "manager").visitor.get("/admin/").status_code == 200
    assert Clerk(app, provider, "manager").visitor.get("/admin/desk/").status_code == 403
