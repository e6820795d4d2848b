"""Settings → Reminders: the rules as an administrator makes, changes and switches them, and who may not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import Booking, ReminderRule, Tenant
from backoffice.services.reminders import rules
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import placed
from tests.web_client import Visitor, signed_in

LIST = "/admin/reminders/"


@pytest.fixture
def rule_ids(app: Flask, provider: Provider) -> dict[str, UUID]:
    """The rules that every provider begins with, by name."""
    with app.app_context(), tenant_scope(provider.id):
        commit_once(rules.seed)
        found = {rule.name: rule.id for rule in db.session.scalars(select(ReminderRule))}
        db.session.remove()
    return found


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def form(**values: str) -> dict[str, str]:
    usual = {
        "name": "Three days",
        "mail": "before_start:reminder",
        "days": "3",
        "hours": "0",
        "course_id": "",
    }
    return usual | values


def names(app: Flask, provider: Provider) -> set[str]:
    with app.app_context(), tenant_scope(provider.id):
        return set(db.session.scalars(select(ReminderRule.name)))


def test_the_rules_are_listed_in_the_order_of_time(admin: Visitor, rule_ids: dict[str, UUID]) -> None:
    page = words(admin.get(LIST))
    said = ["Joining instructions, a week before", "Reminder, the day before", "Thanks, the day after"]
    assert [page.index(each) for each in said] == sorted(page.index(each) for each in said)
    assert "7 days before it begins" in page and "90 days before it expires" in page


def test_a_rule_is_added(app: Flask, provider: Provider, admin: Visitor, rule_ids: dict[str, UUID]) -> None:
    answer = admin.post(f"{LIST}new/", form(), follow_redirects=True)
    assert "3 days before it begins" in words(answer)
    assert "Three days" in names(app, provider)


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"name": ""}, "name", "Fill this in."),
        ({"name": "x" * 121}, "name", "120"),
        ({"days": "-1"}, "days", "whole number"),
        ({"days": "366"}, "days", "whole number"),
        ({"days": "soon"}, "days", "whole number"),
        ({"days": "99999999999999999999"}, "days", "whole number"),
        ({"days": "0"}, "days", "at least 1 day or 1 hour"),
        ({"hours": "24"}, "hours", "whole number"),
        ({"mail": "certificate_expiry:certificate_expiring", "hours": "2"}, "hours", "leave the hours"),
        ({"mail": "after_end:reminder"}, "mail", "Choose one of the list."),
        ({"mail": ""}, "mail", ""),
        ({"course_id": str(UUID(int=7))}, "course_id", "Choose one of the list."),
        ({"course_id": "x"}, "course_id", "Choose one of the list."),
        ({"days": "1"}, "days", "There is a rule already"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    app: Flask, provider: Provider, admin: Visitor, rule_ids: dict[str, UUID],
    values: dict[str, str], field: str, sentence: str,
) -> None:  # fmt: skip
    answer = admin.post(f"{LIST}new/", form(**values))
    assert answer.status_code == 422
    found = re.search(rf'id="{field}-error">([^<]*)<', answer.get_data(as_text=True))
    assert found and sentence in found[1]
    assert "Three days" not in names(app, provider)


def test_a_rule_is_changed_and_an_older_view_of_it_is_told(admin: Visitor, rule_ids: dict[str, UUID]) -> None:
    path = f"{LIST}{rule_ids['Reminder, the day before']}/edit/"
    page = admin.get(path).get_data(as_text=True)
    version = re.search(r'name="version"[^>]*value="([^"]*)"', page)
    assert version
    sent = form(name="Two days", days="2", version=version[1])
    assert "2 days before it begins" in words(admin.post(path, sent, follow_redirects=True))
    answer = admin.post(path, sent | {"name": "Overwritten"})
    assert answer.status_code in (409, 422) and "Somebody else changed this" in words(answer)


def test_a_rule_is_switched_off_and_on(
    app: Flask, provider: Provider, admin: Visitor, rule_ids: dict[str, UUID]
) -> None:
    rule_id = rule_ids["Reminder, the day before"]
    for to, is_active in (("off", False), ("off", False), ("on", True)):
        assert admin.post(f"{LIST}{rule_id}/switch/", {"to": to}).status_code == 303
        with app.app_context(), tenant_scope(provider.id):
            assert db.session.get_one(ReminderRule, rule_id).is_active is is_active


def test_the_page_of_a_rule_shows_what_it_will_send(
    app: Flask, provider: Provider, admin: Visitor, rule_ids: dict[str, UUID]
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        course = factories.make_course(title="Fire Marshal <b>")
        placed(factories.make_schedule(course=course), 1, "cash")
        early = datetime.now(UTC) - timedelta(days=9)
        commit_once(lambda: db.session.execute(update(Booking).values(booked_at=early, confirmed_at=early)))
        db.session.remove()
    answer = admin.get(f"{LIST}{rule_ids['Reminder, the day before']}/")
    page = answer.get_data(as_text=True)
    assert "Fire Marshal &lt;b&gt;" in page and "Fire Marshal <b>" not in page
    assert "How the next one reads" in page
    assert "Dear" in page, "the mail itself"


@pytest.mark.parametrize(
    "name", ["Thanks, the day after", "Names missing, a week before", "Certificate expires in 90 days"]
)
def test_the_page_of_a_rule_with_nothing_to_send_says_so(
    admin: Visitor, rule_ids: dict[str, UUID], name: str
) -> None:
    assert "Nothing in the next 30 days" in words(admin.get(f"{LIST}{rule_ids[name]}/"))


def test_the_address_for_reviews_is_kept(app: Flask, provider: Provider, admin: Visitor) -> None:
    assert admin.post(f"{LIST}review/", {"review_url": "javascript:alert(1)"}).status_code == 422
    assert admin.post(f"{LIST}review/", {"review_url": "https://r.example/" + "x" * 300}).status_code == 422
    assert admin.post(f"{LIST}review/", {"review_url": "https://r.example/us"}).status_code == 303
    with app.app_context(), tenant_scope(provider.id):
        assert db.session.get_one(Tenant, provider.id).settings["review_url"] == "https://r.example/us"


def test_another_providers_rule_is_not_there(app: Flask, admin: Visitor) -> None:
    with app.app_context():
        other = factories.make_provider()
        with tenant_scope(other.id):
            commit_once(rules.seed)
            foreign = db.session.scalars(select(ReminderRule.id).limit(1)).one()
            db.session.remove()
    assert admin.get(f"{LIST}{foreign}/").status_code == 404
    assert admin.post(f"{LIST}{foreign}/switch/", {"to": "off"}).status_code == 404
    assert admin.get(f"{LIST}nothing/").status_code == 404


@pytest.mark.parametrize("role", ["office", "instructor", "customer"])
def test_others_change_no_rule(app: Flask, provider: Provider, rule_ids: dict[str, UUID], role: str) -> None:
    visitor = signed_in(app, provider, role)
    rule_id = rule_ids["Reminder, the day before"]
    assert visitor.post(f"{LIST}{rule_id}/switch/", {"to": "off"}).status_code == 403
    assert visitor.post(f"{LIST}new/", form()).status_code == 403
    assert visitor.post(f"{LIST}review/", {"review_url": ""}).status_code == 403
