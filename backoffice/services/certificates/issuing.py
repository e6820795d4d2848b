"""Issuing: the rows at once, in one statement; their papers are made by a job (making.py)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, String, Uuid, case, cast, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, insert
from sqlalchemy.orm import aliased

from backoffice.database import add_rows, among, db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.times import to_local
from backoffice.models import (
    Attendee,
    AuditEvent,
    Certificate,
    CertificateRun,
    Course,
    CourseType,
    Instructor,
    RegisterEntry,
    Schedule,
    ScheduleDay,
    ScheduleDayInstructor,
    Tenant,
)
from backoffice.services import audit
from backoffice.services.certificates import eligibility
from backoffice.services.outbox import ring_after_commit
from backoffice.services.references import REFERENCE, reference_parts
from backoffice.tenancy import current_tenant_id

MOST_AT_ONCE = 20_000
REASONS_SAID = 5
CODE_BYTES = 16


def issue(
    attendee_ids: Sequence[UUID],
    actor: Actor,
    *,
    schedule_id: UUID | None = None,
    now: datetime | None = None,
) -> CertificateRun:
    """Issue to whoever of these, and of the date if one is given, gets one. The papers follow after the commit.

    Raises Forbidden, Invalid for nobody or too many, Refused with the reasons when nobody of them gets one.
    """
    actor.require("certificate.issue")
    ids = sorted(set(attendee_ids))
    if not ids:
        raise Invalid("nobody", "Tick at least one person.", field="attendees")
    if len(ids) > MOST_AT_ONCE:
        raise Invalid("too_many", f"Issue at most {MOST_AT_ONCE:,} certificates at once.", field="attendees")
    hold_registers(ids)
    run = CertificateRun(asked_by_id=actor.user_id, schedule_id=schedule_id)
    db.session.add(run)
    db.session.flush()
    made = _insert(run, ids, now or datetime.now(UTC))
    if not made:
        raise Refused("nobody_eligible", _why_nobody(ids))
    run.total = len(made)
    _tell(run, made, actor)
    return run


def issue_date(schedule_id: UUID, actor: Actor, *, now: datetime | None = None) -> CertificateRun:
    """Issue to everybody of a date who gets one. Raises as `issue`."""
    actor.require("certificate.issue")
    candidates = eligibility.list_eligible(schedule_ids=[schedule_id])
    if not candidates:
        raise Refused("nobody_eligible", "Nobody is booked on this date.")
    ids = [each.attendee_id for each in candidates]
    return issue(ids, actor, schedule_id=schedule_id, now=now)


def hold_registers(ids: Sequence[UUID]) -> None:
    """A mark that is being made waits for us, or we for it: none falls between our looking and our writing."""
    db.session.execute(
        select(RegisterEntry.id)
        .where(among(RegisterEntry.attendee_id, ids))
        .order_by(RegisterEntry.attendee_id)
        .with_for_update(read=True)
    ).all()


def _tell(run: CertificateRun, made: Sequence[Any], actor: Actor) -> None:
    about = {"run_id": str(run.id)}
    entries = [
        audit.entry(
            actor,
            "certificate:issue",
            "certificates",
            row.id,
            row.number,
            new=about | {"number": row.number, "attendee_id": str(row.attendee_id)},
        )
        for row in made
    ]
    add_rows(AuditEvent, *entries)
    ring_after_commit("certificate_run", run.id)


def _why_nobody(ids: Sequence[UUID]) -> str:
    found = eligibility.list_eligible(attendee_ids=ids)
    if not found:
        return "Nobody was found: choose the people again."
    said = [f"{each.name}: {each.why_not}" for each in found[:REASONS_SAID]]
    more = len(found) - len(said)
    return "No certificate was issued. " + " ".join(said) + (f" And {more} more." if more else "")


# --- The one statement ---


def new_code() -> str:
    """128 random bits as 22 characters that an address takes as they are."""
    return base64.urlsafe_b64encode(secrets.token_bytes(CODE_BYTES)).rstrip(b"=").decode()


def _insert(run: CertificateRun, ids: Sequence[UUID], now: datetime) -> Sequence[Any]:
    """The rows (id, number, attendee_id) of those who got one; whoever has one by now is passed over."""
    tenant = db.session.get_one(Tenant, current_tenant_id())
    today = to_local(now, tenant.time_zone).date()
    wanted = _chosen(ids, today)
    if run.schedule_id:
        wanted = wanted.where(Schedule.id == run.schedule_id)
    chosen = wanted.subquery("chosen")
    columns = {column.name: column for column in chosen.c if column.name not in ("starts_at", "position")}
    columns |= {"tenant_id": literal(tenant.id, Uuid), "run_id": literal(run.id, Uuid), "number": REFERENCE}
    statement = (
        insert(Certificate)
        .from_select(list(columns), select(*columns.values()), include_defaults=False)
        .on_conflict_do_nothing(
            index_elements=["tenant_id", "attendee_id"], index_where=text("status = 'valid'")
        )
        .returning(Certificate.id, Certificate.number, Certificate.attendee_id)
    )
    # Past the ORM, which takes the parts of the reference for a row to insert.
    return db.session.connection().execute(statement, reference_parts("certificate", tenant, now)).all()


def _chosen(ids: Sequence[UUID], today: date) -> Any:
    """What each certificate says, in the order of the names, so that the numbers follow it."""
    lists = func.unnest(
        cast(list(ids), ARRAY(Uuid)),
        cast([new_id() for _ in ids], ARRAY(Uuid)),
        cast([new_code() for _ in ids], ARRAY(String)),
    )
    given = lists.table_valued("attendee_id", "certificate_id", "code", name="given").render_derived()
    columns = (
        cast(given.c.certificate_id, Uuid).label("id"),
        given.c.code,
        Attendee.id.label("attendee_id"),
        Attendee.schedule_id,
        Schedule.course_id,
        Attendee.booking_id,
        Attendee.user_id,
        Attendee.first_name.label("holder_first_name"),
        Attendee.last_name.label("holder_last_name"),
        Course.title.label("course_title"),
        Course.outcomes,
        func.coalesce(_instructors(), "").label("instructors"),
        TAUGHT_FROM.label("taught_from"),
        TAUGHT_UNTIL.label("taught_until"),
        literal(today, Date).label("issued_on"),
        _expires_on().label("expires_on"),
        func.coalesce(CourseType.certificate_wording, "").label("wording"),
        Schedule.starts_at,
        Attendee.position,
    )
    return (
        eligibility.join_facts(select(*columns))
        .join(given, given.c.attendee_id == Attendee.id)
        .join(CourseType, CourseType.id == Course.course_type_id)
        .where(eligibility.WHY_NOT == "")
        .order_by(Schedule.starts_at, Attendee.last_name, Attendee.first_name, Attendee.id)
    )


def _day(which: Any, otherwise: Any) -> Any:
    """The first or last day of a date by its own calendar."""
    taught = select(which(ScheduleDay.starts_at)).where(ScheduleDay.schedule_id == Schedule.id)
    instant = func.coalesce(taught.correlate(Schedule).scalar_subquery(), otherwise)
    return cast(func.timezone(Schedule.time_zone, instant), Date)


TAUGHT_FROM = _day(func.min, Schedule.starts_at)
TAUGHT_UNTIL = _day(func.max, Schedule.starts_at)


def _expires_on() -> Any:
    """The course's years after the last day, or after the old certificate's end where the course says so."""
    old = aliased(Certificate)
    old_end = (
        select(func.max(old.expires_on))
        .where(
            old.user_id == Attendee.user_id,
            old.status == "valid",
            or_(old.course_id == Course.id, old.course_id == Course.requalifies_course_id),
            old.expires_on >= TAUGHT_UNTIL,
            # One taught later may have been issued earlier: it is no old one.
            old.taught_until < TAUGHT_UNTIL,
        )
        .correlate(Attendee, Course, Schedule)
        .scalar_subquery()
    )
    begins = case((Course.runs_from_old_expiry, func.coalesce(old_end, TAUGHT_UNTIL)), else_=TAUGHT_UNTIL)
    return cast(begins + func.make_interval(Course.certificate_years), Date)


def _instructors() -> Any:
    """The names of who taught, leaders first."""
    on_days = (
        select(
            Instructor.name, func.min(case((ScheduleDayInstructor.duty == "lead", 0), else_=1)).label("rank")
        )
        .join(ScheduleDayInstructor, ScheduleDayInstructor.instructor_id == Instructor.id)
        .join(ScheduleDay, ScheduleDay.id == ScheduleDayInstructor.schedule_day_id)
        .where(ScheduleDay.schedule_id == Schedule.id)
        .correlate(Schedule)
        .group_by(Instructor.id, Instructor.name)
        .subquery()
    )
    leaders_first = aggregate_order_by(literal(", "), on_days.c.rank, on_days.c.name)
    return select(func.left(func.string_agg(on_days.c.name, leaders_first), 1000)).scalar_subquery()
