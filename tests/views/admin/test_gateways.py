"""Payments online: keys go in and are not shown again, the address is shown to those who change it, tests are kept."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.gateway_terms import GatewayDelayed
from backoffice.models import GatewayAccount
from backoffice.services import gateway_accounts, gateway_setup
from tests import factories
from tests.factories import Provider
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway
from tests.views.admin.money_desk import inside, said
from tests.web_client import Visitor, signed_in

PAGE = "/admin/gateways/"
KEYS = {"secret_key": "sk_test_first12345", "webhook_secret": "whsec_abc12345"}


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


class Known(NamedTuple):
    """What a test knows of an account in use."""

    id: UUID
    path: str
    key_hint: str
    version: int = 1


@pytest.fixture
def account(app: Flask, provider: Provider) -> Known:
    path, key_hint = f"secret-{uuid4().hex}", "sk_test_…tory"
    with inside(app, provider):
        return Known(factories.make_gateway_account(path=path, key_hint=key_hint).id, path, key_hint)


def hidden(answer: Any) -> dict[str, str]:
    found = re.findall(r'<input[^>]*name="(account_id|version)"[^>]*value="([^"]*)"', answer.text)
    return dict(found)


def do(visitor: Visitor, account: Known, verb: str, version: Any = None) -> str:
    version = account.version if version is None else version
    answer = visitor.post(f"{PAGE}{account.id}/{verb}", {"version": str(version)}, follow_redirects=True)
    return said(answer)


def test_keys_are_entered_and_never_shown_again(app: Flask, provider: Provider, admin: Visitor) -> None:
    form = admin.get(f"{PAGE}stripe/keys")
    answer = admin.post(f"{PAGE}stripe/keys", {**hidden(form), "mode": "test", **KEYS})
    assert answer.status_code == 303, said(answer)
    for page in (admin.get(PAGE), admin.get(f"{PAGE}stripe/keys")):
        assert "sk_test_…2345" in page.text
        assert not any(secret in page.text for secret in KEYS.values())
    with inside(app, provider):
        stored = gateway_accounts.get_in_use("stripe")
        assert gateway_accounts.terms_of(stored).keys == KEYS


def test_a_wrong_key_is_said_beside_its_field_and_not_repeated(admin: Visitor) -> None:
    answer = admin.post(f"{PAGE}stripe/keys", {"mode": "test", "secret_key": "sk_live_real1234567"})
    assert answer.status_code == 422
    assert "use its test key" in said(answer)
    assert 'id="secret_key-error"' in answer.text
    assert "sk_live_real1234567" not in answer.text


def test_keys_are_replaced_only_over_what_was_seen(admin: Visitor, account: Known) -> None:
    form = hidden(admin.get(f"{PAGE}stripe/keys"))
    assert form["account_id"] == str(account.id)
    for wrong in ({}, {"version": "77"}, {"account_id": "no-uuid"}):
        typed = {**form, **wrong, "mode": "test", **KEYS} if wrong else {"mode": "test", **KEYS}
        answer = admin.post(f"{PAGE}stripe/keys", typed)
        assert answer.status_code == 409, wrong
    assert admin.post(f"{PAGE}stripe/keys", {**form, "mode": "test", **KEYS}).status_code == 303


def test_the_address_is_shown_after_a_click_only(admin: Visitor, account: Known) -> None:
    assert account.path not in admin.get(PAGE).text
    answer = admin.post(f"{PAGE}{account.id}/address")
    assert "/api/webhooks/stripe/" + account.path in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_manager_sees_the_state_only(app: Flask, provider: Provider, account: Known) -> None:
    manager = signed_in(app, provider, "manager")
    page = manager.get(PAGE)
    assert page.status_code == 200
    assert "Test: no money moves" in said(page)
    assert account.key_hint not in page.text
    assert account.path not in page.text
    assert "/api/webhooks" not in page.text
    assert '<form method="post" action="/admin/gateways' not in page.text
    assert manager.get(f"{PAGE}stripe/keys").status_code == 403
    for verb in ("address", "check", "use", "rest", "new-address", "register"):
        assert manager.post(f"{PAGE}{account.id}/{verb}").status_code == 403, verb


def test_the_office_does_not_see_it(app: Flask, provider: Provider) -> None:
    office = signed_in(app, provider, "office")
    assert office.get(PAGE).status_code == 403


def test_a_test_of_the_connection_is_kept(admin: Visitor, account: Known, gateway: StandIn) -> None:
    assert "A stand-in." in do(admin, account, "check")
    assert "Works A stand-in." in said(admin.get(PAGE))


def test_a_gateway_that_does_not_answer_is_said(
    app: Flask, provider: Provider, admin: Visitor, account: Known, gateway: StandIn
) -> None:
    def refuse() -> str:
        raise GatewayDelayed("no answer")

    gateway.check = refuse  # type: ignore[method-assign]
    do(admin, account, "check")
    with inside(app, provider):
        kept = gateway_accounts.get(account.id)
        assert (kept.is_check_good, kept.check_said) == (False, "no answer")


def test_out_of_use_and_back_with_the_version_that_was_seen(admin: Visitor, account: Known) -> None:
    assert "Somebody else changed this" in do(admin, account, "rest", "x")
    assert "Somebody else changed this" in do(admin, account, "rest", account.version + 1)
    assert "is out of use" in do(admin, account, "rest")
    assert "Enter the keys of Stripe" in said(admin.get(PAGE))
    assert "is in use" in do(admin, account, "use", account.version + 1)


def test_a_new_address_is_asked_for_first(
    app: Flask, provider: Provider, admin: Visitor, account: Known
) -> None:
    assert "stops at once" in said(admin.get(f"{PAGE}{account.id}/new-address"))
    assert "new address" in do(admin, account, "new-address")
    with inside(app, provider):
        assert gateway_accounts.find_by_path(account.path) is None


def test_a_webhook_is_registered_from_here(
    app: Flask, provider: Provider, admin: Visitor, account: Known, gateway: StandIn
) -> None:
    told: list[str] = []

    def register_notices(url: str) -> str:
        told.append(url)
        return "whsec_from_there"

    gateway.register_notices = register_notices  # type: ignore[attr-defined]
    gateway.knows_notices = lambda url: False  # type: ignore[attr-defined]
    assert "is registered at Stripe" in do(admin, account, "register")
    assert told[0].endswith("/api/webhooks/stripe/" + account.path)
    with inside(app, provider):
        keys = gateway_setup.keys_of(gateway_accounts.get(account.id))
        assert keys["webhook_secret"] == "whsec_from_there"


def test_accounts_out_of_use_stand_below(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        old = factories.make_gateway_account(key_hint="sk_test_…old1", is_in_use=False)
        factories.make_gateway_account(key_hint="sk_test_…new1")
        old_id = old.id
    page = said(admin.get(PAGE))
    assert "sk_test_…old1" in page
    assert "is in use" in said(admin.post(f"{PAGE}{old_id}/use", {"version": "1"}, follow_redirects=True))
    with inside(app, provider):
        wanted = select(GatewayAccount.id).where(GatewayAccount.is_in_use)
        assert db.session.scalars(wanted).all() == [old_id]


def test_another_providers_account_is_not_found(app: Flask, admin: Visitor) -> None:
    with app.app_context():
        other = factories.make_provider()
    with inside(app, other):
        foreign_id = factories.make_gateway_account("mpesa").id
    for verb in ("address", "check", "use", "rest", "new-address", "register"):
        assert admin.post(f"{PAGE}{foreign_id}/{verb}", {"version": "1"}).status_code == 404, verb
