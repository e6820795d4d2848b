"""Discount codes and rules: what can be made, what is refused and beside which field, and who may."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError, Forbidden, Invalid
from backoffice.models import AuditEvent, DiscountCode, DiscountRule, Tenant
from backoffice.services import bookings, discounts
from backoffice.services.bookings import Order
from backoffice.services.customers import CustomerIn
from backoffice.work import commit_once
from tests import factories

CODE: dict[str, Any] = {
    "code": "spring10",
    "kind": "percentage",
    "value": 1000,
    "valid_from": date(2026, 3, 1),
    "valid_until": date(2026, 5, 31),
}
RULE = {"title": "Group discount", "minimum_places": 5, "basis_points": 1000}
ADMIN = factories.actor("admin")


def make_code(**values: Any) -> DiscountCode:
    return commit_once(lambda: discounts.create_code(CODE | values, ADMIN))


def test_a_code_is_stored_in_capitals_with_its_audit(tenant: Tenant) -> None:
    row = make_code()
    assert (row.code, row.value, row.is_active, row.times_used) == ("SPRING10", 1000, True, 0)
    entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "discount_code:create")).one()
    assert entry.new_values["valid_until"] == "2026-05-31"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "TWO WORDS"}, "code"),
        ({"code": "X" * 51}, "code"),
        ({"code": "A\x00B"}, "code"),
        ({"kind": "gift"}, "kind"),
        ({"value": 0}, "value"),
        ({"value": 10_001}, "value"),
        ({"value": None}, "value"),
        ({"kind": "fixed", "value": 10**12}, "value"),
        ({"minimum_minor": -1}, "minimum_minor"),
        ({"valid_until": date(2026, 2, 28)}, "valid_until"),
        ({"valid_from": None}, "valid_from"),
        ({"usage_limit": 0}, "usage_limit"),
    ],
)
def test_a_wrong_code_is_refused_beside_its_field(tenant: Tenant, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        make_code(**values)
    assert field in refused.value.fields
    assert db.session.scalars(select(DiscountCode)).all() == []


def test_several_wrong_fields_are_said_at_once(tenant: Tenant) -> None:
    with pytest.raises(Invalid) as refused:
        make_code(code="", value=0)
    assert set(refused.value.fields) == {"code", "value"}


def test_a_name_is_taken_once(tenant: Tenant) -> None:
    make_code()
    with pytest.raises(DomainError) as refused:
        make_code(code="Spring10")
    assert refused.value.field == "code"


def test_a_limit_below_what_was_used_is_refused(tenant: Tenant) -> None:
    code, schedule = factories.make_code(usage_limit=5), factories.make_schedule()
    caller = CustomerIn(first_name="Ann", last_name="Cox", email="ann@x.example")
    for _ in range(2):
        wanted = Order(schedule.id, 1, caller, "cash", discount_code=code.code, send_mail=False)
        bookings.place(wanted, ADMIN)
        db.session.commit()
    db.session.refresh(code)
    with pytest.raises(Invalid, match="used 2 times"):
        discounts.update_code(code.id, {"usage_limit": 1}, ADMIN)


def test_a_changed_code_is_written_down_with_both_values(tenant: Tenant) -> None:
    row = make_code()
    commit_once(lambda: discounts.update_code(row.id, {"value": 1500}, ADMIN, version=1))
    entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "discount_code:update")).one()
    assert (entry.old_values, entry.new_values) == ({"value": 1000}, {"value": 1500})
    with pytest.raises(Changed):
        discounts.update_code(row.id, {"value": 2000}, ADMIN, version=1)


def test_an_archived_code_comes_back(tenant: Tenant) -> None:
    row = make_code()
    commit_once(lambda: discounts.archive_code(row.id, ADMIN))
    assert row.archived_at is not None
    commit_once(lambda: discounts.restore_code(row.id, ADMIN))
    assert row.archived_at is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"minimum_places": 0}, "minimum_places"),
        ({"basis_points": 10_001}, "basis_points"),
        ({"basis_points": None}, "basis_points"),
    ],
)
def test_a_wrong_rule_is_refused_beside_its_field(tenant: Tenant, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        discounts.create_rule(RULE | values, ADMIN)
    assert field in refused.value.fields


def test_a_rule_is_switched_off(tenant: Tenant) -> None:
    rule = commit_once(lambda: discounts.create_rule(RULE, ADMIN))
    commit_once(lambda: discounts.update_rule(rule.id, {"is_active": False}, ADMIN))
    assert db.session.scalars(select(DiscountRule)).one().is_active is False


@pytest.mark.parametrize("role", ["office", "manager", "instructor", "customer"])
def test_only_who_may_edits_discounts(tenant: Tenant, role: str) -> None:
    actor = factories.actor(role)
    for work in (discounts.create_code, discounts.create_rule):
        with pytest.raises(Forbidden):
            work(CODE, actor)
