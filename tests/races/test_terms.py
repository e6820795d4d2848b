"""Terms that are published while somebody accepts the version before: never a consent to what is no longer in effect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError
from backoffice.models import Consent
from backoffice.services import terms
from backoffice.services.terms import Typed, accepting
from tests.races.arena import Arena
from tests.services.booked import ADMIN, placed

BOOKER = Actor("customer", name="Visitor")
READ = "FROM terms_texts"
STORED = "SELECT t.number FROM consents c JOIN terms_texts t ON t.id = c.terms_text_id"


@pytest.fixture
def booking_id(arena: Arena) -> UUID:
    """A booking, and version 1 of the terms in effect."""

    def make() -> UUID:
        terms.save("terms", Typed("Ours", "One."), ADMIN, version=0)
        terms.publish("terms", ADMIN, version=1)
        return placed().id

    made: UUID = arena.make(make)
    return made


def write_next() -> None:
    terms.save("terms", Typed("Ours", "Two."), ADMIN, version=0)


def publish_next() -> int:
    return terms.publish("terms", ADMIN, version=1).version


def accept(booking_id: UUID, text_id: UUID) -> list[Consent]:
    return terms.accept(booking_id, [text_id], BOOKER, datetime.now(UTC))


def first_text(arena: Arena) -> UUID:
    def find() -> UUID:
        found = terms.find_current("terms")
        assert found is not None
        return found.id

    (found,) = arena.run(find)
    return UUID(str(found))


def overtaken_by_publishing(arena: Arena, booking_id: UUID) -> Any:
    """What becomes of accepting version 1, when version 2 is published right after the terms were read."""
    seen = first_text(arena)
    arena.run(write_next)
    arena.overtaken(READ, publish_next)
    (outcome,) = arena.run(lambda: accept(booking_id, seen) and "accepted")
    return outcome


def test_a_version_published_in_between_is_noticed(arena: Arena, booking_id: UUID) -> None:
    outcome = overtaken_by_publishing(arena, booking_id)
    assert isinstance(outcome, DomainError) and outcome.code == "terms_changed"
    assert arena.sql(STORED) == []


def test_without_the_second_look_it_is_not(
    arena: Arena, booking_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the race happens."""
    monkeypatch.setattr(accepting, "_kept_in_effect", accepting.current_for)
    assert overtaken_by_publishing(arena, booking_id) == "accepted"
    assert arena.sql(STORED) == [(1,)]


def impatient_publishing() -> str:
    db.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
    try:
        publish_next()
    except OperationalError:
        db.session.rollback()
        return "waits"
    return "published"


def published_while_accepting(arena: Arena, booking_id: UUID) -> str:
    """What becomes of publishing version 2 while somebody's consent to version 1 is not committed yet."""
    seen, found = first_text(arena), list[str]()
    arena.run(write_next)
    arena.overtaken("INSERT INTO consents", lambda: found.append(impatient_publishing()))
    arena.run(lambda: accept(booking_id, seen) and "accepted")
    return found[0]


def test_publishing_waits_for_whoever_is_accepting(arena: Arena, booking_id: UUID) -> None:
    assert published_while_accepting(arena, booking_id) == "waits"
    assert arena.sql(STORED) == [(1,)]


def test_without_the_lock_it_does_not_wait(
    arena: Arena, booking_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the consent would be to a version that is no longer in effect when it is stored."""
    monkeypatch.setattr(accepting, "_kept_in_effect", accepting.current_for)
    assert published_while_accepting(arena, booking_id) == "published"


def test_sixteen_clicks_are_one_consent(arena: Arena, booking_id: UUID) -> None:
    seen = first_text(arena)
    found = arena.run(*[lambda: accept(booking_id, seen) and "accepted"] * 16)
    assert set(found) == {"accepted"}
    assert arena.sql(STORED) == [(1,)]
    assert arena.sql("SELECT count(*) FROM audit_events WHERE action = 'booking:consent'") == [(1,)]


def test_two_who_publish_make_one_version(arena: Arena, booking_id: UUID) -> None:
    arena.run(write_next)
    found = arena.run(*[publish_next] * 8)
    assert sorted(str(each) for each in found if isinstance(each, int)) == ["2"]
    assert {each.code for each in found if isinstance(each, DomainError)} <= {"changed", "not_found"}
    with arena.inside():
        assert len(db.session.scalars(select(Consent)).all()) == 0
