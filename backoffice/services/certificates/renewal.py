"""Whether a certificate was renewed, and what its holder has to book next.

A course and the course that requalifies for it renew each other. The same person is told by the login, or by the same
name together with the same address, booker or company: most attendees have no login.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.times import to_local
from backoffice.models import Certificate, Course, Tenant
from backoffice.services.dates_on_sale import OfferedDate, Wanted, list_dates

MOST_DATES: Final = 3

_SAME_PERSON: Final = """({n}.user_id = {c}.user_id
       OR {last} = {c}.holder_last_name AND {first} = {c}.holder_first_name
          AND (na.email = oa.email OR nb.customer_id = ob.customer_id OR nb.company_id = ob.company_id))"""
_SAME_SUBJECT: Final = "coalesce(nc.requalifies_course_id, nc.id) = coalesce(oc.requalifies_course_id, oc.id)"
_OLD: Final = """
       JOIN courses oc ON oc.tenant_id = {c}.tenant_id AND oc.id = {c}.course_id
       JOIN bookings ob ON ob.tenant_id = {c}.tenant_id AND ob.id = {c}.booking_id
       JOIN attendees oa ON oa.tenant_id = {c}.tenant_id AND oa.id = {c}.attendee_id"""
_NEWER: Final = (
    """
  FROM certificates n
       JOIN courses nc ON nc.tenant_id = n.tenant_id AND nc.id = n.course_id
       JOIN bookings nb ON nb.tenant_id = n.tenant_id AND nb.id = n.booking_id
       JOIN attendees na ON na.tenant_id = n.tenant_id AND na.id = n.attendee_id"""
    + _OLD
    + """
 WHERE n.tenant_id = {c}.tenant_id AND n.status = 'valid' AND n.taught_until > {c}.taught_until
   AND (n.expires_on IS NULL OR n.expires_on > {c}.expires_on)
   AND """
    + _SAME_SUBJECT
    + " AND "
    + _SAME_PERSON.format(n="n", c="{c}", last="n.holder_last_name", first="n.holder_first_name")
)
_BOOKED: Final = (
    """
  FROM schedules ns
       JOIN courses nc ON nc.tenant_id = ns.tenant_id AND nc.id = ns.course_id
       JOIN attendees na ON na.tenant_id = ns.tenant_id AND na.schedule_id = ns.id AND na.holds_place
       JOIN bookings nb ON nb.tenant_id = na.tenant_id AND nb.id = na.booking_id"""
    + _OLD
    + """
 WHERE ns.tenant_id = {c}.tenant_id AND ns.status = 'published' AND ns.starts_at > {now}
   AND na.id <> {c}.attendee_id
   AND """
    + _SAME_SUBJECT
    + " AND "
    + _SAME_PERSON.format(n="na", c="{c}", last="na.last_name", first="na.first_name")
)


def newer_sql(certificate: str) -> str:
    """FROM … WHERE …: the newer certificates (`n`) that cover the one of this alias."""
    return _NEWER.format(c=certificate)


def renewed_sql(certificate: str, now: str = "now()") -> str:
    """A condition: a newer certificate covers the one of this alias, or its holder is booked on the next course."""
    newer, booked = newer_sql(certificate), _BOOKED.format(c=certificate, now=now)
    return f"(EXISTS (SELECT 1 {newer}) OR EXISTS (SELECT 1 {booked}))"  # noqa: S608 - names of our own


@dataclass(frozen=True)
class NextStep:
    """What to book next: the short course while the certificate lasts, otherwise the full one, and its next dates."""

    course: Course
    is_requalification: bool
    dates: list[OfferedDate]


def next_step(certificate: Certificate, tenant: Tenant, now: datetime) -> NextStep:
    """The right next course of a certificate, with the first dates that have a place in time (`now` in UTC)."""
    today = to_local(now, tenant.time_zone).date()
    base = _base(certificate.course)
    short = None if certificate.has_expired(today) else _requalification(base)
    dates = [
        date for date in list_dates(Wanted(course_id=(short or base).id), tenant, now) if date.seats_left > 0
    ]
    if short is not None:
        dates = [date for date in dates if _is_in_time(date, certificate)]
    return NextStep(short or base, short is not None, dates[:MOST_DATES])


def _base(course: Course) -> Course:
    return course.requalifies or course


def _requalification(base: Course) -> Course | None:
    """The course that requalifies for another, if it is offered."""
    offered = select(Course).where(
        Course.requalifies_course_id == base.id, Course.archived_at.is_(None), Course.is_published
    )
    return db.session.scalar(offered.order_by(func.lower(Course.title), Course.id).limit(1))


def _is_in_time(date: OfferedDate, certificate: Certificate) -> bool:
    """Requalifying is allowed while the certificate lasts: the course has to begin by its last day."""
    last = certificate.expires_on
    return last is None or to_local(date.starts_at, date.time_zone).date() <= last
