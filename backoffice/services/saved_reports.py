"""Reports that people want again: saved, mailed each week or month, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import SYSTEM, Actor
from backoffice.domain.errors import Invalid, NotFound
from backoffice.domain.permissions import ROLES
from backoffice.domain.text import clean_line
from backoffice.domain.times import to_local
from backoffice.models import SavedReport, Tenant, User
from backoffice.models.saved_report import FILES, FREQUENCIES
from backoffice.services import audit, messages, reports
from backoffice.services.reports import periods
from backoffice.tenancy import current_tenant_id

READERS = tuple(role for role, rights in ROLES.items() if "report.read" in rights)
MOST_RECIPIENTS = 20
MOST_AT_ONCE = 50


def list_readers() -> list[User]:
    """Who may get a report by mail: people of this provider who may read it on the screen."""
    wanted = select(User).where(
        User.role.in_(READERS), User.is_active, User.archived_at.is_(None), User.email.is_not(None)
    )
    return list(db.session.scalars(wanted.order_by(User.last_name, User.first_name, User.id).limit(200)))


def list_saved() -> list[SavedReport]:
    """Those that go on, by name."""
    wanted = select(SavedReport).where(SavedReport.ended_at.is_(None))
    return list(db.session.scalars(wanted.order_by(SavedReport.name, SavedReport.id).limit(200)))


def save(
    report_name: str, given: Mapping[str, str], recipients: Sequence[str], actor: Actor, now: datetime
) -> SavedReport:
    """Keep a report and have it mailed; `given` holds name, basis, period, frequency and file.

    Raises Forbidden, NotFound, Invalid with the fields.
    """
    actor.require("report.read")
    report = reports.get(report_name)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    frequency, kind, period = (given.get(name, "") for name in ("frequency", "file", "period"))
    _check(frequency in FREQUENCIES, "frequency", "Choose weekly or monthly.")
    _check(kind in FILES, "file", "Choose PDF or CSV.")
    _check(period in periods.PRESETS, "period", "Choose one of the periods.")
    readers = {str(user.id) for user in list_readers()}
    chosen = list(dict.fromkeys(recipients))
    _check(bool(chosen), "recipients", "Choose who gets it.")
    _check(len(chosen) <= MOST_RECIPIENTS, "recipients", f"Choose {MOST_RECIPIENTS} people at most.")
    _check(set(chosen) <= readers, "recipients", "Choose people who may read reports.")
    basis = given.get("basis", "")
    saved = SavedReport(
        name=clean_line(given.get("name", ""), field="name", maximum=120, required=True),
        report=report.name,
        parameters={"basis": basis if basis in report.bases else "", "period": period},
        owner_id=actor.user_id,
        recipients=chosen,
        frequency=frequency,
        file=kind,
        next_on=periods.next_run(frequency, to_local(now, tenant.time_zone).date()),
    )
    db.session.add(saved)
    db.session.flush()
    audit.record(actor, "saved_report:save", saved, new={"report": report.name, "frequency": frequency})
    return saved


def _check(is_right: bool, field: str, sentence: str) -> None:
    if not is_right:
        raise Invalid("invalid", sentence, field=field)


def get(saved_id: UUID) -> SavedReport:
    """The saved report; raises NotFound."""
    saved = db.session.scalar(select(SavedReport).where(SavedReport.id == saved_id))
    if saved is None:
        raise NotFound("This saved report does not exist.")
    return saved


def end(saved_id: UUID, actor: Actor) -> None:
    """Mail it no more. Raises Forbidden, NotFound; ending it twice is ending it."""
    actor.require("report.read")
    saved = get(saved_id)
    if saved.ended_at is None:
        saved.ended_at = func.now()
        audit.record(actor, "saved_report:end", saved)


def queue_due(now: datetime) -> int:
    """Queue the mails of the reports that are due, one for each who may read them; how many reports.

    Once for a due day, however often it is called.
    """
    tenant = db.session.get_one(Tenant, current_tenant_id())
    today = to_local(now, tenant.time_zone).date()
    wanted = select(SavedReport).where(SavedReport.ended_at.is_(None), SavedReport.next_on <= today)
    due = db.session.scalars(
        wanted.order_by(SavedReport.next_on)
        .limit(MOST_AT_ONCE)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    readers = {str(user.id): user for user in list_readers()} if due else {}
    for saved in due:
        period = periods.preset(saved.parameters["period"], today, tenant.country)
        days = {"from": period.first.isoformat(), "until": period.last.isoformat()}
        for user in (readers[each] for each in saved.recipients if each in readers):
            messages.queue(
                "report",
                recipient=user.email,
                recipient_name=user.name,
                user_id=user.id,
                data={"saved_report_id": str(saved.id), **days},
                once_key=f"report:{saved.id}:{saved.next_on}:{user.id}"[:120],
                actor=SYSTEM,
            )
        saved.next_on, saved.last_sent_at = periods.next_run(saved.frequency, today), func.now()
    return len(due)
