"""Two web processes' worth of the program on one database, and threads that start together."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask
from sqlalchemy import event

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.services import bookings
from backoffice.services.bookings import Order, Placed
from backoffice.services.customers import CustomerIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.servers import DatabaseUrls

Work = Callable[[], Any]
THREADS = 32


@dataclass(frozen=True)
class Arena:
    """Apps have a pool of connections each; `tenant_id` is the provider that all threads work for."""

    apps: Sequence[Flask]
    urls: DatabaseUrls
    tenant_id: UUID

    def run(self, *works: Work, threads: int = THREADS) -> list[Any]:
        """What each work returned, or the DomainError it met; the first `threads` of them start together."""
        threads = min(threads, len(works))
        start = Barrier(threads)

        def one(number: int) -> Any:
            if number < threads:
                start.wait()
            return self._commit(self.apps[number % len(self.apps)], works[number])

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(len(works))))

    def overtaken(self, marker: str, other: Work) -> None:
        """Once, right after the first program's next statement that holds `marker`, let the second one do other work."""
        with self.apps[0].app_context():
            engine = db.engine
        waiting = [other]

        def overtake(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if marker in statement and waiting:
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(self._commit, self.apps[1], waiting.pop()).result()

        event.listen(engine, "after_cursor_execute", overtake)

    def _commit(self, app: Flask, work: Work) -> Any:
        with app.app_context(), tenant_scope(self.tenant_id):
            try:
                return commit_once(work)
            except DomainError as error:
                return error
            finally:
                db.session.remove()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A context of one's own, to make rows and to look at them."""
        with self.apps[0].app_context(), tenant_scope(self.tenant_id):
            yield
            db.session.rollback()
            db.session.remove()

    def make(self, work: Callable[[], Any]) -> Any:
        """Run one work and return its result."""
        with self.inside():
            return work()

    def sql(self, statement: str) -> list[tuple]:
        """As the owner: to look at all rows, or to take a guard away."""
        with psycopg.connect(self.urls.owner) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def order(schedule_id: UUID, number: int = 1, method: str = "bank_transfer", **more: Any) -> Order:
    customer = CustomerIn(first_name="Cal", last_name=f"Ler{number}", email=f"caller{number}@x.example")
    values: dict[str, Any] = {"customer": customer, "payment_method": method, "places": 1}
    return Order(schedule_id=schedule_id, **values | more)


def placing(wanted: Order) -> Callable[[], Placed]:
    return lambda: bookings.place(wanted, factories.actor("office"))


def outcomes(results: Sequence[Any]) -> Counter[str]:
    """How many were placed ("ok"), and how many were refused by which code."""
    return Counter(result.code if isinstance(result, DomainError) else "ok" for result in results)
