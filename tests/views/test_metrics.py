"""Figures for this machine only."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.domain.gateway_terms import Received
from backoffice.services import gateway_events, settling
from backoffice.work import commit_once
from tests.factories import Provider
from tests.paying import STRIPE, account_of, settled, started, word
from tests.views.admin.money_desk import inside
from tests.web_client import Visitor

METRICS = "/metrics"


def test_the_machine_itself_is_told_the_figures(app: Flask) -> None:
    visitor = Visitor(app, "localhost", address="127.0.0.1")
    visitor.get("/api/health/live")
    answer = visitor.get(METRICS)
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert 'backoffice_requests_total{status="2xx"}' in answer.text
    assert 'backoffice_queue_length{queue="mail"}' in answer.text


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.1", {}),
        ("192.0.2.1", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.1"}),
    ],
)
def test_from_anywhere_else_there_is_nothing(app: Flask, address: str, headers: dict[str, str]) -> None:
    assert Visitor(app, "localhost", address=address).get(METRICS, headers=headers).status_code == 404


def test_the_figures_of_the_gateways(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        settled(started())
        commit_once(lambda: gateway_events.keep(account_of(), Received("evt_1", "x", {})))
        db.session.rollback()
    answer = Visitor(app, "localhost", address="127.0.0.1").get(METRICS).text
    assert re.search(r'backoffice_payment_events_total{kind="succeeded"} [1-9]', answer)
    assert re.search(r"backoffice_gateway_event_oldest_seconds \d", answer)
    assert re.search(r"backoffice_gateway_events_dead \d", answer)


def test_what_was_rolled_back_is_not_counted(app: Flask, provider: Provider) -> None:
    visitor = Visitor(app, "localhost", address="127.0.0.1")

    def counted() -> int:
        found = re.search(r'backoffice_payment_events_total{kind="failed"} (\d+)', visitor.get(METRICS).text)
        return int(found[1]) if found else 0

    before = counted()
    with inside(app, provider):
        payment = started()
        settling.settle(payment.id, word(payment, "failed"), STRIPE, datetime.now(UTC))
        db.session.rollback()
        assert counted() == before
        settled(payment, "failed")
    assert counted() == before + 1
