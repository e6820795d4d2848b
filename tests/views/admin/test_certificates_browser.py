"""The screens of certificates in a real browser: accessible, as wide as the window, and a run by itself up to date."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.jobs import certificates as job
from backoffice.models import Certificate, CertificateRun
from backoffice.services.certificates import ending, issuing
from backoffice.work import commit_once
from tests import certified
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.certified import ADMIN
from tests.factories import Provider
from tests.views.admin.money_desk import inside

pytestmark = pytest.mark.browser
LONG = "Maximiliana-Konstantina Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"


def a_date(*names: str) -> UUID:
    schedule = certified.a_date(days=3, course=certified.a_course())
    certified.booked(schedule, *names)
    return schedule.id


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_is_accessible_and_fits(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    page = open_page("admin", size)
    page.goto(f"{site}/admin/certificates/")
    expect(page.locator("main")).to_contain_text("Complete a date and issue its certificates")
    check_page(page)
    with inside(app, provider):
        schedule_id = a_date("Ann Able", LONG, "محمد بن عبد الله", "王小明")
        schedule = certified.db.session.get_one(certified.Schedule, schedule_id)
        certified.marked(certified.booked(schedule, "Eve Absent", contact_email=None)[0], "absent")
    page.goto(f"{site}/admin/certificates/issue/?id={schedule_id}")
    check_page(page)
    with inside(app, provider):
        run_id = commit_once(lambda: issuing.issue_date(schedule_id, ADMIN).id)
    page.goto(f"{site}/admin/certificates/run/?id={run_id}")
    check_page(page)
    page.goto("about:blank")  # the page of a run opens anew by itself when the run ends
    with inside(app, provider):
        job.carry_on(run_id)
        ids = db.session.scalars(select(Certificate.id).order_by(Certificate.number)).all()
        commit_once(lambda: ending.reissue(ids[0], "Anne", "Able", "Misspelt", ADMIN))
        commit_once(lambda: ending.revoke(ids[1], "Cheated in the exam", ADMIN))
        failed = {"making": "failed", "last_error": "The paper could not be drawn.", "needs_review": True}
        db.session.execute(update(Certificate).where(Certificate.id == ids[2]).values(**failed))
        db.session.execute(update(CertificateRun).where(CertificateRun.id == run_id).values(made=3, failed=1))
        db.session.commit()
    paths = [f"details/?id={each}" for each in ids]
    for path in (
        "",
        f"run/?id={run_id}",
        *paths,
        f"reissue/?id={ids[2]}",
        f"confirm/?id={ids[2]}",
        f"revoke/?id={ids[2]}",
    ):
        page.goto(f"{site}/admin/certificates/{path}")
        check_page(page)
    for path in ("work/certificates", "work/certificates_to_issue", "search?q=TST-C"):
        page.goto(f"{site}/admin/{path}")
        check_page(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_date_is_issued_by_one_key_and_the_run_shows_its_end_by_itself(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, scripts: bool
) -> None:
    with inside(app, provider):
        schedule_id = a_date("Ann Able", "Bob Busy")
    page = open_page("admin", NARROW, java_script_enabled=scripts)
    page.goto(f"{site}/admin/certificates/issue/?id={schedule_id}")
    page.get_by_role("button", name="Issue the ticked certificates").press("Enter")
    expect(page.locator("main")).to_contain_text("0 of 2")
    with inside(app, provider):
        job.carry_on(db.session.scalars(select(CertificateRun.id)).one())
    expect(page.locator("main")).to_contain_text("2 made", timeout=10_000)
    expect(page.get_by_role("link", name="PDF")).to_have_count(2)
