"""Making the papers: in batches, each once, with a poison certificate among them (abuse case H10), and their mails."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.domain.errors import Forbidden, Refused
from backoffice.jobs import certificates as job
from backoffice.models import Attendee, Certificate, CertificateFile, CertificateRun, Message
from backoffice.services import letters
from backoffice.services.certificates import ending, issuing, links, look, mailing, making, reading
from backoffice.work import commit_once
from tests import certified, factories
from tests.certified import ADMIN

pytestmark = pytest.mark.usefixtures("tenant")
POISON = "Poison"


def a_run(*names: str, **values: Any) -> UUID:
    schedule = certified.a_date(course=certified.a_course())
    people = certified.booked(schedule, *names, **values)
    return commit_once(lambda: issuing.issue([each.id for each in people], ADMIN).id)


def the(run_id: UUID) -> CertificateRun:
    return reading.get_run(run_id)


def made_names(run_id: UUID) -> list[str]:
    return [each.holder for each in reading.list_of_run(run_id) if each.making == "made"]


def due_again(run_id: UUID) -> None:
    db.session.execute(
        update(CertificateRun).where(CertificateRun.id == run_id).values(next_attempt_at=func.now())
    )
    db.session.commit()


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """One name that cannot be drawn."""
    draw: Callable[[Any], bytes] = making.certificate_pdf

    def fails_for_one(paper: Any) -> bytes:
        if POISON in paper.holder:
            raise ZeroDivisionError(paper.holder)
        return draw(paper)

    monkeypatch.setattr(making, "certificate_pdf", fails_for_one)


def test_a_run_makes_every_paper_once_with_its_digest() -> None:
    run_id = a_run("Ann Able", "Bob Busy")
    assert job.carry_on(run_id) == 2 and job.carry_on(run_id) == 0
    files = db.session.scalars(select(CertificateFile)).all()
    assert len(files) == 2 and all(file.content.startswith(b"%PDF") for file in files)
    assert all(file.sha256 == hashlib.sha256(file.content).hexdigest() for file in files)
    run = the(run_id)
    assert (run.made, run.failed, run.total, run.is_finished) == (2, 0, 2, True)


def test_the_same_certificate_gives_the_same_bytes() -> None:
    run_id = a_run("Ann Able")
    certificate = reading.list_of_run(run_id)[0]
    job.carry_on(run_id)
    drawn, problems = making._draw([certificate.id], look.current_look())
    assert problems == {} and drawn[certificate.id] == reading.find_file(certificate.id).content  # type: ignore[union-attr]


def test_the_archive_refuses_what_does_not_fit_its_digest() -> None:
    from sqlalchemy.exc import IntegrityError

    job.carry_on(a_run("Ann Able"))
    with pytest.raises(IntegrityError, match="ck_certificate_files_digest"):
        db.session.execute(update(CertificateFile).values(content=b"%PDF forged"))


def test_a_run_that_somebody_has_is_left_to_them() -> None:
    run_id = a_run("Ann Able")
    assert commit_once(lambda: making.claim(run_id)) is True
    assert commit_once(lambda: making.claim(run_id)) is False
    assert job.carry_on(run_id) == 0


def test_without_the_claim_two_would_have_it() -> None:
    """The control: the claim is what keeps the second away."""
    run_id = a_run("Ann Able")
    commit_once(lambda: making.claim(run_id))
    due_again(run_id)
    assert commit_once(lambda: making.claim(run_id)) is True


def test_a_turn_ends_in_time_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making.take, "__defaults__", (1,))
    run_id = a_run(*[f"P {number}" for number in range(3)])
    assert job.carry_on(run_id, seconds=0) == 0
    assert the(run_id).is_finished is False
    assert job.carry_on(run_id) == 3 and the(run_id).is_finished


def test_a_worker_that_died_in_a_batch_loses_none_of_it() -> None:
    run_id = a_run("Ann Able", "Bob Busy")
    commit_once(lambda: making.claim(run_id))
    assert len(commit_once(lambda: making.take(run_id))) == 2  # and it dies
    assert job.carry_on(run_id) == 0  # somebody may still be at it
    due_again(run_id)
    assert job.carry_on(run_id) == 2


def test_what_two_made_at_once_is_kept_and_mailed_once() -> None:
    run_id = a_run("Ann Able")
    ids = commit_once(lambda: making.take(run_id))
    shown = look.current_look()
    assert commit_once(lambda: making.make(run_id, ids, shown)) == 1
    assert commit_once(lambda: making.make(run_id, ids, shown)) == 0
    assert db.session.scalar(select(func.count()).select_from(CertificateFile)) == 1
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1
    assert the(run_id).made == 1


# --- H10: one that cannot be drawn ---


@pytest.mark.usefixtures("poison")
def test_a_poison_certificate_fails_alone_after_so_many_tries() -> None:
    run_id = a_run("Ann Able", POISON, "Zed Zoo")
    job.carry_on(run_id)
    assert made_names(run_id) == ["Ann Able", "Zed Zoo"] and not the(run_id).is_finished
    for _ in range(making.MAXIMUM_TRIES):
        due_again(run_id)
        job.carry_on(run_id)
    run = the(run_id)
    assert (run.made, run.failed, run.is_finished) == (2, 1, True)
    failed = reading.list_of_run(run_id)[0]
    assert (failed.making, failed.attempts) == ("failed", making.MAXIMUM_TRIES)
    assert "ZeroDivisionError" in (failed.last_error or "") and POISON not in (failed.last_error or "")


@pytest.mark.usefixtures("poison")
def test_between_two_tries_of_a_poison_one_is_a_pause() -> None:
    run_id = a_run(POISON)
    job.carry_on(run_id)
    db.session.expire_all()
    assert the(run_id).next_attempt_at > the(run_id).updated_at + making.PAUSE / 2
    assert job.carry_on(run_id) == 0 and reading.list_of_run(run_id)[0].attempts == 1


def test_one_that_kills_its_worker_takes_nobody_else_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the middle, nothing is noted: only the counted tries tell, and they are counted one by one."""
    dies(monkeypatch)
    run_id = a_run("Ann Able", POISON, "Zed Zoo")
    for _ in range(3 + making.MAXIMUM_TRIES):
        due_again(run_id)
        try:
            job.carry_on(run_id)
        except Killed:
            db.session.rollback()
    run = the(run_id)
    assert made_names(run_id) == ["Ann Able", "Zed Zoo"]
    assert (run.made, run.failed, run.is_finished) == (2, 1, True)
    assert reading.list_of_run(run_id)[0].last_error == making.WORN_OUT


def test_tried_together_it_would_take_all_of_them_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without trying alone what was tried before, the innocent ones wear out beside it."""
    dies(monkeypatch)

    def together(run_id: UUID, at_most: int = making.BATCH) -> list[UUID]:
        making._give_up_worn_out(run_id)
        ids = list(db.session.scalars(making._waiting(run_id).limit(at_most)))
        making._update(ids, attempts=Certificate.attempts + 1)
        return ids

    monkeypatch.setattr(making, "take", together)
    run_id = a_run("Ann Able", POISON, "Zed Zoo")
    for _ in range(2 + making.MAXIMUM_TRIES):
        due_again(run_id)
        try:
            job.carry_on(run_id)
        except Killed:
            db.session.rollback()
    assert made_names(run_id) == [] and the(run_id).failed == 3


class Killed(BaseException):
    """As kill -9 ends it: nothing is caught, nothing is noted."""


def dies(monkeypatch: pytest.MonkeyPatch) -> None:
    draw: Callable[[Any], bytes] = making.certificate_pdf

    def kills(paper: Any) -> bytes:
        if POISON in paper.holder:
            raise Killed
        return draw(paper)

    monkeypatch.setattr(making, "certificate_pdf", kills)


@pytest.mark.usefixtures("poison")
def test_a_poison_certificate_does_not_block_other_runs() -> None:
    bad, good = a_run(POISON), a_run("Ann Able")
    job.carry_on(bad)
    assert job.carry_on(good) == 1 and the(good).is_finished


def test_what_failed_is_tried_again_when_somebody_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = a_run("Ann Able", "Bob Busy")
    monkeypatch.setattr(making, "certificate_pdf", lambda paper: 1 / 0)
    monkeypatch.setattr(making, "MAXIMUM_TRIES", 1)
    job.carry_on(run_id)
    due_again(run_id)
    job.carry_on(run_id)
    assert (the(run_id).failed, the(run_id).is_finished) == (2, True)
    monkeypatch.undo()
    assert commit_once(lambda: making.try_again(run_id, ADMIN)) == 2
    job.carry_on(run_id)
    assert (the(run_id).made, the(run_id).failed, the(run_id).is_finished) == (2, 0, True)
    with pytest.raises(Refused, match="None of these"):
        making.try_again(run_id, ADMIN)
    with pytest.raises(Forbidden):
        making.try_again(run_id, factories.actor("office"))


# --- The mail ---


def mails() -> list[Message]:
    return list(db.session.scalars(select(Message).order_by(Message.recipient)))


def test_it_goes_to_the_attendee_otherwise_to_the_booker_otherwise_nowhere() -> None:
    schedule = certified.a_date()
    own, other = certified.booked(schedule, "Ann Able", "Bob Busy", contact_email="carol@x.example")
    own.email = "ann@x.example"
    nobody = certified.booked(schedule, "Dan Dumb", contact_email=None)[0]
    db.session.commit()
    job.carry_on(commit_once(lambda: issuing.issue([own.id, other.id, nobody.id], ADMIN).id))
    assert [(mail.recipient, mail.recipient_name) for mail in mails()] == [
        ("ann@x.example", "Ann Able"),
        ("carol@x.example", "Carol Booker"),
    ]
    certificate = certified.certificates_of(nobody)[0]
    assert reading.deliveries([certificate.id])[certificate.id].recipient is None


def test_the_mail_brings_the_archived_paper_and_keeps_no_link() -> None:
    run_id = a_run("Ann Able")
    job.carry_on(run_id)
    certificate = reading.list_of_run(run_id)[0]
    written = letters.write(mails()[0].id)
    assert written is not None
    attached = written.letter.attachments[0]
    assert attached.content == reading.find_file(certificate.id).content  # type: ignore[union-attr]
    link = links.download_url(certificate.id)
    assert link in written.letter.text and link in written.letter.html
    assert link not in str(written.to_keep) and certificate.code in written.letter.text
    assert "Certificate of Ann Able" in written.letter.subject


def test_the_holder_is_spoken_to() -> None:
    schedule = certified.a_date(course=certified.a_course())
    ann = certified.booked(schedule, "Ann Able")[0]
    ann.email = "ann@x.example"
    db.session.commit()
    job.carry_on(commit_once(lambda: issuing.issue([ann.id], ADMIN).id))
    written = letters.write(mails()[0].id)
    assert written is not None and written.letter.subject == "Your certificate: First Aid at Work"
    assert "Valid until: Sat 3 Mar 2029" in written.letter.text


@pytest.mark.parametrize("end", ["revoke", "reissue"])
def test_a_certificate_that_ended_is_not_mailed(end: str) -> None:
    run_id = a_run("Ann Able")
    job.carry_on(run_id)
    certificate_id = reading.list_of_run(run_id)[0].id
    if end == "revoke":
        commit_once(lambda: ending.revoke(certificate_id, "Cheated", ADMIN))
    else:
        commit_once(lambda: ending.reissue(certificate_id, "Anne", "Able", "Misspelt", ADMIN))
    message = mails()[0]
    assert commit_once(lambda: letters.write(message.id)) is None
    assert message.is_overtaken and "before this mail went out" in (message.last_error or "")


def test_one_revoked_before_it_was_made_is_archived_and_not_mailed() -> None:
    run_id = a_run("Ann Able")
    certificate_id = reading.list_of_run(run_id)[0].id
    commit_once(lambda: ending.revoke(certificate_id, "Cheated", ADMIN))
    assert job.carry_on(run_id) == 1 and mails() == []


def test_a_preview_without_a_certificate_shows_a_specimen() -> None:
    from backoffice.services import mail_texts

    booking_id = certified.booked(certified.a_date(course=certified.a_course()), "Ann Able")[0].booking_id
    assert "Sam Specimen" not in mail_texts.preview("certificate_issued", booking_id=booking_id).subject
    assert "SPECIMEN" in mail_texts.preview("certificate_issued", booking_id=booking_id).text


def test_it_is_mailed_once_more_to_the_address_that_is_known_now() -> None:
    run_id = a_run("Dan Dumb", contact_email=None)
    job.carry_on(run_id)
    certificate = reading.list_of_run(run_id)[0]
    with pytest.raises(Refused, match="No e-mail is known"):
        mailing.send(certificate.id, factories.actor("office"))
    certificate.attendee.email = "dan@x.example"
    db.session.commit()
    assert commit_once(lambda: mailing.send(certificate.id, factories.actor("office"))) == "dan@x.example"
    assert reading.deliveries([certificate.id])[certificate.id].status == "queued"
    assert letters.write(mails()[0].id) is not None


def test_what_ended_or_is_not_made_is_not_mailed_again() -> None:
    run_id = a_run("Ann Able")
    certificate_id = reading.list_of_run(run_id)[0].id
    with pytest.raises(Refused, match="Only a valid certificate"):
        mailing.send(certificate_id, ADMIN)
    job.carry_on(run_id)
    commit_once(lambda: ending.revoke(certificate_id, "Cheated", ADMIN))
    with pytest.raises(Refused, match="Only a valid certificate"):
        mailing.send(certificate_id, ADMIN)
    with pytest.raises(Forbidden):
        mailing.send(certificate_id, factories.actor("manager"))


def test_the_mails_of_a_batch_are_rung_for(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(making, "ring_after_commit", lambda kind, row_id: rung.append(kind))
    job.carry_on(a_run("Ann Able", "Bob Busy"))
    assert rung == ["message", "message"]


def test_attendees_are_only_read(tenant: Any) -> None:
    run_id = a_run("Ann Able")
    before = db.session.scalars(select(Attendee.updated_at)).all()
    job.carry_on(run_id)
    assert db.session.scalars(select(Attendee.updated_at)).all() == before
    assert timedelta(0) < making.CLAIM


def test_the_mail_to_who_booked_for_oneself_reads_as_ones_own() -> None:
    run_id = a_run("Carol Booker", "Ann Able")
    job.carry_on(run_id)
    holders = {str(each.id): each.holder for each in reading.list_of_run(run_id)}
    mails = db.session.scalars(select(Message).where(Message.template == mailing.TEMPLATE)).all()
    said = {holders[mail.data["certificate_id"]]: mail.data["is_own"] for mail in mails}
    assert said == {"Carol Booker": True, "Ann Able": False}
    again = next(each.id for each in reading.list_of_run(run_id) if each.holder == "Carol Booker")
    commit_once(lambda: mailing.send(again, ADMIN))
    assert db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one().data["is_own"]
