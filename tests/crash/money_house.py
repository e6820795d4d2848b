"""The program, Stripe's simulator and workers that can be killed, for the tests of what outlives them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask
from werkzeug.serving import make_server

from backoffice import create_app
from backoffice.config import PROJECT
from backoffice.database import db
from backoffice.jobs import sweeps
from backoffice.jobs.queues import MONEY, connect, queue
from backoffice.launch.plan import free_port
from backoffice.models import Payment
from backoffice.services import gateway_accounts, refunds, tenants
from backoffice.services.collecting import Wish
from backoffice.services.refunds import RefundIn
from backoffice.tenancy import tenant_scope
from backoffice.views import collecting_edge
from tests import factories
from tests.jobs.conftest import environment_of
from tests.servers import DatabaseUrls, settings_for
from tests.services.booked import ADMIN, done, fresh, placed
from tests.simulated import Simulators

KEY = "sk_test_simulator_kills"
TRIES = 60
FEW = 5

# Time passes: what waits for a killed worker, or for the gateway, is due now. Short pauses are waited for.
HURRY = """
UPDATE gateway_events SET next_attempt_at = now() WHERE processed_at IS NULL AND dead_at IS NULL
   AND next_attempt_at BETWEEN now() + interval '6 seconds' AND now() + interval '42 seconds';
UPDATE payments SET next_check_at = now() WHERE status IN ('pending', 'processing') AND next_check_at > now();
UPDATE refunds SET next_check_at = now() WHERE status = 'processing' AND next_check_at > now()
"""
OURS = """
SELECT p.reference, p.amount_minor, p.status, p.currency, COALESCE(
       (SELECT json_agg(json_build_array(id, amount) ORDER BY id) FROM
         (SELECT gateway_refund_id AS id, sum(amount_minor) AS amount FROM refunds r
           WHERE r.payment_id = p.id AND r.status = 'succeeded' GROUP BY gateway_refund_id) each), '[]')
  FROM payments p
"""

Ledger = dict[str, tuple[int, str, str, list[list[Any]]]]


@dataclass
class MoneyHouse:
    """One provider with a Stripe account of the simulator's; its webhooks really arrive."""

    app: Flask
    urls: DatabaseUrls
    folder: Path
    simulators: Simulators
    tenant_id: UUID
    schedule_id: UUID | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self.app.app_context(), tenant_scope(self.tenant_id):
            yield
            db.session.rollback()
            db.session.remove()

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """As the owner, who sees all rows."""
        with psycopg.connect(self.urls.owner) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def environ(self) -> dict[str, str]:
        public = {"PUBLIC_BASE_URL": self.app.extensions["settings"].public_base_url}
        return environment_of(self.app) | self.simulators.environ | public

    # --- Workers ---

    def start_worker(self) -> None:
        command = [sys.executable, "-m", "flask", "--app", "app", "jobs", "work", "money"]
        with (self.folder / "money.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=PROJECT, env=self.environ(), stdout=log, stderr=log)
        self.workers.append(process)

    def kill_worker(self) -> None:
        """kill -9 the one that has worked longest."""
        worker = self.workers.pop(0)
        worker.kill()
        worker.wait()

    def sweep(self) -> None:
        """What the scheduler does, as if the pauses were over; not while the workers have enough to do."""
        with self.app.app_context():
            if queue(MONEY, connect(self.app)).count > FEW:
                return
            self.sql(HURRY)
            for work in (sweeps.sweep_gateway_events, sweeps.sweep_payments, sweeps.sweep_refunds):
                work()

    # --- Money ---

    def ask(self, key: str) -> Payment:
        """A clerk asks for 75.00 until there is a page to pay on, as a person presses again."""
        with self.inside():
            booking = placed(self._schedule())
            wish = Wish(
                "stripe",
                (booking.id,),
                success_url="http://127.0.0.1:9/done",
                cancel_url="http://127.0.0.1:9/back",
                key=key,
            )
            for _ in range(TRIES):
                begun = collecting_edge.start(wish, factories.actor("office"))
                if begun.url:
                    payment = db.session.get_one(Payment, begun.payment_id)
                    db.session.refresh(payment)
                    db.session.expunge(payment)
                    return payment
        raise AssertionError("no page to pay on")

    def _schedule(self) -> Any:
        from_before = self.schedule_id
        if from_before is None:
            self.schedule_id = factories.make_schedule(capacity=500).id
        return db.session.get_one(factories.Schedule, self.schedule_id)

    def give_back(self, payment_id: UUID, amount_minor: int) -> UUID:
        """An administrator sends so much back; a worker carries it."""
        with self.inside():
            payment = db.session.get_one(Payment, payment_id)
            booking = fresh(payment.allocations[0].booking_id)
            wanted = RefundIn(payment_id, amount_minor, "Ill", booking_id=booking.id, route="gateway")
            refund_id: UUID = done(lambda: refunds.request(wanted, ADMIN)).id
            done(lambda: refunds.approve(refund_id, ADMIN))
            done(lambda: refunds.begin(refund_id, ADMIN))
        return refund_id

    # --- The two ledgers ---

    def ours(self) -> Ledger:
        return {reference: tuple(rest) for reference, *rest in self.sql(OURS)}

    def theirs(self) -> Ledger:
        return {line["reference"]: _line(line) for line in self.simulators.ledger("stripe", KEY)}

    def differences(self) -> list[str]:
        """The references of payments that are not the same to the penny on both sides."""
        ours, theirs = self.ours(), self.theirs()
        return sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))


def _line(line: dict[str, Any]) -> tuple[int, str, str, list[list[Any]]]:
    given = sorted([each["id"], each["amount_minor"]] for each in line["refunds"])
    assert sum(amount for _, amount in given) == line["refunded_minor"]
    return line["amount_minor"], line["status"], line["currency"], given


@contextmanager
def money_house(
    urls: DatabaseUrls, folder: Path, redis_url: str, simulators: Simulators
) -> Iterator[MoneyHouse]:
    """The house with its web open; all of its workers end with it."""
    port = free_port()
    environ = simulators.environ | {"PUBLIC_BASE_URL": f"http://127.0.0.1:{port}"}
    app = create_app(settings_for(urls, folder, redis_url, **environ))
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    tenants.forget_hosts()
    with app.app_context():
        queue(MONEY, connect(app)).empty()  # what other tests rang for, and nobody came
        provider = factories.make_provider()
    house = MoneyHouse(app, urls, folder, simulators, provider.id)
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        open_account(house)
        yield house
    finally:
        for worker in house.workers:
            worker.kill()
            worker.wait()
        server.shutdown()
        with app.app_context():
            db.engine.dispose()


def open_account(house: MoneyHouse) -> None:
    """The tenant's account, told to Stripe."""
    with house.inside():
        account = factories.make_gateway_account(path="kills", keys={"secret_key": KEY})
        url = gateway_accounts.notice_url(account)
        secret = gateway_accounts.open_account(account).register_notices(url)  # type: ignore[attr-defined]
        account.keys = json.dumps({"secret_key": KEY, "webhook_secret": secret})
        db.session.commit()


def wait_for(is_so: Callable[[], bool], seconds: float, meanwhile: Callable[[], object]) -> bool:
    """Whether it came true in time; `meanwhile` is done again and again."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        meanwhile()
        time.sleep(0.5)
    return True


def now() -> datetime:
    return datetime.now(UTC)
