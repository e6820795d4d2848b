"""Keys go in once, are told apart by account, and never come out; refunds find the account that was paid through."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import Changed, Forbidden, Invalid, NotFound, Refused
from backoffice.models import AuditEvent, GatewayAccount
from backoffice.services import gateway_accounts, gateway_setup
from backoffice.services.gateway_setup import Finding, Keys
from backoffice.services.sign_in import digest
from tests import factories
from tests.services.booked import ADMIN, done
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway

pytestmark = pytest.mark.usefixtures("tenant")

FIRST, SECOND = "sk_test_first12345", "sk_test_second6789"


def saved(key: str = FIRST, seen: GatewayAccount | None = None, **more: Any) -> GatewayAccount:
    wanted = Keys("stripe", "test", {"secret_key": key, "webhook_secret": "whsec_abc12345"})
    if seen is not None:
        wanted = replace(wanted, account_id=seen.id, version=seen.version)
    return done(lambda: gateway_setup.save_keys(replace(wanted, **more), ADMIN))


def in_use() -> list[str]:
    wanted = select(GatewayAccount.key_hint).where(GatewayAccount.is_in_use)
    return list(db.session.scalars(wanted))


def test_keys_are_kept_sealed_and_hinted_at() -> None:
    account = saved()
    assert (account.mode, account.is_in_use, account.key_hint) == ("test", True, "sk_test_…2345")
    assert FIRST not in account.keys_sealed
    assert gateway_accounts.terms_of(account).keys["secret_key"] == FIRST
    assert gateway_accounts.find_by_path(account.path) == (account.tenant_id, account.id)


def test_the_audit_holds_no_key_and_no_address() -> None:
    account = saved()
    account = saved(SECOND, account, is_same_account=True)
    done(lambda: gateway_setup.new_address(account.id, account.version, ADMIN))
    rows = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action.startswith("gateway_account:")).order_by(AuditEvent.id)
    ).all()
    assert [row.action.partition(":")[2] for row in rows] == ["create", "keys", "address"]
    told = json.dumps([[row.old_values, row.new_values, row.subject_label] for row in rows])
    assert not any(secret in told for secret in (FIRST, SECOND, "whsec_abc12345", account.path))


def test_keys_of_another_account_keep_the_old_row() -> None:
    first = saved()
    second = saved(SECOND, first)
    assert second.id != first.id
    assert in_use() == ["sk_test_…6789"]
    old = gateway_accounts.get(first.id)
    assert (old.is_in_use, gateway_accounts.terms_of(old).keys["secret_key"]) == (False, FIRST)


def test_a_new_key_of_the_same_account_stays_in_its_row() -> None:
    first = saved()
    path = first.path
    second = saved(SECOND, first, is_same_account=True)
    assert (second.id, second.path) == (first.id, path)
    assert in_use() == ["sk_test_…6789"]


def test_keys_that_were_there_before_find_their_row_again() -> None:
    first = saved()
    second = saved(SECOND, first)
    again = saved(FIRST, second)
    assert again.id == first.id
    assert in_use() == ["sk_test_…2345"]


def test_an_empty_key_stays() -> None:
    first = saved()
    second = saved("", first, given={"secret_key": "", "webhook_secret": "whsec_other123"})
    assert second.id == first.id
    keys = gateway_accounts.terms_of(second).keys
    assert keys == {"secret_key": FIRST, "webhook_secret": "whsec_other123"}


def test_the_other_mode_takes_over_no_key() -> None:
    first = saved()
    with pytest.raises(Invalid) as refused:
        saved("", first, mode="live")
    assert refused.value.fields["secret_key"] == "Fill this in."
    assert in_use() == ["sk_test_…2345"]


def test_another_shortcode_is_another_account_whatever_is_said() -> None:
    keys = {
        "shortcode": "174379",
        "consumer_key": "abcdefgh",
        "consumer_secret": "hgfedcba",
        "passkey": "bfb279f9aa",
    }
    first = done(lambda: gateway_setup.save_keys(Keys("mpesa", "test", keys), ADMIN))
    wanted = Keys("mpesa", "test", {"shortcode": "600000"}, first.id, first.version, is_same_account=True)
    second = done(lambda: gateway_setup.save_keys(wanted, ADMIN))
    assert second.id != first.id


def test_two_people_do_not_overwrite_each_other() -> None:
    first = saved()
    with pytest.raises(Changed):
        saved(SECOND)
    with pytest.raises(Changed):
        saved(SECOND, first, version=first.version + 1)
    assert in_use() == ["sk_test_…2345"]


def test_a_simulator_takes_no_live_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(current_app.extensions["settings"], stripe_api_base="http://127.0.0.1:1/stripe")
    monkeypatch.setitem(current_app.extensions, "settings", settings)
    with pytest.raises(Invalid) as refused:
        saved("sk_live_abc123456", mode="live")
    assert "simulator" in refused.value.fields["mode"]


@pytest.mark.parametrize("role", ["office", "manager", "instructor"])
def test_only_an_administrator_enters_keys(role: str) -> None:
    account = saved()
    actor = factories.actor(role)
    for work in (
        lambda: gateway_setup.save_keys(Keys("stripe", "test", {}), actor),
        lambda: gateway_setup.new_address(account.id, None, actor),
        lambda: gateway_setup.set_in_use(account.id, False, None, actor),
        lambda: gateway_setup.show_address(account.id, actor),
        lambda: gateway_setup.prepare_check(account.id, actor),
        lambda: gateway_setup.prepare_registration(account.id, actor),
    ):
        with pytest.raises(Forbidden):
            work()


def test_a_new_address_ends_the_old_one() -> None:
    account = saved()
    old = account.path
    changed = done(lambda: gateway_setup.new_address(account.id, account.version, ADMIN))
    assert gateway_accounts.find_by_path(old) is None
    assert gateway_accounts.find_by_path(changed.path) == (account.tenant_id, account.id)
    assert changed.path_digest == digest(changed.path)


def test_out_of_use_and_back() -> None:
    first = saved()
    second = saved(SECOND, first)
    done(lambda: gateway_setup.set_in_use(second.id, False, None, ADMIN))
    assert in_use() == []
    done(lambda: gateway_setup.set_in_use(first.id, True, None, ADMIN))
    done(lambda: gateway_setup.set_in_use(second.id, True, None, ADMIN))
    assert in_use() == ["sk_test_…6789"]
    with pytest.raises(Changed):
        gateway_setup.set_in_use(first.id, True, 99, ADMIN)


def test_a_check_is_kept_without_keys_in_it() -> None:
    account = saved()
    version, now = account.version, datetime.now(UTC)
    found = Finding(False, f"Invalid API Key provided: {FIRST}")
    done(lambda: gateway_setup.note_check(account.id, found, now))
    account = gateway_accounts.get(account.id)
    assert (account.is_check_good, account.check_said) == (False, "Invalid API Key provided: …")
    assert (account.checked_at, account.version) == (now, version)


def test_a_gateway_that_is_down_is_a_finding(gateway: StandIn) -> None:
    account = saved()
    asked = gateway_setup.prepare_check(account.id, ADMIN)
    assert gateway_setup.try_keys(asked) == Finding(True, "A stand-in.")


def test_what_cannot_be_registered_is_said() -> None:
    account = factories.make_gateway_account("mpesa", keys={"shortcode": "174379"})
    with pytest.raises(Refused, match="dashboard"):
        gateway_setup.prepare_registration(account.id, ADMIN)


def test_a_gateway_that_is_none_is_not_found() -> None:
    with pytest.raises(NotFound):
        gateway_setup.save_keys(Keys("paypal", "test", {}), ADMIN)
