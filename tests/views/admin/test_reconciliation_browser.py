"""The screen of comparisons in a real browser: accessible, as wide as the window, and by itself up to date."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import update

from backoffice.database import db
from backoffice.models import Reconciliation
from backoffice.work import commit_once
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.factories import Provider
from tests.paying import account_of, started
from tests.views.admin.money_desk import inside
from tests.views.admin.test_reconciliation import difference, kept

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_is_accessible_and_fits(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    page = open_page("admin", size)
    page.goto(f"{site}/admin/reconciliation/")
    expect(page.locator("main")).to_contain_text("Nothing was compared yet")
    check_page(page)
    with inside(app, provider):
        payment = started()
        ours = difference(
            payment_id=str(payment.id), reference=payment.reference, named_there="pi_3MmlLrLkdIwHu7ix0snN0B15"
        )
        differences = [ours, difference("unknown_here", named_there="pi_1"), difference("no_answer")]
        every = [
            kept("different", difference_count=3, differences=differences, payments_here_minor=1_234_567_00),
            kept("equal"),
            kept("failed", error="Stripe did not answer."),
            kept("running"),
        ]
    for path in ("", *(f"{run_id}/" for run_id in every)):
        page.goto(f"{site}/admin/reconciliation/{path}")
        check_page(page)
    page.goto(f"{site}/admin/work/attention")
    check_page(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_page_that_waits_shows_the_result_by_itself(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, scripts: bool
) -> None:
    with inside(app, provider):
        account_of()
    page = open_page("admin", NARROW, java_script_enabled=scripts)
    page.goto(f"{site}/admin/reconciliation/")
    page.get_by_role("button", name="Reconcile now").click()
    expect(page.locator("main")).to_contain_text("Payments looked at so far")
    with inside(app, provider):
        commit_once(lambda: db.session.execute(update(Reconciliation).values(state="equal", looked_at=7)))
    expect(page.locator("main")).to_contain_text("7 payments looked at", timeout=10_000)
