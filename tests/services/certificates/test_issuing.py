"""Issuing: what a certificate says, who is left out, and that each attendee has one (abuse cases P1 and P2)."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text

from backoffice.database import db
from backoffice.domain.errors import Forbidden, Invalid, Refused
from backoffice.models import Attendee, AuditEvent, Certificate, CertificateRun, CourseType, Tenant
from backoffice.services.certificates import issuing
from backoffice.work import commit_once
from tests import certified, factories
from tests.certified import ADMIN
from tests.servers import DatabaseUrls

pytestmark = pytest.mark.usefixtures("tenant")
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def issue(*attendees: Attendee, **more: Any) -> CertificateRun:
    ids = [each.id for each in attendees]
    return commit_once(lambda: issuing.issue(ids, ADMIN, **more))


def certificate_of(attendee: Attendee) -> Certificate:
    return certified.certificates_of(attendee)[-1]


def test_a_certificate_keeps_what_it_says() -> None:
    kind = factories.make_course_type(certificate_wording="Meets the 1981 Regulations.")
    course = certified.a_course(course_type_id=kind.id, outcomes=["CPR", "Burns"])
    schedule = certified.a_date(days=3, course=course)
    certified.taught_by(schedule, "Amy Second", duty="assistant")
    certified.taught_by(schedule, "Zoe Lead")
    ann = certified.booked(schedule, "Ann Able")[0]
    issue(ann, now=NOW)
    made = certificate_of(ann)
    assert (made.holder, made.course_title, made.outcomes) == (
        "Ann Able",
        "First Aid at Work",
        ["CPR", "Burns"],
    )
    assert (made.instructors, made.wording) == ("Zoe Lead, Amy Second", "Meets the 1981 Regulations.")
    assert (made.taught_from, made.taught_until) == (date(2026, 3, 3), date(2026, 3, 5))
    assert (made.issued_on, made.expires_on) == (date(2026, 3, 10), date(2029, 3, 5))
    assert (made.number, made.status, made.making) == ("TST-C-2026-0001", "valid", "waiting")
    kind.certificate_wording, course.title = "Another", "Renamed"
    db.session.commit()
    assert (made.wording, made.course_title) == ("Meets the 1981 Regulations.", "First Aid at Work")
    assert isinstance(kind, CourseType)


def test_a_course_without_years_gives_one_without_end() -> None:
    ann = certified.booked(certified.a_date(course=certified.a_course(certificate_years=None)), "Ann Able")[0]
    issue(ann)
    assert certificate_of(ann).expires_on is None


def test_a_leap_day_ends_on_the_last_of_february() -> None:
    leap = datetime(2028, 2, 29, 9, 0, tzinfo=UTC)
    ann = certified.booked(certified.a_date(starts_at=leap, course=certified.a_course()), "Ann Able")[0]
    issue(ann)
    assert certificate_of(ann).expires_on == date(2031, 2, 28)


def test_days_are_those_of_the_dates_own_calendar() -> None:
    """23:30 in Nairobi is still the day before in UTC's evening."""
    evening = datetime(2026, 3, 3, 21, 30, tzinfo=UTC)
    schedule = certified.a_date(starts_at=evening, time_zone="Africa/Nairobi", course=certified.a_course())
    ann = certified.booked(schedule, "Ann Able")[0]
    issue(ann)
    assert certificate_of(ann).taught_from == date(2026, 3, 4)


def test_a_code_has_128_random_bits() -> None:
    codes = {issuing.new_code() for _ in range(2000)}
    assert len(codes) == 2000 and {len(code) for code in codes} == {22}
    raw = [base64.urlsafe_b64decode(code + "==") for code in codes]
    assert {len(each) for each in raw} == {16}
    # No bit is always the same, as those of a UUID's version are.
    assert all(0 < sum(each[bit // 8] >> bit % 8 & 1 for each in raw) < 2000 for bit in range(128))


def test_the_numbers_follow_the_names() -> None:
    people = certified.booked(certified.a_date(), "Zed Ash", "Bea Birch", "Al Ash")
    issue(*people)
    in_order = sorted(certified.certificates_of(*people), key=lambda each: each.number)
    assert [each.holder for each in in_order] == ["Al Ash", "Zed Ash", "Bea Birch"]


# --- A requalification taken early ---


def requalified(
    tenant: Tenant, *, days_early: int, setting: bool = True, ended: dict[str, Any] | None = None
) -> Certificate:
    """The certificate of somebody who requalifies so many days before the old one ends on 2 April 2026."""
    ann = factories.make_user()
    full = certified.a_course()
    short = certified.a_course(
        title="Requalification", requalifies_course_id=full.id, runs_from_old_expiry=setting
    )
    end = certified.MARCH.date() + timedelta(days=days_early)
    first = certified.booked(
        certified.a_date(course=full, starts_at=certified.MARCH - timedelta(days=900)), "Ann Able"
    )[0]
    first.user_id = ann.id
    issue(first)
    was = certificate_of(first)
    was.expires_on = end
    for name, value in (ended or {}).items():
        setattr(was, name, value)
    second = certified.booked(certified.a_date(course=short), "Ann Able")[0]
    second.user_id = ann.id
    db.session.commit()
    issue(second)
    return certificate_of(second)


def test_taken_early_it_runs_from_the_old_expiry(tenant: Tenant) -> None:
    assert requalified(tenant, days_early=30).expires_on == date(2029, 4, 2)


def test_on_the_last_day_it_still_does(tenant: Tenant) -> None:
    assert requalified(tenant, days_early=0).expires_on == date(2029, 3, 3)


def test_taken_late_it_runs_from_the_course(tenant: Tenant) -> None:
    assert requalified(tenant, days_early=-1).expires_on == date(2029, 3, 3)


def test_without_the_setting_it_runs_from_the_course(tenant: Tenant) -> None:
    assert requalified(tenant, days_early=30, setting=False).expires_on == date(2029, 3, 3)


def test_a_revoked_one_lends_nothing(tenant: Tenant) -> None:
    ended = {"status": "revoked", "status_reason": "Cheated", "ended_at": NOW}
    assert requalified(tenant, days_early=30, ended=ended).expires_on == date(2029, 3, 3)


def test_a_later_course_lends_nothing_to_an_earlier_one_that_is_issued_after_it(tenant: Tenant) -> None:
    ann, course = factories.make_user(), certified.a_course(runs_from_old_expiry=True)
    dates = [certified.a_date(course=course, starts_at=certified.MARCH + timedelta(days=n)) for n in (0, 90)]
    earlier, later = (certified.booked(each, "Ann Able")[0] for each in dates)
    earlier.user_id = later.user_id = ann.id
    db.session.commit()
    issue(later)
    issue(earlier)
    assert certificate_of(later).expires_on == date(2029, 6, 1)
    assert certificate_of(earlier).expires_on == date(2029, 3, 3)


def test_somebody_elses_old_one_lends_nothing(tenant: Tenant) -> None:
    assert requalified(tenant, days_early=30, ended={"user_id": None}).expires_on == date(2029, 3, 3)


# --- Who is left out, and refusals ---


def test_who_gets_none_is_left_out() -> None:
    ann, bob = certified.booked(certified.a_date(), "Ann Able", "Bob Busy")
    certified.marked(bob, "absent")
    run = issue(ann, bob)
    assert run.total == 1 and certified.certificates_of(bob) == []


def test_nobody_eligible_is_refused_with_the_reasons_and_keeps_no_run() -> None:
    bob = certified.booked(certified.a_date(), "Bob Busy")[0]
    certified.marked(bob, outcome="referred")
    with pytest.raises(Refused, match="Bob Busy: Was referred"):
        issue(bob)
    assert db.session.scalars(select(CertificateRun)).all() == []


def test_many_reasons_are_cut() -> None:
    people = certified.booked(certified.a_date(), *[f"P {number}" for number in range(8)])
    for each in people:
        certified.marked(each, outcome="referred")
    with pytest.raises(Refused, match="And 3 more"):
        issue(*people)


def test_a_date_of_nobody_is_refused() -> None:
    schedule_id = certified.a_date().id
    with pytest.raises(Refused, match="Nobody is booked"):
        commit_once(lambda: issuing.issue_date(schedule_id, ADMIN))


def test_nobody_and_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="Tick at least one"):
        issue()
    ann, bob = certified.booked(certified.a_date(), "Ann Able", "Bob Busy")
    monkeypatch.setattr(issuing, "MOST_AT_ONCE", 1)
    with pytest.raises(Invalid, match="at most 1 "):
        issue(ann, bob)


@pytest.mark.parametrize("role", ["office", "manager", "instructor", "customer"])
def test_only_an_administrator_issues(role: str) -> None:
    ann = certified.booked(certified.a_date(), "Ann Able")[0]
    with pytest.raises(Forbidden):
        issuing.issue([ann.id], factories.actor(role))
    with pytest.raises(Forbidden):
        issuing.issue_date(ann.schedule_id, factories.actor(role))


def test_each_is_told_in_the_audit() -> None:
    ann = certified.booked(certified.a_date(), "Ann Able")[0]
    issue(ann)
    entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "certificate:issue")).one()
    assert (entry.subject_id, entry.subject_label) == (certificate_of(ann).id, "TST-C-2026-0001")


# --- One live certificate for each attendee (P1) ---


def test_a_second_live_certificate_is_refused_by_the_database() -> None:
    """Abuse case P1, past every service."""
    ann = certified.booked(certified.a_date(), "Ann Able")[0]
    issue(ann)
    with pytest.raises(Refused, match="has a valid certificate for this place already"):
        commit_once(lambda: db.session.execute(text(_SECOND), {"old": certificate_of(ann).id}))


def test_without_the_constraint_a_second_one_would_stand(database_urls: DatabaseUrls) -> None:
    """The control: it is the index that refuses it."""
    ann = certified.booked(certified.a_date(), "Ann Able")[0]
    issue(ann)
    old_id = certificate_of(ann).id
    db.session.commit()
    with psycopg.connect(database_urls.owner) as owner:
        owner.execute("DROP INDEX uq_certificates_live")
        made = owner.execute(_SECOND.replace(":old", "%s"), (old_id,))
        assert made.rowcount == 1
        owner.rollback()


_SECOND = """
INSERT INTO certificates (tenant_id, id, attendee_id, schedule_id, course_id, booking_id, number, code, holder_last_name,
                          course_title, taught_from, taught_until, issued_on)
SELECT tenant_id, gen_random_uuid(), attendee_id, schedule_id, course_id, booking_id, number || 'x', reverse(code), 'X',
       course_title, taught_from, taught_until, issued_on FROM certificates WHERE id = :old
"""


@pytest.mark.parametrize(
    "change",
    [
        "number = (SELECT number FROM certificates WHERE number LIKE '%1')",
        "code = (SELECT code FROM certificates WHERE number LIKE '%1')",
        "code = 'short'",
        "status = 'revoked'",
        "holder_first_name = '', holder_last_name = ' '",
        "expires_on = taught_from",
        "taught_until = taught_from - 1",
    ],
)
def test_the_database_holds_what_a_certificate_is(change: str) -> None:
    """Abuse case P2: neither numbers nor codes twice, nor one that says nothing."""
    from sqlalchemy.exc import IntegrityError

    issue(*certified.booked(certified.a_date(), "Ann Able", "Bob Busy"))
    with pytest.raises(IntegrityError):
        db.session.execute(text(f"UPDATE certificates SET {change} WHERE number LIKE '%2'"))  # noqa: S608
