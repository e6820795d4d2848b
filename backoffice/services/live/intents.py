"""Who is booking a date at this moment: kept in Valkey for two minutes, by a random id of the page, without a cookie."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from flask import current_app

from backoffice.services.live.link import link
from backoffice.services.live.touching import publish
from backoffice.services.rate_limits import network_of
from backoffice.tenancy import current_tenant_id

LIFE_SECONDS = 120
# After leaving the page: the next step of a booking says so again at once, and nobody sees the number flicker.
LEAVING_SECONDS = 8
# What one address may add to the number: a class room or a household, not a thousand invented pages.
MOST_OF_ONE_ADDRESS = 3
MOST_KEPT = 100
VISITOR = re.compile(r"[A-Za-z0-9_-]{8,64}")


def intend(schedule_id: UUID, visitor: str, address: str | None = None) -> None:
    """Note that somebody is booking a public date of this tenant, and tell the open pages. Ends by itself.

    `visitor` is a random id (8–64 letters, digits, - and _); one that has another shape is nobody.
    """
    if not VISITOR.fullmatch(visitor):
        return
    member, now = _member(visitor, address), datetime.now(UTC)
    known = list_bookers([schedule_id], now)[schedule_id]
    if member not in known and _has_enough(known, member):
        return
    _keep(schedule_id, member, LIFE_SECONDS)
    if member not in known:
        publish([schedule_id])


def _has_enough(known: Collection[str], member: str) -> bool:
    """Whether this address counts for as many as it may already, or all that are kept are."""
    address = member.partition(":")[0]
    of_address = sum(each.startswith(f"{address}:") for each in known)
    return len(known) >= MOST_KEPT or of_address >= MOST_OF_ONE_ADDRESS


def leave(schedule_id: UUID, visitor: str, address: str | None = None) -> None:
    """The page is closed: unless another one comes soon, this one was not booking."""
    if VISITOR.fullmatch(visitor):
        _keep(schedule_id, _member(visitor, address), LEAVING_SECONDS, only_known=True)


def _keep(schedule_id: UUID, member: str, seconds: int, *, only_known: bool = False) -> None:
    key, now = _key(schedule_id), datetime.now(UTC).timestamp()
    with link().redis.pipeline(transaction=False) as pipeline:
        pipeline.zremrangebyscore(key, "-inf", now)
        pipeline.zadd(key, {member: now + seconds}, xx=only_known)
        pipeline.zremrangebyrank(key, 0, -MOST_KEPT - 1)
        pipeline.expire(key, LIFE_SECONDS)
        link().ask(lambda _: pipeline.execute(), [])


def list_bookers(schedule_ids: Collection[UUID], now: datetime) -> dict[UUID, frozenset[str]]:
    """Who is booking each of these dates now; nobody while Valkey is away."""
    nobody = [list[bytes]()] * len(schedule_ids)
    if not schedule_ids:
        return {}
    with link().redis.pipeline(transaction=False) as pipeline:
        for each in schedule_ids:
            pipeline.zrangebyscore(_key(each), now.timestamp(), "+inf")
        answers = link().ask(lambda _: pipeline.execute(), nobody)
    found = (frozenset(member.decode() for member in members) for members in answers)
    return dict(zip(schedule_ids, found, strict=True))


def others(bookers: Collection[str], visitor: str = "") -> int:
    """How many are booking besides this visitor; one address counts for a few at most."""
    parts = (member.partition(":") for member in bookers)
    per_address = Counter(address for address, _, who in parts if who != visitor)
    return sum(min(number, MOST_OF_ONE_ADDRESS) for number in per_address.values())


def _key(schedule_id: UUID) -> str:
    return f"live:booking:{current_tenant_id()}:{schedule_id}"


def _member(visitor: str, address: str | None) -> str:
    """The visitor behind the address, in a form that tells equal addresses and nothing else."""
    secret, network = str(current_app.secret_key).encode(), f"live/{network_of(address)}".encode()
    return f"{hmac.new(secret, network, hashlib.sha256).hexdigest()[:12]}:{visitor}"
