"""Where a party stands: whose link it is, the dates it waits for, and the offer that it has."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.errors import NotFound
from backoffice.models import Schedule, Tenant, WaitingEntry, WaitingEntryDate
from backoffice.services import tenants
from backoffice.services.sign_in import digest
from backoffice.tenancy import current_tenant_id

PAGE = "/waiting/"
# Longer than any token of ours: not worth looking up.
LONGEST_TOKEN = 100


def get(entry_id: UUID) -> WaitingEntry:
    """The party; raises NotFound."""
    entry = db.session.scalar(select(WaitingEntry).where(WaitingEntry.id == entry_id))
    if entry is None:
        raise NotFound("This entry of the waiting list does not exist.")
    return entry


def find(token: str) -> WaitingEntry | None:
    """The party behind a mailed link, in the tenant whose host was called."""
    if not 0 < len(token) <= LONGEST_TOKEN:
        return None
    return db.session.scalar(select(WaitingEntry).where(WaitingEntry.token_digest == digest(token)))


def url_of(entry: WaitingEntry) -> str:
    """The full address, at the tenant's own host. It is a secret: never written into a row or a log."""
    return tenants.base_url(db.session.get_one(Tenant, current_tenant_id())) + PAGE + entry.token


def wishes(entry_id: UUID) -> Sequence[WaitingEntryDate]:
    """The party's dates with their schedules, the earliest first."""
    schedule = joinedload(WaitingEntryDate.schedule)
    return db.session.scalars(
        select(WaitingEntryDate)
        .join(Schedule, Schedule.id == WaitingEntryDate.schedule_id)
        .where(WaitingEntryDate.entry_id == entry_id)
        .options(schedule.joinedload(Schedule.venue), joinedload(WaitingEntryDate.booking))
        .order_by(Schedule.starts_at, WaitingEntryDate.id)
        .execution_options(populate_existing=True)
    ).all()


def open_offer(entry_id: UUID) -> WaitingEntryDate | None:
    """The date that is offered to the party now, with its booking; None without one."""
    return db.session.scalar(
        select(WaitingEntryDate)
        .where(WaitingEntryDate.entry_id == entry_id, WaitingEntryDate.status == "offered")
        .options(joinedload(WaitingEntryDate.booking), joinedload(WaitingEntryDate.schedule))
        .execution_options(populate_existing=True)
    )


def ahead_of(wish: WaitingEntryDate) -> int:
    """How many parties wait for the same date and joined before."""
    mine = wish.entry
    earlier = tuple_(WaitingEntry.joined_at, WaitingEntry.id) < tuple_(mine.joined_at, mine.id)
    return (
        db.session.scalar(
            select(func.count())
            .select_from(WaitingEntryDate)
            .join(WaitingEntry, WaitingEntry.id == WaitingEntryDate.entry_id)
            .where(
                WaitingEntryDate.schedule_id == wish.schedule_id,
                WaitingEntryDate.status == "waiting",
                earlier,
            )
        )
        or 0
    )
