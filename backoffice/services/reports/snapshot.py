"""One report, one moment: all that it reads is read in one transaction that sees nothing newer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from backoffice.database import db

# READ COMMITTED would show each statement another moment: a total without the row that came in between.
ISOLATION: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

# For sorting and joining, of this transaction alone: the usual 4 MB send a million rows to the disk and back.
ROOM = "SET LOCAL work_mem = '64MB'"


def open_snapshot() -> Session:
    """A session of its own whose every statement sees the moment of its first; close it."""
    reader = db.session.session_factory()
    try:
        reader.connection(execution_options=ISOLATION)
        reader.execute(text(ROOM))
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
