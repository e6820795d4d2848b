"""The screens of certificates: issuing a date, the run, one certificate and what is decided about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import literal, select, update

from backoffice.database import db, new_id
from backoffice.domain.errors import Refused
from backoffice.jobs import certificates as job
from backoffice.models import Attendee, Booking, Certificate, CertificateRun, Message, Schedule
from backoffice.services.certificates import eligibility, issuing
from backoffice.work import commit_once
from tests import certified
from tests.certified import ADMIN
from tests.factories import Provider
from tests.views.admin.money_desk import inside, said
from tests.web_client import Visitor, signed_in


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def a_date(app: Flask, provider: Provider, *names: str, **course: Any) -> tuple[UUID, dict[str, UUID]]:
    """A completed date of these people who all get a certificate: its id, and theirs by name."""
    with inside(app, provider):
        schedule = certified.a_date(course=certified.a_course(**course))
        people = certified.booked(schedule, *names)
        return schedule.id, {each.name: each.id for each in people}


def issued(app: Flask, provider: Provider, *names: str) -> list[UUID]:
    """Certificates that are made: their ids in the order of the names."""
    schedule_id, people = a_date(app, provider, *names)
    with inside(app, provider):
        run_id = commit_once(lambda: issuing.issue_date(schedule_id, ADMIN).id)
        job.carry_on(run_id)
        found = {row.attendee_id: row.id for row in db.session.scalars(select(Certificate))}
        return [found[people[name]] for name in names]


def one(app: Flask, provider: Provider, certificate_id: UUID) -> Certificate:
    with inside(app, provider):
        return db.session.get_one(Certificate, certificate_id)


def test_the_page_of_a_date_says_who_gets_one_and_who_does_not(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    schedule_id, people = a_date(app, provider, "Ann Able", "Bob Busy", "Cid Slow")
    with inside(app, provider):
        certified.marked(db.session.get_one(Attendee, people["Bob Busy"]), "left_early")
        certified.marked(db.session.get_one(Attendee, people["Cid Slow"]), outcome="referred")
    page = admin.get(f"/admin/certificates/issue/?id={schedule_id}").get_data(as_text=True)
    ticked = re.findall(r'name="attendee" value="([^"]+)" checked', page)
    assert ticked == [str(people["Ann Able"])]
    assert "Was not there for all of day 1" in page and "Was referred" in page


def test_a_name_that_the_paper_cannot_show_is_not_ticked_and_says_why(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    schedule_id, people = a_date(app, provider, "Ann Able", "Գագիկ Հակոբյան")
    page = admin.get(f"/admin/certificates/issue/?id={schedule_id}").get_data(as_text=True)
    assert re.findall(r'name="attendee" value="([^"]+)" checked', page) == [str(people["Ann Able"])]
    assert page.count("has no shape for") == 1
    with inside(app, provider):
        run_id = commit_once(lambda: issuing.issue_date(schedule_id, ADMIN).id)
        job.carry_on(run_id)
        row = db.session.scalars(select(Certificate).filter_by(holder_last_name="Հակոբյան")).one()
    assert "Reissue it with them" in admin.get(f"/admin/certificates/details/?id={row.id}").get_data(
        as_text=True
    )


def test_one_key_issues_makes_and_mails_them(app: Flask, provider: Provider, admin: Visitor) -> None:
    schedule_id, people = a_date(app, provider, "Ann Able", "Bob Busy")
    answer = admin.post(
        f"/admin/certificates/issue/?id={schedule_id}", {"attendee": list(map(str, people.values()))}
    )
    assert answer.status_code == 303
    run_url = answer.headers["Location"]
    state = admin.get(run_url.replace("/run/", "/run/progress/")).json
    assert state == {"status": "working", "done": 0, "total": 2}
    assert "0 of 2" in admin.get(run_url).get_data(as_text=True)
    with inside(app, provider):
        job.carry_on(db.session.scalars(select(CertificateRun.id)).one())
        assert len(db.session.scalars(select(Message).filter_by(template="certificate_issued")).all()) == 2
    page = admin.get(run_url).get_data(as_text=True)
    assert "2 made" in page and "Mail on its way" in page and "TST-C-" in page


def test_only_the_ticked_ones_are_issued(app: Flask, provider: Provider, admin: Visitor) -> None:
    schedule_id, people = a_date(app, provider, "Ann Able", "Bob Busy")
    admin.post(f"/admin/certificates/issue/?id={schedule_id}", {"attendee": str(people["Bob Busy"])})
    with inside(app, provider):
        assert db.session.scalars(select(Certificate.attendee_id)).all() == [people["Bob Busy"]]


def test_nobody_ticked_gets_a_sentence_and_nothing_is_issued(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    schedule_id, _ = a_date(app, provider, "Ann Able")
    answer = admin.post(f"/admin/certificates/issue/?id={schedule_id}")
    assert answer.status_code == 422 and "Tick at least one person." in said(answer)


def test_a_second_press_says_who_has_one(app: Flask, provider: Provider, admin: Visitor) -> None:
    schedule_id, people = a_date(app, provider, "Ann Able")
    form = {"attendee": str(people["Ann Able"])}
    admin.post(f"/admin/certificates/issue/?id={schedule_id}", form)
    again = admin.post(f"/admin/certificates/issue/?id={schedule_id}", form)
    assert again.status_code == 409 and "has certificate" in said(again).lower()


@pytest.mark.parametrize("wrong", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_wrong_date_is_not_found(admin: Visitor, wrong: str) -> None:
    assert admin.get(f"/admin/certificates/issue/?id={wrong}").status_code == 404
    assert admin.get(f"/admin/certificates/run/?id={wrong}").status_code == 404
    assert admin.get(f"/admin/certificates/run/progress/?id={wrong}").status_code == 404
    assert admin.get(f"/admin/certificates/pdf/?id={wrong}").status_code == 404
    assert admin.post("/admin/certificates/run/again/", {"id": wrong}).status_code == 404


def test_wrong_ids_among_the_ticked_are_nobody(app: Flask, provider: Provider, admin: Visitor) -> None:
    schedule_id, people = a_date(app, provider, "Ann Able")
    wrong = ["x", "é" * 300, str(new_id()), str(people["Ann Able"])]
    answer = admin.post(f"/admin/certificates/issue/?id={schedule_id}", {"attendee": wrong})
    assert answer.status_code == 303


def test_people_of_another_date_are_not_issued_from_this_one(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    here, _ = a_date(app, provider, "Ann Able")
    _, others = a_date(app, provider, "Bob Busy")
    answer = admin.post(f"/admin/certificates/issue/?id={here}", {"attendee": str(others["Bob Busy"])})
    assert answer.status_code == 409
    with inside(app, provider):
        assert db.session.scalars(select(Certificate)).all() == []


WHY: dict[str, Callable[[Attendee], Any]] = {
    "absent": lambda attendee: certified.marked(attendee, "absent"),
    "not passed": lambda attendee: certified.marked(attendee, outcome="referred"),
    "cancelled": lambda attendee: put(Attendee, attendee.id, cancelled_at=datetime.now(UTC)),
    "unpaid": lambda attendee: put(Attendee, attendee.id, price_minor=7500),
    "in the future": lambda attendee: put(Schedule, attendee.schedule_id, status="published"),
}


def put(model: Any, row_id: UUID, **values: Any) -> None:
    db.session.execute(update(model).where(model.id == row_id).values(**values))
    db.session.commit()


def forced(app: Flask, provider: Provider, admin: Visitor, why: str) -> list[int]:
    """What the form of the date and the whole date answer for somebody who gets none."""
    schedule_id, people = a_date(app, provider, "Ann Able")
    with inside(app, provider):
        WHY[why](db.session.get_one(Attendee, people["Ann Able"]))
    form = admin.post(f"/admin/certificates/issue/?id={schedule_id}", {"attendee": str(people["Ann Able"])})
    with inside(app, provider):
        try:
            commit_once(lambda: issuing.issue(list(people.values()), ADMIN))
            by_service = 303
        except Refused as error:
            by_service = error.status
        issued = len(db.session.scalars(select(Certificate)).all())
    return [form.status_code, by_service, issued]


@pytest.mark.parametrize("why", WHY)
def test_nobody_is_forced_through_who_gets_none(
    app: Flask, provider: Provider, admin: Visitor, why: str
) -> None:
    """Abuse case P1."""
    assert forced(app, provider, admin, why) == [409, 409, 0]


@pytest.mark.parametrize("why", WHY)
def test_without_the_rules_the_same_form_issues(
    app: Flask, provider: Provider, admin: Visitor, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(eligibility, "WHY_NOT", literal(""))
    assert forced(app, provider, admin, why)[0::2] == [303, 1]


@pytest.mark.parametrize("role", ["office", "manager"])
def test_who_may_not_issue_only_reads(app: Flask, provider: Provider, role: str) -> None:
    certificate_id = issued(app, provider, "Ann Able")[0]
    schedule_id = one(app, provider, certificate_id).schedule_id
    reader = signed_in(app, provider, role)
    assert reader.get("/admin/certificates/").status_code == 200
    assert reader.get(f"/admin/certificates/details/?id={certificate_id}").status_code == 200
    assert reader.get(f"/admin/certificates/issue/?id={schedule_id}").status_code == 403
    for verb in ("revoke", "reissue", "confirm"):
        assert reader.post(f"/admin/certificates/{verb}/?id={certificate_id}").status_code == 403


def test_the_page_of_one_says_when_it_was_taught(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        schedule = certified.a_date(days=2, course=certified.a_course())
        certified.booked(schedule, "Ann Able")
        commit_once(lambda: issuing.issue_date(schedule.id, ADMIN))
        certificate_id = db.session.scalars(select(Certificate.id)).one()
    page = said(admin.get(f"/admin/certificates/details/?id={certificate_id}"))
    assert "Tue 3 Mar 2026 – Wed 4 Mar 2026" in page and "<time" not in page


def test_the_paper_is_the_one_of_the_archive(app: Flask, provider: Provider, admin: Visitor) -> None:
    answer = admin.get(f"/admin/certificates/pdf/?id={issued(app, provider, 'Ann Able')[0]}")
    assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_paper_that_is_not_made_yet_says_so(app: Flask, provider: Provider, admin: Visitor) -> None:
    schedule_id, _ = a_date(app, provider, "Ann Able")
    with inside(app, provider):
        commit_once(lambda: issuing.issue_date(schedule_id, ADMIN))
        certificate_id = db.session.scalars(select(Certificate.id)).one()
    answer = admin.get(f"/admin/certificates/pdf/?id={certificate_id}", follow_redirects=True)
    assert answer.status_code == 200 and "not made yet" in said(answer)


def test_a_certificate_is_revoked_with_a_reason(app: Flask, provider: Provider, admin: Visitor) -> None:
    certificate_id = issued(app, provider, "Ann Able")[0]
    url = f"/admin/certificates/revoke/?id={certificate_id}"
    without = admin.post(url, {"id": str(certificate_id)})
    assert without.status_code == 422
    admin.post(url, {"id": str(certificate_id), "reason": "Cheated in the exam"})
    assert one(app, provider, certificate_id).status == "revoked"
    page = admin.get(f"/admin/certificates/details/?id={certificate_id}").get_data(as_text=True)
    assert "Revoked: Cheated in the exam" in page and "Revoked this certificate" in page


def test_a_certificate_is_reissued_with_another_name(app: Flask, provider: Provider, admin: Visitor) -> None:
    certificate_id = issued(app, provider, "Ann Able")[0]
    url = f"/admin/certificates/reissue/?id={certificate_id}"
    assert 'value="Able"' in admin.get(url).get_data(as_text=True)
    form = {"id": str(certificate_id), "first_name": "Anne", "last_name": "Able", "reason": "Misspelt"}
    answer = admin.post(url, form, follow_redirects=True)
    assert "is replaced by TST-C-" in said(answer)
    page = admin.get(f"/admin/certificates/details/?id={certificate_id}").get_data(as_text=True)
    assert "Replaced by" in page and "Replaced it by TST-C-" in page


def test_the_office_mails_one_once_more(app: Flask, provider: Provider) -> None:
    certificate_id = issued(app, provider, "Ann Able")[0]
    office = signed_in(app, provider, "office")
    answer = office.post(
        f"/admin/certificates/mail/?id={certificate_id}", {"id": str(certificate_id)}, follow_redirects=True
    )
    assert "is on its way to booker" in said(answer) and "Mailed it to booker" in said(answer)


def test_a_name_of_nothing_is_refused_beside_its_field(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    certificate_id = issued(app, provider, "Ann Able")[0]
    form = {"id": str(certificate_id), "first_name": " ", "last_name": "", "reason": "x"}
    answer = admin.post(f"/admin/certificates/reissue/?id={certificate_id}", form)
    assert answer.status_code == 422 and "name that the certificate is to show" in said(answer)
    long = admin.post(f"/admin/certificates/reissue/?id={certificate_id}", form | {"first_name": "x" * 101})
    assert long.status_code == 422 and one(app, provider, certificate_id).status == "valid"


@pytest.mark.parametrize(
    "typed", ["Able", "ann", "TST-C-2026-0001", "tst-c-2026", "c-2026-1", "rope rescue", "Abel"]
)
def test_a_certificate_is_found(app: Flask, provider: Provider, admin: Visitor, typed: str) -> None:
    schedule_id, _ = a_date(app, provider, "Ann Able", title="Rope Rescue")
    with inside(app, provider):
        commit_once(lambda: issuing.issue_date(schedule_id, ADMIN))
    assert "TST-C-2026-0001" in admin.get("/admin/certificates/", query_string={"search": typed}).get_data(
        as_text=True
    )


@pytest.mark.parametrize(
    ("query", "is_listed"),
    [
        ("expiring=over", True),
        ("expiring=30", False),
        ("expiring=90", False),
        ("status=valid", True),
        ("status=revoked", False),
        ("look=yes", False),
        ("look=no", True),
        ("sort=holder", True),
        ("sort=expires_on&desc=1", True),
        ("expiring=7", True),
        ("course=x", True),
    ],
)
def test_the_list_is_narrowed(
    app: Flask, provider: Provider, admin: Visitor, query: str, is_listed: bool
) -> None:
    """One whose year is over; what is not offered is no filter."""
    schedule_id, _ = a_date(app, provider, "Ann Able")
    with inside(app, provider):
        commit_once(lambda: issuing.issue_date(schedule_id, ADMIN))
        db.session.query(Certificate).update({"expires_on": certified.MARCH.date().replace(month=4)})
        db.session.commit()
    page = said(admin.get(f"/admin/certificates/?{query}"))
    assert ("Ann Able" in page) == is_listed


def test_a_correction_waits_on_the_work_queue_until_somebody_says_that_it_stands(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    certificate_id = issued(app, provider, "Ann Able")[0]
    with inside(app, provider):
        db.session.get_one(Certificate, certificate_id).needs_review = True
        db.session.commit()
    assert "The register was corrected" in said(admin.get("/admin/work/certificates"))
    form = {"id": str(certificate_id), "reason": "Only the time was wrong"}
    admin.post(f"/admin/certificates/confirm/?id={certificate_id}", form)
    assert "Nothing waits here" in said(admin.get("/admin/work/certificates"))


def test_a_date_to_issue_waits_on_the_work_queue(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        lately = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
        schedule = certified.a_date(course=certified.a_course(), starts_at=lately)
        certified.booked(schedule, "Ann Able", "Bob Busy")
        schedule_id = schedule.id
    page = admin.get("/admin/work/certificates_to_issue").get_data(as_text=True)
    assert "2 people" in page and f"/admin/certificates/issue/?id={schedule_id}" in page
    with inside(app, provider):
        commit_once(lambda: issuing.issue_date(schedule_id, ADMIN))
    assert "Nothing waits here" in said(admin.get("/admin/work/certificates_to_issue"))


def test_the_date_leads_to_its_certificates(app: Flask, provider: Provider, admin: Visitor) -> None:
    schedule_id, _ = a_date(app, provider, "Ann Able")
    page = admin.get(f"/admin/schedules/details/?id={schedule_id}").get_data(as_text=True)
    assert f"/admin/certificates/issue/?id={schedule_id}" in page


def test_a_booking_and_its_customer_list_their_certificates(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    certificate = one(app, provider, issued(app, provider, "Ann Able")[0])
    with inside(app, provider):
        customer_id = db.session.get_one(Booking, certificate.booking_id).customer_id
    for page in (
        f"/admin/bookings/details/?id={certificate.booking_id}",
        f"/admin/customers/details/?id={customer_id}",
    ):
        shown = admin.get(page).text
        assert "Certificates</h2>" in shown and certificate.number in shown
        assert f"/admin/certificates/details/?id={certificate.id}" in shown


def test_a_booking_without_certificates_has_no_empty_list_of_them(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    _, people = a_date(app, provider, "Ann Able")
    with inside(app, provider):
        booking_id = db.session.get_one(Attendee, people["Ann Able"]).booking_id
    assert "Certificates</h2>" not in admin.get(f"/admin/bookings/details/?id={booking_id}").text
