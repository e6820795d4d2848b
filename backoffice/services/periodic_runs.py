"""Who does the periodic work: a slot belongs to whoever writes it down first, and the row says how it ended.

The table is the installation's, without a tenant. Commit the claim before the work, so that another scheduler sees it.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db
from backoffice.models import PeriodicRun


def claim(name: str, slot: int, every: timedelta) -> bool:
    """Take this slot of the entry; False when it, or a later one, was taken before.

    Two schedulers that ask at once wait for each other on the row, and the second one finds the slot taken. An entry
    that nobody has begun for two of its periods may be taken whatever its slot says: its period was changed, or a
    clock was wrong.
    """
    statement = insert(PeriodicRun).values(name=name, slot=slot)
    is_lost = PeriodicRun.began_at < func.now() - 2 * every
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"slot": slot, "began_at": func.now(), "ended_at": null(), "rows": null()},
        where=or_(PeriodicRun.slot < slot, and_(PeriodicRun.slot != slot, is_lost)),
    )
    return db.session.execute(statement.returning(PeriodicRun.name)).scalar() is not None


def note_done(name: str, slot: int, rows: int) -> None:
    """The run of this slot did its work on so many rows. The last failure stays to be read."""
    _end(name, slot, rows=rows, failures=0)


def note_failed(name: str, slot: int, reason: str) -> None:
    """The run of this slot failed; `reason` is a sentence for people."""
    _end(name, slot, error=reason[:1000], failed_at=func.now(), failures=PeriodicRun.failures + 1)


def _end(name: str, slot: int, **values: object) -> None:
    # Only while it is the last one: a slow run must not speak for the one after it.
    is_last = (PeriodicRun.name == name) & (PeriodicRun.slot == slot)
    db.session.execute(update(PeriodicRun).where(is_last).values(ended_at=func.now(), **values))


def all_runs() -> dict[str, PeriodicRun]:
    """The last run of each entry, by its name; an entry that never ran is missing."""
    return {run.name: run for run in db.session.scalars(select(PeriodicRun))}
