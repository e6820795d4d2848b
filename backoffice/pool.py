"""Connections that are asked whether they still live only after they have idled: a busy one has just shown it."""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

# A request takes a connection up to three times; asking each time cost a fifteenth of a booking.
PING_AFTER_SECONDS = 1.0
_LEFT_AT = "left_at"


def ping_after_idling(engine: Engine) -> None:
    """Have a connection that lay idle prove that it lives; a dead one empties the pool and the next is a new one."""

    @event.listens_for(engine, "checkin")
    def _left(dbapi_connection: Any, record: Any) -> None:
        record.info[_LEFT_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _taken(dbapi_connection: Any, record: Any, proxy: Any) -> None:
        left_at = record.info.get(_LEFT_AT)
        if left_at is None or time.monotonic() - left_at < PING_AFTER_SECONDS:
            return
        try:
            engine.dialect.do_ping(dbapi_connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError() from error
