"""Our ledger against the gateway's: what differs becomes work, and nothing is booked that the gateway was not asked about."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.gateway_terms import Standing
from backoffice.domain.times import day_bounds, to_local
from backoffice.jobs import reconciling
from backoffice.models import GatewayAccount, Payment, PaymentEvent, Reconciliation, Tenant, WorkItem
from backoffice.services import open_payments, reconciliation
from tests.paying import account_of, fresh_payment, items, settled, started, word
from tests.services.booked import done
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
LONDON = "Europe/London"


def paid(gateway: StandIn, **more: Any) -> Payment:
    """A payment that is in on both sides."""
    payment = started()
    settled(payment, paid_at=NOW - timedelta(hours=1))
    gateway.standings[payment.id] = word(payment, paid_at=NOW - timedelta(hours=1), **more)
    return fresh_payment(payment.id)


def compared(
    since: datetime = NOW - DAY, until: datetime | None = None, kind: str = "asked"
) -> Reconciliation:
    end = until or datetime.now(UTC)
    run = done(lambda: reconciliation.begin(account_of(), since, end, kind, SYSTEM))
    run_id = run.id
    reconciling.run_now(run_id)
    return reconciliation.get(run_id)


def kinds(run: Reconciliation) -> list[str]:
    return [each["kind"] for each in run.differences]


def test_equal_ledgers_are_equal_to_the_penny(gateway: StandIn) -> None:
    for _ in range(3):
        paid(gateway)
    run = compared()
    assert (run.state, run.differences, run.error) == ("equal", [], None)
    assert (run.payments_here, run.payments_here_minor) == (3, 225_00)
    assert (run.payments_there, run.payments_there_minor) == (3, 225_00)
    assert run.looked_at == 3
    assert run.finished_at is not None
    assert items() == []


def test_money_that_came_for_a_failed_attempt_is_work_and_is_not_booked(gateway: StandIn) -> None:
    payment = started()
    settled(payment, "failed")
    gateway.standings[payment.id] = word(payment, paid_at=NOW - timedelta(hours=1))
    for _ in range(2):
        run = compared()
        assert (run.state, kinds(run)) == ("different", ["paid_there"])
        assert (run.payments_here_minor, run.payments_there_minor) == (0, 75_00)
    assert fresh_payment(payment.id).status == "failed"
    assert items() == ["reconcile_paid_there"]  # found twice, listed once


def test_an_open_payment_that_was_paid_is_asked_about_and_booked(gateway: StandIn) -> None:
    payment = started()
    gateway.standings[payment.id] = word(payment, paid_at=NOW - timedelta(hours=1))
    run = compared()
    assert (run.state, fresh_payment(payment.id).status) == ("equal", "succeeded")
    assert payment.id in gateway.asked
    assert items() == []


def test_an_open_payment_paid_with_other_money_stays_open(gateway: StandIn) -> None:
    payment = started()
    gateway.standings[payment.id] = word(payment, amount_minor=1, paid_at=NOW - timedelta(hours=1))
    run = compared()
    assert kinds(run) == ["paid_there"]
    assert fresh_payment(payment.id).status == "pending"
    assert sorted(items()) == ["payment_mismatch", "reconcile_paid_there"]


@pytest.mark.parametrize(
    ("theirs", "kind"),
    [
        ({"amount_minor": 1}, "other_amount"),
        ({"currency": "UGX"}, "other_amount"),
        ({"refunded_minor": 10_00}, "other_refunds"),
    ],
)
def test_what_differs_is_found_and_changes_nothing(
    gateway: StandIn, theirs: dict[str, object], kind: str
) -> None:
    payment = paid(gateway, **theirs)
    run = compared()
    assert (run.state, kinds(run)) == ("different", [kind])
    assert run.differences[0]["payment_id"] == str(payment.id)
    assert (fresh_payment(payment.id).amount_minor, fresh_payment(payment.id).refunded_minor) == (75_00, 0)
    assert items() == [f"reconcile_{kind}"]


def test_a_payment_that_the_gateway_does_not_know_is_found(gateway: StandIn) -> None:
    payment = paid(gateway)
    del gateway.standings[payment.id]
    run = compared()
    assert kinds(run) == ["unknown_there"]
    assert (run.payments_here_minor, run.payments_there_minor) == (75_00, 0)


def test_a_payment_that_the_gateway_says_failed_is_found(gateway: StandIn) -> None:
    payment = paid(gateway)
    gateway.standings[payment.id] = word(payment, "failed")
    assert kinds(compared()) == ["not_there"]


def test_money_that_is_nothing_of_ours_is_found(gateway: StandIn) -> None:
    paid(gateway)
    stranger = Standing(
        "succeeded", 20_00, "GBP", gateway_payment_id="pi_other", paid_at=NOW - timedelta(hours=2)
    )
    gateway.others.append(stranger)
    run = compared()
    assert kinds(run) == ["unknown_here"]
    assert (run.payments_here_minor, run.payments_there_minor) == (75_00, 95_00)
    (item,) = db.session.scalars(select(WorkItem))
    assert (item.subject_type, item.subject_id) == ("reconciliations", run.id)


def test_what_lies_just_outside_the_span_is_not_missed_nor_counted(gateway: StandIn) -> None:
    payment = paid(gateway)
    gateway.standings[payment.id] = word(payment, paid_at=NOW - timedelta(hours=3))  # another clock
    run = compared(since=NOW - timedelta(hours=2))
    assert (run.state, run.payments_here, run.payments_there) == ("equal", 1, 1)
    run = compared(since=NOW - timedelta(hours=4), until=NOW - timedelta(hours=2))
    assert (run.state, run.payments_here, run.payments_there) == ("equal", 0, 0)


def test_a_gateway_that_does_not_answer_fails_the_comparison_and_nothing_else(gateway: StandIn) -> None:
    paid(gateway)
    gateway.is_down = True
    run = compared()
    assert (run.state, run.error) == ("failed", "no answer")
    assert items() == []


def test_a_gateway_without_a_list_is_asked_one_by_one(gateway: StandIn) -> None:
    gateway.can_list = False
    first, second = paid(gateway), started()
    settled(second, "cancelled")
    gateway.standings[second.id] = word(second, paid_at=NOW - timedelta(hours=1))
    run = compared()
    assert {first.id, second.id} <= set(gateway.asked)
    assert kinds(run) == ["paid_there"]


def test_one_that_gets_no_answer_is_said_and_is_no_work(gateway: StandIn) -> None:
    gateway.can_list = False
    payment = paid(gateway)
    gateway.silent.add(payment.id)
    run = compared()
    assert (run.state, kinds(run)) == ("different", ["no_answer"])
    assert items() == []


def test_a_comparison_is_made_once_and_taken_over_from_a_dead_worker(gateway: StandIn) -> None:
    run = done(lambda: reconciliation.begin(account_of(), NOW - DAY, NOW, "asked", SYSTEM))
    assert done(lambda: reconciliation.claim(run.id, NOW)) is not None
    assert done(lambda: reconciliation.claim(run.id, NOW)) is None
    later = NOW + reconciliation.LONGEST + timedelta(seconds=1)
    assert reconciliation.list_waiting(later) == [run.id]
    assert done(lambda: reconciliation.claim(run.id, later)) is not None


def test_a_night_that_failed_is_tried_again_for_a_day_and_then_is_work(gateway: StandIn) -> None:
    paid(gateway)
    gateway.is_down = True
    run = compared(kind="night")
    assert (run.state, items()) == ("failed", [])
    hour = timedelta(hours=1, seconds=1)
    assert reconciliation.list_waiting(NOW + hour / 2) == []
    assert reconciliation.list_waiting(datetime.now(UTC) + hour) == [run.id]
    assert reconciliation.list_waiting(datetime.now(UTC) + 24 * hour) == []
    for _ in range(2):
        done(lambda: reconciliation.fail(run.id, "no answer", datetime.now(UTC) + 23 * hour))
    assert items() == ["reconcile_failed"]


def test_a_night_that_failed_is_made_up_for(gateway: StandIn) -> None:
    paid(gateway)
    gateway.is_down = True
    run = compared(kind="night")
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    db.session.execute(update(Reconciliation).values(finished_at=long_ago))
    db.session.commit()
    gateway.is_down = False
    reconciling.run_now(run.id)
    run = reconciliation.get(run.id)
    assert (run.state, run.error, run.payments_there_minor) == ("equal", None, 75_00)


def test_what_was_asked_for_is_not_tried_again(gateway: StandIn) -> None:
    gateway.is_down = True
    account_of()
    compared()
    assert reconciliation.list_waiting(datetime.now(UTC) + timedelta(hours=2)) == []


def test_the_night_compares_the_last_three_days_once(gateway: StandIn, tenant: Tenant) -> None:
    account_of()
    before, after = datetime(2026, 7, 2, 2, 9, tzinfo=UTC), datetime(2026, 7, 2, 2, 11, tzinfo=UTC)
    assert reconciling.begin_due(before) == 0  # 03:09 in summer
    assert reconciling.begin_due(after) == 1
    assert reconciling.begin_due(after + timedelta(hours=9)) == 0
    (run,) = db.session.scalars(select(Reconciliation))
    assert (run.kind, run.state) == ("night", "waiting")
    assert (run.since, run.until) == (
        datetime(2026, 6, 28, 23, tzinfo=UTC),
        datetime(2026, 7, 1, 23, tzinfo=UTC),
    )


def test_once_a_month_everything_is_compared(gateway: StandIn) -> None:
    account = account_of()
    account.created_at = datetime(2026, 1, 15, tzinfo=UTC)
    db.session.commit()
    assert reconciling.begin_due(datetime(2026, 7, 1, 5, tzinfo=UTC)) == 2
    month = db.session.scalars(select(Reconciliation).where(Reconciliation.kind == "month")).one()
    assert month.since == datetime(2026, 1, 15, tzinfo=UTC)


def test_an_open_payment_is_never_left_for_more_than_five_minutes() -> None:
    pushed, lost, soon, other = started(), started(), started(), started()
    now = datetime.now(UTC).replace(microsecond=0)
    far = now + timedelta(days=3)
    db.session.execute(update(Payment).where(Payment.id == pushed.id).values(next_check_at=far))
    db.session.execute(update(Payment).where(Payment.id == lost.id).values(next_check_at=None))
    db.session.commit()
    settled(other, amount_minor=1)  # waits for people
    assert done(lambda: open_payments.pull_forward(now)) == 2
    assert fresh_payment(pushed.id).next_check_at == fresh_payment(lost.id).next_check_at == now
    assert fresh_payment(other.id).next_check_at is None
    assert fresh_payment(soon.id).next_check_at != now


def test_an_attempt_without_a_last_word_is_put_before_people_once() -> None:
    payment = started()
    db.session.execute(
        update(Payment).values(ends_at=NOW - timedelta(hours=1), created_at=NOW - timedelta(hours=2))
    )
    db.session.commit()
    assert [done(lambda: open_payments.report_unanswered(NOW)) for _ in range(2)] == [1, 0]
    assert items() == ["payment_unanswered"]
    assert fresh_payment(payment.id).status == "pending"


def test_a_report_of_whole_days_is_held_against_the_gateway(gateway: StandIn) -> None:
    payment = paid(gateway)
    at = NOW - DAY
    db.session.execute(update(Payment).values(paid_at=at))
    db.session.commit()
    gateway.standings[payment.id] = word(payment, paid_at=at)
    begin, end = whole_days(at)
    (before,) = reconciliation.control_totals(begin, end)
    assert (before.here_minor, before.there_minor, before.is_complete) == (75_00, None, False)
    compared(begin, end, "night")
    (after,) = reconciliation.control_totals(begin, end)
    assert (after.here_minor, after.there_minor, after.is_equal) == (75_00, 75_00, True)
    assert after.checked_at is not None


def whole_days(first: datetime) -> tuple[datetime, datetime]:
    """From the day of this instant to the end of yesterday, on the provider's clock."""
    begin, end = (day_bounds(to_local(each, LONDON).date(), LONDON)[0] for each in (first, NOW))
    return begin, end


def test_a_day_with_an_unanswered_payment_is_not_compared(gateway: StandIn) -> None:
    gateway.can_list = False
    heard, silent = paid(gateway), paid(gateway)
    for payment, at in ((heard, NOW - 2 * DAY), (silent, NOW - DAY)):
        db.session.execute(update(Payment).where(Payment.id == payment.id).values(paid_at=at))
        gateway.standings[payment.id] = word(payment, paid_at=at)
    db.session.execute(update(GatewayAccount).values(created_at=NOW - 9 * DAY))
    db.session.commit()
    begin, end = whole_days(NOW - 2 * DAY)
    gateway.silent.add(silent.id)
    compared(begin, end)
    (total,) = reconciliation.control_totals(begin, end)
    assert (total.days, total.days_checked, total.there_minor) == (2, 1, None)
    gateway.silent.clear()
    compared(begin, end, "night")
    (total,) = reconciliation.control_totals(begin, end)
    assert (total.days_checked, total.is_equal, total.there_minor) == (2, True, 150_00)


def test_a_later_comparison_that_heard_less_does_not_hide_an_earlier_one(gateway: StandIn) -> None:
    gateway.can_list = False
    payment, at = paid(gateway), NOW - DAY
    db.session.execute(update(Payment).values(paid_at=at))
    db.session.commit()
    gateway.standings[payment.id] = word(payment, paid_at=at)
    begin, end = whole_days(at)
    compared(begin, end)
    gateway.silent.add(payment.id)
    compared(begin, end, "night")
    assert [each.is_equal for each in reconciliation.control_totals(begin, end)] == [True]


def test_an_account_out_of_use_needs_no_comparison_where_it_brought_nothing(gateway: StandIn) -> None:
    begin, end = whole_days(NOW - DAY)
    account = account_of()
    account.created_at, account.is_in_use = NOW - 9 * DAY, False
    db.session.commit()
    assert [each.is_complete for each in reconciliation.control_totals(begin, end)] == [True]
    account.is_in_use = True
    db.session.commit()
    assert [each.is_complete for each in reconciliation.control_totals(begin, end)] == [False]


def test_a_lost_comparison_is_rung_for_though_the_next_one_cannot_begin(
    gateway: StandIn, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = done(lambda: reconciliation.begin(account_of(), NOW - DAY, NOW, "asked", SYSTEM))
    db.session.execute(update(Reconciliation).values(created_at=NOW - timedelta(hours=1)))
    db.session.commit()
    tenant_id, run_id = tenant.id, run.id
    rung: list[object] = []
    monkeypatch.setattr(reconciling.doorbell, "ring", rung.extend)
    monkeypatch.setattr(reconciling, "begin_due", lambda now: 1 / 0)
    reconciling.keep_watch()
    assert ("reconciliation", tenant_id, run_id) in rung


def test_the_watch_goes_over_every_tenant(gateway: StandIn, tenant: Tenant) -> None:
    payment = started()
    tenant_id: UUID = tenant.id
    db.session.execute(update(Payment).where(Payment.id == payment.id).values(next_check_at=None))
    db.session.commit()
    assert reconciling.keep_watch() >= 1
    assert tenant_id == tenant.id
    assert fresh_payment(payment.id).next_check_at is not None
    assert db.session.scalar(select(PaymentEvent.kind).limit(1)) == "started"


def test_a_comparison_keeps_a_fee_that_nobody_had_said(gateway: StandIn) -> None:
    payment = paid(gateway, fee_minor=155)
    assert payment.fee_minor is None
    assert compared().state == "equal"
    assert fresh_payment(payment.id).fee_minor == 155


def test_a_card_that_was_refused_before_is_no_difference(gateway: StandIn) -> None:
    payment = paid(gateway)
    refused = word(payment, "failed", payment_id=None, gateway_payment_id="1000", paid_at=None)
    gateway.others.append(refused)
    assert compared().state == "equal"


def test_a_second_payment_under_the_same_reference_is_found(gateway: StandIn) -> None:
    payment = paid(gateway)
    again = word(payment, gateway_payment_id="1002", payment_id=None, paid_at=NOW - timedelta(hours=1))
    gateway.others.append(again)
    run = compared()
    assert kinds(run) == ["paid_twice"]
    assert (run.payments_here_minor, run.payments_there_minor) == (75_00, 150_00)
