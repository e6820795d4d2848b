"""Reviews: who may give one, what becomes of it, and what the public reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Attendee, Course, Instructor, Message, Review
from backoffice.services import reviews
from backoffice.services.reviews import giving, links
from backoffice.tenancy import tenant_scope
from backoffice.views.admin.verbs import VerbForm
from tests import certified, factories
from tests.factories import Provider
from tests.web_client import Visitor, signed_in

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@contextmanager
def inside(app: Flask, provider: Provider) -> Iterator[None]:
    with app.app_context(), tenant_scope(provider.id):
        yield
        db.session.remove()


class Given:
    """Two people of a completed date, and the links of both."""

    def __init__(self, app: Flask, provider: Provider) -> None:
        with inside(app, provider):
            schedule = certified.a_date(course=certified.a_course(is_published=True))
            teacher = certified.taught_by(schedule, "Tess Teacher")
            people = certified.booked(schedule, "Nina New", "Oli Old")
            self.ids = [each.id for each in people]
            self.paths = [f"/review/{links.token_of(each)}" for each in people]
            self.slug = db.session.get_one(Course, schedule.course_id).slug
            self.teacher_id = teacher.id
            db.session.commit()


@pytest.fixture
def given(app: Flask, provider: Provider) -> Given:
    return Given(app, provider)


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def kept(app: Flask, provider: Provider) -> list[Any]:
    with inside(app, provider):
        return [
            (row.rating, row.words, row.shown_as, row.status)
            for row in db.session.scalars(select(Review).order_by(Review.id))
        ]


def say(visitor: Visitor, path: str, **form: Any) -> Any:
    return visitor.post(path, {"rating": "4", "words": "Good.", "by_name": "1"} | form)


def review_id(app: Flask, provider: Provider) -> UUID:
    with inside(app, provider):
        return db.session.scalars(select(Review.id)).one()


class Moderator:
    """Somebody of the office at the page of the one review, as it asks before anything is done."""

    def __init__(self, app: Flask, provider: Provider, role: str = "office") -> None:
        self.visitor = signed_in(app, provider, role)
        self.id = review_id(app, provider)

    def open(self, verb: str) -> str:
        return self.visitor.get(f"/admin/reviews/{verb}/?id={self.id}").text

    def press(self, verb: str, page: str) -> Any:
        version = re.search(r'name="version"[^>]*value="([0-9]+)"', page)
        form = {"id": str(self.id), "version": version[1] if version else ""}
        return self.visitor.post(f"/admin/reviews/{verb}/", form)

    def decide(self, verb: str) -> Any:
        return self.press(verb, self.open(verb))


def test_a_review_waits_until_the_office_shows_it(
    app: Flask, provider: Provider, given: Given, visitor: Visitor
) -> None:
    assert say(visitor, given.paths[0], instructor_rating="5").status_code == 303
    assert kept(app, provider) == [(4, "Good.", "Nina N.", "waiting")]
    assert "What learners say" not in visitor.get(f"/course/{given.slug}").text
    assert Moderator(app, provider).decide("show").status_code in (302, 303)
    page = visitor.get(f"/course/{given.slug}").text
    assert "What learners say" in page and "Good." in page and "Nina N." in page and "aggregateRating" in page
    with inside(app, provider):
        assert db.session.get_one(Instructor, given.teacher_id).rating == 5


def test_said_again_it_takes_the_place_of_the_first_until_somebody_looked(
    app: Flask, provider: Provider, given: Given, visitor: Visitor
) -> None:
    say(visitor, given.paths[0])
    say(visitor, given.paths[0], rating="2", words="Not so good.", by_name="")
    assert kept(app, provider) == [(2, "Not so good.", "A learner", "waiting")]
    Moderator(app, provider, "admin").decide("hide")
    assert say(visitor, given.paths[0], rating="5").status_code == 409
    assert kept(app, provider) == [(2, "Not so good.", "A learner", "hidden")]
    assert "Not so good." not in visitor.get(f"/course/{given.slug}").text


@pytest.mark.parametrize("rating", ["", "0", "6", "x", "-1", "４", "4.5", "999999999999999999999"])
def test_a_rating_that_is_none_is_refused_beside_its_field(
    app: Flask, provider: Provider, given: Given, visitor: Visitor, rating: str
) -> None:
    answer = say(visitor, given.paths[0], rating=rating)
    assert answer.status_code == 422 and "Choose from one to five." in answer.text
    assert "Good." in answer.text
    assert kept(app, provider) == []


def test_words_are_bounded_and_shown_as_text(
    app: Flask, provider: Provider, given: Given, visitor: Visitor
) -> None:
    assert say(visitor, given.paths[0], words="x" * 2001).status_code == 422
    say(visitor, given.paths[0], words=HOSTILE)
    Moderator(app, provider).decide("show")
    page = visitor.get(f"/course/{given.slug}").text
    assert "&lt;script&gt;" in page and "<script>alert" not in page
    admin_page = signed_in(app, provider, "admin").get(
        f"/admin/reviews/details/?id={review_id(app, provider)}"
    )
    assert "&lt;script&gt;" in admin_page.text and "<script>alert" not in admin_page.text


def test_a_link_opens_one_persons_review_only(
    app: Flask, provider: Provider, given: Given, visitor: Visitor
) -> None:
    say(visitor, given.paths[0])
    assert "Good." in visitor.get(given.paths[0]).text
    assert "Good." not in visitor.get(given.paths[1]).text
    forged = given.paths[0][:-1] + ("A" if given.paths[0][-1] != "A" else "B")
    assert visitor.get(forged).status_code == 404
    with app.app_context():
        other = factories.make_provider()
    assert Visitor(app, other.host).get(given.paths[0]).status_code == 404


def path_of_who_was_absent(app: Flask, provider: Provider) -> str:
    with inside(app, provider):
        schedule = certified.a_date(course=certified.a_course())
        [person] = certified.booked(schedule, "Abe Absent")
        certified.marked(person, "absent")
        path = f"/review/{links.token_of(person)}"
        db.session.commit()
    return path


def test_whoever_was_not_there_says_nothing(app: Flask, provider: Provider, visitor: Visitor) -> None:
    path = path_of_who_was_absent(app, provider)
    assert 'name="rating"' not in visitor.get(path).text
    assert say(visitor, path).status_code == 409
    assert kept(app, provider) == []


def test_without_the_rule_whoever_was_absent_would_be_heard(
    app: Flask, provider: Provider, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same person, and nobody asks whether they were there."""
    monkeypatch.setattr(giving, "_was_there", lambda attendee_id: True)
    path = path_of_who_was_absent(app, provider)
    assert say(visitor, path).status_code == 303


def test_whoever_wished_no_name_keeps_that_wish(given: Given, visitor: Visitor) -> None:
    tick = re.compile(r'name="by_name" value="1"( checked)?>')
    for by_name, is_ticked in (("1", True), ("", False)):
        say(visitor, given.paths[0], by_name=by_name)
        found = tick.search(visitor.get(given.paths[0]).text)
        assert found is not None and bool(found[1]) == is_ticked


def test_words_that_changed_after_they_were_read_are_not_shown(
    app: Flask, provider: Provider, given: Given, visitor: Visitor
) -> None:
    say(visitor, given.paths[0], words="Friendly words.")
    office = Moderator(app, provider)
    page = office.open("show")
    assert "Friendly words." in page
    say(visitor, given.paths[0], words="Something else.")
    answer = office.press("show", page)
    assert answer.status_code == 409 and "Something else." in answer.text
    assert kept(app, provider)[0][3] == "waiting"
    assert office.press("show", answer.text).status_code in (302, 303)
    assert "Something else." in visitor.get(f"/course/{given.slug}").text


def test_without_the_version_unread_words_would_be_shown(
    app: Flask, provider: Provider, given: Given, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: whatever the page showed counts as what is there."""
    say(visitor, given.paths[0], words="Friendly words.")
    office = Moderator(app, provider)
    page = office.open("show")
    say(visitor, given.paths[0], words="Something else.")
    with inside(app, provider):
        version = db.session.scalars(select(Review.version)).one()
    monkeypatch.setattr(VerbForm, "seen_version", version)
    office.press("show", page)
    assert "Something else." in visitor.get(f"/course/{given.slug}").text


def test_an_instructors_rating_follows_what_is_shown(
    app: Flask, provider: Provider, given: Given, visitor: Visitor
) -> None:
    def rating() -> Any:
        with inside(app, provider):
            return db.session.get_one(Instructor, given.teacher_id).rating

    with inside(app, provider):
        db.session.get_one(Instructor, given.teacher_id).rating = Decimal("4.5")
        db.session.commit()
    say(visitor, given.paths[0], instructor_rating="1")
    office = Moderator(app, provider)
    office.decide("hide")
    assert rating() == Decimal("4.5"), "what was never shown changes nothing"
    office.decide("show")
    assert rating() == 1
    office.decide("hide")
    assert rating() is None, "and what is hidden does not count"


def test_the_mail_of_thanks_leads_to_it_for_who_was_there(
    app: Flask, provider: Provider, given: Given
) -> None:
    with inside(app, provider):
        attendee = db.session.get_one(Attendee, given.ids[0])
        mail = Message(
            template="thanks", booking_id=attendee.booking_id, data={"attendee_id": str(attendee.id)}
        )
        assert reviews.url_for_message(mail).endswith(given.paths[0])
        other = Message(template="reminder", booking_id=attendee.booking_id, data=mail.data)
        assert reviews.url_for_message(other) == ""


@pytest.mark.parametrize(("role", "status"), [("manager", 403), ("instructor", 403)])
def test_only_the_office_decides(
    app: Flask, provider: Provider, given: Given, visitor: Visitor, role: str, status: int
) -> None:
    say(visitor, given.paths[0])
    answer = Moderator(app, provider, role).press("show", 'name="version" value="1"')
    assert answer.status_code == status
    assert kept(app, provider)[0][3] == "waiting"
