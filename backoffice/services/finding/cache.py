"""Lists of the public site, remembered in Valkey for five minutes and dropped when what they show was changed.

Every provider has a mark. A list is kept under the mark that held before it was read; a change sets a new mark after
its commit, so a list that was read before the change is never found after it. Where the mark was not set (Valkey was away,
a statement that no session of ours ran) a list is at most five minutes old. Places are not part of what is trusted here.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Flask, current_app, has_app_context
from redis import Redis, RedisError
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState

from backoffice.database import TenantSession, at_the_end
from backoffice.models import Course, CourseType, Schedule, ScheduleDay, Venue
from backoffice.services.finding import shapes
from backoffice.tenancy import current_tenant_id

log = logging.getLogger(__name__)

T = TypeVar("T")

SECONDS = 300
# Longer than any list lives: a mark that is forgotten must not come back while a list of its time is kept.
MARK_SECONDS = 86_400
TIMEOUT_SECONDS = 0.2
# How long Valkey is left alone after it did not answer: a page must not wait for it again and again.
REST_SECONDS = 15.0
SHOWN = (Course, CourseType, Schedule, ScheduleDay, Venue)
_TABLES = frozenset(model.__tablename__ for model in SHOWN)
_TOUCHED = "catalogue_touched"


class Shelf:
    """The connection of one program, which rests after it failed."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        self._rests_until = 0.0

    def ask(self, question: Callable[[Redis], Any]) -> Any:
        """The answer; None while Valkey does not answer."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            return question(self._redis)
        except RedisError as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            log.warning("the catalogue is not remembered", extra={"cause": str(error)})
            return None

    def mark(self, tenant_id: UUID) -> str | None:
        """The provider's present mark, made where there is none."""
        found = self.ask(lambda redis: redis.get(_mark_key(tenant_id)))
        if found is not None:
            return str(found.decode())
        fresh = secrets.token_hex(8)
        kept = self.ask(
            lambda redis: redis.set(_mark_key(tenant_id), fresh, ex=MARK_SECONDS, nx=True, get=True)
        )
        return str(kept.decode()) if kept else fresh


def wire(app: Flask) -> None:
    """Remember lists in this program."""
    app.extensions["catalogue_shelf"] = Shelf(app.extensions["settings"].redis_url)


def remembered(name: str, kind: type[T], build: Callable[[], T], *, is_worth: Callable[[T], Any] = bool) -> T:
    """What `build` makes, or made in the last five minutes.

    `name` says which list; `kind` is a frozen dataclass or a tuple of them, as `shapes` reads. What is not worth it is
    not kept: lists of what does not exist can be asked for without end.
    """
    shelf, tenant_id = _shelf(), current_tenant_id()
    mark = shelf.mark(tenant_id)
    # Another release may still run beside this one, or have run a minute ago: its lists may have other fields.
    about = f"{name}/{shapes.outline(kind)}"
    key = f"catalogue/{tenant_id}/{mark}/{hashlib.sha256(about.encode()).hexdigest()[:32]}"
    found = shelf.ask(lambda redis: redis.get(key))
    if found is not None:
        return shapes.read(kind, json.loads(found))
    made = build()
    if not is_worth(made):
        return made
    text = json.dumps(shapes.plain(made), separators=(",", ":"))
    shelf.ask(lambda redis: redis.set(key, text, ex=SECONDS))
    return made


def forget(tenant_id: UUID) -> None:
    """Drop every list of the provider."""
    _shelf().ask(lambda redis: redis.set(_mark_key(tenant_id), secrets.token_hex(8), ex=MARK_SECONDS))


def touch(session: TenantSession) -> None:
    """Say that this transaction changes what the lists show: they are dropped after its commit."""
    session.info[_TOUCHED] = True


def _shelf() -> Shelf:
    shelf: Shelf = current_app.extensions["catalogue_shelf"]
    return shelf


def _mark_key(tenant_id: UUID) -> str:
    return f"catalogue/{tenant_id}/mark"


@event.listens_for(TenantSession, "after_flush")
def _after_flush(session: TenantSession, context: object) -> None:
    changed = (*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row)))
    if any(isinstance(row, SHOWN) for row in changed):
        touch(session)


@event.listens_for(TenantSession, "do_orm_execute")
def _do_orm_execute(state: ORMExecuteState) -> None:
    """Imports write many rows in one statement, past the objects."""
    if state.is_select:
        return
    table = getattr(state.statement, "table", None)
    if getattr(table, "name", None) in _TABLES:
        touch(cast(TenantSession, state.session))


def _drop(session: TenantSession, is_touched: bool) -> None:
    if has_app_context() and "catalogue_shelf" in current_app.extensions:
        forget(session.info["tenant_id"])


at_the_end(_TOUCHED, _drop)
