"""What the worker does with a gateway's word, and how it asks when none comes."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.domain.gateway_terms import Notice, Pointer, Received, Standing
from backoffice.jobs import gateways, sweeps
from backoffice.models import Booking, GatewayEvent, Payment, Tenant
from backoffice.services import bookings, gateway_events, settling
from tests import factories
from tests.paying import account_of, booking_of, fresh_payment, items, outcomes, settled, started, word
from tests.services.booked import ADMIN, done, fresh, mails, placed
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")


def kept(payment: Payment, /, status: str = "succeeded", event_id: str = "evt_1", **more: object) -> UUID:
    """An event about a payment, as the door keeps it."""
    payload = {"payment": str(payment.id), "status": status, "amount_minor": payment.amount_minor} | more
    received = Received(event_id, "said", payload)
    found = done(lambda: gateway_events.keep(account_of(), received))
    assert found is not None
    return found


def applied(tenant: Tenant, event_id: UUID) -> GatewayEvent:
    gateways.apply_event(str(tenant.id), str(event_id))
    db.session.expire_all()
    return db.session.get_one(GatewayEvent, event_id)


def due(payment: Payment) -> None:
    now = datetime.now(UTC) - timedelta(seconds=1)
    db.session.execute(update(Payment).where(Payment.id == payment.id).values(next_check_at=now))
    db.session.commit()


def held_until(booking: Booking, at: datetime) -> None:
    db.session.execute(update(Booking).where(Booking.id == booking.id).values(hold_expires_at=at))
    db.session.commit()


# --- Events ---


def test_a_signed_word_is_applied_without_asking(tenant: Tenant, gateway: StandIn) -> None:
    payment = started()
    event = applied(tenant, kept(payment))
    assert (event.outcome, event.payment_id) == ("succeeded", payment.id)
    assert gateway.asked == []
    assert booking_of(payment).status == "confirmed"


def test_a_word_without_proof_is_only_a_reason_to_ask(tenant: Tenant, gateway: StandIn) -> None:
    """Abuse case B16: the right address and shape, and the gateway says otherwise."""
    payment = started()
    gateway.standings[payment.id] = word(payment, "pending")
    event = applied(tenant, kept(payment, is_proof=False))
    assert gateway.asked == [payment.id]
    assert event.outcome == "already pending"
    assert fresh_payment(payment.id).status == "pending"
    # The control: the same message, and the gateway says so too.
    gateway.standings[payment.id] = word(payment)
    assert applied(tenant, kept(payment, event_id="evt_2", is_proof=False)).outcome == "succeeded"


def test_an_event_is_applied_once(tenant: Tenant, gateway: StandIn) -> None:
    payment = started()
    event_id = kept(payment)
    for _ in range(3):
        applied(tenant, event_id)
    assert mails() == ["booking_confirmed"]
    assert db.session.scalars(select(GatewayEvent.attempts)).one() == 1


def test_an_event_about_nothing_of_ours_is_done_with(tenant: Tenant, gateway: StandIn) -> None:
    event_id = kept(started(), payment="01890000-0000-7000-8000-000000000000")
    event = applied(tenant, event_id)
    assert (event.outcome, event.payment_id) == (gateways.UNKNOWN, None)


def test_an_event_is_tried_again_when_the_gateway_does_not_answer(tenant: Tenant, gateway: StandIn) -> None:
    payment = started()
    gateway.is_down = True
    event_id = kept(payment, is_proof=False)
    event = applied(tenant, event_id)
    assert (event.processed_at, event.last_error) == (None, "no answer")
    assert event.next_attempt_at > datetime.now(UTC)
    gateway.is_down = False
    gateway.standings[payment.id] = word(payment)
    db.session.execute(update(GatewayEvent).values(next_attempt_at=datetime.now(UTC)))
    db.session.commit()
    assert applied(tenant, event_id).outcome == "succeeded"


def test_an_event_nobody_can_read_ends_dead_with_its_reason_and_can_be_replayed(
    tenant: Tenant, gateway: StandIn
) -> None:
    account = account_of()
    found = done(lambda: gateway_events.keep(account, Received("evt_1", "odd", {"odd": True})))
    assert found is not None
    for _ in range(gateway_events.MAXIMUM_TRIES + 1):
        db.session.execute(update(GatewayEvent).values(next_attempt_at=datetime.now(UTC)))
        db.session.commit()
        event = applied(tenant, found)
    assert event.dead_at is not None
    assert event.last_error
    assert "Traceback" not in event.last_error
    done(lambda: gateway_events.replay(found, ADMIN))
    db.session.expire_all()
    event = db.session.get_one(GatewayEvent, found)
    assert (event.dead_at, event.attempts) == (None, 0)


def test_an_event_whose_worker_died_between_claim_and_effect_is_due_again(
    tenant: Tenant, gateway: StandIn
) -> None:
    payment = started()
    event_id = kept(payment)
    assert done(lambda: gateway_events.claim(event_id)) == 1  # and kill -9
    assert applied(tenant, event_id).processed_at is None
    db.session.execute(update(GatewayEvent).values(next_attempt_at=datetime.now(UTC)))
    db.session.commit()
    assert applied(tenant, event_id).outcome == "succeeded"
    assert mails() == ["booking_confirmed"]


def test_the_effect_and_its_mark_are_one_transaction(
    tenant: Tenant, gateway: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies before the mark leaves no effect either: the next try has the only one."""
    payment = started()
    event_id = kept(payment)

    def dies(*_: object) -> None:
        raise RuntimeError("kill -9")

    with monkeypatch.context() as patch:
        patch.setattr(gateway_events, "mark_applied", dies)
        applied(tenant, event_id)
    assert fresh_payment(payment.id).status == "pending"
    assert mails() == []
    db.session.execute(update(GatewayEvent).values(next_attempt_at=datetime.now(UTC)))
    db.session.commit()
    applied(tenant, event_id)
    assert mails() == ["booking_confirmed"]


# --- Asking ---


def test_a_payment_nobody_told_us_of_is_asked_about_and_booked(tenant: Tenant, gateway: StandIn) -> None:
    payment = started()
    gateway.standings[payment.id] = word(payment)
    due(payment)
    gateways.check_payment(str(tenant.id), str(payment.id))
    assert fresh_payment(payment.id).status == "succeeded"
    assert gateway.asked == [payment.id]
    gateways.check_payment(str(tenant.id), str(payment.id))
    assert gateway.asked == [payment.id]


def test_a_payment_that_is_not_due_is_not_asked_about(gateway: StandIn) -> None:
    payment = started()
    assert gateways.check(payment.id) == "not due"
    assert gateway.asked == []


def test_no_answer_leaves_everything_as_it_was_and_due_again(gateway: StandIn) -> None:
    payment = started()
    gateway.is_down = True
    due(payment)
    assert gateways.check(payment.id) == "no answer"
    payment = fresh_payment(payment.id)
    assert payment.status == "pending"
    assert payment.next_check_at is not None
    assert payment.next_check_at <= datetime.now(UTC) + settling.LONGEST_PAUSE


def test_one_that_the_gateway_does_not_know_ends_only_when_its_time_is_up(gateway: StandIn) -> None:
    payment = started()
    due(payment)
    gateways.check(payment.id)
    assert fresh_payment(payment.id).status == "pending"
    db.session.execute(update(Payment).values(ends_at=datetime.now(UTC) - timedelta(seconds=1)))
    db.session.commit()
    due(payment)
    gateways.check(payment.id)
    assert fresh_payment(payment.id).status == "cancelled"


def test_an_attempt_that_nothing_is_owed_for_is_ended_at_its_gateway(gateway: StandIn) -> None:
    booking = placed()
    first = started(booking)
    db.session.execute(update(Payment).values(checkout_url=None))
    db.session.commit()
    second = started(fresh(booking.id))
    gateway.standings[second.id] = word(second, "pending")
    settled(first)
    gateways.check(second.id)
    assert gateway.ended == [second.id]
    assert fresh_payment(second.id).status == "cancelled"
    assert items() == []


def test_an_attempt_that_was_paid_while_it_was_being_ended_is_flagged(gateway: StandIn) -> None:
    """Abuse case B22, the late one."""
    booking = placed()
    first = started(booking)
    db.session.execute(update(Payment).values(checkout_url=None))
    db.session.commit()
    second = started(fresh(booking.id))
    gateway.standings[second.id] = word(second)
    settled(first)
    gateways.check(second.id)
    assert (fresh_payment(second.id).status, items()) == ("succeeded", ["paid_too_much"])
    assert fresh(booking.id).paid_minor == 75_00


# --- Holds that end while somebody may be paying ---


def test_a_hold_ends_after_its_session_was_ended(gateway: StandIn) -> None:
    payment = started()
    gateway.standings[payment.id] = word(payment, "pending")
    booking = booking_of(payment)
    held_until(booking, datetime.now(UTC) - timedelta(seconds=1))
    sweeps.release_ended_holds()
    assert gateway.ended == [payment.id]
    assert (fresh(booking.id).status, fresh_payment(payment.id).status) == ("expired", "cancelled")


def test_a_hold_is_kept_while_the_gateway_does_not_answer(gateway: StandIn) -> None:
    payment = started()
    gateway.is_down = True
    booking = booking_of(payment)
    held_until(booking, datetime.now(UTC) - timedelta(seconds=1))
    sweeps.release_ended_holds()
    assert (fresh(booking.id).status, fresh_payment(payment.id).status) == ("pending", "pending")
    gateway.is_down = False
    gateway.standings[payment.id] = word(payment, "pending")
    sweeps.release_ended_holds()
    assert fresh(booking.id).status == "expired"


def test_a_hold_whose_session_was_paid_at_the_last_moment_is_confirmed(gateway: StandIn) -> None:
    payment = started()
    gateway.standings[payment.id] = word(payment)
    booking = booking_of(payment)
    held_until(booking, datetime.now(UTC) - timedelta(seconds=1))
    sweeps.release_ended_holds()
    assert (fresh(booking.id).status, fresh_payment(payment.id).status) == ("confirmed", "succeeded")


def test_without_the_guard_a_page_that_is_still_open_loses_its_places(gateway: StandIn) -> None:
    """The control of the three above: an attempt nobody counts as open does not keep the places."""
    payment = started()
    booking = booking_of(payment)
    held_until(booking, datetime.now(UTC) - timedelta(seconds=1))
    assert not done(lambda: bookings.release_ended_hold(booking.id, ADMIN))
    db.session.execute(update(Payment).values(gateway_account_id=None))
    db.session.commit()
    assert done(lambda: bookings.release_ended_hold(booking.id, ADMIN))


def test_what_became_of_events_is_said_in_words(tenant: Tenant, gateway: StandIn) -> None:
    payment = started()
    applied(tenant, kept(payment, amount_minor=1))
    assert outcomes() == ["not paid: £0.01 came instead of £75.00"]
    assert items() == ["payment_mismatch"]


def test_a_word_about_another_tenants_payment_is_about_nothing(tenant: Tenant, gateway: StandIn) -> None:
    other = factories.make_gateway_account("stripe", is_in_use=False, path=f"other-{tenant.slug}")
    payment = started()
    payload = {"payment": str(payment.id), "status": "succeeded"}
    event_id = done(lambda: gateway_events.keep(other, Received("evt_9", "said", payload)))
    assert event_id is not None
    assert applied(tenant, event_id).outcome == gateways.UNKNOWN
    assert fresh_payment(payment.id).status == "pending"


def test_the_fee_that_came_too_late_for_the_event_is_asked_for(tenant: Tenant, gateway: StandIn) -> None:
    payment = started()
    applied(tenant, kept(payment))
    assert fresh_payment(payment.id).fee_minor is None
    gateway.standings[payment.id] = word(payment, fee_minor=155)
    due(payment)
    assert sweeps.sweep_payments() >= 1
    gateways.check_payment(str(tenant.id), str(payment.id))
    known = fresh_payment(payment.id)
    assert (known.status, known.fee_minor, known.next_check_at) == ("succeeded", 155, None)
    assert gateway.ended == []


def test_a_gateway_that_is_slow_to_fail_does_not_hold_up_the_other_periodic_work(
    gateway: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try takes its time-outs; the scheduler has other things to do."""
    payments = [started() for _ in range(3)]
    for payment in payments:
        held_until(booking_of(payment), datetime.now(UTC) - timedelta(seconds=1))
    tried: list[UUID] = []

    def slow(booking_id: UUID) -> None:
        tried.append(booking_id)
        time.sleep(0.2)

    monkeypatch.setattr(gateways, "end_attempts", slow)
    monkeypatch.setattr(sweeps, "SECONDS_HERE", 0.1)
    sweeps.release_ended_holds()
    assert len(tried) == 1


def test_without_redis_one_piece_of_work_that_fails_does_not_stop_the_others(
    tenant: Tenant, gateway: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    payments = [started(), started()]
    for payment in payments:
        due(payment)
        gateway.standings[payment.id] = word(payment)
    ask = gateway.ask

    def fails_once(pointer: Pointer, notice: Notice | None = None) -> Standing:
        if not gateway.asked:
            gateway.asked.append(pointer.payment_id)
            raise RuntimeError("broken")
        return ask(pointer, notice)

    monkeypatch.setattr(gateway, "ask", fails_once)
    pairs = [(tenant.id, payment.id) for payment in payments]
    assert sweeps._do_here(pairs, gateways.check_payment) == 2
    assert sorted(fresh_payment(payment.id).status for payment in payments) == ["pending", "succeeded"]
