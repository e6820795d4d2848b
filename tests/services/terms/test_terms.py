"""Terms and waivers: drafts, versions that stay, and who accepted which for what booking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, DomainError, Forbidden, Invalid, NotFound, Refused
from backoffice.models import Booking, Consent, TermsText
from backoffice.services import terms
from backoffice.services.terms import Text, Typed
from backoffice.work import commit_once
from tests import factories
from tests.services.booked import ADMIN, MANAGER, OFFICE, done, entries, placed

pytestmark = pytest.mark.usefixtures("tenant")

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BOOKER = Actor("customer", name="Visitor", address="203.0.113.77")


def published(kind: str = "terms", body: str = "Be on time.", title: str = "Our terms") -> Text:
    """A new version in effect."""
    draft = terms.find_draft(kind)
    done(lambda: terms.save(kind, Typed(title, body), ADMIN, version=draft.version if draft else 0))
    version = terms.find_draft(kind).version  # type: ignore[union-attr]
    return done(lambda: terms.publish(kind, ADMIN, version=version))


def code_of(work: Callable[[], Any]) -> str:
    """The code of the refusal."""
    with pytest.raises(DomainError) as caught:
        commit_once(work)
    db.session.rollback()
    return caught.value.code


def with_waiver(**more: Any) -> Booking:
    return placed(factories.make_schedule(course=factories.make_course(needs_waiver=True, **more)))


def test_versions_count_up_and_the_old_ones_stay_readable() -> None:
    first, second = published(body="One."), published(body="Two.")
    assert (first.version, second.version) == (1, 2)
    assert terms.find_current("terms") == second
    assert terms.get_published("terms", 1).body == "One."
    assert [each.text.version for each in terms.list_published("terms")] == [2, 1]


def test_a_draft_is_nobodys_terms() -> None:
    course = factories.make_course()
    done(lambda: terms.save("terms", Typed("Soon", "To come."), ADMIN, version=0))
    assert terms.current_for(course.id) == []
    assert terms.find_current("terms") is None


def test_a_course_asks_for_the_waiver_only_where_it_needs_one() -> None:
    general, waiver = published(), published("waiver", "I am fit to take part.", "Waiver")
    plain, risky = factories.make_course(), factories.make_course(needs_waiver=True)
    assert terms.current_for(plain.id) == [general]
    assert terms.current_for(risky.id) == [general, waiver]


def test_a_new_version_begins_with_the_one_in_effect() -> None:
    assert terms.begin("terms") == Typed("Terms of booking", "")
    published(body="One.")
    assert terms.begin("terms") == Typed("Our terms", "One.")


@pytest.mark.parametrize("change", ["UPDATE terms_texts SET body = 'x'", "DELETE FROM terms_texts"])
def test_the_database_keeps_a_published_text(change: str) -> None:
    published()
    with pytest.raises(DBAPIError) as caught:
        db.session.execute(text(change))
    db.session.rollback()
    assert "ck_terms_texts_published" in str(caught.value.orig.diag.constraint_name)  # type: ignore[union-attr]


def test_a_draft_may_still_be_changed_and_dropped() -> None:
    """The control: what is refused of a published text is not refused of a draft."""
    draft = done(lambda: terms.save("terms", Typed("Soon", "To come."), ADMIN, version=0))
    db.session.execute(update(TermsText).values(body="Other."))
    db.session.execute(delete(TermsText).where(TermsText.id == draft.id))
    db.session.commit()
    assert terms.find_draft("terms") is None


def test_what_was_accepted_is_kept_with_its_version() -> None:
    general, waiver = published(), published("waiver", "I am fit.", "Waiver")
    booking = with_waiver()
    found = done(lambda: terms.accept(booking.id, [general.id, waiver.id], BOOKER, NOW))
    assert [each.terms_text_id for each in found] == [general.id, waiver.id]
    consent = found[0]
    assert (consent.accepted_by, consent.accepted_at, consent.channel) == ("Alice Cox", NOW, "web")
    assert consent.address == "203.0.113.0"
    said = entries("booking:consent")[0]
    assert said.new_values["texts"] == ["Terms of booking, version 1", "Waiver, version 1"]
    assert said.subject_id == booking.id
    published(body="Newer.")
    assert [each.terms_text.number for each in terms.list_consents(booking.id)] == [1, 1]


def test_a_second_click_is_no_second_consent() -> None:
    general, booking = published(), placed()
    for _ in range(2):
        done(lambda: terms.accept(booking.id, [general.id], BOOKER, NOW))
    assert len(terms.list_consents(booking.id)) == 1
    assert len(entries("booking:consent")) == 1


def test_what_was_accepted_need_not_be_ticked_again_but_a_newer_version_must() -> None:
    general, booking = published(), placed()
    done(lambda: terms.accept(booking.id, [general.id], BOOKER, NOW))
    done(lambda: terms.accept(booking.id, [], BOOKER, NOW))
    newer = published(body="Newer.")
    assert code_of(lambda: terms.accept(booking.id, [], BOOKER, NOW)) == "invalid"
    done(lambda: terms.accept(booking.id, [newer.id], BOOKER, NOW))
    assert [each.terms_text.number for each in terms.list_consents(booking.id)] == [1, 2]


def test_the_booker_is_told_that_the_terms_have_changed() -> None:
    old, booking = published(), placed()
    new = published(body="Newer.")
    assert code_of(lambda: terms.accept(booking.id, [old.id], BOOKER, NOW)) == "terms_changed"
    assert terms.list_consents(booking.id) == []
    assert terms.missing_for(booking.id) == [new]
    done(lambda: terms.accept(booking.id, [new.id], BOOKER, NOW))
    assert terms.missing_for(booking.id) == []


def test_every_text_in_effect_must_be_ticked() -> None:
    general, _ = published(), published("waiver", "I am fit.", "Waiver")
    booking = with_waiver()
    with pytest.raises(Invalid) as caught:
        terms.accept(booking.id, [general.id], BOOKER, NOW)
    assert list(caught.value.fields) == ["waiver"]
    with pytest.raises(Invalid) as caught:
        terms.accept(booking.id, [], BOOKER, NOW)
    assert list(caught.value.fields) == ["terms", "waiver"]


def test_a_text_that_is_none_of_ours_is_refused() -> None:
    general, booking = published(), placed()
    assert code_of(lambda: terms.accept(booking.id, [general.id, new_id()], BOOKER, NOW)) == "terms_changed"


def test_a_provider_without_terms_asks_for_nothing() -> None:
    booking = with_waiver()
    assert terms.missing_for(booking.id) == []
    assert done(lambda: terms.accept(booking.id, [], BOOKER, NOW)) == []
    assert entries("booking:consent") == []


def test_nothing_is_accepted_for_a_booking_that_is_over() -> None:
    general, booking = published(), placed()
    booking.status = "expired"
    db.session.commit()
    assert code_of(lambda: terms.accept(booking.id, [general.id], BOOKER, NOW)) == "closed"
    assert code_of(lambda: terms.accept(new_id(), [general.id], BOOKER, NOW)) == "not_found"


def test_the_database_takes_no_consent_to_a_draft() -> None:
    booking = placed()
    draft = done(lambda: terms.save("terms", Typed("Soon", "To come."), ADMIN, version=0))
    values = {"booking_id": booking.id, "terms_text_id": draft.id, "accepted_at": NOW, "channel": "web"}
    db.session.add(Consent(**values))
    assert code_of(db.session.flush) == "draft"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consents SET accepted_at = now()",
        "UPDATE consents SET terms_text_id = id",
        "DELETE FROM consents",
    ],
)
def test_the_program_cannot_change_a_consent(change: str) -> None:
    general, booking = published(), placed()
    done(lambda: terms.accept(booking.id, [general.id], BOOKER, NOW))
    with pytest.raises(DBAPIError, match="permission denied"):
        db.session.execute(text(change))
    db.session.rollback()


def test_a_person_can_be_forgotten_and_the_consent_stays() -> None:
    """The control of the rights above: just these two columns may be emptied."""
    general, booking = published(), placed()
    done(lambda: terms.accept(booking.id, [general.id], BOOKER, NOW))
    db.session.execute(update(Consent).values(accepted_by="", address=None))
    db.session.commit()
    assert db.session.scalars(select(Consent.accepted_by)).all() == [""]


def test_only_who_may_change_settings_writes_terms() -> None:
    for actor in (OFFICE, MANAGER, BOOKER):
        with pytest.raises(Forbidden):
            terms.save("terms", Typed("A", "B"), actor, version=0)
        with pytest.raises(Forbidden):
            terms.publish("terms", actor, version=1)
        with pytest.raises(Forbidden):
            terms.discard("terms", actor, version=1)


def test_two_who_write_at_the_same_time_are_told() -> None:
    draft = done(lambda: terms.save("terms", Typed("A", "One."), ADMIN, version=0))
    seen = draft.version
    done(lambda: terms.save("terms", Typed("A", "Two."), ADMIN, version=seen))
    for work in (
        lambda: terms.save("terms", Typed("A", "Three."), ADMIN, version=seen),
        lambda: terms.save("terms", Typed("A", "Three."), ADMIN, version=0),
        lambda: terms.publish("terms", ADMIN, version=seen),
        lambda: terms.discard("terms", ADMIN, version=seen),
    ):
        with pytest.raises(Changed):
            work()
        db.session.rollback()


def test_the_same_text_is_not_published_twice() -> None:
    published(body="One.")
    draft = done(lambda: terms.save("terms", Typed("Our terms", "One."), ADMIN, version=0))
    with pytest.raises(Refused, match="same as the version in effect"):
        terms.publish("terms", ADMIN, version=draft.version)


def test_a_dropped_draft_leaves_the_version_in_effect() -> None:
    current = published(body="One.")
    draft = done(lambda: terms.save("terms", Typed("Our terms", "Two."), ADMIN, version=0))
    done(lambda: terms.discard("terms", ADMIN, version=draft.version))
    done(lambda: terms.discard("terms", ADMIN, version=draft.version))
    assert terms.find_draft("terms") is None
    assert terms.find_current("terms") == current
    assert len(entries("terms:discard")) == 1


@pytest.mark.parametrize(
    ("title", "body", "fields"),
    [
        ("", "", ["title", "body"]),
        ("x" * 151, "Text.", ["title"]),
        ("Terms", "x" * 40_001, ["body"]),
        ("Te\0rms", "Te\ud800xt", ["title", "body"]),
        ("Terms", " \n ", ["body"]),
    ],
)
def test_what_cannot_be_shown_is_not_kept(title: str, body: str, fields: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        terms.save("terms", Typed(title, body), ADMIN, version=0)
    assert list(caught.value.fields) == fields


def test_there_are_no_other_kinds() -> None:
    with pytest.raises(NotFound):
        terms.save("rules", Typed("A", "B"), ADMIN, version=0)
    with pytest.raises(NotFound):
        terms.begin("rules")
    with pytest.raises(NotFound):
        terms.get_published("terms", 7)
