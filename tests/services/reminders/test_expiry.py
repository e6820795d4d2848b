"""Certificates that expire: the holder and the employer hear of it in time, once, and not when it was renewed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import update

from backoffice.database import db
from backoffice.jobs import reminding
from backoffice.models import Certificate, Message, ReminderRule, Tenant
from backoffice.services import letters, reminders, site_look
from backoffice.services.certificates.renewal import next_step
from backoffice.services.reminders import expiry, finding, rules
from tests import factories
from tests.services.booked import ADMIN, done, person, placed
from tests.services.reminders.certified import EXPIRES, certified, pair_of_courses
from tests.services.reminders.helpers import queued, recipients, rule, run

pytestmark = pytest.mark.usefixtures("tenant")
HOLDER, DIGEST = "certificate_expiring", "certificate_digest"


def before(days: int, at: time = time(9), *, end: date = EXPIRES) -> datetime:
    """The instant so many days before a certificate ends, on London's clock."""
    return datetime.combine(end - timedelta(days=days), at, ZoneInfo("Europe/London")).astimezone(UTC)


def letter_of(message: Message, now: datetime) -> Any:
    with time_machine.travel(now):
        written = done(lambda: letters.write(message.id))
    assert written is not None
    return written.letter


def end(certificate: Certificate, status: str) -> None:
    values = {"status": status, "ended_at": datetime.now(UTC), "status_reason": "A test"}
    done(
        lambda: db.session.execute(update(Certificate).where(Certificate.id == certificate.id).values(values))
    )


def test_ninety_days_before_one_mail_to_the_holder_and_one_list_to_the_employer() -> None:
    done(rules.seed)
    works = factories.make_company(name="Byron Works", billing_email="office@byron.example")
    certified("Ada Byron", "ada@x.example", company=works)
    assert run(before(90) - timedelta(minutes=1)) == 0
    assert run(before(90)) == 2
    assert [run(before(90) + timedelta(minutes=number)) for number in (1, 2, 60)] == [0, 0, 0]
    assert (recipients(HOLDER), recipients(DIGEST)) == (["ada@x.example"], ["office@byron.example"])


def test_each_of_the_four_days_has_its_mail() -> None:
    done(rules.seed)
    certified("Ada Byron", "ada@x.example")
    found = [run(before(days)) for days in range(100, -2, -1)]
    assert sum(found) == 4
    assert [days for days, sent in zip(range(100, -2, -1), found, strict=True) if sent] == [90, 60, 30, 7]


def test_a_company_gets_one_list_a_day_with_all_its_people() -> None:
    rule("certificate_expiry", days=90)
    works = factories.make_company(name="Byron Works", billing_email="office@byron.example")
    for name in ("Ada Byron", "Bo Diddley"):
        certified(name, company=works)
    end_of_cy = EXPIRES + timedelta(days=1)
    certified("Cy Young", company=works, expires_on=end_of_cy)
    assert run(before(90)) == 1
    text = letter_of(queued(DIGEST)[0], before(90)).text
    assert "Ada Byron" in text and "Bo Diddley" in text and "Cy Young" not in text
    assert run(before(90, end=end_of_cy)) == 1
    text = letter_of(queued(DIGEST)[1], before(90, end=end_of_cy)).text
    assert all(name in text for name in ("Ada Byron", "Bo Diddley", "Cy Young"))


def test_another_companys_people_are_not_in_the_list() -> None:
    rule("certificate_expiry", days=90)
    works = factories.make_company(billing_email="a@x.example")
    other = factories.make_company(billing_email="b@x.example")
    certified("Ada Byron", company=works)
    certified("Bo Diddley", company=other)
    run(before(90))
    texts = {message.recipient: letter_of(message, before(90)).text for message in queued(DIGEST)}
    assert "Bo Diddley" not in texts["a@x.example"] and "Ada Byron" not in texts["b@x.example"]


def test_without_a_billing_address_the_list_goes_to_who_booked() -> None:
    rule("certificate_expiry", days=90)
    certified(company=factories.make_company())
    run(before(90))
    assert (recipients(DIGEST), recipients(HOLDER)) == (["boss@x.example"], [])


def test_without_an_employer_the_booker_hears_of_a_holder_without_an_address() -> None:
    rule("certificate_expiry", days=90)
    certified("Ada Byron")
    run(before(90))
    [message] = queued(HOLDER)
    assert (message.recipient, message.recipient_name) == ("boss@x.example", "Bea Boss")
    assert "Ada Byron’s certificate" in letter_of(message, before(90)).subject


def test_the_address_of_the_login_is_newer_than_the_one_of_the_booking() -> None:
    rule("certificate_expiry", days=90)
    user = factories.make_user(email="ada.new@x.example")
    certified("Ada Byron", "ada@x.example", user_id=user.id)
    run(before(90))
    assert recipients(HOLDER) == ["ada.new@x.example"]


@pytest.mark.parametrize("status", ["replaced", "revoked"])
def test_a_certificate_that_has_ended_is_not_reminded_of(status: str) -> None:
    rule("certificate_expiry", days=90)
    end(certified("Ada Byron", "ada@x.example"), status)
    assert run(before(90)) == 0


def test_a_renewed_certificate_is_not_reminded_of() -> None:
    rule("certificate_expiry", days=90)
    full, short = pair_of_courses()
    certified("Ada Byron", "ada@x.example", course=full)
    certified("Bo Diddley", "bo@x.example", course=full)
    certified("Ada Byron", "ada@x.example", course=short, expires_on=EXPIRES + timedelta(days=900))
    run(before(90))
    assert recipients(HOLDER) == ["bo@x.example"]


def test_a_certificate_of_another_subject_renews_nothing() -> None:
    """The control of the test above."""
    rule("certificate_expiry", days=90)
    certified("Ada Byron", "ada@x.example")
    other = factories.make_course(title="Fire Marshal")
    certified("Ada Byron", "ada@x.example", course=other, expires_on=EXPIRES + timedelta(days=900))
    run(before(90))
    assert recipients(HOLDER) == ["ada@x.example"]


def test_somebody_else_of_the_same_name_renews_nothing() -> None:
    rule("certificate_expiry", days=90)
    full, _ = pair_of_courses()
    certified("Ada Byron", "ada@x.example", course=full)
    schedule = factories.make_schedule(course=full)
    theirs = placed(schedule, 1, "cash", attendees=(person("Ada Byron", email="other@x.example"),))
    later = EXPIRES + timedelta(days=900)
    certified("Ada Byron", course=full, booking=theirs, expires_on=later)
    run(before(90))
    assert recipients(HOLDER) == ["ada@x.example"]


def test_who_is_booked_on_the_next_course_is_left_in_peace() -> None:
    rule("certificate_expiry", days=90)
    full, short = pair_of_courses()
    certified("Ada Byron", "ada@x.example", course=full)
    schedule = factories.make_schedule(course=short, starts_at=before(40))
    placed(schedule, 1, "cash", attendees=(person("Ada Byron", email="ada@x.example"),))
    assert run(before(90)) == 0


def test_a_certificate_shorter_than_the_rule_looks_ahead_is_not_reminded_of_at_once() -> None:
    rule("certificate_expiry", days=90)
    issued = EXPIRES - timedelta(days=89)
    certified("Ada Byron", "ada@x.example", issued_on=issued, taught_from=issued, taught_until=issued)
    assert run(before(88)) == 0


def test_a_rule_of_the_course_stands_in_for_the_general_ones() -> None:
    rule("certificate_expiry", days=90)
    certificate = certified("Ada Byron", "ada@x.example")
    rule("certificate_expiry", days=45, course_id=certificate.course_id)
    assert [run(before(90)), run(before(45))] == [0, 1]


def test_a_week_after_it_was_due_nobody_is_told_any_more() -> None:
    rule("certificate_expiry", days=90)
    certified("Ada Byron", "ada@x.example")
    assert run(before(82)) == 0
    assert run(before(84)) == 1


def test_a_mail_that_waited_while_the_certificate_was_renewed_is_not_sent() -> None:
    rule("certificate_expiry", days=90)
    full, short = pair_of_courses()
    works = factories.make_company(billing_email="office@byron.example")
    certified("Ada Byron", "ada@x.example", course=full, company=works)
    run(before(90))
    certified(
        "Ada Byron", "ada@x.example", course=short, expires_on=EXPIRES + timedelta(days=900), company=works
    )
    with time_machine.travel(before(90)):
        assert "renewed" in (reminders.why_unwanted(queued(HOLDER)[0]) or "")
        assert "nobody" in (reminders.why_unwanted(queued(DIGEST)[0]) or "").lower()


def test_a_mail_that_waited_while_the_certificate_was_revoked_is_not_sent() -> None:
    rule("certificate_expiry", days=90)
    certificate = certified("Ada Byron", "ada@x.example")
    run(before(90))
    end(certificate, "revoked")
    assert "not valid" in (reminders.why_unwanted(queued(HOLDER)[0]) or "")


# --- The right next course ---


def test_while_it_lasts_the_short_course_is_next_and_afterwards_the_full_one(tenant: Tenant) -> None:
    full, short = pair_of_courses()
    certificate = certified(course=full)
    found = next_step(certificate, tenant, before(1))
    assert (found.course.id, found.is_requalification) == (short.id, True)
    found = next_step(certificate, tenant, before(-1))
    assert (found.course.id, found.is_requalification) == (full.id, False)


def test_the_holder_of_the_short_course_takes_it_again(tenant: Tenant) -> None:
    _, short = pair_of_courses()
    assert next_step(certified(course=short), tenant, before(30)).course.id == short.id


def test_a_short_course_that_is_not_offered_any_more_is_not_named(tenant: Tenant) -> None:
    full, short = pair_of_courses()
    short.archived_at = datetime.now(UTC)
    db.session.commit()
    assert next_step(certified(course=full), tenant, before(30)).course.id == full.id


def test_only_dates_in_time_and_with_a_place_are_offered(tenant: Tenant) -> None:
    full, short = pair_of_courses()
    in_time = factories.make_schedule(course=short, starts_at=before(20))
    factories.make_schedule(course=short, starts_at=before(-2))
    crowded = factories.make_schedule(course=short, starts_at=before(25), capacity=1)
    placed(crowded, 1, "cash")
    found = next_step(certified(course=full), tenant, before(90))
    assert [date.id for date in found.dates] == [in_time.id]


def test_the_mail_names_the_course_its_dates_and_how_to_book(tenant: Tenant) -> None:
    tenant.email, tenant.phone = "office@first.example", "+441134960123"
    db.session.commit()
    rule("certificate_expiry", days=90)
    full, short = pair_of_courses()
    factories.make_schedule(course=short, starts_at=before(20))
    certified("Ada Byron", "ada@x.example", course=full)
    run(before(90))
    letter = letter_of(queued(HOLDER)[0], before(90))
    assert "30 Jun 2028" in letter.subject
    page = f"/course/{short.slug}"
    for said in ("First Aid at Work Requalification", "10 Jun 2028", "0113 496 0123", "/verify/", page):
        assert said in letter.text
    assert page in letter.html
    assert f"/course/{full.slug}" not in letter.text


def test_an_ended_certificate_leads_to_the_page_of_the_full_course(tenant: Tenant) -> None:
    full, _ = pair_of_courses()
    step = next_step(certified(course=full), tenant, before(-1))
    assert expiry.course_page(step.course, "https://x.example") == f"https://x.example/course/{full.slug}"


@pytest.mark.parametrize("closed", ["course", "archived", "site"])
def test_what_has_no_public_page_is_booked_by_mail(tenant: Tenant, closed: str) -> None:
    tenant.email = "office@first.example"
    rule("certificate_expiry", days=90)
    full, short = pair_of_courses()
    certified("Ada Byron", "ada@x.example", course=full)
    for course in (full, short):
        course.is_published = closed != "course" and course.is_published
        course.archived_at = datetime.now(UTC) if closed == "archived" else None
    db.session.commit()
    if closed == "site":
        done(lambda: site_look.unpublish(factories.actor()))
    run(before(90))
    letter = letter_of(queued(HOLDER)[0], before(90))
    assert "mailto:office@first.example?subject=Please%20book" in letter.html
    assert "/course/" not in letter.text + letter.html


def test_the_preview_of_a_rule_counts_the_holders() -> None:
    made = rule("certificate_expiry", days=90)
    certified("Ada Byron", "ada@x.example")
    wanted = db.session.get_one(ReminderRule, made)
    [coming] = finding.list_coming(wanted, before(100))
    assert (coming.mails, coming.schedule_id, coming.due) == (1, None, before(90))
    assert finding.list_coming(wanted, before(80)) == []


def test_days_left_are_counted_by_the_providers_calendar(tenant: Tenant) -> None:
    assert expiry.days_left(certified(), tenant, before(7, time(23, 30))) == 7


def test_the_rule_can_be_switched_off() -> None:
    made = rule("certificate_expiry", days=90)
    certified("Ada Byron", "ada@x.example", company=factories.make_company(billing_email="a@x.example"))
    done(lambda: reminders.switch(made, False, ADMIN))
    assert run(before(90)) == 0


def test_the_scheduler_finds_them_when_the_clock_has_come_that_far() -> None:
    done(rules.seed)
    works = factories.make_company(billing_email="office@byron.example")
    certified("Ada Byron", "ada@x.example", company=works)
    for now in (before(91), before(90), before(90) + timedelta(minutes=1)):
        with time_machine.travel(now):
            reminding.remind()
    assert (recipients(HOLDER), recipients(DIGEST)) == (["ada@x.example"], ["office@byron.example"])
