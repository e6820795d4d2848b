"""The end of a certificate: replaced by a corrected one, revoked for a reason, or it stands."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from backoffice.database import db, new_id
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.models import AuditEvent, Certificate, CertificateRun
from backoffice.services.certificates import ending, issuing, reading
from backoffice.work import commit_once
from tests import certified, factories
from tests.certified import ADMIN

pytestmark = pytest.mark.usefixtures("tenant")
KEPT = (
    "attendee_id",
    "course_title",
    "outcomes",
    "instructors",
    "taught_from",
    "taught_until",
    "expires_on",
    "wording",
)


@pytest.fixture
def issued() -> Certificate:
    ann = certified.booked(certified.a_date(course=certified.a_course(outcomes=["CPR"])), "Ann Able")[0]
    commit_once(lambda: issuing.issue([ann.id], ADMIN))
    return certified.certificates_of(ann)[0]


def reissue(
    certificate: Certificate, first: str = "Anne", last: str = "Able", reason: str = "Misspelt"
) -> CertificateRun:
    return commit_once(lambda: ending.reissue(certificate.id, first, last, reason, ADMIN))


def revoke(certificate: Certificate, reason: str = "Cheated") -> Certificate:
    return commit_once(lambda: ending.revoke(certificate.id, reason, ADMIN))


def test_a_reissue_says_the_same_with_another_name(issued: Certificate) -> None:
    run = reissue(issued)
    new = reading.list_of_run(run.id)[0]
    assert new.holder == "Anne Able" and new.status == "valid" and new.replaces_id == issued.id
    assert [getattr(new, name) for name in KEPT] == [getattr(issued, name) for name in KEPT]
    assert new.number != issued.number and new.code != issued.code
    assert (issued.status, issued.status_reason) == ("replaced", "Misspelt") and issued.ended_at
    assert reading.find_successor(issued.id) == new


def test_a_certificate_is_replaced_once(issued: Certificate) -> None:
    reissue(issued)
    with pytest.raises(Refused):
        reissue(issued)
    with pytest.raises(Refused):
        revoke(issued)


def test_the_new_one_can_be_replaced_again(issued: Certificate) -> None:
    second = reading.list_of_run(reissue(issued).id)[0]
    third = reading.list_of_run(reissue(second, "Annie").id)[0]
    assert third.replaces_id == second.id and second.status == "replaced"


def test_a_revoked_one_stays_revoked(issued: Certificate) -> None:
    assert revoke(issued).status == "revoked"
    for again in (revoke, reissue):
        with pytest.raises(Refused):
            again(issued)


def test_after_a_revocation_another_one_may_be_issued(issued: Certificate) -> None:
    revoke(issued)
    assert commit_once(lambda: issuing.issue([issued.attendee_id], ADMIN)).total == 1


def test_what_was_to_be_looked_at_is_done_with_the_certificate(issued: Certificate) -> None:
    issued.needs_review = True
    db.session.commit()
    assert revoke(issued).needs_review is False


def test_another_name_does_not_decide_what_was_to_be_looked_at(issued: Certificate) -> None:
    issued.needs_review = True
    db.session.commit()
    new = reading.list_of_run(reissue(issued).id)[0]
    assert new.needs_review and not issued.needs_review


def test_one_that_stands_leaves_the_work_queue(issued: Certificate) -> None:
    issued.needs_review = True
    db.session.commit()
    commit_once(lambda: ending.confirm(issued.id, "Only a time was wrong", ADMIN))
    assert issued.needs_review is False and issued.status == "valid"
    with pytest.raises(Refused, match="Nobody asked"):
        ending.confirm(issued.id, "Again", ADMIN)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x00b"])
def test_a_reason_is_needed_and_bounded(issued: Certificate, reason: str) -> None:
    for verb in (lambda: revoke(issued, reason), lambda: reissue(issued, reason=reason)):
        with pytest.raises(Invalid):
            verb()
    assert issued.status == "valid"


@pytest.mark.parametrize(
    ("first", "last"), [("", ""), (" ", "\t"), ("x" * 101, "y"), ("a\x00", "b"), ("\ud800", "b")]
)
def test_a_name_is_needed_and_bounded(issued: Certificate, first: str, last: str) -> None:
    with pytest.raises(Invalid):
        reissue(issued, first, last)
    assert issued.status == "valid"


@pytest.mark.parametrize("name", ["محمد بن عبد الله", "王小明", "<b>Tom</b> & </para>", "🦊 Fox", "x" * 100])
def test_any_name_is_taken_as_it_is(issued: Certificate, name: str) -> None:
    assert reading.list_of_run(reissue(issued, name, "").id)[0].holder == name


@pytest.mark.parametrize("role", ["office", "manager", "instructor"])
def test_only_an_administrator_decides(issued: Certificate, role: str) -> None:
    actor = factories.actor(role)
    for verb in (
        lambda: ending.revoke(issued.id, "x", actor),
        lambda: ending.reissue(issued.id, "A", "B", "x", actor),
        lambda: ending.confirm(issued.id, "x", actor),
    ):
        with pytest.raises(Forbidden):
            verb()


def test_an_unknown_certificate_is_not_found() -> None:
    for verb in (
        lambda: ending.revoke(new_id(), "x", ADMIN),
        lambda: ending.reissue(new_id(), "A", "B", "x", ADMIN),
        lambda: reading.get(new_id()),
        lambda: reading.get_run(new_id()),
    ):
        with pytest.raises(NotFound):
            verb()


def test_each_step_is_told_in_the_audit(issued: Certificate) -> None:
    second = reading.list_of_run(reissue(issued).id)[0]
    revoke(second)
    told = select(AuditEvent.action, AuditEvent.subject_id).where(AuditEvent.action.like("certificate:%"))
    assert db.session.execute(told.order_by(AuditEvent.id)).all() == [
        ("certificate:issue", issued.id),
        ("certificate:reissue", issued.id),
        ("certificate:issue", second.id),
        ("certificate:revoke", second.id),
    ]
