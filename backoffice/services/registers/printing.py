"""A register for the printer: the sheet to sign, and what is needed by whom."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from backoffice.database import db
from backoffice.documents.sheet_pages import RegisterSheet, SheetPerson
from backoffice.domain.actor import Actor
from backoffice.domain.times import say_instant
from backoffice.models import Tenant
from backoffice.services import tenants
from backoffice.services.registers.reading import Row, get_register
from backoffice.tenancy import current_tenant_id

PATH = "/admin/registers/"


def signing_sheet(schedule_id: UUID, actor: Actor, now: datetime | None = None) -> RegisterSheet:
    """The sheet to sign; nothing of what anybody needs is on it. Raises Forbidden, NotFound."""
    return _sheet(schedule_id, actor, now or datetime.now(UTC), has_needs=False)


def needs_sheet(schedule_id: UUID, actor: Actor, now: datetime | None = None) -> RegisterSheet:
    """The same people in the same order, with what they need: confidential. Raises Forbidden, NotFound."""
    return _sheet(schedule_id, actor, now or datetime.now(UTC), has_needs=True)


def _sheet(schedule_id: UUID, actor: Actor, now: datetime, *, has_needs: bool) -> RegisterSheet:
    register = get_register(schedule_id, actor, now)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    return RegisterSheet(
        tenant_name=tenant.name,
        course=register.course,
        venue=register.venue,
        when=register.when,
        instructors=register.instructors,
        days=tuple((day.label, day.hours) for day in register.days),
        people=tuple(_person(row, has_needs=has_needs) for row in register.rows),
        url=f"{tenants.base_url(tenant)}{PATH}{schedule_id}",
        printed=f"As of {say_instant(now, register.time_zone)}",
    )


def _person(row: Row, *, has_needs: bool) -> SheetPerson:
    """A place without a name yet is left blank: it is written in at the door."""
    name = "" if row.is_unnamed else row.name
    return SheetPerson(name, row.company, row.requirements if has_needs else "")
