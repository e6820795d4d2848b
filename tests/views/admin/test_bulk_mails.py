"""Write to everybody of a date: from the date's page to the last mail, and what is refused on the way."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import BulkMail, Message
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.jobs.bookings import book
from tests.web_client import Visitor, signed_in

WORDS = {"audience": "both", "subject": "Parking", "body": "{{ greeting }}\n\nClosed."}
JSON = {"Accept": "application/json"}


@pytest.fixture
def office(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "office")


@pytest.fixture
def schedule_id(app: Flask, provider: Provider) -> UUID:
    with app.app_context(), tenant_scope(provider.id):
        found = factories.make_schedule().id
        for name in ("ann", "ben", "cat"):
            book(f"{name}@x.example", name=(name.title(), "Doe"), schedule_id=found)
        return found


def new(schedule_id: UUID) -> str:
    return f"/admin/bulk-mails/new/{schedule_id}/"


def drafted(office: Visitor, schedule_id: UUID) -> str:
    """The page of a new draft."""
    answer = office.post(new(schedule_id), WORDS)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def mails(app: Flask, provider: Provider) -> list[str]:
    with app.app_context(), tenant_scope(provider.id):
        found = select(Message.recipient).where(Message.template == "bulk_mail").order_by(Message.recipient)
        return list(db.session.scalars(found))


def test_from_the_date_to_the_last_mail(
    app: Flask, provider: Provider, office: Visitor, schedule_id: UUID
) -> None:
    date = office.get(f"/admin/schedules/details/?id={schedule_id}").text
    assert f'href="{new(schedule_id)}"' in date and "Write to everybody" in date
    assert "3 people" in office.get(new(schedule_id)).text
    page = drafted(office, schedule_id)
    shown = office.get(page).text
    assert "Nothing is sent yet." in shown and "Send to 3 people" in shown and "Dear Ann Doe," in shown
    assert "Dear Cat Doe," in office.get(f"{page}?reader=2").text
    assert "Written to this date before" in office.get(new(schedule_id)).text
    assert "Written to this date before" not in office.get(f"{page}edit/").text
    assert mails(app, provider) == []
    assert office.post(f"{page}test").status_code == 303
    assert len(mails(app, provider)) == 1
    assert office.post(f"{page}send", {"version": "1"}).status_code == 303
    sent = office.get(page).text
    assert "It is being sent to 3 people." in sent and "Stop sending" in sent and "0 of 3" in sent
    assert office.get(f"{page}progress").json == {"status": "sending", "done": 0, "total": 3}
    assert "Stopped: 3 mails were kept back." in office.post(f"{page}stop", follow_redirects=True).text
    assert office.get(f"{page}progress").json == {"status": "stopped", "done": 3, "total": 3}
    assert "Stop sending" not in office.get(page).text
    assert "nothing" in office.post(f"{page}stop", follow_redirects=True).text.lower()


def test_sent_twice_it_goes_once(app: Flask, provider: Provider, office: Visitor, schedule_id: UUID) -> None:
    page = drafted(office, schedule_id)
    office.post(f"{page}send", {"version": "1"})
    assert "on its way already" in office.post(f"{page}send", {"version": "1"}, follow_redirects=True).text
    assert len(mails(app, provider)) == 3


@pytest.mark.parametrize("version", ["", "x", "-1", "2", "99999999999999"])
def test_a_draft_that_was_not_seen_is_not_sent(
    app: Flask, provider: Provider, office: Visitor, schedule_id: UUID, version: str
) -> None:
    page = drafted(office, schedule_id)
    answer = office.post(f"{page}send", {"version": version}, follow_redirects=True)
    assert "Somebody else changed this meanwhile" in answer.text and mails(app, provider) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"body": "{{ curse }}"}, "no variable “curse”"),
        ({"body": ""}, "Text is needed"),
        ({"subject": ""}, "Subject is needed"),
        ({"audience": "everybody"}, "Choose who gets the mail"),
        ({"audience": ""}, "Choose who gets the mail"),
        ({"body": "{{ ''.__class__ }}"}, "stands only the name"),
    ],
)
def test_a_wrong_draft_is_refused_beside_its_field(
    app: Flask, provider: Provider, office: Visitor, schedule_id: UUID, typed: dict[str, str], sentence: str
) -> None:
    answer = office.post(new(schedule_id), WORDS | typed)
    assert answer.status_code == 422
    assert re.search(rf'<p class="error"[^>]*>[^<]*{re.escape(sentence)}', answer.text)
    with app.app_context(), tenant_scope(provider.id):
        assert db.session.scalars(select(BulkMail)).all() == []


def test_a_draft_is_changed_and_a_conflict_shows_both(office: Visitor, schedule_id: UUID) -> None:
    page = drafted(office, schedule_id)
    assert "Closed." in office.get(f"{page}edit/").text
    assert office.post(f"{page}edit/", WORDS | {"body": "Theirs", "version": "1"}).status_code == 303
    answer = office.post(f"{page}edit/", WORDS | {"body": "Mine", "version": "1"})
    assert answer.status_code == 409
    assert "Theirs" in answer.text and "Mine" in answer.text and 'value="2"' in answer.text
    assert office.post(f"{page}edit/", WORDS | {"body": "Mine", "version": "2"}).status_code == 303
    assert "Mine" in office.get(page).text


def test_the_form_says_how_many_while_one_writes(office: Visitor, schedule_id: UUID) -> None:
    told = office.post(f"{new(schedule_id)}try", WORDS, headers=JSON).json
    assert told is not None and told["people"] == "3 people" and "Closed." in told["mail"]["html"]
    told = office.post(f"{new(schedule_id)}try", WORDS | {"audience": "attendees", "body": "{{ x }}"}).json
    assert told is not None and told["people"] == "0 people" and "body" in told["problems"]


def test_a_date_of_nobody_has_no_key_to_send(app: Flask, provider: Provider, office: Visitor) -> None:
    with app.app_context(), tenant_scope(provider.id):
        empty = factories.make_schedule().id
    page = drafted(office, empty)
    shown = office.get(page).text
    assert "Nobody on this date has an address" in shown and "Send to" not in shown
    assert "Nobody" in office.post(f"{page}send", {"version": "1"}, follow_redirects=True).text
    assert "Nobody" in office.post(f"{page}test", follow_redirects=True).text


def test_who_may_not_send_only_looks(
    app: Flask, provider: Provider, office: Visitor, schedule_id: UUID
) -> None:
    page = drafted(office, schedule_id)
    manager, instructor = (signed_in(app, provider, role) for role in ("manager", "instructor"))
    shown = manager.get(page)
    assert shown.status_code == 200 and "Send to" not in shown.text and "Send a test" not in shown.text
    for path in (f"{page}send", f"{page}test", f"{page}stop", f"{page}edit/", new(schedule_id)):
        assert manager.post(path, WORDS).status_code == 403
        assert instructor.post(path, WORDS).status_code == 403
    assert instructor.get(page).status_code in (302, 403)
    assert mails(app, provider) == []


def test_another_providers_mail_is_not_there(app: Flask, office: Visitor, schedule_id: UUID) -> None:
    page = drafted(office, schedule_id)
    with app.app_context():
        other = factories.make_provider()
    stranger = signed_in(app, other, "admin")
    for path in (page, f"{page}progress", f"{page}edit/", new(schedule_id)):
        assert stranger.get(path).status_code == 404
    for path in (f"{page}send", f"{page}stop", f"{page}test", new(schedule_id), f"{new(schedule_id)}try"):
        assert stranger.post(path, WORDS | {"version": "1"}).status_code == 404


@pytest.mark.parametrize("reader", ["-1", "99", "x", "1e9", "99999999999999999999"])
def test_a_reader_that_is_not_there_shows_another(office: Visitor, schedule_id: UUID, reader: str) -> None:
    page = drafted(office, schedule_id)
    assert office.get(f"{page}?reader={reader}").status_code == 200
