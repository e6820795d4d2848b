"""The office answers a request: each verb is a move of the table, written down, and the company is told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from backoffice.database import db
from backoffice.domain.errors import Changed, Forbidden, Invalid, NotFound, Refused
from backoffice.models import CorporateRequest, Message, Tenant
from backoffice.services.corporate import answering, deciding, link
from backoffice.services.corporate.deciding import QuoteIn
from tests import factories
from tests.services.booked import ADMIN, MANAGER, OFFICE, done, entries
from tests.services.corporate.world import VISITOR, asked, fresh, submitted

pytestmark = pytest.mark.usefixtures("tenant")
NOW = datetime.now(UTC)


def quoted(price_minor: int = 62_000, places: int = 8, **more: Any) -> CorporateRequest:
    request = submitted()
    done(lambda: deciding.quote(request.id, QuoteIn(price_minor, places, **more), OFFICE))
    return fresh(request.id)


def answered(request: CorporateRequest, said: str = "accepted", **more: Any) -> CorporateRequest:
    number = more.pop("number", request.quote_number)
    done(lambda: answering.answer(request.id, said, number, VISITOR, **more))
    return fresh(request.id)


def mails_to(recipient: str) -> list[str]:
    wanted = select(Message.template).where(Message.recipient == recipient)
    return list(db.session.scalars(wanted.order_by(Message.id)))


# --- Review and assign ---


def test_a_review_takes_the_request_on_with_an_instructor() -> None:
    request, teacher = submitted(), factories.make_instructor()
    done(lambda: deciding.review(request.id, teacher.id, OFFICE))
    request = fresh(request.id)
    assert (request.status, request.assigned_instructor_id) == ("reviewing", teacher.id)
    assert request.responded_at is None  # the company has heard nothing yet
    assert [each.new_values for each in entries("corporate_request:assign")] == [{"instructor": teacher.name}]


def test_an_instructor_is_assigned_and_taken_off_while_it_is_open() -> None:
    request, teacher = submitted(), factories.make_instructor()
    done(lambda: deciding.assign(request.id, teacher.id, OFFICE))
    done(lambda: deciding.assign(request.id, None, OFFICE))
    assert fresh(request.id).assigned_instructor_id is None
    gone = factories.make_instructor(archived_at=NOW)
    with pytest.raises(Invalid):
        done(lambda: deciding.assign(request.id, gone.id, OFFICE))
    done(lambda: deciding.reject(request.id, "Nobody is free.", OFFICE))
    with pytest.raises(Refused):
        done(lambda: deciding.assign(request.id, teacher.id, OFFICE))


# --- Quotes ---


def test_a_quote_is_kept_mailed_and_counted() -> None:
    request = quoted(message="We come to you.", valid_until=NOW.date() + timedelta(days=9))
    assert (request.status, request.quoted_price_minor, request.quoted_places) == ("quoted", 62_000, 8)
    assert (request.quote_number, request.quote_message) == (1, "We come to you.")
    assert request.responded_at is not None
    assert mails_to("jo@acme.example") == ["company_request_received", "company_quote"]
    assert [each.action for each in entries("corporate_request:review")] == ["corporate_request:review"]


def test_a_second_quote_takes_the_place_of_the_first_and_of_its_answer() -> None:
    request = answered(quoted())
    done(lambda: deciding.quote(request.id, QuoteIn(50_000, 8), OFFICE))
    again = fresh(request.id)
    assert (again.quote_number, again.quoted_price_minor, again.quote_answer) == (2, 50_000, None)
    with pytest.raises(Refused) as refused:
        answered(again, number=1)
    assert refused.value.code == "newer_quote"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (QuoteIn(-1, 8), "price_minor"),
        (QuoteIn(10**12, 8), "price_minor"),
        (QuoteIn(100, 0), "places"),
        (QuoteIn(100, 1001), "places"),
        (QuoteIn(100, 8, date(2020, 1, 1)), "valid_until"),
        (QuoteIn(100, 8, None, "m" * 2001), "message"),
        (QuoteIn(100, 8, None, "4111 1111 1111 1111"), "message"),
    ],
)
def test_a_quote_that_makes_no_sense_is_refused_beside_its_field(wanted: QuoteIn, field: str) -> None:
    request = submitted()
    with pytest.raises(Invalid) as refused:
        done(lambda: deciding.quote(request.id, wanted, OFFICE))
    assert set(refused.value.fields) == {field}
    assert fresh(request.id).status == "pending"


def test_coins_that_nobody_has_are_not_quoted(tenant: Tenant) -> None:
    tenant.smallest_unit_minor = 100
    db.session.commit()
    request = submitted()
    with pytest.raises(Invalid):
        done(lambda: deciding.quote(request.id, QuoteIn(10_050, 8), OFFICE))
    done(lambda: deciding.quote(request.id, QuoteIn(10_000, 8), OFFICE))


# --- The company's answer ---


def test_a_company_accepts_and_the_provider_is_told_once() -> None:
    request = answered(quoted(), words="Please come early.")
    assert (request.status, request.quote_answer) == ("quoted", "accepted")
    again = answered(request)  # a double click, or the back button
    assert again.version == request.version
    assert mails_to("office@provider.example") == ["company_request_new", "company_quote_answered"]
    assert [each.actor_kind for each in entries("corporate_request:answer")] == ["customer"]


def test_who_declines_is_looked_into_again() -> None:
    request = answered(quoted(), "declined", words="Too dear.")
    assert (request.status, request.quote_answer, request.quote_answer_words) == (
        "reviewing",
        "declined",
        "Too dear.",
    )


def test_an_answer_is_not_turned_round() -> None:
    request = answered(quoted())
    with pytest.raises(Refused) as refused:
        answered(request, "declined")
    assert refused.value.code == "answered"
    assert fresh(request.id).quote_answer == "accepted"


def test_a_quote_is_good_on_its_last_day_and_no_longer() -> None:
    request = quoted(valid_until=NOW.date() + timedelta(days=2))
    with pytest.raises(Refused) as refused:
        answered(request, now=NOW + timedelta(days=4))
    assert refused.value.code == "over"
    assert answered(request, now=NOW + timedelta(days=1)).quote_answer == "accepted"


def test_an_answer_that_is_none_is_refused() -> None:
    request = quoted()
    for said, words in (("maybe", ""), ("accepted", "w" * 1001), ("accepted", "a\x00b")):
        with pytest.raises(Invalid):
            answered(request, said, words=words)
    assert fresh(request.id).quote_answer is None


# --- No, and again ---


def test_a_rejection_needs_a_reason_and_tells_it() -> None:
    request = submitted()
    with pytest.raises(Invalid):
        done(lambda: deciding.reject(request.id, "  ", OFFICE))
    done(lambda: deciding.reject(request.id, "We have no instructor for this.", OFFICE))
    assert fresh(request.id).status == "rejected"
    assert mails_to("jo@acme.example")[-1] == "company_request_rejected"


def test_a_rejection_may_go_without_a_mail() -> None:
    request = submitted()
    done(lambda: deciding.reject(request.id, "Spam.", OFFICE, send_mail=False))
    assert mails_to("jo@acme.example") == ["company_request_received"]


def test_a_rejected_request_is_opened_again() -> None:
    request = submitted()
    done(lambda: deciding.reject(request.id, "Nobody is free.", OFFICE))
    done(lambda: deciding.reopen(request.id, OFFICE))
    assert fresh(request.id).status == "reviewing"
    with pytest.raises(Refused):
        done(lambda: deciding.reopen(request.id, OFFICE))


# --- Who may, and what the database holds ---


def test_who_has_no_right_does_nothing() -> None:
    request = submitted()
    for work in (
        lambda: deciding.review(request.id, None, MANAGER),
        lambda: deciding.quote(request.id, QuoteIn(1, 1), MANAGER),
        lambda: deciding.reject(request.id, "No.", VISITOR),
        lambda: deciding.note(request.id, "x", MANAGER),
    ):
        with pytest.raises(Forbidden):
            done(work)
    assert fresh(request.id).status == "pending"


def test_the_second_of_two_clerks_is_told() -> None:
    request = submitted()
    version = request.version
    done(lambda: deciding.note(request.id, "Called, nobody there.", OFFICE, version=version))
    with pytest.raises(Changed):
        done(lambda: deciding.reject(request.id, "No.", OFFICE, version=version))
    assert fresh(request.id).admin_notes == "Called, nobody there."


def test_a_request_of_another_provider_does_not_exist(tenant: Tenant) -> None:
    with pytest.raises(NotFound):
        deciding.get(factories.new_id())


def test_no_path_leaves_the_table_of_moves() -> None:
    request = submitted()
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(
            text("UPDATE corporate_requests SET status = 'completed' WHERE id = :id"), {"id": request.id}
        )
    assert "cannot go from pending to completed" in str(refused.value)
    db.session.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "status = 'quoted', quoted_price_minor = NULL",
        "quoted_price_minor = -1",
        "headcount = 0",
        "email = 'Upper@x.example'",
        "quote_answer = 'accepted'",
        "preferred_dates = '[1,2,3,4,5,6]'",
    ],
)
def test_the_database_holds_what_must_not_be_false(change: str) -> None:
    request = submitted()
    done(lambda: deciding.review(request.id, None, ADMIN))
    with pytest.raises(IntegrityError):
        db.session.execute(text(f"UPDATE corporate_requests SET {change} WHERE id = :id"), {"id": request.id})
    db.session.rollback()


# --- Corrections ---


def test_a_slip_is_put_right_and_the_old_link_dies() -> None:
    request = submitted(preferred_dates=((NOW.date() + timedelta(days=5)).isoformat(),))
    token = link.token_of(request)
    # As if a week had gone by: a day that was wished for and has passed is no bar to a correction.
    db.session.execute(text("UPDATE corporate_requests SET preferred_dates = '[\"2020-01-02\"]'"))
    db.session.commit()
    wanted = asked(email="jo.bloggs@acme.example", preferred_dates=("2020-01-02",))
    done(lambda: deciding.correct(request.id, wanted, OFFICE))
    changed = fresh(request.id)
    assert changed.email == "jo.bloggs@acme.example" and changed.preferred_dates == ["2020-01-02"]
    assert link.find(token) is None
    assert [each.new_values for each in entries("corporate_request:correct")] == [
        {"email": "jo.bloggs@acme.example"}
    ]


def test_a_correction_is_checked_like_a_request() -> None:
    request = submitted()
    for wanted in (asked(email="nobody"), asked(preferred_dates=("2020-01-02",)), asked(company_name="")):
        with pytest.raises(Invalid):
            done(lambda: deciding.correct(request.id, wanted, OFFICE))  # noqa: B023 - called at once
    with pytest.raises(Forbidden):
        done(lambda: deciding.correct(request.id, asked(), MANAGER))
    done(lambda: deciding.reject(request.id, "No.", OFFICE))
    with pytest.raises(Refused):
        done(lambda: deciding.correct(request.id, asked(topic="Other"), OFFICE))
