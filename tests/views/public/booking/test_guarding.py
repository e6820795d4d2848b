"""Who does harm to the booking pages: holds that empty a date, guessed codes, other people's bookings, hostile text."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from backoffice.database import db
from backoffice.domain import web_holds
from backoffice.models import Attendee, Booking, BookingDraft, User
from backoffice.services import rate_limits
from backoffice.services.web_bookings import holding
from backoffice.tenancy import tenant_scope
from backoffice.views.public.booking import codes
from tests import factories
from tests.factories import Provider
from tests.views.public.booking.steps import Booker, filled, make_date, rows, seats_taken, sweep
from tests.web_client import Visitor, make_login, signed_in

HOSTILE = [
    '<script>alert("x")</script>',
    '"><img src=x onerror=alert(1)>',
    "{{98765*43211}}",
    "=cmd|' /C calc'!A0",
]


@pytest.fixture
def schedule_id(app: Flask, provider: Provider) -> UUID:
    return make_date(app, provider)


# --- Holds cannot empty a date ---


@pytest.mark.parametrize(
    ("capacity", "most"), [(1, 1), (2, 1), (4, 3), (5, 4), (6, 5), (8, 5), (12, 8), (20, 13), (200, 133)]
)
def test_one_visitor_holds_a_part_and_never_all_of_a_date(capacity: int, most: int) -> None:
    assert web_holds.share(capacity) == most


def hold_by_all(bookers: list[Booker], places: int) -> list[int]:
    """Everybody at once, each with an e-mail address of their own; the status codes."""
    for booker in bookers:
        booker.visitor.kept_token()
    start = Barrier(len(bookers))

    def one(number: int) -> int:
        start.wait()
        return bookers[number].hold(places, email=f"b{number}@mail.example").status_code

    with ThreadPoolExecutor(len(bookers)) as pool:
        return sorted(pool.map(one, range(len(bookers))))


def test_one_address_cannot_empty_a_date_with_holds(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    bookers = [Booker(app, provider, schedule_id) for _ in range(6)]
    assert hold_by_all(bookers, 2) == [303, 303, 303, 303, 409, 409]
    assert seats_taken(app, provider, schedule_id) == 8
    elsewhere = Booker(app, provider, schedule_id, "198.51.100.9")
    assert elsewhere.hold(2, email="free@mail.example").status_code == 303


def test_without_taking_turns_the_address_empties_it(
    app: Flask, provider: Provider, schedule_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: asked at once, each sees none of the others' holds."""
    meet = Barrier(6)
    monkeypatch.setattr(holding, "_take_turns", lambda *_: meet.wait(10))
    monkeypatch.setattr(holding, "_held", after(holding._held, meet))
    bookers = [Booker(app, provider, schedule_id) for _ in range(6)]
    assert hold_by_all(bookers, 2) == [303] * 6
    assert seats_taken(app, provider, schedule_id) == 12


def after(look: Callable[..., Any], meet: Barrier) -> Callable[..., Any]:
    """Everybody looks before anybody writes."""

    def looked(*about: Any) -> Any:
        found = look(*about)
        meet.wait(10)
        return found

    return looked


def test_one_e_mail_address_cannot_empty_a_date_from_many_places(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    bookers = [Booker(app, provider, schedule_id, f"198.51.100.{number}") for number in range(5)]
    answers = [booker.hold(2).status_code for booker in bookers]
    assert answers == [303, 303, 303, 303, 409]


def test_a_group_that_is_too_large_is_led_to_the_form_for_companies(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    page = Booker(app, provider, schedule_id).hold(9).get_data(as_text=True)
    assert "at most 8 of the 12 places" in page
    assert "/companies?course=" in page


def test_what_is_let_lapse_again_and_again_is_not_held_again(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    answers = []
    for number in range(3):
        answers.append(
            Booker(app, provider, schedule_id).hold(8, email=f"b{number}@mail.example").status_code
        )
        with app.app_context(), tenant_scope(provider.id):
            db.session.execute(update(Booking).where(Booking.status == "pending").values(status="expired"))
            db.session.commit()
            db.session.remove()
    assert answers == [303, 303, 409]


def run_out(app: Flask, provider: Provider) -> None:
    """The hold's quarter of an hour goes by."""
    ago = datetime.now(UTC) - timedelta(minutes=16)
    with app.app_context(), tenant_scope(provider.id):
        is_held = update(Booking).where(Booking.status == "pending")
        db.session.execute(is_held.values(booked_at=ago, hold_expires_at=ago + web_holds.HOLD))
        db.session.commit()
        db.session.remove()


@pytest.mark.parametrize("is_swept", [False, True], ids=["before the job", "after the job"])
def test_one_browser_that_lets_it_lapse_again_and_again_holds_it_no_more(
    app: Flask, provider: Provider, schedule_id: UUID, is_swept: bool
) -> None:
    booker, answers = Booker(app, provider, schedule_id), []
    for _ in range(3):
        answers.append(booker.hold(8).status_code)
        run_out(app, provider)
        if is_swept:
            sweep(app, provider)
    assert answers == [303, 303, 409]


def test_a_form_that_is_changed_often_lets_nothing_lapse(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    """The control of the test above: each hold before was given back in time."""
    booker = Booker(app, provider, schedule_id)
    assert [booker.hold(places).status_code for places in (8, 7, 8, 7)] == [303] * 4


def test_asking_for_places_again_and_again_is_stopped(
    app: Flask, provider: Provider, schedule_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "HOLDS_PER_ADDRESS", 3)
    booker = Booker(app, provider, schedule_id)
    answers = [booker.hold(first_name="") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    assert 'value="nina@mail.example"' in answers[-1].get_data(as_text=True)
    assert "Retry-After" in answers[-1].headers


# --- Codes (D9) ---


def make_codes(app: Flask, provider: Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_code(code="GOOD")
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        factories.make_code(code="OLD", valid_from=yesterday - timedelta(days=9), valid_until=yesterday)
        factories.make_code(code="OFF", is_active=False)
        db.session.remove()


def try_code(booker: Booker, code: str) -> Any:
    booker.send("/price", filled(discount_code=code))
    return booker.look()


def said(answer: Any, code: str) -> str:
    """The page without what is different every time."""
    page = answer.get_data(as_text=True).replace(code, "CODE")
    return re.sub(r'(nonce|name="csrf_token" value)="[^"]+"', "", page)


def test_every_code_that_does_not_work_is_answered_alike(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    make_codes(app, provider)
    booker = Booker(app, provider, schedule_id)
    answers = {said(try_code(booker, code), code) for code in ("NOPE", "OLD", "OFF")}
    assert len(answers) == 1
    assert "This code cannot be used for this booking." in answers.pop()
    posted = {said(booker.hold(discount_code=code), code) for code in ("NOPE", "OLD", "OFF")}
    assert len(posted) == 1
    assert "−£7.50" in try_code(booker, "GOOD").get_data(as_text=True)


@pytest.mark.parametrize("page", ["/price", ""])
def test_guessing_codes_is_stopped(app: Flask, provider: Provider, schedule_id: UUID, page: str) -> None:
    make_codes(app, provider)
    answers = []
    for number in range(rate_limits.PER_ACCOUNT + 2):
        guesser = Booker(app, provider, schedule_id)  # a new browser each time
        answer = guesser.send(page, filled(discount_code=f"GUESS{number}"))
        answers.append((guesser.look() if page else answer).status_code)
    assert answers[-1] == 429
    assert answers[0] == (200 if page else 422)
    right = Booker(app, provider, schedule_id)
    right.send("/price", filled(discount_code="GOOD"))
    refused = right.look()
    assert refused.status_code == 429
    assert "−£7.50" not in refused.get_data(as_text=True)
    assert right.hold(discount_code="").status_code == 303


def test_without_the_limit_guessing_goes_on(
    app: Flask, provider: Provider, schedule_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    monkeypatch.setattr(codes.rate_limits, "code_limits", lambda _: ())
    booker = Booker(app, provider, schedule_id)
    answers = [
        try_code(booker, f"GUESS{number}").status_code for number in range(rate_limits.PER_ACCOUNT + 2)
    ]
    assert set(answers) == {200}


def test_looking_again_at_the_same_code_is_no_other_guess(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    booker = Booker(app, provider, schedule_id)
    try_code(booker, "NOPE")
    assert {booker.look().status_code for _ in range(rate_limits.PER_ACCOUNT + 5)} == {200}


# --- Other people (F2, F13, O4) ---


def test_nobody_else_sees_what_one_browser_typed_or_booked(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    booker, stranger = Booker(app, provider, schedule_id), Booker(app, provider, schedule_id)
    booker.book()
    pages = [stranger.look(page) for page in ("", "/terms", "/done", "/booking.ics")]
    assert [page.status_code for page in pages] == [200, 303, 303, 404]
    assert not any("nina" in page.get_data(as_text=True).lower() for page in pages)
    booking_id = rows(app, provider, Booking.id)[0][0]
    assert stranger.send("/terms", {"booking": str(booking_id)}).location == stranger.path
    stranger.hold(email="other@mail.example")
    assert stranger.send("/terms", {"booking": str(booking_id)}).status_code == 409


def test_a_draft_of_one_date_is_none_of_another(app: Flask, provider: Provider, schedule_id: UUID) -> None:
    booker = Booker(app, provider, schedule_id)
    booker.hold()
    booker.path = f"/book/{make_date(app, provider)}"
    assert "nina" not in booker.look().get_data(as_text=True).lower()


def test_a_known_address_is_answered_like_an_unknown_one(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    known = make_login(app, provider, "customer", first_name="Karl", last_name="Known", phone="+447700900999")
    pages = []
    for address, email in (("192.0.2.1", known), ("192.0.2.2", "nobody@mail.example")):
        booker = Booker(app, provider, schedule_id, address)
        held = booker.hold(email=email)
        pages.append((held.status_code, said(booker.look("/terms"), email)))
    stripped = [
        (code, re.sub(r'name="booking" value="[^"]+"|data-seconds="\d+"|\d\d:\d\d', "", text))
        for code, text in pages
    ]
    assert stripped[0] == stripped[1]
    assert "Karl" not in pages[0][1]


def test_a_strangers_word_ties_no_place_to_a_record(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    """Otherwise anybody could keep a customer off a date by booking it with their address."""
    known = make_login(app, provider, "customer")
    Booker(app, provider, schedule_id).hold(email=known)
    with app.app_context(), tenant_scope(provider.id):
        assert db.session.query(Attendee).filter(Attendee.user_id.is_not(None)).count() == 0
        db.session.remove()


def test_whoever_is_signed_in_finds_their_name_and_books_as_themselves(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    email = make_login(app, provider, "customer", first_name="Karl", last_name="Known")
    booker = Booker(app, provider, schedule_id)
    booker.visitor.sign_in(email)
    booker.visitor._token = ""
    page = booker.look().get_data(as_text=True)
    assert 'value="Karl"' in page
    assert f'value="{email}"' in page
    assert booker.hold(first_name="Karl", last_name="Known", email=email).status_code == 303
    with app.app_context(), tenant_scope(provider.id):
        tied = db.session.query(Attendee.user_id).one()[0]
        assert tied == db.session.query(User.id).filter(User.email == email).one()[0]
        db.session.remove()


@pytest.mark.parametrize("role", ["office", "manager", "instructor"])
def test_staff_who_book_on_the_public_site_book_as_anybody(
    app: Flask, provider: Provider, schedule_id: UUID, role: str
) -> None:
    booker = Booker(app, provider, schedule_id)
    booker.visitor = signed_in(app, provider, role)
    assert booker.book(company_name="Typed Ltd").status_code == 303
    assert rows(app, provider, Booking.company_named, Booking.company_id, Booking.placed_by_id) == [
        ("Typed Ltd", None, None)
    ]


# --- Forms (G1, G4, K1) ---


def test_a_form_without_its_token_or_from_another_site_changes_nothing(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    booker = Booker(app, provider, schedule_id)
    booker.look()
    for page in ("", "/price", "/terms", "/again"):
        bare = booker.visitor.open(booker.path + page, method="POST", data=filled())
        foreign = booker.visitor.open(
            booker.path + page,
            method="POST",
            data={"csrf_token": booker.visitor.kept_token(), **filled()},
            headers={"Origin": "https://evil.example"},
        )
        others = Visitor(app, provider.host)
        stolen = booker.visitor.open(
            booker.path + page, method="POST", data={"csrf_token": others.kept_token(), **filled()}
        )
        assert [bare.status_code, foreign.status_code, stolen.status_code] == [400, 403, 400], page
    assert rows(app, provider, Booking.id) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(app: Flask, provider: Provider, schedule_id: UUID, text: str) -> None:
    booker = Booker(app, provider, schedule_id)
    form = {
        "first_name": text,
        "special_requirements": text,
        "people.1.first_name": text,
        "people.1.last_name": "X",
    }
    assert booker.hold(2, discount_code="", **form).status_code == 303
    pages = [booker.look(page).get_data(as_text=True) for page in ("", "/terms")]
    assert all("<script>alert" not in page and "<img src=x" not in page for page in pages)
    assert all("98765" not in page or "{{98765" in page for page in pages)
    accepted = booker.accept()
    assert accepted.status_code == 303


ODD = [
    "\x00",
    "\ud800",
    "a" * 300,
    "b" * 70_000,
    "\u202e\u2066",
    "%00",
    "١٢٣",
    "-1",
    "NaN",
    "[]",
    "👩‍🚒" * 60,
]
FIELDS = [
    *filled(),
    "special_requirements",
    "discount_code",
    "people.0.birth_date",
    "people.0.requirements",
    "change",
]


@pytest.mark.parametrize("field", FIELDS)
def test_odd_text_in_any_field_is_no_accident(
    app: Flask, provider: Provider, schedule_id: UUID, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "HOLDS_PER_ADDRESS", 1000)
    monkeypatch.setattr(rate_limits, "CHANGES_PER_ADDRESS", 1000)
    booker = Booker(app, provider, schedule_id)
    for text in ODD:
        for page in ("", "/price", "/terms"):
            body = {**filled(), field: text}
            encoded = {name: str(value).encode("utf-8", "surrogatepass") for name, value in body.items()}
            answer = booker.send(page, encoded)
            assert answer.status_code < 500, (page, text[:20])
            assert booker.look().status_code in (200, 429)


@pytest.mark.parametrize("page", ["", "/price"])
def test_a_form_that_would_fill_the_disk_is_refused(
    app: Flask, provider: Provider, schedule_id: UUID, page: str
) -> None:
    much = {f"people.{number}.requirements": "long " * 400 for number in range(40)}
    refused = Booker(app, provider, schedule_id).send(page, filled(40) | much)
    assert refused.status_code == 422
    assert "more than we can keep" in refused.get_data(as_text=True)
    with app.app_context(), tenant_scope(provider.id):
        assert db.session.query(BookingDraft).count() == 0
        db.session.remove()


def test_thousands_of_fields_and_odd_addresses_are_refused(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    booker = Booker(app, provider, schedule_id)
    many = {f"people.{number}.first_name": "x" for number in range(5000)}
    assert booker.send("", filled() | many).status_code == 413
    assert booker.hold(4000).status_code == 422
    for path in ("/book/x", "/book/%00", "/book/" + "9" * 400, f"/book/{schedule_id}/nothing", "/book/"):
        assert booker.visitor.get(path).status_code in (400, 404)


# --- Signing in on the way ---


def test_signing_in_on_the_way_loses_nothing_and_old_cookies_lead_nowhere(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    booker = Booker(app, provider, schedule_id)
    booker.hold(2, special_requirements="Ground floor")
    planted = booker.visitor.session_cookie()
    booker.visitor.sign_in(make_login(app, provider, "customer"))
    booker.visitor._token = ""
    assert "Ground floor" in booker.look("/terms").get_data(as_text=True)
    assert booker.accept().status_code == 303
    thief = Booker(app, provider, schedule_id)
    thief.visitor.carry(planted)
    assert thief.look("/terms").status_code == 303
    assert "Ground floor" not in thief.look().get_data(as_text=True)


def test_signing_out_leaves_nothing_of_a_booking_in_the_browser(
    app: Flask, provider: Provider, schedule_id: UUID
) -> None:
    booker = Booker(app, provider, schedule_id)
    booker.visitor.sign_in(make_login(app, provider, "customer"))
    booker.hold(2, special_requirements="Ground floor")
    booker.visitor.post("/logout")
    assert "Ground floor" not in booker.look().get_data(as_text=True)
