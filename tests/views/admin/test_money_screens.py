"""Payments, refunds, groups and discounts on their screens; and every staff write leaves exactly one entry."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import (
    AuditEvent,
    Booking,
    DiscountCode,
    Payment,
    Refund,
    Tenant,
    User,
)
from backoffice.services import booking_groups, credit, payments, refunds
from backoffice.services.customers import CustomerIn
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.views.admin.money_desk import Clerk, carried_by, counted, get, inside, place, said
from tests.web_client import Visitor, signed_in

STATEMENTS_MAXIMUM = 8


@pytest.fixture
def office(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "office")


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def unallocated(amount_minor: int = 10_000, customer_id: UUID | None = None) -> UUID:
    customer_id = customer_id or factories.make_user().id
    paid = PaymentIn("bank_transfer", amount_minor, customer_id=customer_id, send_mail=False)
    return commit_once(lambda: payments.take(paid, factories.actor("office"))).id


def requested(amount_minor: int = 5000, asker: User | None = None) -> UUID:
    booking = get(place(method="cash"))
    wanted = RefundIn(booking.allocations[0].payment_id, amount_minor, "ill", booking.id)
    return commit_once(lambda: refunds.request(wanted, factories.actor("office", asker))).id


def approved() -> UUID:
    refund_id = requested()
    commit_once(lambda: refunds.approve(refund_id, factories.actor("admin")))
    return refund_id


# --- Payments ---


def test_money_without_a_booking_stays_the_customers(app: Flask, provider: Provider, office: Visitor) -> None:
    with inside(app, provider):
        customer_id = factories.make_user(first_name="Ann", last_name="Cox").id
    form = {"customer": str(customer_id), "amount": "£25.50", "method": "cash", "payer_reference": "R-1"}
    answer = office.post("/admin/payments/new/", form)
    assert answer.status_code == 302, said(answer)
    with inside(app, provider):
        payment = db.session.scalars(select(Payment)).one()
        assert (payment.amount_minor, payment.unallocated_minor, payment.method) == (2550, 2550, "cash")
    text = said(office.get(answer.headers["Location"]))
    assert "Left £25.50" in text and "Ann Cox" in text and "R-1" in text


def test_a_companys_money_pays_its_earliest_dates_first(
    app: Flask, provider: Provider, office: Visitor
) -> None:
    with inside(app, provider):
        company_id = factories.make_company(has_terms=True).id
        customer = CustomerIn(first_name="A", last_name="B", email="a@b.example", company_id=company_id)
        late = factories.make_schedule(starts_at=datetime.now(UTC) + timedelta(days=60)).id
        ids = [place(late, customer=customer), place(customer=customer)]
    form = {"company": str(company_id), "amount": "100", "method": "invoice"}
    assert office.post("/admin/payments/new/", form).status_code == 302
    with inside(app, provider):
        assert [get(each).paid_minor for each in ids] == [2500, 7500]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "customer"),
        ({"amount": "0"}, "amount"),
        ({"amount": "ten"}, "amount"),
        ({"method": "barter"}, "method"),
        ({"payer_reference": "4111 1111 1111 1111"}, "payer_reference"),
        ({"paid_on": "2199-01-01"}, "paid_on"),
    ],
)
def test_a_wrong_payment_is_refused_beside_its_field(
    app: Flask, provider: Provider, office: Visitor, form: dict[str, str], field: str
) -> None:
    with inside(app, provider):
        customer = str(factories.make_user().id)
    whole = {"customer": customer if form else "", "amount": "10", "method": "cash"} | form
    answer = office.post("/admin/payments/new/", whole)
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.get_data(as_text=True)
    with inside(app, provider):
        assert db.session.scalars(select(Payment)).all() == []


def test_money_that_is_left_pays_a_booking(app: Flask, provider: Provider, office: Visitor) -> None:
    with inside(app, provider):
        booking = get(place())
        booking_id, payment_id = booking.id, unallocated(10_000, booking.customer_id)
    clerk = Clerk(office, "payments")
    assert "£100.00 of this payment is left" in said(clerk.open("allocate", payment_id))
    stale = carried(clerk, "allocate", payment_id)
    clerk.done("allocate", payment_id, {"booking": str(booking_id), "amount": "75"})
    with inside(app, provider):
        assert get(booking_id).payment_status == "paid"
    answer = clerk.send("allocate", payment_id, stale | {"booking": str(booking_id), "amount": "75"})
    assert answer.status_code == 409


def carried(clerk: Clerk, verb: str, row_id: UUID) -> dict[str, str]:
    return carried_by(clerk.open(verb, row_id))


@pytest.mark.parametrize("screen", ["payments", "refunds", "booking_groups", "discount_codes"])
def test_a_list_costs_the_same_statements_however_long(
    app: Flask, provider: Provider, admin: Visitor, screen: str
) -> None:
    with inside(app, provider):
        for _ in range(26):
            requested()
            factories.make_code()
        for row in db.session.scalars(select(Booking)).all():
            booking_groups.make("Group", [row.id], factories.actor("office"))
        db.session.commit()
    with counted(app) as sent:
        answer = admin.get(f"/admin/{screen}/")
    assert answer.status_code == 200 and len(sent) <= STATEMENTS_MAXIMUM, sent


@pytest.mark.parametrize("screen", ["payments", "refunds"])
def test_lists_of_money_are_narrowed_searched_and_exported(
    app: Flask, provider: Provider, admin: Visitor, screen: str
) -> None:
    with inside(app, provider):
        refund = db.session.get_one(Refund, requested())
        known = {"payments": refund.payment.reference, "refunds": refund.reference}[screen]
        customer = refund.payment.customer.email
    for query in ({"search": known}, {"search": customer}, {"from": "2020-01-01"}):
        assert known in said(admin.get(f"/admin/{screen}/", query_string=query))
    for query in ({"status": "failed"}, {"until": "2020-01-01"}, {"search": "nobody"}):
        assert known not in said(admin.get(f"/admin/{screen}/", query_string=query))
    assert known in admin.get(f"/admin/{screen}/export/csv/").get_data(as_text=True)


# --- Refunds ---


def test_a_refund_is_approved_and_paid_out_with_its_receipt(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        refund_id = requested()
    clerk = Clerk(admin, "refunds")
    clerk.done("approve", refund_id)
    clerk.done("execute", refund_id, {"receipt": "BACS 99"})
    with inside(app, provider):
        refund = db.session.get_one(Refund, refund_id)
        assert (refund.status, refund.receipt) == ("succeeded", "BACS 99")
        assert refund.booking.refunded_minor == 5000
    assert "Paid back £50.00" in said(clerk.open("details", refund_id))


def test_the_office_asks_and_does_nothing_else(app: Flask, provider: Provider, office: Visitor) -> None:
    with inside(app, provider):
        refund_id, approved_id = requested(), approved()
    clerk = Clerk(office, "refunds")
    assert clerk.open("details", refund_id).status_code == 200
    for verb, row_id in (("approve", refund_id), ("decline", refund_id), ("execute", approved_id)):
        assert clerk.open(verb, row_id).status_code == 403
        assert clerk.send(verb, row_id, {"reason": "x", "receipt": "x"}).status_code == 403
    assert clerk.send("edit", refund_id, {"status": "approved"}).status_code == 403
    with inside(app, provider):
        assert db.session.get_one(Refund, refund_id).status == "requested"


def set_limit(app: Flask, provider: Provider, limit_minor: int | None) -> None:
    with inside(app, provider):
        db.session.get_one(Tenant, provider.id).refund_limit_minor = limit_minor
        db.session.commit()


def test_a_manager_approves_only_what_is_above_the_limit(app: Flask, provider: Provider) -> None:
    set_limit(app, provider, 4000)
    with inside(app, provider):
        large, small = requested(5000), requested(3000)
    clerk = Clerk(signed_in(app, provider, "manager"), "refunds")
    assert "above the limit of £40.00" in said(clerk.open("details", large))
    answer = clerk.do("approve", small)
    assert answer.status_code == 403 and "Ask an administrator" in said(answer)
    clerk.done("approve", large)
    assert clerk.open("execute", large).status_code == 403


def test_a_credit_that_waited_for_a_second_person_is_carried_out_on_the_screen(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    """What a booker chose for a called-off date, above the limit."""
    set_limit(app, provider, 1000)
    with inside(app, provider):
        refund_id = requested(5000)
        refund = db.session.get_one(Refund, refund_id)
        refund.route, customer_id = "credit", refund.payment.customer_id
        db.session.commit()
    clerk = Clerk(admin, "refunds")
    clerk.done("approve", refund_id)
    shown = clerk.open("details", refund_id).get_data(as_text=True)
    assert "/send/" in shown and "/execute/" not in shown
    clerk.done("send", refund_id)
    with inside(app, provider):
        assert db.session.get_one(Refund, refund_id).status == "succeeded"
        assert credit.balance_minor(customer_id, "GBP") == 5000


def test_a_refund_that_its_gateway_is_silent_about_is_ended_on_the_screen(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        refund_id = approved()
        refund = db.session.get_one(Refund, refund_id)
        refund.route, refund.status = "gateway", "processing"
        refund.checks = refunds.MOST_CHECKS_ELSEWHERE - 1
        db.session.commit()
    clerk = Clerk(admin, "refunds")
    assert "/execute/" not in clerk.open("details", refund_id).get_data(as_text=True)
    with inside(app, provider):
        db.session.get_one(Refund, refund_id).checks += 1
        db.session.commit()
    assert "Look it up there, then end it here" in said(clerk.open("details", refund_id))
    assert "You found at the gateway" in said(clerk.open("execute", refund_id))
    clerk.done("execute", refund_id, {"receipt": "NLJ0000000"})
    with inside(app, provider):
        refund = db.session.get_one(Refund, refund_id)
        assert (refund.status, refund.receipt, refund.route) == ("succeeded", "NLJ0000000", "gateway")


def test_nobody_approves_ones_own_large_refund(app: Flask, provider: Provider, admin: Visitor) -> None:
    set_limit(app, provider, 1000)
    with inside(app, provider):
        asker = db.session.scalars(select(User).where(User.role == "admin")).one()
        refund_id = requested(5000, asker)
    clerk = Clerk(admin, "refunds")
    assert "/approve/" not in clerk.open("details", refund_id).get_data(as_text=True)
    answer = clerk.do("approve", refund_id)
    assert answer.status_code == 409 and "somebody else" in said(answer)


def test_two_who_decide_at_once_do_not_undo_each_other(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        refund_id = requested()
    clerk = Clerk(admin, "refunds")
    opened = carried(clerk, "decline", refund_id)
    clerk.done("approve", refund_id)
    answer = clerk.send("decline", refund_id, opened | {"reason": "too late for a refund"})
    text = said(answer)
    assert answer.status_code == 409 and "approved the refund of £50.00" in text
    assert 'value="too late for a refund"' in answer.get_data(as_text=True)
    with inside(app, provider):
        assert db.session.get_one(Refund, refund_id).status == "approved"


def test_money_left_over_goes_back_from_the_payment(app: Flask, provider: Provider, office: Visitor) -> None:
    with inside(app, provider):
        payment_id = unallocated()
    clerk = Clerk(office, "payments")
    clerk.done("request-refund", payment_id, {"booking": "", "amount": "100", "reason": "overpaid"})
    answer = clerk.do("request-refund", payment_id, {"booking": "", "amount": "100.01", "reason": "more"})
    assert answer.status_code == 422
    with inside(app, provider):
        assert db.session.scalars(select(Refund.amount_minor)).all() == [10_000]


# --- Groups ---


def test_one_payment_pays_a_whole_group(app: Flask, provider: Provider, office: Visitor) -> None:
    with inside(app, provider):
        ids = [place(), place()]
        group_id = commit_once(lambda: booking_groups.make("Spring", ids, factories.actor("office"))).id
    page = Clerk(office, "booking_groups").open("details", group_id)
    assert "Due £150.00" in said(page) and f"/admin/payments/new/?group={group_id}" in page.text
    assert "Spring" in office.get(f"/admin/payments/new/?group={group_id}").text
    form = {"group": str(group_id), "amount": "150", "method": "invoice"}
    assert office.post("/admin/payments/new/", form).status_code == 302
    with inside(app, provider):
        assert [get(each).payment_status for each in ids] == ["paid", "paid"]


# --- Discounts ---

CODE = {
    "code": "spring10",
    "kind": "percentage",
    "value": "10 %",
    "valid_from": "2026-03-01",
    "valid_until": "2027-05-31",
    "usage_limit": "5",
    "is_active": "y",
}


def test_a_code_is_entered_as_people_write_it(app: Flask, provider: Provider, admin: Visitor) -> None:
    assert admin.post("/admin/discount_codes/new/", CODE).status_code == 302
    fixed = CODE | {"code": "FIVER", "kind": "fixed", "value": "£5.00", "minimum_minor": "50"}
    assert admin.post("/admin/discount_codes/new/", fixed).status_code == 302
    with inside(app, provider):
        rows = {row.code: row for row in db.session.scalars(select(DiscountCode))}
        assert (rows["SPRING10"].value, rows["FIVER"].value, rows["FIVER"].minimum_minor) == (1000, 500, 5000)
        row_id = rows["FIVER"].id
    assert 'value="£5.00"' in admin.get(f"/admin/discount_codes/edit/?id={row_id}").text
    text = said(admin.get("/admin/discount_codes/"))
    assert "10 %" in text and "£5.00" in text and "0 of 5" in text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"value": "110 %"}, "value"),
        ({"kind": "fixed", "value": "10 %"}, "value"),
        ({"valid_until": "2026-02-01"}, "valid_until"),
        ({"usage_limit": "0"}, "usage_limit"),
        ({"code": "TWO WORDS"}, "code"),
        ({"course_type_id": "01a1fc39-69ee-773f-a14a-30bc4b5843fa"}, "course_type_id"),
    ],
)
def test_a_wrong_code_is_shown_again_with_what_was_typed(
    app: Flask, provider: Provider, admin: Visitor, wrong: dict[str, str], field: str
) -> None:
    answer = admin.post("/admin/discount_codes/new/", CODE | wrong)
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert (wrong.get("value") or CODE["value"]) in answer.text


def test_the_office_reads_discounts_and_changes_none(app: Flask, provider: Provider, office: Visitor) -> None:
    assert office.get("/admin/discount_codes/").status_code == 200
    assert office.post("/admin/discount_codes/new/", CODE).status_code == 403
    assert office.post("/admin/discount_rules/new/", {"title": "x"}).status_code == 403


# --- Foreign rows, hostile words ---

SCREENS = ("payments", "refunds", "booking_groups", "discount_codes", "discount_rules", "audit_events")


def one_of_each(app: Flask, provider: Provider, words: str = "x") -> dict[str, UUID]:
    """A row of every screen of money, with these words wherever somebody can write."""
    with inside(app, provider):
        refund = db.session.get_one(Refund, requested())
        refund.reason, refund.payment.payer_reference, refund.payment.note = words, words, words
        customer = db.session.get_one(User, refund.payment.customer_id)
        customer.first_name, customer.last_name = words, words
        found = {"payments": refund.payment_id, "refunds": refund.id, "customers": customer.id}
        made = commit_once(lambda: booking_groups.make(words, [place()], factories.actor("office")))
        found["booking_groups"] = made.id
        found["discount_codes"] = factories.make_code(description=words).id
        found["discount_rules"] = factories.make_rule(title=words).id
        entry = AuditEvent(
            actor_kind="user",
            actor_name=words,
            action="booking:edit",
            subject_type="bookings",
            subject_id=refund.id,
            subject_label=words,
            old_values={"notes": words},
            new_values={words: words},
            agent=words,
        )
        found["audit_events"] = factories.add(entry).id
        return found


@pytest.mark.parametrize("screen", SCREENS)
def test_another_tenants_row_is_not_there(
    app: Flask, provider: Provider, admin: Visitor, screen: str
) -> None:
    with app.app_context():
        stranger = factories.make_provider()
    foreign = one_of_each(app, stranger)[screen]
    for page in ("details", "edit", "archive", "approve", "allocate", "export/csv"):
        answer = Clerk(admin, screen).open(page, foreign)
        assert answer.status_code in (403, 404) or str(foreign) not in answer.text, page
    assert admin.get(f"/admin/{screen}/details/?id={foreign}").status_code == 404
    assert str(foreign) not in admin.get(f"/admin/{screen}/").text


def test_hostile_words_are_only_text(app: Flask, provider: Provider, admin: Visitor) -> None:
    rows = one_of_each(app, provider, '"><img src=x onerror=alert(1)>{{7*7}}')
    for screen, row_id in rows.items():
        listed, page = admin.get(f"/admin/{screen}/"), Clerk(admin, screen).open("details", row_id)
        assert (listed.status_code, page.status_code) == (200, 200), screen
        assert "<img src=x" not in listed.text + page.text, screen
        assert "onerror=alert(1)&gt;{{7*7}}" in page.text, screen
    assert "<img src=x" not in Clerk(admin, "refunds").open("approve", rows["refunds"]).text


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"])
def test_an_export_carries_no_formula(app: Flask, provider: Provider, admin: Visitor, formula: str) -> None:
    one_of_each(app, provider, formula)
    for screen in ("payments", "refunds", "audit_events"):
        lines = admin.get(f"/admin/{screen}/export/csv/").text.splitlines()[1:]
        assert any(f"'{formula}" in line for line in lines), screen
        assert not any(f",{formula}," in line for line in lines), screen


# --- Every write, exactly one entry for each subject that it changes (abuse case N4) ---
# Those below change one subject each; two are in tests/services/test_changing.py.

Write = tuple[str, Callable[[], Any]]


def test_every_staff_write_leaves_exactly_one_entry(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        me = db.session.scalars(select(User.id).where(User.role == "admin")).one()
    for name, write in _writes(app, provider, admin):
        before = _entries(app, provider)
        answer = write()
        assert answer.status_code == 302, (name, said(answer))
        new = [entry for entry in _entries(app, provider) if entry not in before]
        assert len(new) == 1, (name, new)
        (_, actor_id, tenant_id, action, old, after) = new[0]
        assert (actor_id, tenant_id) == (me, provider.id), name
        assert after, (name, action)
        assert old or action.endswith((":create", ":take", ":requested", ":allocate", ":note")), (
            name,
            action,
        )


def _entries(app: Flask, provider: Provider) -> list[tuple[Any, ...]]:
    with inside(app, provider):
        rows = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [
            (row.id, row.actor_id, row.tenant_id, row.action, row.old_values, row.new_values) for row in rows
        ]


def _writes(app: Flask, provider: Provider, admin: Visitor) -> Iterator[Write]:
    """The writes of these screens, each with rows of its own, made before it is counted."""
    for writes in (_booking_writes, _money_writes, _record_writes):
        yield from writes(app, provider, admin)


def _booking_writes(app: Flask, provider: Provider, admin: Visitor) -> Iterator[Write]:
    clerk = Clerk(admin, "bookings")

    def on(row_id: UUID, verb: str, data: dict[str, str] | None = None, **more: str) -> Write:
        return f"bookings {verb}", lambda: clerk.do(verb, row_id, data, **more)

    with inside(app, provider):
        first, held, paid = place(places=3), place(method="bank_transfer"), place(method="cash")
        seats = [str(row.id) for row in get(first).attendees]
        payment_id = str(get(paid).allocations[0].payment_id)
        other = str(factories.make_schedule().id)
        begun = factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(hours=1)).id
        there = place(begun, role="admin")
        apart = [place(), place()]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT10:00")
    yield on(first, "change-contact", {"notes": "x"})
    yield on(first, "name-attendee", {"first_name": "New", "last_name": "Name"}, attendee=seats[0])
    yield on(first, "cancel-places", {"attendees": seats[1], "reason": "ill"})
    yield on(first, "move", {"schedule_id": other, "price": "new"}, course="any")
    yield on(first, "take-payment", {"amount": "10", "method": "cash"})
    yield on(first, "cancel", {"reason": "ill"})
    yield on(held, "extend-hold", {"until": tomorrow})
    yield on(held, "confirm")
    yield on(paid, "request-refund", {"payment": payment_id, "amount": "10", "reason": "x", "attendee": ""})
    yield on(there, "mark-completed")
    join = {"id": [str(each) for each in apart], "title": "Both"}
    yield "bookings join", lambda: admin.post("/admin/bookings/join/", join)


def _money_writes(app: Flask, provider: Provider, admin: Visitor) -> Iterator[Write]:
    taken, given = Clerk(admin, "payments"), Clerk(admin, "refunds")
    with inside(app, provider):
        owing = get(place(places=2))
        payment_id, customer_id = unallocated(10_000, owing.customer_id), str(owing.customer_id)
        booking_id = str(owing.id)
        asked, refused = requested(), requested()
    part = {"booking": booking_id, "amount": "10"}
    yield "payments allocate", lambda: taken.do("allocate", payment_id, part)
    left = {"booking": "", "amount": "10", "reason": "x"}
    yield "payments request-refund", lambda: taken.do("request-refund", payment_id, left)
    new = {"customer": customer_id, "amount": "5", "method": "cash"}
    yield "payments new", lambda: admin.post("/admin/payments/new/", new)
    yield "refunds approve", lambda: given.do("approve", asked)
    yield "refunds execute", lambda: given.do("execute", asked, {"receipt": "B 1"})
    yield "refunds fail", lambda: given.do("fail", asked, {"reason": "wrong account"})
    yield "refunds decline", lambda: given.do("decline", refused, {"reason": "no"})


def _record_writes(app: Flask, provider: Provider, admin: Visitor) -> Iterator[Write]:
    with inside(app, provider):
        customer, code, rule = factories.make_user().id, factories.make_code().id, factories.make_rule().id
    people, codes = Clerk(admin, "customers"), Clerk(admin, "discount_codes")
    named = {"first_name": "New", "last_name": "Name", "email": "new@x.example", "version": "1"}
    yield "customers edit", lambda: people.send("edit", customer, named)
    yield "customers add-note", lambda: people.do("add-note", customer, {"note": "x"})
    yield "customers archive", lambda: people.do("archive", customer)
    yield "customers restore", lambda: people.do("restore", customer)
    yield "codes new", lambda: admin.post("/admin/discount_codes/new/", CODE)
    changed = CODE | {"code": "OTHER", "version": "1"}
    yield "codes edit", lambda: codes.send("edit", code, changed)
    yield "codes archive", lambda: codes.do("archive", code)
    yield "codes restore", lambda: codes.do("restore", code)
    rules = {"title": "Ten", "basis_points": "10 %", "minimum_places": "5", "is_active": "y"}
    yield "rules new", lambda: admin.post("/admin/discount_rules/new/", rules)
    off = {"title": "Ten", "basis_points": "20 %", "minimum_places": "5", "version": "1"}
    yield "rules edit", lambda: Clerk(admin, "discount_rules").send("edit", rule, off)
    whole = {
        "name": "New name",
        "vat_rate_bp": "0",
        "reference_prefix": "TST",
        "hold_days": "3",
        "name_change_hours": "24",
        "version": "1",
    }
    yield "settings edit", lambda: Clerk(admin, "settings").send("edit", provider.id, whole)


def test_a_bulk_action_leaves_one_entry_for_each_row(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        begun = factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(hours=1)).id
        ids = [str(place(begun, role="admin")) for _ in range(3)]
    before = len(_entries(app, provider))
    assert admin.post("/admin/bookings/mark-completed/", {"id": ids}).status_code == 302
    new = _entries(app, provider)[before:]
    assert [entry[3] for entry in new] == ["booking:completed"] * 3


def test_a_no_show_by_hand_leaves_one_entry_for_the_booking_and_one_for_each_of_its_people(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        begun = factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(hours=1)).id
        booking_id = place(begun, places=2, role="admin")
    before = len(_entries(app, provider))
    assert Clerk(admin, "bookings").do("mark-no-show", booking_id).status_code == 302
    actions = [entry[3] for entry in _entries(app, provider)[before:]]
    assert actions == ["booking:mark", "booking:mark", "booking:no_show"]


def test_what_is_refused_leaves_no_entry(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        booking_id = place()
    before = _entries(app, provider)
    assert Clerk(admin, "bookings").do("cancel", booking_id, {"reason": ""}).status_code == 422
    assert Clerk(admin, "bookings").send("cancel", booking_id, {"reason": "x"}).status_code == 409
    assert _entries(app, provider) == before
