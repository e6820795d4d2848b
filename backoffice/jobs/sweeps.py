"""Finding what should have been done by now, across tenants, from the database alone.

Redis may have been emptied, or say that a killed worker's job still runs: neither is asked. What is due is rung
for again; where Redis takes no ring, it is done here.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from uuid import UUID

from flask import current_app
from redis import RedisError
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.errors import DomainError
from backoffice.jobs import certificates, doorbell, gateways, mail, outbox, refunds
from backoffice.services import bookings
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

# More rings than this would only wait behind each other.
MOST_RINGS = 1000
HOLDS_AT_ONCE = 200
# The other periodic work waits meanwhile.
SECONDS_HERE = 8.0

Pairs = Sequence[tuple[UUID, UUID]]
Try = Callable[..., None]


def sweep_messages() -> int:
    """Ring for a round of each provider that has a message due; how many messages were found."""
    try:
        if not doorbell.room("round", MOST_RINGS):
            return 0
        found = _due("due_messages", MOST_RINGS)
        is_rung = all(doorbell.ring_round(tenant_id) for tenant_id in _tenants_of(found))
    except RedisError:
        found, is_rung = _due("due_messages", MOST_RINGS), False
    return len(found) if is_rung else _do_here(found, mail.send_messages)


def _tenants_of(pairs: Pairs) -> list[UUID]:
    return list(dict.fromkeys(tenant_id for tenant_id, _ in pairs))


def sweep_outbox() -> int:
    """Ring for every outbox row that is due; how many."""
    return _sweep("outbox", "due_outbox", outbox.handle)


def sweep_gateway_events() -> int:
    """Ring for every event of a gateway that is to be applied; how many."""
    return _sweep("gateway_event", "due_gateway_events", gateways.apply_event)


def sweep_payments() -> int:
    """Ring for every open payment whose gateway is to be asked; how many."""
    return _sweep("payment", "due_payments", gateways.check_payment)


def sweep_refunds() -> int:
    """Ring for every refund on its way through a gateway that is to be carried on; how many."""
    return _sweep("refund", "due_refunds", refunds.carry_out)


def sweep_certificate_runs() -> int:
    """Ring for every run of certificates that is to be carried on; how many."""
    return _sweep("certificate_run", "due_certificate_runs", certificates.make_certificates)


def release_ended_holds() -> int:
    """Give back the places of pending bookings whose hold has ended; how many bookings."""
    deadline, released = time.monotonic() + SECONDS_HERE, 0
    while time.monotonic() < deadline:
        found = list(_due("ended_holds", HOLDS_AT_ONCE))
        # A gateway that does not answer takes all the time there is: the next turn begins with other bookings.
        random.shuffle(found)
        done = sum(_release(*pair) for pair in _until(deadline, found))
        released += done
        if len(found) < HOLDS_AT_ONCE or not done:
            break
    return released


def _until(deadline: float, pairs: Pairs) -> Iterator[tuple[UUID, UUID]]:
    return takewhile(lambda _: time.monotonic() < deadline, pairs)


def _sweep(kind: str, finder: str, here: Try) -> int:
    try:
        room = doorbell.room(kind, MOST_RINGS)
    except RedisError:
        return _do_here(_due(finder, MOST_RINGS), here)
    found = _due(finder, room) if room else []
    if doorbell.ring((kind, tenant_id, row_id) for tenant_id, row_id in found):
        return len(found)
    return _do_here(found, here)


def _due(finder: str, at_most: int) -> Pairs:
    """Pairs of tenant and row, which is all that the definer function tells."""
    function = getattr(func, finder)(at_most).table_valued("tenant_id", "id")
    with current_app.app_context():  # a session of its own: the next one belongs to a tenant
        rows = db.session.execute(select(function.c.tenant_id, function.c.id)).all()
    return [(UUID(str(row[0])), UUID(str(row[1]))) for row in rows]


def _do_here(pairs: Pairs, here: Try) -> int:
    deadline, done = time.monotonic() + SECONDS_HERE, 0
    for tenant_id, row_id in _until(deadline, pairs):
        with current_app.app_context():
            try:
                here(str(tenant_id), str(row_id))
            except Exception:  # one that fails must not keep all others waiting
                log.exception("not done", extra={"tenant_id": tenant_id, "row_id": row_id})
        done += 1
    return done


def _release(tenant_id: UUID, booking_id: UUID) -> bool:
    with current_app.app_context(), tenant_scope(tenant_id):
        try:
            gateways.end_attempts(
                booking_id
            )  # a page that is still open could be paid after its places are gone
            return commit_once(lambda: bookings.release_ended_hold(booking_id, SYSTEM))
        except DomainError as error:
            log.warning("hold not released", extra={"booking_id": booking_id, "cause": error.code})
        except Exception:  # one booking that cannot be released must not keep the places of all others
            log.exception("hold not released", extra={"booking_id": booking_id})
        return False
