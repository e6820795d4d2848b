"""The caller's card, and what a booking hands on to the next one."""

from typing import Any

import pytest

from backoffice.database import db
from backoffice.models import Booking, User, UserNote
from tests import factories
from tests.views.desk.conftest import Clerk, order
from tests.views.desk.counting import statements

SCRIPT = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


def caller_id(clerk: Clerk) -> str:
    with clerk.at_the_provider():
        return str(db.session.query(Booking.customer_id).first()[0])  # type: ignore[index]


def test_the_card_shows_what_is_booked_owed_and_noted(clerk: Clerk, schedule_id: str) -> None:
    placed: Any = clerk.send("book", order(schedule_id, payment_method="bank_transfer")).json
    user_id = caller_id(clerk)
    answer: Any = clerk.send(f"callers/{user_id}/notes", {"body": "Prefers mornings"}).json
    assert answer["caller"]["phone"] == "07700 900123"
    for words in (
        placed["reference"],
        "Pending",
        "£75.00</strong> unpaid",
        "Prefers mornings",
        "Last contact",
    ):
        assert words in answer["card"], words
    with clerk.at_the_provider():
        note = db.session.query(UserNote).one()
        assert note.body == "Prefers mornings"
        assert "mornings" not in note.body_sealed


def test_a_note_with_a_card_number_is_refused(clerk: Clerk, schedule_id: str) -> None:
    clerk.send("book", order(schedule_id))
    answer = clerk.send(f"callers/{caller_id(clerk)}/notes", {"body": "4111 1111 1111 1111"})
    assert answer.status_code == 422
    assert "card number" in answer.json["error"]["fields"]["note"]  # type: ignore[index]


@pytest.mark.parametrize("user_id", ["x", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_caller_is_not_found(clerk: Clerk, user_id: str) -> None:
    assert clerk.ask(f"callers/{user_id}").status_code == 404


def test_another_providers_caller_is_not_found(clerk: Clerk) -> None:
    with clerk.app.app_context():
        other = factories.make_provider()
    theirs = Clerk(clerk.app, other)
    with theirs.at_the_provider():
        user_id = str(factories.make_user().id)
        schedule_id = str(factories.make_schedule().id)
    assert theirs.ask(f"callers/{user_id}").status_code == 200
    assert clerk.ask(f"callers/{user_id}").status_code == 404
    assert clerk.send("book", order(schedule_id)).status_code == 404
    assert clerk.send("book", order(schedule_id, customer_id=user_id)).status_code == 404


def test_a_hostile_name_is_text_everywhere(clerk: Clerk, schedule_id: str) -> None:
    """Abuse case G4, on the pages of the desk."""
    with clerk.at_the_provider():
        factories.make_course(title=SCRIPT)
    body = order(
        schedule_id, first_name=SCRIPT[:100], company=SCRIPT, attendees=[{"first_name": SCRIPT[:100]}]
    )
    placed: Any = clerk.send("book", body).json
    with clerk.at_the_provider():
        booking_id = db.session.query(Booking.id).scalar()
    pages = [
        clerk.ask(f"callers/{caller_id(clerk)}").json["card"],  # type: ignore[index]
        clerk.visitor.get(f"/admin/desk/?copy={booking_id}").get_data(as_text=True),
        clerk.visitor.get("/admin/search?q=script").get_data(as_text=True),
        clerk.visitor.get(f"/admin/search?q={SCRIPT}").get_data(as_text=True),
        clerk.visitor.get("/admin/").get_data(as_text=True),
        clerk.visitor.get("/admin/work/names").get_data(as_text=True),
        clerk.send("preview", body | {"attendees": []}).json["html"],  # type: ignore[index]
    ]
    assert placed["reference"]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_booking_is_copied_with_caller_and_names_but_nothing_private(
    clerk: Clerk, schedule_id: str
) -> None:
    people = [
        {"is_customer": True, "birth_date": "1/2/1977", "requirements": "Hearing loop"},
        {"first_name": "Bob"},
    ]
    clerk.send("book", order(schedule_id, places="2", attendees=people, special_requirements="Hearing loop"))
    with clerk.at_the_provider():
        booking_id = db.session.query(Booking.id).scalar()
    page = clerk.visitor.get(f"/admin/desk/?copy={booking_id}").get_data(as_text=True)
    assert '"copied_from"' in page
    assert "Bob" in page
    assert "Hearing" not in page
    assert "1977" not in page
    assert clerk.visitor.get("/admin/desk/?copy=x").status_code == 200


def test_a_company_is_recognised_by_name_in_any_case(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        factories.make_company(name="Armitage Ltd", has_terms=True)
    said: Any = clerk.ask("companies", name="ARMITAGE LTD").json
    assert (said["company"]["has_terms"], said["like"]) == (True, ["Armitage Ltd"])
    assert clerk.ask("companies", name="nobody").json == {"company": None, "like": []}


def test_the_lists_of_the_desk_take_few_statements(clerk: Clerk, schedule_id: str) -> None:
    with clerk.at_the_provider():
        user_id = factories.make_user(first_name="Jane").id
        assert db.session.get(User, user_id)
    with statements() as seen:
        clerk.ask("callers", q="jane")
    assert len(seen) <= 5, seen
