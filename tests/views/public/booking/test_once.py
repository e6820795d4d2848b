"""Double clicks, reloads and the back button make one booking, and a change takes the place of what was held."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.gateway_terms import Standing
from backoffice.models import Booking, BookingDraft, Message, Payment, PaymentLink, WorkItem
from backoffice.services import bookings, retention, settling
from backoffice.services.web_bookings import holding
from backoffice.tenancy import tenant_scope
from backoffice.views.public.booking import browser
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway
from tests.views.desk.counting import statements
from tests.views.public.booking.steps import BOOKING, Booker, filled, make_date, rows, seats_taken, sweep
from tests.web_client import Visitor

pytestmark = pytest.mark.usefixtures("gateway")


@pytest.fixture
def schedule_id(app: Flask, provider: Provider) -> UUID:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_gateway_account("stripe")
        db.session.remove()
    return make_date(app, provider)


@pytest.fixture
def booker(app: Flask, provider: Provider, schedule_id: UUID) -> Booker:
    return Booker(app, provider, schedule_id)


def statuses(app: Flask, provider: Provider) -> list[str]:
    return [status for (status,) in rows(app, provider, Booking.status)]


def let_pass(app: Flask, provider: Provider, minutes: int = 16) -> None:
    """The hold's time goes by; nobody has come round to give the places back."""
    with app.app_context(), tenant_scope(provider.id):
        ago = datetime.now(UTC) - timedelta(minutes=minutes - 15)
        db.session.execute(update(Booking).where(Booking.status == "pending").values(hold_expires_at=ago))
        db.session.commit()
        db.session.remove()


def mails(app: Flask, provider: Provider) -> list[str]:
    with app.app_context(), tenant_scope(provider.id):
        found = list(db.session.scalars(select(Message.template).order_by(Message.id)))
        db.session.remove()
    return found


def test_twelve_presses_of_continue_make_one_booking(
    app: Flask, provider: Provider, booker: Booker, schedule_id: UUID
) -> None:
    booker.look()
    answers = press_twelve_times(app, provider, booker)
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"{booker.path}/terms")}
    assert statuses(app, provider) == ["pending"]
    assert seats_taken(app, provider, schedule_id) == 2


def test_without_the_comparison_twelve_presses_make_twelve_holds_one_after_the_other(
    app: Flask, provider: Provider, booker: Booker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: the presses do come at once, and each would be a booking."""
    monkeypatch.setattr(holding, "is_same", lambda *_: False)
    booker.look()
    press_twelve_times(app, provider, booker)
    assert len(statuses(app, provider)) == 12


def press_twelve_times(app: Flask, provider: Provider, booker: Booker) -> list[Any]:
    """The same form twelve times at once from one browser."""
    token, cookie = booker.visitor.kept_token(), booker.visitor.session_cookie()
    start = Barrier(12)

    def press(_: int) -> Any:
        copy = Visitor(app, provider.host, booker.visitor.address)
        copy.carry(cookie)
        start.wait()
        return copy.open(booker.path, method="POST", data={"csrf_token": token, **filled(2)})

    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(press, range(12)))


def test_going_back_and_on_again_is_the_same_booking(app: Flask, provider: Provider, booker: Booker) -> None:
    booker.hold(2)
    page = booker.look().get_data(as_text=True)
    assert 'value="nina@mail.example"' in page
    assert "Held for you until" in page
    assert booker.hold(2).location == f"{booker.path}/terms"
    assert statuses(app, provider) == ["pending"]


def test_a_change_takes_the_place_of_what_was_held(
    app: Flask, provider: Provider, booker: Booker, schedule_id: UUID
) -> None:
    booker.hold(2)
    booker.hold(3)
    assert rows(app, provider, Booking.status, Booking.seats) == [("expired", 2), ("pending", 3)]
    assert seats_taken(app, provider, schedule_id) == 3
    assert mails(app, provider) == []


def test_a_change_uses_the_places_of_the_hold_before(app: Flask, provider: Provider) -> None:
    schedule_id = make_date(app, provider, capacity=4)
    booker = Booker(app, provider, schedule_id)
    booker.hold(2)
    assert booker.hold(3).status_code == 303
    assert seats_taken(app, provider, schedule_id) == 3


def test_a_change_that_is_refused_loses_nothing(
    app: Flask, provider: Provider, booker: Booker, schedule_id: UUID
) -> None:
    booker.hold(2)
    assert booker.hold(9).status_code == 409
    assert statuses(app, provider) == ["pending"]
    assert seats_taken(app, provider, schedule_id) == 2


def test_a_change_uses_the_last_use_of_its_own_code(app: Flask, provider: Provider, booker: Booker) -> None:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_code(code="ONCE", usage_limit=1)
        db.session.remove()
    booker.hold(1, discount_code="ONCE")
    assert booker.hold(2, discount_code="once").status_code == 303
    assert rows(app, provider, Booking.status, Booking.discount_minor) == [
        ("expired", 750),
        ("pending", 1500),
    ]


def test_accepting_twice_is_accepting_once(app: Flask, provider: Provider, booker: Booker) -> None:
    booker.hold()
    page = booker.look("/terms").get_data(as_text=True)
    form = {"booking": BOOKING.findall(page)[0]}
    locations = {booker.send("/terms", form).location for _ in range(3)}
    assert len(locations) == 1
    assert locations.pop().startswith("/pay/")
    with app.app_context(), tenant_scope(provider.id):
        assert len(list(db.session.scalars(select(PaymentLink.id)))) == 1
        db.session.remove()


def test_a_changed_booking_is_not_accepted_from_the_older_window(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    booker.hold(1)
    old = BOOKING.findall(booker.look("/terms").get_data(as_text=True))[0]
    booker.hold(2)
    refused = booker.send("/terms", {"booking": old})
    assert (refused.status_code, statuses(app, provider)) == (409, ["expired", "pending"])
    assert "changed in another window" in refused.get_data(as_text=True)


def test_back_from_the_payment_something_can_be_changed(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    first = booker.book(1).location
    assert booker.look("/terms").status_code == 200
    second = booker.book(2).location
    assert statuses(app, provider) == ["expired", "pending"]
    assert first != second
    assert "This link no longer works" in booker.visitor.get(first).get_data(as_text=True)


def test_what_is_being_paid_is_not_changed(
    app: Flask, provider: Provider, booker: Booker, gateway: StandIn
) -> None:
    path = booker.book(1).location
    booker.visitor.post(f"{path}/start", {"gateway": "stripe", "key": "k1"})
    refused = booker.hold(2)
    assert refused.status_code == 409
    assert "under way" in refused.get_data(as_text=True)
    assert statuses(app, provider) == ["pending"]


def confirm(app: Flask, provider: Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        booking_id = db.session.scalars(select(Booking.id).where(Booking.status == "pending")).one()
        commit_once(lambda: bookings.confirm(booking_id, factories.actor("admin")))
        db.session.remove()


def test_sent_again_after_it_was_booked_it_is_no_second_booking(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    booker.book(1)
    confirm(app, provider)
    assert booker.hold(3).location == f"{booker.path}/done"
    assert booker.look().location == f"{booker.path}/done"
    assert booker.look("/terms").location == f"{booker.path}/done"
    assert statuses(app, provider) == ["confirmed"]


def test_another_booking_of_the_same_date_is_asked_for(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    booker.book(1)
    confirm(app, provider)
    booker.send("/again")
    assert 'value="nina@mail.example"' not in booker.look().get_data(as_text=True)
    booker.hold(1, email="other@mail.example")
    assert statuses(app, provider) == ["confirmed", "pending"]


# --- Sixteen minutes later ---


@pytest.fixture(params=[False, True], ids=["before the job", "after the job"])
def sixteen_minutes_later(
    request: pytest.FixtureRequest, app: Flask, provider: Provider, booker: Booker
) -> Iterator[Booker]:
    booker.hold(2, special_requirements="Ground floor")
    form = BOOKING.findall(booker.look("/terms").get_data(as_text=True))[0]
    let_pass(app, provider)
    if request.param:
        sweep(app, provider)
    booker.old = form  # type: ignore[attr-defined]
    yield booker


def test_the_terms_lead_back_to_the_form_with_what_was_typed(sixteen_minutes_later: Booker) -> None:
    booker = sixteen_minutes_later
    refused = booker.send("/terms", {"booking": booker.old})  # type: ignore[attr-defined]
    assert (refused.status_code, refused.location) == (303, f"{booker.path}?ended=1")
    assert booker.look("/terms").location == f"{booker.path}?ended=1"
    page = booker.look(ended=1).get_data(as_text=True)
    assert "went back on sale" in page
    assert "Ground floor" in page


def test_the_same_form_holds_the_places_again(
    app: Flask, provider: Provider, sixteen_minutes_later: Booker, schedule_id: UUID
) -> None:
    booker = sixteen_minutes_later
    assert booker.book(2, special_requirements="Ground floor").location.startswith("/pay/")
    assert statuses(app, provider) == ["expired", "pending"]
    assert seats_taken(app, provider, schedule_id) == 2


def test_nobody_is_written_to_about_a_hold_that_was_never_agreed(
    app: Flask, provider: Provider, sixteen_minutes_later: Booker
) -> None:
    sweep(app, provider)
    assert statuses(app, provider) == ["expired"]
    assert mails(app, provider) == []


def test_the_places_are_somebody_elses_meanwhile(app: Flask, provider: Provider) -> None:
    schedule_id = make_date(app, provider, capacity=1)
    slow, quick = Booker(app, provider, schedule_id), Booker(app, provider, schedule_id, "198.51.100.9")
    slow.hold()
    let_pass(app, provider)
    sweep(app, provider)
    assert quick.hold(email="quick@mail.example").status_code == 303
    refused = slow.hold()
    assert refused.status_code == 409
    assert 'value="nina@mail.example"' in refused.get_data(as_text=True)
    assert seats_taken(app, provider, schedule_id) == 1


def test_who_agreed_and_did_not_pay_is_told_and_can_still_pay(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    path = booker.book(1).location
    let_pass(app, provider)
    sweep(app, provider)
    assert mails(app, provider) == ["hold_ended"]
    assert "there are still places: pay now" in booker.visitor.get(path).get_data(as_text=True)


def test_drafts_are_forgotten_after_a_day(app: Flask, provider: Provider, booker: Booker) -> None:
    booker.send("/price", filled())
    with app.app_context(), tenant_scope(provider.id):
        rule = next(each for each in retention.RULES if each.name == "booking-drafts")
        assert commit_once(lambda: retention.remove(rule, datetime.now(UTC))) == 0
        assert commit_once(lambda: retention.remove(rule, datetime.now(UTC) + timedelta(hours=25))) == 1
        assert db.session.scalars(select(BookingDraft.id)).all() == []
        db.session.remove()


def test_a_draft_is_kept_as_long_as_its_places_are_held(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    """A booking that is paid by bank is held for days, and counts against whoever holds it."""
    booker.hold()
    with app.app_context(), tenant_scope(provider.id):
        rule = next(each for each in retention.RULES if each.name == "booking-drafts")
        later = datetime.now(UTC) + timedelta(hours=25)
        assert commit_once(lambda: retention.remove(rule, later)) == 0
        db.session.execute(update(Booking).values(status="expired", hold_expires_at=None))
        assert commit_once(lambda: retention.remove(rule, later)) == 1
        db.session.remove()


def test_the_cookie_keeps_the_dates_that_were_used_last(app: Flask, provider: Provider) -> None:
    dates = [make_date(app, provider) for _ in range(browser.MOST + 1)]
    booker = Booker(app, provider, dates[0])
    booker.hold()

    def look(schedule_id: UUID) -> int:
        return booker.visitor.get(f"/book/{schedule_id}").status_code

    assert {look(each) for each in dates[1:-1]} == {200}
    assert booker.look().status_code == 200
    assert look(dates[-1]) == 200
    assert booker.look("/terms").status_code == 200


def test_a_browser_that_stays_open_for_days_books_anew(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    """The draft is forgotten meanwhile; the cookie names it still, and its first hold was another one."""
    booker.hold()
    with app.app_context(), tenant_scope(provider.id):
        db.session.execute(update(Booking).values(status="expired", hold_expires_at=None))
        db.session.execute(delete(BookingDraft))
        db.session.commit()
        db.session.remove()
    assert booker.hold().location == f"{booker.path}/terms"
    assert statuses(app, provider) == ["expired", "pending"]


# --- Late and failed payments ---


def settle(app: Flask, provider: Provider, status: str) -> None:
    """The gateway's word about the last attempt."""
    with app.app_context(), tenant_scope(provider.id):
        payment = db.session.scalars(select(Payment).order_by(Payment.id.desc())).first()
        assert payment is not None
        word = Standing(status, payment.amount_minor, payment.currency, payment.id)
        payment_id = payment.id
        commit_once(lambda: settling.settle(payment_id, word, SYSTEM, datetime.now(UTC)))
        db.session.remove()


def test_a_payment_that_was_begun_in_time_keeps_the_places_and_leads_to_the_end(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    path = booker.book(2).location
    booker.visitor.post(f"{path}/start", {"gateway": "stripe", "key": "k1"})
    let_pass(app, provider)
    sweep(app, provider)
    assert statuses(app, provider) == ["pending"]
    settle(app, provider, "succeeded")
    assert booker.visitor.get(path).location == f"{booker.path}/done"
    assert "You are booked" in booker.look("/done").get_data(as_text=True)


def test_who_pays_after_the_end_has_the_places_again_while_they_are_free(
    app: Flask, provider: Provider, booker: Booker, schedule_id: UUID
) -> None:
    path = booker.book(2).location
    let_pass(app, provider)
    sweep(app, provider)
    assert seats_taken(app, provider, schedule_id) == 0
    booker.visitor.post(f"{path}/start", {"gateway": "stripe", "key": "k1"})
    settle(app, provider, "succeeded")
    assert booker.visitor.get(path).location == f"{booker.path}/done"
    assert (statuses(app, provider), seats_taken(app, provider, schedule_id)) == (["confirmed"], 2)


def test_who_pays_after_the_end_of_a_full_date_is_told_and_the_money_is_looked_at(
    app: Flask, provider: Provider
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_gateway_account("stripe")
        db.session.remove()
    schedule_id = make_date(app, provider, capacity=1)
    late, quick = Booker(app, provider, schedule_id), Booker(app, provider, schedule_id, "198.51.100.9")
    path = late.book().location
    let_pass(app, provider)
    sweep(app, provider)
    late.visitor.post(f"{path}/start", {"gateway": "stripe", "key": "k1"})
    quick.hold(email="quick@mail.example")
    settle(app, provider, "succeeded")
    assert statuses(app, provider) == ["expired", "pending"]
    page = late.visitor.get(path)
    assert "arrived when the places were gone" in page.get_data(as_text=True)
    with app.app_context(), tenant_scope(provider.id):
        assert [item.kind for item in db.session.scalars(select(WorkItem))] == ["paid_after_hold"]
        db.session.remove()


def test_a_payment_that_failed_can_be_tried_again_or_the_booking_changed(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    path = booker.book(1).location
    booker.visitor.post(f"{path}/start", {"gateway": "stripe", "key": "k1"})
    settle(app, provider, "failed")
    assert "by card" in booker.visitor.get(path).get_data(as_text=True)
    assert booker.hold(2).location == f"{booker.path}/terms"
    assert statuses(app, provider) == ["expired", "pending"]


def test_holding_places_asks_little_of_the_database(app: Flask, provider: Provider, booker: Booker) -> None:
    """A round trip more is one more of every visitor's; the same form again only looks."""
    booker.visitor.kept_token()
    booker.look()
    with statements() as first:
        booker.hold(5)
    with statements() as again:
        booker.hold(5)
    assert len(first) <= 16, first
    assert len(again) <= 7, again
