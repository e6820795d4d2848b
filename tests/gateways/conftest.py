"""The whole program in this process, its gateways the simulators, and a clerk who asks for money."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from backoffice import create_app
from backoffice.database import db
from backoffice.jobs import gateways, refunds
from backoffice.models import GatewayAccount, GatewayEvent, Payment, Refund, Tenant
from backoffice.services import gateway_accounts
from backoffice.services import refunds as asked_refunds
from backoffice.services.collecting import Wish
from backoffice.services.refunds import RefundIn
from backoffice.services.tenants import forget_hosts
from backoffice.tenancy import tenant_scope
from backoffice.views import collecting_edge
from tests import factories
from tests.gateways.givens import KEYS
from tests.paying import booking_of, fresh_payment
from tests.servers import DatabaseUrls, settings_for
from tests.services.booked import ADMIN, done, placed
from tests.simulated import Simulators

SIMULATED = {
    "stripe": {"secret_key": "sk_test_simulator_counter"},
    "mpesa": KEYS["mpesa"] | {"consumer_key": "simulator-counter"},
    "flutterwave": {"secret_key": "FLWSECK_TEST-simulator-counter", "secret_hash": "hash-of-the-counter"},
}


@dataclass
class Counter:
    """Where money is asked for and given back, with every message in the hands of the test."""

    app: Flask
    provider: factories.Provider
    simulators: Simulators

    def account(self, gateway: str) -> GatewayAccount:
        """The tenant's account, told to the gateway."""
        wanted = select(GatewayAccount).where(GatewayAccount.gateway == gateway)
        account = db.session.scalar(wanted)
        if account is None:
            keys = dict(SIMULATED[gateway])
            account = factories.make_gateway_account(
                gateway, path=f"{gateway}-{self.provider.slug}", keys=keys
            )
            self._register(gateway, account, keys)
        return account

    def _register(self, gateway: str, account: GatewayAccount, keys: dict[str, str]) -> None:
        url = gateway_accounts.notice_url(account)
        if gateway == "stripe":
            secret = gateway_accounts.open_account(account).register_notices(url)  # type: ignore[attr-defined]
            account.keys = factories.json.dumps(keys | {"webhook_secret": secret})
            db.session.commit()
        if gateway == "flutterwave":
            self.simulators.do("flutterwave/webhook", url=url, **keys)

    def asked(self, gateway: str, **more: Any) -> Payment:
        """A clerk asks for what a new booking of 75.00 costs (7,500 shillings where it is shillings)."""
        self.account(gateway)
        currency = "GBP" if gateway == "stripe" else "KES"
        price = 75_00 if currency == "GBP" else 7500_00
        tenant = db.session.get_one(Tenant, self.provider.id)
        tenant.currency = currency
        booking = placed(factories.make_schedule(currency=currency, price_minor=price))
        wish = Wish(
            gateway,
            (booking.id,),
            payer_phone="+254712345678",
            success_url="http://127.0.0.1:9/done",
            cancel_url="http://127.0.0.1:9/back",
            **more,
        )
        return fresh_payment(collecting_edge.start(wish, factories.actor("office")).payment_id)

    def pay(self, payment: Payment, how: str = "good") -> None:
        """The payer pays at the gateway; `how` is a card, an ending or a status of its simulator."""
        name = payment.gateway_reference
        if payment.method == "stripe":
            self.simulators.pay_stripe(str(name), card=how)
        elif payment.method == "mpesa":
            self.simulators.do("mpesa/pay", prompt=name, ending="pay" if how == "good" else how)
        else:
            status = "successful" if how == "good" else how
            self.simulators.do("flutterwave/pay", link=name, status=status)

    def deliver(self, messages: list[dict[str, Any]] | None = None) -> list[str | None]:
        """Knock with what the simulators hold, apply what was kept; what came of each that is new."""
        known = set(db.session.scalars(select(GatewayEvent.id)))
        db.session.rollback()
        for message in self.simulators.take() if messages is None else messages:
            assert self.knock(message) == 200
        wanted = select(GatewayEvent.id).order_by(GatewayEvent.id)
        found = [each for each in db.session.scalars(wanted) if each not in known]
        db.session.rollback()
        for event_id in found:
            gateways.apply_event(str(self.provider.id), str(event_id))
        db.session.expire_all()
        return [db.session.get_one(GatewayEvent, event_id).outcome for event_id in found]

    def knock(self, message: dict[str, Any]) -> int:
        """The answer to one message at its address; from a thread of its own, as it comes from outside."""
        with ThreadPoolExecutor(1) as outside:
            return outside.submit(self._knock, message).result()

    def _knock(self, message: dict[str, Any]) -> int:
        url = urlsplit(message["url"])
        headers = {**message["headers"], "Host": self.provider.host}
        client = self.app.test_client()
        return client.post(url.path, data=message["body"].encode(), headers=headers).status_code

    def due(self, payment: Payment) -> str:
        """The payment is asked about now."""
        now = datetime.now(UTC) - timedelta(seconds=1)
        db.session.execute(update(Payment).where(Payment.id == payment.id).values(next_check_at=now))
        db.session.commit()
        return gateways.check(payment.id)

    def give_back(self, payment: Payment, amount_minor: int) -> UUID:
        """An administrator sends so much back; the worker has asked the gateway once."""
        booking = booking_of(payment)
        wanted = RefundIn(payment.id, amount_minor, "Changed their mind", booking_id=booking.id)
        refund_id: UUID = done(lambda: asked_refunds.request(wanted, ADMIN)).id
        done(lambda: asked_refunds.approve(refund_id, ADMIN))
        done(lambda: asked_refunds.begin(refund_id, ADMIN))
        refunds.carry_on(refund_id)
        return refund_id

    def carry_on(self, refund_id: UUID) -> Refund:
        """The worker looks after a refund again."""
        now = datetime.now(UTC) - timedelta(seconds=1)
        db.session.execute(update(Refund).where(Refund.id == refund_id).values(next_check_at=now))
        db.session.commit()
        refunds.carry_on(refund_id)
        return self.refund(refund_id)

    def refund(self, refund_id: UUID) -> Refund:
        db.session.expire_all()
        return db.session.get_one(Refund, refund_id)

    def lines(self, gateway: str) -> list[dict[str, Any]]:
        """The payments that its simulator knows of."""
        key = SIMULATED[gateway].get("secret_key") or SIMULATED[gateway]["consumer_key"]
        return self.simulators.ledger(gateway, key)

    def ledger(self, gateway: str) -> dict[str, Any]:
        """The only one."""
        (line,) = self.lines(gateway)
        return line


@pytest.fixture(scope="module")
def counter_app(
    database_urls: DatabaseUrls, redis_url: str, server_folder: Path, simulators_server: Simulators
) -> Iterator[Flask]:
    app = create_app(settings_for(database_urls, server_folder, redis_url, **simulators_server.environ))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def counter(counter_app: Flask, simulators: Simulators) -> Iterator[Counter]:
    """Inside the scope of a new tenant; the simulators hold every message until the test delivers it."""
    forget_hosts()
    simulators.faults(hold_webhooks=True)
    with counter_app.app_context():
        provider = factories.make_provider()
        with tenant_scope(provider.id):
            yield Counter(counter_app, provider, simulators)
            db.session.rollback()
            db.session.remove()
