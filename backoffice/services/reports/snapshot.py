"""One report, one moment: all that it reads is read in one transaction that sees nothing newer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from backoffice.database import db

# READ COMMITTED would show each statement another moment: a total without the row that came in between.
ISOLATION: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def open_snapshot() -> Session:
    """A session of its own whose every statement sees the moment of its first; close it."""
    reader = db.session.session_factory()
    try:
        reader.connection(execution_options=ISOLATION)
    except BaseException:
        reader.close()
        raise
    return reader


@contextmanager
def snapshot() -> Iterator[Session]:
    """The same for a block."""
    reader = open_snapshot()
    try:
        yield reader
    finally:
        reader.close()
