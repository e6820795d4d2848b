"""A link that leads to pay a booking or a group: one that lives, its secret kept nowhere in clear."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.models import AuditEvent, Booking, Message, PaymentLink, Tenant
from backoffice.services import booking_groups, bookings, pay_facts, payment_links, payments
from backoffice.services.bookings import Order
from backoffice.services.customers import CustomerIn
from backoffice.services.payment_links import Subject
from backoffice.services.payments import PaymentIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories

JANE = CustomerIn(first_name="Jane", last_name="Smith", email="jane@mail.example")


def place(method: str = "payment_link", places: int = 1, **more: object) -> Booking:
    schedule = more.pop("schedule", None) or factories.make_schedule()
    order = Order(schedule.id, places, JANE, method, **more)  # type: ignore[attr-defined,arg-type]
    placed = commit_once(lambda: bookings.place(order, factories.actor("office")))
    return db.session.get_one(Booking, placed.booking_id)


def make(booking: Booking, amount_minor: int | None = None, role: str = "office") -> PaymentLink:
    return commit_once(lambda: payment_links.make(Subject(booking.id), factories.actor(role), amount_minor))


def pay(booking: Booking, amount_minor: int) -> None:
    commit_once(
        lambda: payments.take(PaymentIn("cash", amount_minor, (booking.id,)), factories.actor("admin"))
    )


def state_of(link: PaymentLink) -> pay_facts.Asked:
    return pay_facts.of_link(payment_links.get(link.id), datetime.now(UTC))


def test_the_living_link_is_given_again(tenant: Tenant) -> None:
    booking = place()
    first, second = make(booking), make(booking)
    assert first.id == second.id
    assert payment_links.find(first.token) == first
    entries = db.session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("payment_link:%")))
    assert list(entries) == ["payment_link:make"]


def test_an_ended_link_is_followed_by_another(tenant: Tenant) -> None:
    booking = place()
    first = make(booking)
    commit_once(lambda: payment_links.end(first.id, factories.actor("office")))
    second = make(booking)
    assert second.id != first.id
    assert state_of(first).state == "ended"
    assert state_of(second).state == "due"


def test_two_clerks_at_once_make_one_link(app: Flask, tenant: Tenant) -> None:
    booking_id, tenant_id = place().id, tenant.id
    ready, made = threading.Barrier(4), []

    def one() -> None:
        with app.app_context(), tenant_scope(tenant_id):
            ready.wait()
            link = commit_once(lambda: payment_links.make(Subject(booking_id), SYSTEM))
            made.append(link.token)
            db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1


def test_the_address_is_at_the_tenants_own_host_and_in_no_row(
    tenant: Tenant, provider: factories.Provider
) -> None:
    link = make(place())
    url = payment_links.url_of(link)
    assert f"//{provider.host}" in url
    assert url.endswith(f"/pay/{link.token}")
    assert len(link.token) >= 32
    row = db.session.execute(text("SELECT payment_links::text FROM payment_links")).scalar_one()
    assert link.token not in row


def test_another_tenants_link_is_not_found_here(app: Flask, tenant: Tenant) -> None:
    token = make(place()).token
    other = factories.make_provider()
    with tenant_scope(other.id):
        assert payment_links.find(token) is None
        db.session.remove()


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "\ud83d\ude00"])
def test_a_token_that_is_none_is_not_found(tenant: Tenant, token: str) -> None:
    assert payment_links.find(token.encode("utf-8", "replace").decode()) is None


def test_nothing_due_needs_no_link(tenant: Tenant) -> None:
    paid, cancelled = place("cash"), place()
    commit_once(lambda: bookings.cancel(cancelled.id, "Ill", factories.actor("admin")))
    for booking in (paid, cancelled):
        with pytest.raises(Refused, match="Nothing is due"):
            make(booking)


def test_a_link_needs_the_right_to_take_money_and_a_booking(tenant: Tenant) -> None:
    booking = place()
    with pytest.raises(Forbidden):
        make(booking, role="manager")
    with pytest.raises(NotFound):
        payment_links.make(Subject(factories.make_user().id), factories.actor("office"))
    with pytest.raises(NotFound):
        payment_links.make(Subject(), factories.actor("office"))


def test_a_deposit_is_asked_for_first_and_the_rest_later(tenant: Tenant) -> None:
    booking = place()
    link = make(booking, 25_00)
    asked = state_of(link)
    assert (asked.state, asked.asked_minor, asked.due_minor) == ("due", 25_00, 75_00)
    pay(booking, 10_00)
    assert state_of(link).asked_minor == 15_00
    pay(booking, 15_00)
    asked = state_of(link)
    assert (asked.state, asked.asked_minor, asked.due_minor) == ("deposit_paid", 0, 50_00)
    assert make(booking).amount_minor == 25_00
    assert make(booking, 20_00).id == link.id
    assert state_of(link).asked_minor == 20_00
    assert make(booking, 50_00).amount_minor is None
    assert state_of(link).asked_minor == 50_00


@pytest.mark.parametrize("amount", [0, -1, 75_01])
def test_a_deposit_is_a_part_of_what_is_due(tenant: Tenant, amount: int) -> None:
    booking = place()
    with pytest.raises(Invalid) as refusal:
        make(booking, amount)
    assert refusal.value.field == "amount"


def test_how_a_booking_stands_is_how_its_link_stands(tenant: Tenant) -> None:
    booking = place()
    link = make(booking)
    assert state_of(link).held_until == booking.hold_expires_at
    pay(booking, 75_00)
    assert state_of(link).state == "paid"
    gone = place()
    link = make(gone)
    commit_once(lambda: bookings.cancel(gone.id, "Ill", factories.actor("admin")))
    assert state_of(link).state == "cancelled"


def expire(booking: Booking) -> None:
    """Its hold ended a moment ago."""
    booking.hold_expires_at = datetime.now(UTC) - timedelta(seconds=1)
    db.session.commit()
    assert commit_once(lambda: bookings.release_ended_hold(booking.id, SYSTEM))


def test_places_that_are_still_free_can_be_paid_after_the_hold(tenant: Tenant) -> None:
    schedule = factories.make_schedule(capacity=2)
    booking = place(places=2, schedule=schedule)
    link = make(booking)
    expire(booking)
    assert state_of(link).state == "due"
    place("cash", schedule=schedule)
    assert state_of(link).state == "expired"


def test_a_group_is_paid_by_one_link_that_leaves_out_what_is_paid(tenant: Tenant) -> None:
    first, second, paid = place(), place(places=2), place("cash")
    ids = [each.id for each in (first, second, paid)]
    group = commit_once(lambda: booking_groups.make("Spring", ids, factories.actor("admin")))
    link = commit_once(lambda: payment_links.make(Subject(group_id=group.id), factories.actor("office")))
    asked = state_of(link)
    assert asked.asked_minor == 225_00
    assert set(asked.ids) == {first.id, second.id}


def test_a_link_is_mailed_without_being_written_down(tenant: Tenant) -> None:
    booking = place()
    link = make(booking)
    sent_to = commit_once(lambda: payment_links.mail(link.id, factories.actor("office")))
    assert sent_to == "jane@mail.example"
    message = db.session.scalars(select(Message).where(Message.template == "payment_link")).one()
    assert link.token not in str(message.data)


def test_a_link_without_an_address_to_go_to_is_not_mailed(tenant: Tenant) -> None:
    booking = place()
    booking.contact_email = None
    link = make(booking)
    with pytest.raises(Refused, match="no e-mail address"):
        payment_links.mail(link.id, factories.actor("office"))


def test_mpesa_is_offered_for_shillings_only(tenant: Tenant) -> None:
    with pytest.raises(Refused):
        payment_links.require_account("GBP")
    factories.make_gateway_account("mpesa", keys={"consumer_key": "k"})
    assert payment_links.accounts_for("GBP") == []
    assert [account.gateway for account in payment_links.accounts_for("KES")] == ["mpesa"]
