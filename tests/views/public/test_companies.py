"""The public form for companies: what is typed is kept, floods are not, and nobody learns who is known here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db, new_id
from backoffice.models import CorporateRequest, Message
from backoffice.services import bookings, letters, rate_limits
from backoffice.services.corporate import confirming, deciding, link
from backoffice.services.corporate.confirming import ConfirmIn
from backoffice.services.corporate.deciding import QuoteIn
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import ADMIN, OFFICE
from tests.services.corporate import world
from tests.web_client import Visitor

FORM = {
    "company_name": "Acme Ltd",
    "contact_person": "Jo Bloggs",
    "email": "jo@acme.example",
    "phone": "07700 900123",
    "topic": "First aid for our warehouse team",
}


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host, address=f"2001:db8:{new_id().hex[-4:]}::1")


def requests() -> list[CorporateRequest]:
    found = list(db.session.scalars(select(CorporateRequest).order_by(CorporateRequest.created_at)))
    db.session.expunge_all()
    return found


def once() -> str:
    return str(new_id())


# --- The form ---


def test_a_request_is_sent_and_thanked_for(visitor: Visitor, inside: Any) -> None:
    soon = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()
    answer = visitor.post("/companies", FORM | {"once": once(), "preferred_dates": [soon, ""]})
    assert (answer.status_code, answer.location) == (303, "/companies/thanks")
    made = inside(requests)
    assert [(each.company_name, each.status, each.preferred_dates) for each in made] == [
        ("Acme Ltd", "pending", [soon])
    ]
    thanks = visitor.get("/companies/thanks")
    assert made[0].reference in thanks.text
    assert thanks.headers["Cache-Control"] == "no-store"


def test_the_course_of_the_address_is_chosen(visitor: Visitor, inside: Any) -> None:
    inside(lambda: factories.make_course(slug="first-aid", title="First Aid"))
    assert re.search(r'value="first-aid" selected', visitor.get("/companies?course=first-aid").text)
    for odd in ("nothing", "%00", "<script>", "x" * 2000):
        assert visitor.get("/companies", query_string={"course": odd}).status_code == 200


def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(visitor: Visitor, inside: Any) -> None:
    answer = visitor.post("/companies", FORM | {"email": "nobody", "notes": "Ring <b>twice</b>"})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text and "Ring &lt;b&gt;twice&lt;/b&gt;" in answer.text
    assert 'value="Acme Ltd"' in answer.text and "topic-error" not in answer.text
    assert inside(requests) == []


@pytest.mark.parametrize(
    "field", [*FORM, "notes", "location", "preferred_time", "headcount", "course", "once"]
)
@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 70_000, "<script>alert(1)</script>", "{{7*7}}"])
def test_hostile_text_is_never_an_error_of_ours(visitor: Visitor, field: str, text: str) -> None:
    sent = {name: value.encode("utf-8", "surrogatepass") for name, value in (FORM | {field: text}).items()}
    answer = visitor.post("/companies", sent)
    assert answer.status_code in (303, 400, 413, 422), answer.status_code
    assert "<script>alert" not in answer.text


def test_a_form_without_its_token_is_refused(visitor: Visitor, inside: Any) -> None:
    answer = visitor.open("/companies", method="POST", data=FORM)
    assert answer.status_code in (400, 403)
    assert inside(requests) == []


def test_twelve_presses_of_one_form_ask_once(visitor: Visitor, inside: Any) -> None:
    sent = FORM | {"once": once(), "csrf_token": visitor.token()}
    answers = [visitor.open("/companies", method="POST", data=sent) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {303}
    assert len(inside(requests)) == 1
    # The control: as many forms are as many requests, until there are too many of them.
    for _ in range(rate_limits.REQUESTS_PER_EMAIL - 1):
        visitor.post("/companies", FORM | {"once": once()})
    assert len(inside(requests)) == rate_limits.REQUESTS_PER_EMAIL


# --- Programs and floods ---


def test_who_fills_in_what_people_cannot_see_is_thanked_for_nothing(visitor: Visitor, inside: Any) -> None:
    answer = visitor.post("/companies", FORM | {"homepage": "https://spam.example"})
    assert (answer.status_code, answer.location) == (303, "/companies/thanks")
    assert inside(requests) == [] and inside(lambda: db.session.scalars(select(Message.id)).all()) == []
    # The control: the same without it is taken.
    visitor.post("/companies", FORM)
    assert len(inside(requests)) == 1


def test_the_trap_is_no_trap_for_keys_and_screen_readers(visitor: Visitor) -> None:
    page = visitor.get("/companies").text
    trap = re.search(r'<div class="away" aria-hidden="true">.*?</div>', page, re.DOTALL)
    assert trap and 'tabindex="-1"' in trap.group() and 'autocomplete="off"' in trap.group()


def test_an_inbox_gets_few_mails_from_outside(visitor: Visitor, inside: Any) -> None:
    for _ in range(rate_limits.REQUESTS_PER_EMAIL):
        assert visitor.post("/companies", FORM | {"once": once()}).status_code == 303
    refused = visitor.post("/companies", FORM | {"once": once(), "email": " JO@acme.example "})
    assert refused.status_code == 429 and "Too many tries" in refused.text
    assert 'value="Acme Ltd"' in refused.text  # what was typed is kept
    assert len(inside(requests)) == rate_limits.REQUESTS_PER_EMAIL
    assert visitor.post("/companies", FORM | {"once": once(), "email": "al@acme.example"}).status_code == 303


def test_a_stranger_cannot_write_to_others_in_our_name(visitor: Visitor, inside: Any) -> None:
    words = {
        name: f"evil-{name}" for name in ("company_name", "contact_person", "topic", "notes", "location")
    }
    visitor.post("/companies", FORM | words | {"preferred_time": "evil-time", "headcount": "8"})

    def letter(template: str) -> str:
        message_id = db.session.scalars(select(Message.id).where(Message.template == template)).one()
        written = commit_once(lambda: letters.write(message_id))
        assert written is not None
        found = written.letter
        return found.subject + str(found.recipient) + found.text + found.html

    thanks = inside(lambda: letter("company_request_received"))
    assert "evil" not in thanks and link.PAGE in thanks
    # The control: the provider reads all of it.
    told = inside(lambda: letter("company_request_new"))
    assert [each for each in words.values() if each not in told] == []


def test_an_address_sends_few_requests(visitor: Visitor, app: Flask, provider: Provider, inside: Any) -> None:
    def send(by: Visitor, number: int) -> int:
        return by.post("/companies", FORM | {"once": once(), "email": f"a{number}@x.example"}).status_code

    codes = [send(visitor, number) for number in range(rate_limits.REQUESTS_PER_ADDRESS + 2)]
    assert codes == [303] * rate_limits.REQUESTS_PER_ADDRESS + [429] * 2
    neighbour = visitor.address.replace("::1", "::2:3")  # the same network
    assert send(Visitor(app, provider.host, address=neighbour), 90) == 429
    assert send(Visitor(app, provider.host, address="198.51.100.77"), 91) == 303
    # A slip costs no try: forms that cannot be used are not counted.
    for _ in range(20):
        assert visitor.post("/companies", FORM | {"email": "slip"}).status_code == 422


def test_nobody_learns_who_is_known_here(visitor: Visitor, inside: Any) -> None:
    inside(lambda: factories.make_user("customer", email="known@acme.example", first_name="Known"))
    inside(lambda: factories.make_company(name="Acme Ltd"))
    answers = [
        visitor.post("/companies", FORM | {"once": once(), "email": email, "company_name": name})
        for email, name in (("known@acme.example", "Acme Ltd"), ("new@other.example", "Other Ltd"))
    ]
    assert [(each.status_code, each.location, each.text) for each in answers[:1]] == [
        (each.status_code, each.location, each.text) for each in answers[1:]
    ]
    assert "Known" not in visitor.get("/companies/thanks").text
    # A request makes neither a customer nor a company: that is the office's to decide.
    assert all(each.company_id is None for each in inside(requests))


# --- The link ---


@pytest.fixture
def quoted(inside: Any) -> UUID:
    def make() -> UUID:
        request = world.submitted()
        commit_once(lambda: deciding.quote(request.id, QuoteIn(62_000, 8, None, "We come to you."), OFFICE))
        return request.id

    return inside(make)


def path_of(inside: Any, request_id: UUID) -> str:
    return inside(lambda: link.PAGE + link.token_of(db.session.get_one(CorporateRequest, request_id)))


def stored(inside: Any, request_id: UUID) -> CorporateRequest:
    def read() -> CorporateRequest:
        found = db.session.get_one(CorporateRequest, request_id)
        db.session.expunge(found)
        return found

    return inside(read)


def test_a_company_looks_at_its_quote_and_accepts_it(visitor: Visitor, inside: Any, quoted: UUID) -> None:
    path = path_of(inside, quoted)
    page = visitor.get(path)
    assert page.status_code == 200 and "£620.00" in page.text and "We come to you." in page.text
    assert page.headers["Referrer-Policy"] == "same-origin" and page.headers["Cache-Control"] == "no-store"
    answer = visitor.post(path, {"answer": "accepted", "quote": "1"})
    assert answer.status_code == 303
    assert stored(inside, quoted).quote_answer == "accepted"
    assert "You accepted our quote" in visitor.get(path).text


def test_the_page_does_not_call_a_booking_firm_that_is_off(
    visitor: Visitor, inside: Any, quoted: UUID
) -> None:
    def confirm() -> UUID:
        factories.make_company(name="Acme Ltd", has_terms=True)
        day = (datetime.now(UTC) + timedelta(days=30)).date()
        course, venue = factories.make_course(), factories.make_venue()
        days = [(day, time(9), time(15))]
        wanted = ConfirmIn(course.id, venue.id, days, [], 8, 62_000, "account")
        made = commit_once(lambda: confirming.confirm(quoted, wanted, ADMIN))
        assert made.booking_id
        return made.booking_id

    booking_id = inside(confirm)
    path = path_of(inside, quoted)
    assert "Your course is booked" in visitor.get(path).text
    inside(lambda: commit_once(lambda: bookings.cancel(booking_id, "They changed their mind.", ADMIN)))
    page = visitor.get(path).text
    assert "Your course is not booked any more" in page
    assert "Your course is booked" not in page and "The confirmation went to" not in page


def test_an_old_page_does_not_accept_a_newer_quote(visitor: Visitor, inside: Any, quoted: UUID) -> None:
    path = path_of(inside, quoted)
    inside(lambda: commit_once(lambda: deciding.quote(quoted, QuoteIn(99_000, 8), OFFICE)))
    answer = visitor.post(path, {"answer": "accepted", "quote": "1"})
    assert answer.status_code == 409 and "newer quote" in answer.text and "£990.00" in answer.text
    assert stored(inside, quoted).quote_answer is None
    for odd in ("", "-1", "1e3", "²", "9" * 50):
        assert visitor.post(path, {"answer": "accepted", "quote": odd}).status_code == 409
    assert visitor.post(path, {"answer": "accepted", "quote": "2"}).status_code == 303


def test_looking_at_a_link_answers_nothing(visitor: Visitor, inside: Any, quoted: UUID) -> None:
    path = path_of(inside, quoted)
    visitor.get(path + "?answer=accepted&quote=1")
    no_token = visitor.open(path, method="POST", data={"answer": "accepted", "quote": "1"})
    assert no_token.status_code in (400, 403)
    assert stored(inside, quoted).quote_answer is None


def test_a_guessed_link_is_not_found(visitor: Visitor, app: Flask, inside: Any, quoted: UUID) -> None:
    path = path_of(inside, quoted)
    for wrong in (path[:-2], path + "A", link.PAGE + "x" * 44, link.PAGE + "%00"):
        assert visitor.get(wrong).status_code == 404
    with app.app_context():
        other = factories.make_provider()
    assert Visitor(app, other.host).get(path).status_code == 404


def test_a_link_shows_nothing_that_is_for_the_office(visitor: Visitor, inside: Any, quoted: UUID) -> None:
    inside(lambda: commit_once(lambda: deciding.note(quoted, "They haggle.", OFFICE)))
    assert "haggle" not in visitor.get(path_of(inside, quoted)).text


# --- Controls: what happens without the guards ---


def test_without_its_limit_an_inbox_is_flooded(
    visitor: Visitor, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "take", lambda limits: None)
    for _ in range(rate_limits.REQUESTS_PER_EMAIL + 3):
        assert visitor.post("/companies", FORM | {"once": once()}).status_code == 303
    assert len(inside(requests)) == rate_limits.REQUESTS_PER_EMAIL + 3


def test_without_the_trap_a_program_is_taken_at_its_word(
    visitor: Visitor, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backoffice.views.public.companies.TRAP", "nothing")
    visitor.post("/companies", FORM | {"homepage": "https://spam.example"})
    assert len(inside(requests)) == 1


def test_without_the_signature_any_id_would_open_its_request(
    visitor: Visitor, inside: Any, quoted: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = path_of(inside, quoted)[:-6] + "AAAAAA"
    assert visitor.get(forged).status_code == 404
    monkeypatch.setattr(link.signed_links, "is_ours", lambda token, ours: True)
    assert visitor.get(forged).status_code == 200
