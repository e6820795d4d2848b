"""The provider's own settings and the audit: read by those who may, changed by fewer, written down always."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import AuditEvent, Tenant
from tests import factories
from tests.factories import Provider
from tests.views.admin.money_desk import Clerk, inside, place, said
from tests.web_client import Visitor, signed_in

SETTINGS, AUDIT = "/admin/settings/", "/admin/audit_events/"


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def form_of(provider: Provider, **values: Any) -> dict[str, Any]:
    wanted = {
        "name": "React Fast Training",
        "email": "Office@RFT.example",
        "phone": "0113 496 0000",
        "website": "https://rft.example",
        "address": "1 Mill Lane\nLeeds",
        "bank_details": "Sort code 20-00-00",
        "vat_rate_bp": "20 %",
        "reference_prefix": "rft",
        "hold_days": "5",
        "name_change_hours": "48",
        "refund_limit_minor": "£100",
        "time_zone": "Europe/London",
        "version": "1",
    }
    return wanted | values


def change(visitor: Visitor, provider: Provider, **values: Any) -> Any:
    path = f"{SETTINGS}edit/?id={provider.id}"
    return visitor.post(path, form_of(provider, **values))


def test_the_settings_are_saved_as_people_write_them(app: Flask, provider: Provider, admin: Visitor) -> None:
    answer = change(admin, provider)
    assert answer.status_code == 302, said(answer)
    with inside(app, provider):
        tenant = db.session.get_one(Tenant, provider.id)
        assert (tenant.email, tenant.phone) == ("office@rft.example", "+441134960000")
        assert (tenant.vat_rate_bp, tenant.refund_limit_minor, tenant.hold_days) == (2000, 10000, 5)
        assert (tenant.reference_prefix, tenant.name_change_hours) == ("RFT", 48)
        entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "settings:update")).one()
        assert (entry.old_values["hold_days"], entry.new_values["hold_days"]) == (3, 5)
    assert "£100.00" in said(admin.get(SETTINGS))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"reference_prefix": "R1"},
        {"hold_days": "61"},
        {"name_change_hours": "-1"},
        {"name_change_hours": "721"},
        {"name_change_hours": ""},
        {"vat_rate_bp": "101"},
        {"refund_limit_minor": "-1"},
        {"website": "javascript:alert(1)"},
        {"email": "nobody"},
        {"phone": "12"},
        {"time_zone": "Mars/Olympus"},
    ],
)
def test_a_wrong_setting_is_said_beside_its_field(
    app: Flask, provider: Provider, admin: Visitor, wrong: dict[str, str]
) -> None:
    answer = change(admin, provider, **wrong)
    assert answer.status_code == 422
    (name,) = wrong
    assert f'id="{name}-error"' in answer.get_data(as_text=True)
    with inside(app, provider):
        assert db.session.get_one(Tenant, provider.id).hold_days == 3


def test_the_second_of_two_is_told(app: Flask, provider: Provider, admin: Visitor) -> None:
    assert change(admin, provider).status_code == 302
    answer = change(admin, provider, name="Mine")
    assert answer.status_code == 409 and 'value="Mine"' in answer.get_data(as_text=True)


def test_the_time_zone_stays_once_dates_exist(app: Flask, provider: Provider, admin: Visitor) -> None:
    assert 'name="time_zone"' in admin.get(f"{SETTINGS}edit/?id={provider.id}").get_data(as_text=True)
    with inside(app, provider):
        factories.make_schedule()
    assert 'name="time_zone"' not in admin.get(f"{SETTINGS}edit/?id={provider.id}").get_data(as_text=True)
    assert change(admin, provider, time_zone="Africa/Nairobi").status_code == 302
    with inside(app, provider):
        assert db.session.get_one(Tenant, provider.id).time_zone == "Europe/London"


def test_another_providers_settings_are_not_there(app: Flask, provider: Provider, admin: Visitor) -> None:
    with app.app_context():
        stranger = factories.make_provider()
    assert admin.get(f"{SETTINGS}edit/?id={stranger.id}").status_code == 404
    assert change(admin, stranger).status_code == 404


@pytest.mark.parametrize(("role", "read"), [("office", 403), ("manager", 200), ("instructor", 403)])
def test_only_an_administrator_changes_settings(app: Flask, provider: Provider, role: str, read: int) -> None:
    visitor = signed_in(app, provider, role)
    assert visitor.get(SETTINGS).status_code == read
    assert change(visitor, provider).status_code == 403


# --- Who changed what ---


def test_the_audit_says_who_did_what_in_words(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        booking_id = place()
    clerk = Clerk(admin, "bookings")
    clerk.done("change-contact", booking_id, {"notes": "call back"})
    page = admin.get(f"{AUDIT}?action=booking:edit")
    assert "Corrected the booking" in said(page)
    found = re.search(r"details/\?id=([0-9a-f-]{36})", page.get_data(as_text=True))
    assert found
    text = said(admin.get(f"{AUDIT}details/?id={found[1]}"))
    assert "Notes — nothing call back" in text and "corrected the booking" in text


@pytest.mark.parametrize(
    "query",
    [
        {"who": "x"},
        {"kind": "user"},
        {"action": "booking:place"},
        {"about": "bookings"},
        {"from": "2026-01-01", "until": "2100-01-01"},
        {"search": "TST-"},
        {"action": "'; drop"},
    ],
)
def test_the_audit_is_narrowed(admin: Visitor, query: dict[str, str]) -> None:
    assert admin.get(AUDIT, query_string=query).status_code == 200


def test_the_audit_is_exported_and_never_changed(app: Flask, provider: Provider, admin: Visitor) -> None:
    lines = admin.get(f"{AUDIT}export/csv/").get_data(as_text=True).splitlines()
    assert "When (UTC),Who" in lines[0] and any("user:sign_in" in line for line in lines[1:])
    for page in ("new/", "edit/", "delete/"):
        assert admin.get(f"{AUDIT}{page}").status_code == 403


@pytest.mark.parametrize(("role", "status"), [("office", 403), ("manager", 200), ("customer", 403)])
def test_the_audit_is_for_those_who_may(app: Flask, provider: Provider, role: str, status: int) -> None:
    assert signed_in(app, provider, role).get(AUDIT).status_code == status
