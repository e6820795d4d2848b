"""Refusals: a code, a sentence, a field; never a word of SQL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.domain.errors import (
    CONSTRAINTS,
    Changed,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    from_constraint,
    sentence_for_foreign_key,
)

SQL = ("select", "insert", "constraint", "relation", "column", "null", "ck_", "uq_", "ex_", "fk_")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Invalid("email", "Enter an address.", field="email"), 422, "email"),
        (Refused("fully_booked", "This date is fully booked."), 409, "fully_booked"),
        (Forbidden(), 403, "forbidden"),
        (NotFound(), 404, "not_found"),
        (Changed(), 409, "changed"),
    ],
)
def test_each_refusal_has_its_answer(error: DomainError, status: int, code: str) -> None:
    assert (error.status, error.code) == (status, code)
    assert str(error) == error.message != ""


def test_an_invalid_field_carries_its_own_sentence() -> None:
    assert Invalid("email", "Enter an address.", field="email").fields == {"email": "Enter an address."}
    assert Invalid("empty", "Enter something.").fields == {}


def test_several_fields_are_refused_at_once() -> None:
    refusal = Invalid.of({"email": "Enter an address.", "phone": "Enter a number."})
    assert refusal.fields == {"email": "Enter an address.", "phone": "Enter a number."}
    assert (refusal.field, refusal.message) == ("email", "2 fields need another look.")
    assert Invalid.of({"email": "Enter an address."}).message == "Enter an address."
    with pytest.raises(ValueError, match="at least one"):
        Invalid.of({})


@pytest.mark.parametrize(
    ("name", "code", "field"),
    [
        ("ck_schedules_seats_within_capacity", "fully_booked", "seats"),
        ("ex_schedule_days_venue", "venue_busy", "venue_id"),
        ("ex_schedule_day_instructors_instructor", "instructor_busy", "instructor_id"),
        ("uq_attendees_person_schedule", "already_booked", "attendees"),
        ("ck_discount_codes_within_limit", "code_used_up", "discount_code"),
        ("ck_bookings_status_transition", "status_move", None),
    ],
)
def test_a_violated_constraint_becomes_a_refusal(name: str, code: str, field: str | None) -> None:
    refusal = from_constraint(name)
    assert (refusal.code, refusal.field, refusal.status) == (code, field, 409)


def test_a_foreign_key_says_that_the_record_is_in_use() -> None:
    assert from_constraint("fk_bookings_schedule_id").message == sentence_for_foreign_key()


@given(st.text(max_size=80))
def test_an_unknown_constraint_gives_a_general_sentence(name: str) -> None:
    message = from_constraint(name + "?").message
    assert message
    assert not any(word in message.lower() for word in SQL)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_every_constraint_has_a_short_sentence_for_people(name: str) -> None:
    code, sentence, _ = CONSTRAINTS[name]
    assert code == code.lower().replace(" ", "_")
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert len(sentence) <= 110
    assert not any(word in sentence.lower() for word in SQL)
