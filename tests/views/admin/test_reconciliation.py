"""The screen of comparisons: what it shows to whom, and what its button starts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import AuditEvent, Reconciliation
from backoffice.services import work_items
from tests import factories
from tests.factories import Provider
from tests.paying import account_of, settled, started
from tests.views.admin.money_desk import inside, said
from tests.web_client import Visitor, signed_in

PAGE = "/admin/reconciliation/"
UNTIL = datetime(2026, 7, 3, 23, tzinfo=UTC)
SENTENCE = "TST-P-1 is failed here and paid there. Look it up at the gateway."


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def kept(state: str = "equal", **values: Any) -> str:
    """A comparison of the first three days of July 2026 in London, in this state."""
    defaults = {
        "gateway_account_id": account_of().id,
        "kind": "night",
        "state": state,
        "since": UNTIL - timedelta(days=3),
        "until": UNTIL + timedelta(minutes=len(list(db.session.scalars(select(Reconciliation.id))))),
        "currency": "GBP",
    }
    return str(factories.add(Reconciliation(**defaults | values)).id)


def difference(kind: str = "paid_there", **values: Any) -> dict[str, Any]:
    empty = {"reference": "", "payment_id": None, "named_there": None, "here_minor": 0, "there_minor": 1}
    return {"kind": kind, "sentence": SENTENCE, **empty, **values}


def test_before_the_first_comparison_the_page_says_what_comes(admin: Visitor) -> None:
    assert "Nothing was compared yet" in said(admin.get(PAGE))


def test_the_list_shows_both_sides_over_local_days(app: Flask, provider: Provider, admin: Visitor) -> None:
    figures = {"payments_here_minor": 225_00, "payments_there_minor": 300_00, "refunds_here_minor": 5_00}
    with inside(app, provider):
        kept("different", difference_count=1, differences=[difference()], until=UNTIL, **figures)
    page = said(admin.get(PAGE))
    for words in ("Wed 1 Jul 2026 – Fri 3 Jul 2026", "Stripe", "Different", "£225.00", "£300.00", "£5.00"):
        assert words in page


@pytest.mark.parametrize(
    ("state", "kinds", "words"),
    [
        ("waiting", (), "Waiting"),
        ("running", (), "Running"),
        ("equal", (), "Equal"),
        ("different", ("no_answer",), "Not all answered"),
        ("different", ("no_answer", "paid_there"), "Different"),
        ("failed", (), "Not compared"),
    ],
)
def test_each_state_has_its_word(
    app: Flask, provider: Provider, admin: Visitor, state: str, kinds: tuple[str, ...], words: str
) -> None:
    with inside(app, provider):
        run_id = kept(state, differences=[difference(kind) for kind in kinds])
    for path in (PAGE, f"{PAGE}{run_id}/"):
        assert f">{words}</span>" in admin.get(path).get_data(as_text=True)
    is_refreshed = 'http-equiv="refresh"' in admin.get(f"{PAGE}{run_id}/").get_data(as_text=True)
    assert is_refreshed == (state in ("waiting", "running"))


def test_a_difference_leads_to_its_payment_and_says_what_to_do(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        payment = started()
        payment_id = str(payment.id)
        ours = difference(payment_id=payment_id, reference=payment.reference, named_there="pi_1")
        run_id = kept("different", difference_count=2, differences=[ours, difference("unknown_here")])
    page = admin.get(f"{PAGE}{run_id}/")
    assert f'href="/admin/payments/details/?id={payment_id}"' in page.get_data(as_text=True)
    for words in (SENTENCE, "Paid there, not here", "pi_1", "Find out at the gateway who paid"):
        assert words in said(page)


def test_what_a_gateway_says_is_escaped(app: Flask, provider: Provider, admin: Visitor) -> None:
    nasty = "<script>alert(1)</script>"
    with inside(app, provider):
        run_id = kept("different", differences=[difference(sentence=nasty, named_there=nasty)])
    assert nasty not in admin.get(f"{PAGE}{run_id}/").get_data(as_text=True)


def test_the_button_starts_a_comparison_that_a_worker_makes(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        account_of()
    answer = admin.post(PAGE, {"days": "2"})
    assert answer.status_code == 303
    with inside(app, provider):
        (run,) = db.session.scalars(select(Reconciliation))
        assert (run.state, run.kind, run.asked_by.role) == ("waiting", "asked", "admin")
        assert timedelta(days=2) <= run.until - run.since <= timedelta(days=3, hours=1)
        assert (
            db.session.scalar(select(AuditEvent.action).order_by(AuditEvent.id.desc()))
            == "reconciliation:ask"
        )
        assert answer.location == f"{PAGE}{run.id}/"
    assert admin.get(f"{answer.location}progress").json == {"status": "waiting", "done": 0}
    again = admin.post(PAGE, {"days": "2"}, follow_redirects=True)
    assert "running already" in said(again)


@pytest.mark.parametrize("days", ["0", "32", "-1", "2.5", "", "9" * 40, "٣", "three"])
def test_other_numbers_of_days_are_refused(app: Flask, provider: Provider, admin: Visitor, days: str) -> None:
    answer = admin.post(PAGE, {"days": days})
    assert answer.status_code == 422
    assert "Choose 1 to 31 days." in said(answer)
    with inside(app, provider):
        assert db.session.scalar(select(Reconciliation.id)) is None


def test_without_an_account_there_is_nothing_to_compare(admin: Visitor) -> None:
    assert "no account to compare" in said(admin.post(PAGE, {"days": "3"}, follow_redirects=True))


@pytest.mark.parametrize("role", ["office", "manager"])
def test_who_sees_payments_looks_and_does_not_start(app: Flask, provider: Provider, role: str) -> None:
    with inside(app, provider):
        run_id = kept()
    visitor = signed_in(app, provider, role)
    assert "Reconcile now" not in visitor.get(PAGE).get_data(as_text=True)
    assert visitor.get(f"{PAGE}{run_id}/").status_code == 200
    assert visitor.post(PAGE, {"days": "3"}).status_code == 403


def test_instructors_see_nothing(app: Flask, provider: Provider) -> None:
    assert signed_in(app, provider, "instructor").get(PAGE).status_code == 403


KINDS_OF_WORK = (
    "payment_mismatch",
    "paid_too_much",
    "paid_twice",
    "dispute",
    "refund_beyond",
    "payment_unanswered",
    "reconcile_paid_there",
)


def test_every_task_about_money_leads_to_what_it_is_about(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        payment = started()
        settled(payment)
        run_id = kept("different")
        run = db.session.get_one(Reconciliation, UUID(run_id))
        for kind in KINDS_OF_WORK:
            work_items.add(kind, payment, f"Look at {kind}")
        work_items.add("reconcile_many", run, "Look at many")
        db.session.commit()
        payment_id = str(payment.id)
    page = admin.get("/admin/work/attention").get_data(as_text=True)
    assert page.count(f'href="/admin/payments/details/?id={payment_id}"') == len(KINDS_OF_WORK)
    assert f'href="{PAGE}{run_id}/"' in page
