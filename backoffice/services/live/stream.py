"""One open page that listens: what it has been told, and what it is still to be told."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Condition
from uuid import UUID

from backoffice.services.live.reading import Look, Told


@dataclass(frozen=True)
class Listener:
    """Who listens to which dates. Only who gives a visitor's id hears of other bookers."""

    tenant_id: UUID
    ids: frozenset[UUID]
    address: str | None = None
    visitor: str = ""
    # The date that the visitor is booking.
    booking: UUID | None = None
    connection: socket.socket | None = None


class Stream:
    """Filled by the hub, emptied by the thread of the page. What a page has not read yet is replaced by what is newer."""

    def __init__(self, listener: Listener, seconds: float) -> None:
        self.listener = listener
        self.ends_at = time.monotonic() + seconds
        self._told: dict[UUID, Told | None] = {}
        self._fresh: dict[UUID, Told | None] = {}
        self._bell = Condition()
        self._is_over = False

    def begin(self, looks: Mapping[UUID, Look]) -> None:
        """What holds at the beginning; what the hub said meanwhile is newer."""
        told: dict[UUID, Told | None] = {
            each: seen.told_to(self.listener.visitor) for each, seen in looks.items()
        }
        with self._bell:
            self._fresh = told | self._fresh
            self._told = told | self._told
            self._bell.notify()

    def offer(self, looks: Mapping[UUID, Look]) -> None:
        """The dates as they are now. Only what is another than before is passed on; one that is gone was once there."""
        with self._bell:
            for each in self.listener.ids:
                seen, before = looks.get(each), self._told.get(each)
                now = seen.told_to(self.listener.visitor) if seen else None
                if now != before:
                    self._told[each] = self._fresh[each] = now
            if self._fresh:
                self._bell.notify()

    def end(self) -> None:
        """Nothing more will come."""
        with self._bell:
            self._is_over = True
            self._bell.notify()

    def wait(self, seconds: float) -> dict[UUID, Told | None] | None:
        """What has changed, {} when nothing has for so many seconds, None at the end. None for a date: it is gone."""
        with self._bell:
            self._bell.wait_for(lambda: self._fresh or self._is_over, seconds)
            if self._is_over:
                return None
            fresh, self._fresh = self._fresh, {}
            return fresh

    def is_left(self) -> bool:
        """Whether the browser has closed the connection: there is something to read, and it is the end."""
        connection = self.listener.connection
        if connection is None:
            return False
        try:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
