"""The terms: what is shown is what is accepted, in its version; then it is paid, transferred, or free."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, Message, Tenant, TermsText
from backoffice.services import terms
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.views.public.booking.steps import BOOKING, TEXT, Booker, make_date, rows

ADMIN = factories.actor("admin")


def publish(app: Flask, provider: Provider, kind: str, body: str) -> UUID:
    """A new version of a text; its id."""
    with app.app_context(), tenant_scope(provider.id):
        typed = terms.Typed(f"Our {kind}", body)
        known = terms.find_draft(kind)
        draft = commit_once(
            lambda: terms.save(kind, typed, ADMIN, version=known.version if known else 0).version
        )
        text_id = commit_once(lambda: terms.publish(kind, ADMIN, version=draft).id)
        db.session.remove()
    return text_id


@pytest.fixture
def free_date(app: Flask, provider: Provider) -> UUID:
    course = {"pricing": "free", "price_minor": None, "needs_waiver": True}
    return make_date(app, provider, pricing="free", price_minor=None, course=course)


@pytest.fixture
def booker(app: Flask, provider: Provider, free_date: UUID) -> Booker:
    return Booker(app, provider, free_date)


def consents(app: Flask, provider: Provider) -> list[tuple[Any, ...]]:
    with app.app_context(), tenant_scope(provider.id):
        booking_id = db.session.scalars(select(Booking.id).order_by(Booking.id.desc())).first()
        assert booking_id is not None
        found = [
            (each.terms_text_id, each.accepted_by, each.channel) for each in terms.list_consents(booking_id)
        ]
        db.session.remove()
    return found


def test_terms_and_waiver_are_shown_and_kept_with_their_versions(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    publish(app, provider, "terms", "Be on time.")
    second = publish(app, provider, "terms", "Be on time, please.")
    waiver = publish(app, provider, "waiver", "At your own risk.")
    booker.hold()
    page = booker.look("/terms").get_data(as_text=True)
    assert "Be on time, please." in page
    assert "At your own risk." in page
    assert "version 2" in page
    assert booker.accept().location == f"{booker.path}/done"
    assert consents(app, provider) == [(second, "Nina New", "web"), (waiver, "Nina New", "web")]
    assert rows(app, provider, Booking.status) == [("confirmed",)]


def test_a_box_that_is_not_ticked_is_said_beside_it_and_the_others_stay(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    text = publish(app, provider, "terms", "Be on time.")
    publish(app, provider, "waiver", "At your own risk.")
    booker.hold()
    booking = BOOKING.findall(booker.look("/terms").get_data(as_text=True))[0]
    refused = booker.send("/terms", {"booking": booking, "text": str(text)})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'id="tick-waiver-error"' in page
    assert 'id="tick-terms-error"' not in page
    assert f'value="{text}" checked' in page
    assert rows(app, provider, Booking.status) == [("pending",)]


def test_terms_that_changed_meanwhile_are_read_once_more(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    old = publish(app, provider, "terms", "Be on time.")
    booker.hold()
    booking = BOOKING.findall(booker.look("/terms").get_data(as_text=True))[0]
    publish(app, provider, "terms", "Be early.")
    refused = booker.send("/terms", {"booking": booking, "text": str(old)})
    assert refused.status_code == 409
    assert "Be early." in refused.get_data(as_text=True)
    assert rows(app, provider, Booking.status) == [("pending",)]
    assert booker.accept().status_code == 303


@pytest.mark.parametrize("text", ["", "x", "%00", "0" * 500, "00000000-0000-0000-0000-000000000000"])
def test_an_odd_tick_is_no_tick(app: Flask, provider: Provider, booker: Booker, text: str) -> None:
    publish(app, provider, "terms", "Be on time.")
    booker.hold()
    booking = BOOKING.findall(booker.look("/terms").get_data(as_text=True))[0]
    assert booker.send("/terms", {"booking": booking, "text": text}).status_code in (409, 422)
    assert rows(app, provider, Booking.status) == [("pending",)]


def test_without_texts_the_step_is_the_review(booker: Booker) -> None:
    booker.hold()
    page = booker.look("/terms").get_data(as_text=True)
    assert TEXT.findall(page) == []
    assert "Book now" in page


def test_a_code_for_everything_makes_it_free_and_firm(app: Flask, provider: Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_code(code="ALL", value=10_000)
        db.session.remove()
    booker = Booker(app, provider, make_date(app, provider))
    assert booker.book(discount_code="all").location == f"{booker.path}/done"
    assert rows(app, provider, Booking.status, Booking.payment_method) == [("confirmed", "free")]


@pytest.mark.parametrize(("percent_bp", "is_used"), [(1_000, False), (2_000, True)])
def test_a_code_that_another_discount_beat_is_told_of(
    app: Flask, provider: Provider, percent_bp: int, is_used: bool
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_rule()  # ten per cent from five places
        factories.make_code(code="SPRING", value=percent_bp)
        db.session.remove()
    booker = Booker(app, provider, make_date(app, provider))
    booker.hold(5, discount_code="spring")
    page = booker.look("/terms").get_data(as_text=True)
    assert ("−£37.50" in page, "SPRING was not used" in page) == (not is_used, not is_used)
    assert ("−£75.00" in page) == is_used


def test_where_nobody_takes_money_online_it_is_transferred(app: Flask, provider: Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        db.session.get_one(Tenant, provider.id).bank_details = "Sort code 00-00-00"
        db.session.commit()
        db.session.remove()
    booker = Booker(app, provider, make_date(app, provider))
    assert booker.book(2).location == f"{booker.path}/done"
    page = booker.look("/done").get_data(as_text=True)
    assert "Sort code 00-00-00" in page
    assert "Your places are held until" in page
    assert rows(app, provider, Booking.status, Booking.payment_method) == [("pending", "bank_transfer")]
    with app.app_context(), tenant_scope(provider.id):
        assert list(db.session.scalars(select(Message.template))) == ["booking_received"]
        assert db.session.scalars(select(TermsText.id)).all() == []
        db.session.remove()


def test_the_confirmation_names_reference_people_and_price(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    booker.book(2, **{"people.1.first_name": "Bo", "people.1.last_name": "Lee"})
    page = booker.look("/done").get_data(as_text=True)
    reference = rows(app, provider, Booking.reference)[0][0]
    assert all(words in page for words in (reference, "Nina New", "Bo Lee", "Free", "nina@mail.example"))
    file = booker.look("/booking.ics")
    assert file.headers["Content-Disposition"] == f'attachment; filename="{reference}.ics"'
    assert "text/calendar" in file.headers["Content-Type"]
