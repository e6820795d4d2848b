"""Whoever reads the logs cannot use what is written there: no secret part of an address stands in them."""

import pytest
from flask import Flask

from backoffice import logs
from tests.factories import Provider
from tests.web_client import Visitor

SECRET = "s3cret-part_of-an-address"  # noqa: S105
ADDRESSES = [
    "/pay/{}",
    "/pay/{}/",
    "/pay/{}/start",
    "/pay/{}/nowhere",
    "/pay//{}",
    "/choice/{}",
    "/choice/{}/",
    "/names/{}",
    "/my/enter/{}",
    "/my/booking/{}",
    "/my/booking/{}/cancel",
    "/my/calendar/{}.ics",
    "/names/{}/",
    "/waiting/{}",
    "/waiting/{}/accept",
    "/waiting/join{}",
    "/certificate/{}",
    "/certificate/{}/",
    "/password/reset/{}",
    "/invitation/{}/x",
    "/api/webhooks/stripe/{}",
    "/api/webhooks/stripe/{}/",
    "/api/payments/webhooks/mpesa/{}",
    "/api/payments/webhooks/mpesa/{}/01a1fd05-ae24-76a6-87fc-2735f1d4db74",
    "/api/payments/webhooks/flutterwave/{}",
    "/api/payments/webhooks/nobody/{}",
]


def logged(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> list[str]:
    with caplog.at_level("INFO"):
        for address in ADDRESSES:
            for method in ("GET", "POST", "DELETE"):
                visitor.open(address.format(SECRET), method=method)
    return [str(record.__dict__) for record in caplog.records if record.name.startswith("backoffice")]


def test_no_secret_of_an_address_is_logged(
    app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    """With any method, and where no page is found."""
    lines = logged(Visitor(app, provider.host), caplog)
    assert len(lines) >= 3 * len(ADDRESSES)
    assert [line for line in lines if SECRET in line] == []


def test_without_the_mask_it_would_be(
    app: Flask, provider: Provider, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    monkeypatch.setattr(logs, "_path", lambda: logs.request.path)
    assert [line for line in logged(Visitor(app, provider.host), caplog) if SECRET in line]
