"""Figures for this machine only."""

import pytest
from flask import Flask

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
