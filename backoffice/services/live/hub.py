"""The one thread of a web process that hears of changes, reads the database and tells the open pages."""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from threading import Lock, Thread
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.services.live import intents
from backoffice.services.live.ear import Ear
from backoffice.services.live.link import Link
from backoffice.services.live.reading import Look, look
from backoffice.services.live.stream import Listener, Stream
from backoffice.services.live.touching import Touched
from backoffice.services.rate_limits import network_of
from backoffice.tenancy import tenant_scope

log = logging.getLogger(__name__)

# A stream ends and the browser opens another: nothing that goes wrong lasts longer.
LIFE_SECONDS = 300.0
# What nobody announces (psql, a lost message) is seen after this time; sooner while Valkey is away.
SWEEP_SECONDS = 5.0
DEAF_SWEEP_SECONDS = 2.0
TICK_SECONDS = 1.0
# Sooner than a page that was left is forgotten: one that was only loaded again is never missed.
INTENT_SECONDS = 5.0
# Threads of a web process that no stream takes: gunicorn_config.py adds as many as there may be streams.
PAGE_THREADS = 8
# One address may have a third of them: a visitor has one for each window that is in view.
ONE_ADDRESS = 3


class NoRoom(DomainError):
    """As many streams are open as there are threads for (503): ask /live/places instead."""

    def __init__(self) -> None:
        super().__init__(
            "no_room", "Too many pages listen at the moment. Ask for the places instead.", status=503
        )


class Hub:
    """All open streams of a process. Its thread begins with the first of them, after the web server has forked."""

    def __init__(self, app: Flask, most: int) -> None:
        self._app, self.most = app, most
        self._ear = Ear(app.extensions["settings"].redis_url)
        self._streams: set[Stream] = set()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._sweep_at = self._intents_at = 0.0
        self._is_stopping: Callable[[], bool] = lambda: False

    # --- For the pages ---

    def open(self, listener: Listener) -> Stream:
        """Begin to listen. Raises NoRoom."""
        with self._lock:
            self._check_room(listener.address)
            stream = Stream(listener, LIFE_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311 - spreads them
            self._streams.add(stream)
            self._start()
        return stream

    def close(self, stream: Stream) -> None:
        """Whoever has opened a stream closes it, whatever happened; a second time does nothing."""
        with self._lock:
            was_open = stream in self._streams
            self._streams.discard(stream)
        stream.end()
        listener = stream.listener
        if was_open and listener.booking:
            with self._app.app_context(), tenant_scope(listener.tenant_id):
                intents.leave(listener.booking, listener.visitor, listener.address)

    @property
    def open_streams(self) -> int:
        return len(self._streams)

    @property
    def hears(self) -> bool:
        """False while changes are only found by looking; True before the first stream."""
        return self._thread is None or self._ear.hears

    def leave_room(self, threads: int) -> None:
        """Never take a thread that a page needs, however few the web server has."""
        self.most = max(0, min(self.most, threads - PAGE_THREADS))

    def stop_when(self, is_stopping: Callable[[], bool]) -> None:
        """Have the streams end when the web server says that it stops: it would wait for them."""
        self._is_stopping = is_stopping

    def _check_room(self, address: str | None) -> None:
        of_address = sum(network_of(each.listener.address) == network_of(address) for each in self._streams)
        if len(self._streams) >= self.most or of_address >= max(1, self.most // ONE_ADDRESS):
            raise NoRoom()

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._run, name="live-places", daemon=True)
            self._thread.start()

    # --- The thread ---

    def _run(self) -> None:
        while True:
            try:
                self._turn()
            except SQLAlchemyError as error:
                log.warning("live places cannot read the database", extra={"cause": type(error).__name__})
                self._sweep_at = 0.0  # what was heard is not told yet
                time.sleep(TICK_SECONDS)
            except Exception:  # the thread lives as long as the process, whatever it meets
                log.exception("live places stumbled")
                time.sleep(TICK_SECONDS)

    def _turn(self) -> None:
        heard = self._ear.hears
        touched = self._ear.listen(TICK_SECONDS)
        self._end_old()
        now = time.monotonic()
        if now >= self._sweep_at or heard != self._ear.hears:
            self._sweep_at = now + (SWEEP_SECONDS if self._ear.hears else DEAF_SWEEP_SECONDS)
            self._tell(None)
        elif touched:
            self._tell(_merged(touched))
        if now >= self._intents_at:
            self._intents_at = now + INTENT_SECONDS
            self._renew_intents()

    def _list(self) -> list[Stream]:
        with self._lock:
            return list(self._streams)

    def _end_old(self) -> None:
        is_stopping, now = self._is_stopping(), time.monotonic()
        for stream in self._list():
            if is_stopping or now >= stream.ends_at or stream.is_left():
                stream.end()

    def _tell(self, named: Mapping[UUID, frozenset[UUID] | None] | None) -> None:
        """Read what the pages show that have one of these dates (None: all pages), once for each tenant, and tell them."""
        for tenant_id, streams in _by_tenant(self._list()).items():
            ids = None if named is None else named.get(tenant_id, frozenset())
            listening = [each for each in streams if ids is None or each.listener.ids & ids]
            if listening:
                seen = self._look(tenant_id, [each.listener for each in listening])
                for stream in listening:
                    stream.offer(seen)

    def _look(self, tenant_id: UUID, listeners: list[Listener]) -> dict[UUID, Look]:
        ids = frozenset[UUID]().union(*(each.ids for each in listeners))
        asked = frozenset[UUID]().union(*(each.ids for each in listeners if each.visitor))
        with self._app.app_context(), tenant_scope(tenant_id):
            try:
                return look(ids, asked)
            finally:
                db.session.remove()

    def _renew_intents(self) -> None:
        for stream in self._list():
            listener = stream.listener
            if listener.booking:
                with self._app.app_context(), tenant_scope(listener.tenant_id):
                    intents.intend(listener.booking, listener.visitor, listener.address)


def wire(app: Flask) -> None:
    """Have the link and the hub ready; they connect when they are first needed."""
    settings = app.extensions["settings"]
    app.extensions["live_link"] = Link(settings.redis_url)
    app.extensions["live_hub"] = Hub(app, settings.live_streams)


def get_hub() -> Hub:
    """The running program's hub."""
    return current_app.extensions["live_hub"]


def _by_tenant(streams: Iterable[Stream]) -> dict[UUID, list[Stream]]:
    found = defaultdict[UUID, list[Stream]](list)
    for stream in streams:
        found[stream.listener.tenant_id].append(stream)
    return found


def _merged(touched: Iterable[Touched]) -> dict[UUID, frozenset[UUID] | None]:
    """The dates of each tenant; None: all of them."""
    found: dict[UUID, frozenset[UUID] | None] = {}
    for tenant_id, ids in touched:
        known = found.get(tenant_id, frozenset())
        found[tenant_id] = None if ids is None or known is None else known | ids
    return found
