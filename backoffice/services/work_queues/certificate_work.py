"""Certificates that wait: dates whose people have none yet, and certificates that somebody has to look at."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, String, case, cast, func, or_, text

from backoffice.models import Attendee, Booking, Certificate, Course, Schedule, Venue
from backoffice.services.certificates import eligibility
from backoffice.services.certificates.renewal import renewed_sql
from backoffice.services.work_queues.kinds import Day, line

# An older date without certificates was left so on purpose, or came with an import.
LATELY = timedelta(days=60)
# Who is to be called: from the first reminder until a while after the end, when the full course is needed.
ENDING_AHEAD, ENDED_LATELY = timedelta(days=90), timedelta(days=30)


def certificates_to_issue(day: Day) -> Select[Any]:
    """Completed dates of people who get a certificate and have none."""
    people = func.count()
    said = func.concat(cast(people, String), case((people == 1, " person"), else_=" people"))
    words = {"title": Course.title, "what": Venue.name, "who": said, "at": Schedule.ends_at}
    wanted = line("certificates_to_issue", Schedule.id, **words)
    return (
        eligibility.join_facts(wanted)
        .join(Venue, Venue.id == Schedule.venue_id)
        .where(
            Schedule.status == "completed",
            Schedule.starts_at > day.now - LATELY,
            eligibility.OUTCOME == "passed",
            eligibility.WHY_NOT == "",
        )
        .group_by(Schedule.id, Course.title, Venue.name, Schedule.ends_at)
        .order_by(Schedule.ends_at, Schedule.id)
    )


def certificates(day: Day) -> Select[Any]:
    """Valid certificates whose register was corrected afterwards, or whose paper could not be made."""
    why = case((Certificate.needs_review, "The register was corrected"), else_="The paper could not be made")
    return (
        line(
            "certificate",
            Certificate.id,
            title=Certificate.number,
            what=why,
            who=func.trim(func.concat(Certificate.holder_first_name, " ", Certificate.holder_last_name)),
            at=Certificate.updated_at,
            status=case((Certificate.needs_review, "pending"), else_="failed"),
        )
        .where(
            Certificate.status == "valid",
            or_(Certificate.needs_review, Certificate.making == "failed"),
        )
        .order_by(Certificate.created_at, Certificate.id)
    )


def certificates_expiring(day: Day) -> Select[Any]:
    """Certificates that end soon, or ended lately, and are neither renewed nor followed by a booking."""
    today = (day.begins + timedelta(hours=12)).date()
    until = func.to_char(Certificate.expires_on, "FMDD Mon YYYY")
    holder = func.trim(func.concat(Certificate.holder_first_name, " ", Certificate.holder_last_name))
    phone = func.coalesce(Attendee.phone, Booking.contact_phone)  # these people are called
    return (
        line(
            "certificate",
            Certificate.id,
            title=Certificate.number,
            what=func.concat(Certificate.course_title, ", until ", until),
            who=func.concat_ws(", ", holder, phone),
            status=case((Certificate.expires_on < today, "expired"), else_="valid"),
        )
        .join(Attendee, Attendee.id == Certificate.attendee_id)
        .join(Booking, Booking.id == Certificate.booking_id)
        .where(
            Certificate.status == "valid",
            Certificate.expires_on.between(today - ENDED_LATELY, today + ENDING_AHEAD),
            text(f"NOT {renewed_sql('certificates', ':now')}").bindparams(now=day.now),
        )
        .order_by(Certificate.expires_on, Certificate.id)
    )
