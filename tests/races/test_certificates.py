"""Certificates issued by many at once, ended by two at once, and registers corrected meanwhile (abuse case P2)."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql.dml import Insert

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.jobs import certificates as job
from backoffice.models import Certificate, RegisterEntry
from backoffice.services import registers
from backoffice.services.certificates import ending, issuing, look, making
from backoffice.services.registers import Change
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import certified
from tests.certified import ADMIN
from tests.races.arena import Arena, outcomes

PEOPLE = 30
PRESSES = 16
LIVE = "SELECT count(*) FROM certificates WHERE status = 'valid' GROUP BY attendee_id"
NUMBERS = "SELECT count(*), count(DISTINCT number), count(DISTINCT code) FROM certificates"
MAILS = (
    "SELECT count(*) FROM messages WHERE template = 'certificate_issued' GROUP BY data ->> 'certificate_id'"
)


def a_date(arena: Arena, people: int = PEOPLE) -> tuple[UUID, list[UUID]]:
    def make() -> tuple[UUID, list[UUID]]:
        schedule = certified.a_date(course=certified.a_course())
        return schedule.id, certified.many(schedule, people)

    found: tuple[UUID, list[UUID]] = arena.make(make)
    return found


def each_counted(arena: Arena, statement: str) -> Counter[int]:
    return Counter(number for (number,) in arena.sql(statement))


def press(arena: Arena, schedule_id: UUID, ids: list[UUID]) -> list[Any]:
    """The whole date and single people of it, all at once; run ids of those who got through."""
    whole = [lambda: issuing.issue_date(schedule_id, ADMIN).id] * (PRESSES // 2)
    single = [partial(_issue_one, each) for each in ids[: PRESSES // 2]]
    return arena.run(*whole, *single)


def _issue_one(attendee_id: UUID) -> UUID:
    return issuing.issue([attendee_id], ADMIN).id


def test_bulk_and_single_at_once_give_each_person_one_certificate_one_number_one_mail(arena: Arena) -> None:
    schedule_id, ids = a_date(arena)
    results = press(arena, schedule_id, ids)
    assert set(outcomes(results)) <= {"ok", "nobody_eligible"}
    assert each_counted(arena, LIVE) == {1: PEOPLE}
    assert arena.sql(NUMBERS) == [(PEOPLE, PEOPLE, PEOPLE)]
    totals = arena.sql("SELECT sum(total), count(*) FILTER (WHERE total = 0) FROM certificate_runs")
    assert totals == [(PEOPLE, 0)]
    runs = [each for each in results if isinstance(each, UUID)]
    make_all(arena, runs)
    assert each_counted(arena, MAILS) == {1: PEOPLE}


def test_without_the_index_and_its_clause_people_get_several(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same presses, with nothing that holds the second one up."""

    class Careless(Insert):
        inherit_cache = False

        def on_conflict_do_nothing(self, *args: Any, **kwargs: Any) -> Any:
            return self

    monkeypatch.setattr(issuing, "insert", Careless)
    arena.sql("DROP INDEX uq_certificates_live")
    schedule_id, ids = a_date(arena)
    press(arena, schedule_id, ids)
    assert max(each_counted(arena, LIVE)) > 1


def make_all(arena: Arena, runs: list[UUID]) -> None:
    """Every run by four workers at once, as if claims ran out; what they meet is no accident."""

    def work(number: int) -> None:
        app = arena.apps[number % len(arena.apps)]
        with app.app_context(), tenant_scope(arena.tenant_id):
            for run_id in runs:
                careless_turn(run_id)
            db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


def careless_turn(run_id: UUID) -> None:
    """A turn that no claim protects."""
    shown = look.current_look()
    while ids := commit_once(partial(making.take, run_id, 5)):
        commit_once(partial(making.make, run_id, ids, shown))
    commit_once(partial(making.hand_back, run_id))


def test_four_workers_at_one_run_archive_count_and_mail_each_once(arena: Arena) -> None:
    schedule_id, _ = a_date(arena)
    run_id = arena.run(lambda: issuing.issue_date(schedule_id, ADMIN).id)[0]
    make_all(arena, [run_id])
    assert arena.sql("SELECT made, failed, finished_at IS NOT NULL FROM certificate_runs") == [
        (PEOPLE, 0, True)
    ]
    assert arena.sql("SELECT count(*), count(DISTINCT certificate_id) FROM certificate_files") == [
        (PEOPLE, PEOPLE)
    ]
    assert each_counted(arena, MAILS) == {1: PEOPLE}


def test_reissued_and_revoked_at_once_it_ends_one_way(arena: Arena) -> None:
    for _ in range(5):
        _, ids = a_date(arena, 1)
        arena.run(lambda: issuing.issue(ids, ADMIN).id)  # noqa: B023
        with arena.inside():
            old = db.session.scalars(select(Certificate.id).where(Certificate.attendee_id == ids[0])).one()
        results = arena.run(
            *[lambda: ending.reissue(old, "Anne", "Able", "Misspelt", ADMIN).id] * 4,  # noqa: B023
            *[lambda: ending.revoke(old, "Cheated", ADMIN).id] * 4,  # noqa: B023
        )
        assert sum(not isinstance(each, DomainError) for each in results) == 1
        live = arena.sql(
            f"SELECT count(*) FROM certificates WHERE attendee_id = '{ids[0]}' AND status = 'valid'"
        )
        ended = arena.sql(f"SELECT status FROM certificates WHERE id = '{old}'")
        assert (live[0][0], ended[0][0]) in {(1, "replaced"), (0, "revoked")}


# --- A correction that falls between the look at the register and the certificate ---


def corrected_meanwhile(arena: Arena, *, is_reissue: bool = False) -> tuple[bool, bool]:
    """Somebody is marked absent while a certificate is being issued: did the mark wait, is the certificate flagged."""
    schedule_id, (attendee_id,) = a_date(arena, 1)
    if is_reissue:
        arena.run(lambda: issuing.issue([attendee_id], ADMIN).id)
    marked = threading.Event()

    def mark() -> None:
        with arena.apps[1].app_context(), tenant_scope(arena.tenant_id):
            seen = db.session.scalars(
                select(RegisterEntry.version).where(RegisterEntry.attendee_id == attendee_id)
            ).one()
            change = Change(attendee_id, seen, {1: "absent"})
            commit_once(lambda: registers.mark(schedule_id, [change], ADMIN))
            marked.set()
            db.session.remove()

    with arena.apps[0].app_context(), tenant_scope(arena.tenant_id), ThreadPoolExecutor(1) as pool:
        _issue_again(attendee_id) if is_reissue else issuing.issue([attendee_id], ADMIN)
        marking = pool.submit(mark)
        waited = not marked.wait(1.5)
        db.session.commit()
        marking.result(timeout=20)
        flagged = db.session.scalars(
            select(Certificate.needs_review).where(
                Certificate.attendee_id == attendee_id, Certificate.status == "valid"
            )
        ).one()
        db.session.remove()
    return waited, flagged


def _issue_again(attendee_id: UUID) -> None:
    old = db.session.scalars(select(Certificate.id).where(Certificate.attendee_id == attendee_id)).one()
    ending.reissue(old, "Anne", "Able", "Misspelt", ADMIN)


def test_a_correction_meanwhile_waits_and_flags_the_certificate(arena: Arena) -> None:
    assert corrected_meanwhile(arena) == (True, True)


def test_without_holding_the_register_the_correction_slips_past(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a valid certificate of somebody who was absent, and nobody is told."""
    monkeypatch.setattr(issuing, "hold_registers", lambda ids: None)
    assert corrected_meanwhile(arena) == (False, False)


def test_a_correction_during_a_reissue_flags_the_new_certificate(arena: Arena) -> None:
    assert corrected_meanwhile(arena, is_reissue=True) == (True, True)


def test_without_holding_the_register_the_new_certificate_is_not_flagged(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the correction flags the one that is being replaced."""
    monkeypatch.setattr(ending, "hold_registers", lambda ids: None)
    assert corrected_meanwhile(arena, is_reissue=True)[1] is False


def test_the_job_itself_takes_a_run_once(arena: Arena) -> None:
    schedule_id, _ = a_date(arena, 3)
    run_id = arena.run(lambda: issuing.issue_date(schedule_id, ADMIN).id)[0]

    def turn(number: int) -> int:
        app = arena.apps[number % len(arena.apps)]
        with app.app_context(), tenant_scope(arena.tenant_id):
            made = job.carry_on(run_id)
            db.session.remove()
            return made

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(turn, range(6))) == [0, 0, 0, 0, 0, 3]


def test_dates_that_are_marked_elsewhere_do_not_wait(arena: Arena) -> None:
    """Only the registers of whoever gets a certificate are held."""
    _, mine = a_date(arena, 1)
    _, others = a_date(arena, 1)
    with arena.apps[0].app_context(), tenant_scope(arena.tenant_id), ThreadPoolExecutor(1) as pool:
        issuing.issue(mine, ADMIN)
        arena_mark = partial(_bump, arena, others[0])
        pool.submit(arena_mark).result(timeout=10)
        db.session.rollback()
        db.session.remove()


def _bump(arena: Arena, attendee_id: UUID) -> None:
    with arena.apps[1].app_context(), tenant_scope(arena.tenant_id):
        entry = update(RegisterEntry).where(RegisterEntry.attendee_id == attendee_id)
        db.session.execute(entry.values(version=RegisterEntry.version + 1))
        db.session.commit()
        db.session.remove()
