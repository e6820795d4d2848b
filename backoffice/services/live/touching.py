"""Tell the open pages that the places of a date have changed: after the commit, and never before it.

Only the ids are told. Whoever shows the date reads the database, so that no message can be wrong, late or out of order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice
from uuid import UUID

from backoffice.database import at_the_end, db
from backoffice.services.live.link import link
from backoffice.tenancy import current_tenant_id

CHANNEL = "live:dates"
# More dates than this in one commit, as an import has them: every open page of the tenant looks again.
MOST_NAMED = 200
ALL = "*"
_TOUCHED = "live"

Touched = tuple[UUID, frozenset[UUID] | None]


def touch(*schedule_ids: UUID) -> None:
    """Say that the places of these dates change with this transaction. Every service that changes places calls it."""
    db.session.info.setdefault(_TOUCHED, set()).update(schedule_ids)


at_the_end(_TOUCHED, lambda session, touched: publish(touched))


def publish(schedule_ids: Collection[UUID]) -> None:
    """Tell every web process of this tenant's dates. Without Valkey nobody hears it: the sweep of each hub finds out."""
    text = say(current_tenant_id(), schedule_ids)
    link().ask(lambda redis: redis.publish(CHANNEL, text), 0)


def say(tenant_id: UUID, schedule_ids: Collection[UUID]) -> str:
    """The message: the tenant's id and those of the dates, or a star for all of them."""
    names = [ALL] if len(schedule_ids) > MOST_NAMED else [str(each) for each in schedule_ids]
    return " ".join([str(tenant_id), *names])


def hear(message: bytes) -> Touched | None:
    """Which tenant, and which of its dates (None: all). None for what is no message of ours."""
    try:
        tenant_id, *names = message.decode("ascii").split(" ")
        return UUID(tenant_id), _ids(names)
    except ValueError:
        return None


def _ids(names: Iterable[str]) -> frozenset[UUID] | None:
    named = list(islice(names, MOST_NAMED))
    return None if named == [ALL] else frozenset(map(UUID, named))
