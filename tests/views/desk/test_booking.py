"""Booking at the desk: what is sent, what is answered, what stands in the database afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.models import Attendee, Booking, Message, Payment, Schedule, User, WhitelistEntry
from tests import factories
from tests.views.desk.conftest import Clerk, order
from tests.views.desk.counting import statements


def stored(clerk: Clerk) -> list[Booking]:
    with clerk.at_the_provider():
        rows = db.session.scalars(
            select(Booking).options(joinedload(Booking.attendees), joinedload(Booking.company))
        )
        return list(rows.unique())


def test_a_new_caller_is_booked_paid_and_mailed(clerk: Clerk, schedule_id: str) -> None:
    answer = clerk.send("book", order(schedule_id))
    assert answer.status_code == 200, answer.json
    said: Any = answer.json
    assert [pill["label"] for pill in said["pills"]] == ["Confirmed", "Paid"]
    assert said["mail"] == {"is_queued": True, "words": "Mail queued to jane@mail.example: Booking confirmed"}
    (booking,) = stored(clerk)
    assert (booking.reference, booking.source, booking.total_minor) == (said["reference"], "phone", 7500)
    (attendee,) = booking.attendees
    assert (attendee.name, attendee.user_id) == ("Jane Smith", booking.customer_id)
    with clerk.at_the_provider():
        assert db.session.scalars(select(Message.template)).all() == ["booking_confirmed"]
        assert db.session.scalars(select(Payment.method)).all() == ["cash"]
        assert (
            db.session.scalars(select(User.phone).where(User.id == booking.customer_id)).one()
            == "+447700900123"
        )


def test_booking_a_known_caller_takes_six_statements(clerk: Clerk, schedule_id: str) -> None:
    """Who asks, the date, the caller, the booking, what belongs to it, how it stands: the one hot path."""
    clerk.send("book", order(schedule_id))
    (known,) = stored(clerk)
    again = {"customer_id": str(known.customer_id), "attendees": [], "idempotency_key": "form-2"}
    with statements() as seen:
        answer = clerk.send("book", order(schedule_id, **again))
    assert answer.status_code == 200, answer.json
    assert len(seen) == 6, "\n".join(seen)


def test_twelve_presses_of_book_make_one_booking(clerk: Clerk, schedule_id: str) -> None:
    """Abuse case A4: one key, one booking, and every answer names it."""
    with clerk.at_the_provider():
        date = db.session.get_one(Schedule, schedule_id)
        date.capacity = 1
        db.session.commit()
    body = order(schedule_id, idempotency_key="form-1")
    clerk.visitor.kept_token()
    with ThreadPoolExecutor(6) as crowd:
        answers = list(crowd.map(lambda _: clerk.send("book", body), range(12)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["reference"] for answer in answers}) == 1  # type: ignore[index]
    assert sum(not answer.json["is_repeat"] for answer in answers) == 1  # type: ignore[index]
    assert len(stored(clerk)) == 1


def test_without_a_key_every_press_books_again(clerk: Clerk, schedule_id: str) -> None:
    """The control: it is the key that makes one of many presses."""
    body = order(schedule_id, attendees=[{}])
    assert len({clerk.send("book", body).json["reference"] for _ in range(2)}) == 2  # type: ignore[index]


def test_a_caller_without_e_mail_is_booked_and_gets_paper(clerk: Clerk, schedule_id: str) -> None:
    """Abuse case R1."""
    answer = clerk.send("book", order(schedule_id, email=""))
    said: Any = answer.json
    assert said["mail"] == {"is_queued": False, "words": "No e-mail address: print the confirmation."}
    with clerk.at_the_provider():
        assert db.session.scalar(select(func.count()).select_from(Message)) == 0
    paper = clerk.visitor.get(said["urls"]["pdf"])
    assert paper.headers["Content-Type"] == "application/pdf"
    words = "".join(page.extract_text() for page in PdfReader(BytesIO(paper.data)).pages)
    assert said["reference"] in words
    assert "Jane Smith" in words
    assert "£75.00" in words


def test_no_mail_goes_when_the_clerk_says_so(clerk: Clerk, schedule_id: str) -> None:
    answer = clerk.send("book", order(schedule_id, send_mail=False))
    assert answer.json["mail"]["is_queued"] is False  # type: ignore[index]
    with clerk.at_the_provider():
        assert db.session.scalar(select(func.count()).select_from(Message)) == 0


def test_names_and_private_facts_are_kept_with_their_places(clerk: Clerk, schedule_id: str) -> None:
    people = [
        {"is_customer": True, "birth_date": "31/12/1990"},
        {
            "first_name": "Bob",
            "last_name": "Bates",
            "requirements": "Step-free access",
            "phone": "07700 900456",
        },
        {},
    ]
    clerk.send(
        "book", order(schedule_id, places="3", attendees=people, special_requirements="Vegetarian lunch")
    )
    with clerk.at_the_provider():
        rows = db.session.scalars(select(Attendee).order_by(Attendee.position)).all()
        assert [row.name for row in rows] == ["Jane Smith", "Bob Bates", ""]
        assert [row.birth_date for row in rows] == ["1990-12-31", None, None]
        assert (rows[1].requirements, rows[1].phone) == ("Step-free access", "+447700900456")
        assert rows[0].birth_date_sealed != "1990-12-31"
        assert db.session.scalars(select(Booking)).one().special_requirements == "Vegetarian lunch"


def test_account_terms_need_a_company_with_terms_and_its_purchase_order(
    clerk: Clerk, schedule_id: str
) -> None:
    with clerk.at_the_provider():
        factories.make_company(name="Armitage Ltd", has_terms=True, needs_purchase_order=True)
    body = order(schedule_id, payment_method="account", company="armitage ltd")
    refused = clerk.send("book", body)
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (422, ["purchase_order"])  # type: ignore[index]
    said: Any = clerk.send("book", body | {"purchase_order": "PO-77"}).json
    assert [pill["label"] for pill in said["pills"]] == ["Confirmed", "Unpaid"]
    (booking,) = stored(clerk)
    assert (booking.purchase_order, booking.company.name) == ("PO-77", "Armitage Ltd")
    unknown = clerk.send(
        "book", order(schedule_id, payment_method="account", company="Nobody Ltd", attendees=[{}])
    )
    assert unknown.status_code == 409
    assert list(unknown.json["error"]["fields"]) == ["payment_method"]  # type: ignore[index]


def test_a_transfer_is_held_until_the_time_on_the_courses_clock(clerk: Clerk, schedule_id: str) -> None:
    wall = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT18:00")
    answer = clerk.send("book", order(schedule_id, payment_method="bank_transfer", hold_until=wall))
    said: Any = answer.json
    assert said["held_until"].endswith("18:00")
    assert said["due"] == "£75.00"
    (booking,) = stored(clerk)
    assert booking.hold_expires_at is not None
    assert booking.status == "pending"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"schedule_id": ""}, "schedule_id"),
        ({"schedule_id": "x"}, "schedule_id"),
        ({"places": "0"}, "places"),
        ({"places": "13"}, "places"),
        ({"places": "many"}, "places"),
        ({"places": True}, "places"),
        ({"first_name": "", "last_name": ""}, "last_name"),
        ({"email": "not an address"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"phone": ["0"]}, "phone"),
        ({"payment_method": ""}, "payment_method"),
        ({"payment_method": "free"}, "payment_method"),
        ({"discount_code": "NOSUCH"}, "discount_code"),
        ({"customer_id": "x"}, "customer_id"),
        ({"notes": "card 4111 1111 1111 1111"}, "notes"),
        ({"first_name": "a" * 101}, "first_name"),
        ({"attendees": "x"}, "places"),
        ({"attendees": [{"first_name": "b" * 101}]}, "attendees.0.first_name"),
        ({"attendees": [{"birth_date": "tomorrow"}]}, "attendees.0.birth_date"),
        ({"attendees": [{"birth_date": "1/1/2099"}]}, "attendees.0.birth_date"),
        ({"payment_method": "bank_transfer", "hold_until": "soon"}, "hold_until"),
        ({"payment_method": "bank_transfer", "hold_until": "2020-01-01T10:00"}, "hold_until"),
    ],
)
def test_what_cannot_be_booked_is_said_beside_its_field(
    clerk: Clerk, schedule_id: str, changes: dict[str, Any], field: str
) -> None:
    answer = clerk.send("book", order(schedule_id) | changes)
    assert answer.status_code in (409, 422), answer.json
    assert list(answer.json["error"]["fields"]) == [field]  # type: ignore[index]
    assert stored(clerk) == []


def test_nothing_of_a_refused_booking_is_kept(clerk: Clerk, schedule_id: str) -> None:
    clerk.send("book", order(schedule_id, places="13", company="Brand New Ltd"))
    with clerk.at_the_provider():
        assert db.session.scalar(select(func.count()).select_from(User).where(User.role == "customer")) == 0


def test_the_caller_who_is_on_the_date_already_is_told_what_to_do(clerk: Clerk, schedule_id: str) -> None:
    clerk.send("book", order(schedule_id))
    answer = clerk.send("book", order(schedule_id))
    assert answer.status_code == 409
    assert "Untick" in answer.json["error"]["fields"]["attendees.0.first_name"]  # type: ignore[index]


def test_a_whitelisted_course_is_overridden_only_by_right_and_with_a_reason(
    clerk: Clerk, schedule_id: str
) -> None:
    with clerk.at_the_provider():
        course = db.session.get_one(Schedule, schedule_id).course
        course.has_whitelist = True
        db.session.add(WhitelistEntry(course_id=course.id, pattern="@armitage.example"))
        db.session.commit()
    refused: Any = clerk.send("book", order(schedule_id, override_reason="please")).json
    assert (list(refused["error"]["fields"]), refused["error"]["may_override"]) == (["email"], False)
    admin = Clerk(clerk.app, clerk.provider, "admin")
    offered: Any = admin.send("book", order(schedule_id)).json
    assert offered["error"]["may_override"] is True
    assert admin.send("book", order(schedule_id, override_reason="Agreed with the client")).status_code == 200
    assert stored(clerk)[0].override_reason == "Agreed with the client"


def test_a_price_in_the_body_changes_nothing(clerk: Clerk, schedule_id: str) -> None:
    clerk.send("book", order(schedule_id, total_minor=1, price_minor=1, status="completed", source="import"))
    (booking,) = stored(clerk)
    assert (booking.total_minor, booking.status, booking.source) == (7500, "confirmed", "phone")


def test_a_plain_form_books_as_well_and_leads_to_the_booking(clerk: Clerk, schedule_id: str) -> None:
    form = {name: value for name, value in order(schedule_id).items() if isinstance(value, str)}
    form |= {
        "attendees-0-first_name": "Bob",
        "attendees-0-last_name": "Bates",
        "attendees-x-y": "z",
        "send_mail": "1",
    }
    answer = clerk.visitor.post("/admin/desk/book", form)
    assert answer.status_code == 303
    (booking,) = stored(clerk)
    assert [attendee.name for attendee in booking.attendees] == ["Bob Bates"]


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_a_body_that_is_no_order_is_refused_in_words(clerk: Clerk, body: Any) -> None:
    answer = clerk.send("book", body)
    assert answer.status_code in (400, 422)
    assert answer.json["error"]["message"]  # type: ignore[index]


@pytest.mark.parametrize("number", ["9" * 5_000, "-1", "²", "200"])
def test_a_row_of_no_number_is_left_out(clerk: Clerk, schedule_id: str, number: str) -> None:
    form = order(schedule_id) | {"send_mail": "1", f"attendees-{number}-first_name": "Nobody"}
    del form["attendees"]
    answer = clerk.visitor.post("/admin/desk/book", form)
    assert answer.status_code == 303
    (booking,) = stored(clerk)
    assert "Nobody" not in [attendee.first_name for attendee in booking.attendees]


def test_a_form_that_stood_open_for_hours_still_books(clerk: Clerk, schedule_id: str) -> None:
    """Abuse case G3: the token lives as long as the session."""
    clerk.visitor.kept_token()
    assert clerk.app.config["WTF_CSRF_TIME_LIMIT"] is None
    assert clerk.send("book", order(schedule_id)).status_code == 200


def test_a_post_without_the_token_is_refused(clerk: Clerk, schedule_id: str) -> None:
    assert clerk.send("book", order(schedule_id), **{"X-CSRFToken": ""}).status_code == 400
    assert stored(clerk) == []


def test_a_signed_out_clerk_hears_401_and_a_manager_403(clerk: Clerk, schedule_id: str) -> None:
    assert Clerk(clerk.app, clerk.provider, "manager").send("book", order(schedule_id)).status_code == 403
    clerk.visitor.kept_token()
    clerk.visitor.post("/logout")
    assert clerk.ask("callers", q="jane").status_code == 401
    assert clerk.send("book", order(schedule_id)).status_code == 401


def test_a_preview_shows_the_mail_and_leaves_nothing_behind(clerk: Clerk, schedule_id: str) -> None:
    body = order(schedule_id, company="Brand New Ltd", idempotency_key="form-2")
    mail: Any = clerk.send("preview", body).json
    assert mail["title"] == "Booking confirmed"
    assert "(given when booked)" in mail["subject"]
    assert "Jane" in mail["html"]
    assert mail["has_calendar"] is True
    assert stored(clerk) == []
    with clerk.at_the_provider():
        assert db.session.scalar(select(func.count()).select_from(Message)) == 0
        assert db.session.get_one(Schedule, schedule_id).seats_taken == 0
    held: Any = clerk.send("preview", body | {"payment_method": "bank_transfer"}).json
    assert held["title"] == "Places held"
    assert clerk.send("book", body).json["is_repeat"] is False  # type: ignore[index]
