"""The screens of gateways in a real browser: accessible, nothing to scroll sideways, and a number that is copied."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from flask import Flask
from playwright.sync_api import expect

from backoffice.services import gateway_accounts, gateway_setup
from backoffice.services.gateway_setup import Finding
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.factories import Provider
from tests.paying import settled, started
from tests.views.admin.money_desk import inside
from tests.views.admin.test_gateway_events import kept

pytestmark = pytest.mark.browser

PAGES = (
    "gateways/",
    "gateways/stripe/keys",
    "gateways/mpesa/keys",
    "gateways/ACCOUNT/new-address",
    "gateway_events/",
    "gateway_events/details/?id=EVENT",
    "gateway_events/set-aside/?id=EVENT",
    "payments/details/?id=PAID",
    "payments/details/?id=OPEN",
    "payments/",
    "work/gateway_events",
)


def rows(app: Flask, provider: Provider) -> dict[str, str]:
    """One of everything, by the words that PAGES use."""
    with inside(app, provider):
        factories.make_gateway_account("flutterwave", is_in_use=False, key_hint="FLWSECK_TEST-…90-X")
        account = factories.make_gateway_account(path=f"path-{uuid4().hex}", key_hint="sk_test_…tory")
        good = Finding(True, "Stripe answered: React Fast Training, test mode.")
        commit_once(lambda: gateway_setup.note_check(account.id, good, datetime.now(UTC)))
        paid, waiting = started(), started()
        settled(paid, fee_minor=132, gateway_charge_id="ch_3MmlLrLkdIwHu7ix0snN0B15")
        kept("evt_1NG8Du2eZvKYlo2CUI79vXWy", paid, processed_at=datetime.now(UTC), outcome="succeeded")
        event_id = kept("evt_2", waiting, dead_at=datetime.now(UTC), last_error="Nobody knows this shape.")
        return {"ACCOUNT": str(account.id), "EVENT": event_id, "PAID": str(paid.id), "OPEN": str(waiting.id)}


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_is_accessible_fits_and_obeys_its_policy(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    ids, page = rows(app, provider), open_page("admin", size)
    for path in PAGES:
        for word, row_id in ids.items():
            path = path.replace(word, row_id)
        answer = page.goto(f"{site}/admin/{path}")
        assert answer is not None and answer.status == 200, path
        check_page(page)


def test_the_address_is_shown_and_keys_are_saved_by_keyboard(
    app: Flask, provider: Provider, site: str, open_page: OpenPage
) -> None:
    rows(app, provider)
    page = open_page("admin")
    page.goto(f"{site}/admin/gateways/")
    page.get_by_role("button", name="Show").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Address for its messages")).not_to_have_value(re.compile("•"))
    address = page.get_by_label("Address for its messages").input_value()
    check_page(page)
    page.get_by_role("link", name="Replace keys").click()
    page.get_by_label("Secret key", exact=False).first.fill("sk_test_another12345")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The keys of Stripe are saved")).to_be_visible()
    expect(page.get_by_text("sk_test_…2345").first).to_be_visible()
    with inside(app, provider):
        assert address.startswith("http")
        assert gateway_accounts.notice_url(gateway_accounts.get_in_use("stripe")) != address
