"""The screen of company requests: the list of work, the verbs behind their rights, and the one form that confirms."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.models import Booking, CorporateRequest, Schedule
from backoffice.services.corporate import answering, deciding
from backoffice.services.corporate.deciding import QuoteIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import OFFICE
from tests.services.corporate import world
from tests.web_client import Visitor, signed_in

LIST = "/admin/corporate_requests/"
DAY = (datetime.now(UTC) + timedelta(days=30)).date()


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


@pytest.fixture
def request_id(inside: Any) -> UUID:
    return inside(lambda: world.submitted(headcount="8", preferred_dates=(DAY.isoformat(),)).id)


@pytest.fixture
def house(inside: Any) -> SimpleNamespace:
    """A course, a venue and a company on account."""

    def make() -> SimpleNamespace:
        course, venue = (
            factories.make_course(title="First Aid at Work"),
            factories.make_venue(name="The Mill"),
        )
        company = factories.make_company(name="Acme Ltd", has_terms=True)
        return SimpleNamespace(course=str(course.id), venue=str(venue.id), company=str(company.id))

    return inside(make)


def stored(inside: Any, request_id: UUID) -> CorporateRequest:
    def read() -> CorporateRequest:
        found = db.session.get_one(CorporateRequest, request_id)
        db.session.expunge(found)
        return found

    return inside(read)


def hidden(page: str) -> dict[str, str]:
    """What the form of a verb carries."""
    found = {}
    for name in ("version", "seen", "once"):
        match = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
        found[name] = match.group(1) if match else ""
    return found


def press(visitor: Visitor, verb: str, request_id: UUID, **typed: Any) -> Any:
    """Open the verb's page and send its form."""
    path = f"{LIST}{verb}/"
    page = visitor.get(f"{path}?id={request_id}")
    assert page.status_code == 200, page.status_code
    return visitor.post(path, {"id": str(request_id), **hidden(page.text), **typed})


def confirmation(house: SimpleNamespace, **changes: Any) -> dict[str, Any]:
    return {
        "course_id": house.course,
        "venue_id": house.venue,
        "instructor_id": "nobody",
        "days-0-on": DAY.isoformat(),
        "days-0-start": "09:00",
        "days-0-end": "15:00",
        "places": "8",
        "total": "620",
        "company_id": house.company,
        "method": "account",
    } | changes


# --- The list ---


def test_the_list_opens_with_what_is_to_be_answered(admin: Visitor, inside: Any, request_id: UUID) -> None:
    other = inside(lambda: world.submitted(company_name="Beta Ltd").id)
    inside(lambda: commit_once(lambda: deciding.reject(other, "No.", OFFICE)))
    page = admin.get(LIST).text
    assert "Acme Ltd" in page and "Beta Ltd" not in page
    assert "Beta Ltd" in admin.get(f"{LIST}?status=rejected").text
    assert "Beta Ltd" in admin.get(f"{LIST}?search=beta").text
    for odd in ("?status=odd", "?instructor=x", "?search=%25", "?page=-1", "?from=soon"):
        assert admin.get(LIST + odd).status_code == 200


def test_an_empty_list_says_where_requests_come_from(admin: Visitor) -> None:
    assert "For companies" in admin.get(f"{LIST}?status=pending").text or "Nothing" in admin.get(LIST).text


def test_a_request_from_the_telephone_is_entered(admin: Visitor, inside: Any) -> None:
    typed = {
        "company_name": "Tel Ltd",
        "contact_person": "Al",
        "email": "al@tel.example",
        "phone": "07700 900456",
    }
    answer = admin.post(
        f"{LIST}new/", typed | {"topic": "Fire wardens", "preferred_dates": f"{DAY:%d/%m/%Y}"}
    )
    assert answer.status_code == 302, answer.text
    made = inside(lambda: db.session.scalars(select(CorporateRequest)).one())
    assert (made.source, made.preferred_dates) == ("phone", [DAY.isoformat()])
    wrong = admin.post(f"{LIST}new/", typed | {"topic": "Fire wardens", "preferred_dates": "soon"})
    assert wrong.status_code == 422


def test_the_home_page_counts_what_waits(admin: Visitor, inside: Any, request_id: UUID) -> None:
    assert "Requests of companies" in admin.get("/admin/").text
    assert "Acme Ltd" in admin.get("/admin/work/requests").text
    inside(lambda: commit_once(lambda: deciding.quote(request_id, QuoteIn(62_000, 8), OFFICE)))
    assert "Acme Ltd" not in admin.get("/admin/work/requests").text  # the company's turn
    customer = factories.actor("customer")
    inside(lambda: commit_once(lambda: answering.answer(request_id, "accepted", 1, customer)))
    assert "Acme Ltd" in admin.get("/admin/work/requests").text


# --- The verbs ---


def test_the_whole_way_to_the_private_date(
    admin: Visitor, inside: Any, request_id: UUID, house: SimpleNamespace
) -> None:
    assert press(admin, "review", request_id).status_code == 302
    quote = press(admin, "quote", request_id, price_minor="£620.00", places="8", message="All included.")
    assert quote.status_code == 302
    page = admin.get(f"{LIST}confirm/?id={request_id}").text
    assert "£620.00" in page and DAY.isoformat() in page  # the quote and the wish are filled in
    answer = press(admin, "confirm", request_id, **confirmation(house))
    assert answer.status_code == 302, re.findall(r'class="error"[^>]*>([^<]*)', answer.text)
    assert stored(inside, request_id).status == "confirmed"
    details = admin.get(f"{LIST}details/?id={request_id}").text
    assert "The private date" in details and "First Aid at Work" in details
    assert "Made the private date and booking" in details  # the timeline
    dates = admin.get("/admin/schedules/").text
    assert "Private" in dates


def test_a_clash_is_shown_with_what_was_typed(
    admin: Visitor, inside: Any, request_id: UUID, house: SimpleNamespace
) -> None:
    press(admin, "confirm", request_id, **confirmation(house))
    second = inside(lambda: world.submitted(company_name="Beta Ltd").id)
    answer = press(admin, "confirm", second, **confirmation(house, places="9"))
    assert answer.status_code == 409
    assert "The venue is taken at this time" in answer.text and 'value="9"' in answer.text
    assert "is taken by First Aid at Work" in answer.text  # beside the form: by what
    assert stored(inside, second).status == "pending"


def test_a_day_more_keeps_what_was_typed(admin: Visitor, request_id: UUID, house: SimpleNamespace) -> None:
    answer = press(admin, "confirm", request_id, **confirmation(house, add_day="1"))
    assert answer.status_code == 200
    assert (DAY + timedelta(days=1)).isoformat() in answer.text


def test_a_form_sent_twice_makes_one_date(
    admin: Visitor, inside: Any, request_id: UUID, house: SimpleNamespace
) -> None:
    path = f"{LIST}confirm/"
    sent = {
        "id": str(request_id),
        **hidden(admin.get(f"{path}?id={request_id}").text),
        **confirmation(house),
    }
    codes = [admin.post(path, sent).status_code for _ in range(3)]
    assert codes[0] == 302 and 500 not in codes
    counts = inside(
        lambda: [db.session.scalar(select(func.count()).select_from(m)) for m in (Schedule, Booking)]
    )
    assert counts == [1, 1]


@pytest.mark.parametrize(
    "typed",
    [
        {"places": "0"},
        {"places": "abc"},
        {"total": "-5"},
        {"total": "NaN"},
        {"days-0-end": "08:00"},
        {"days-0-on": ""},
        {"venue_id": "x"},
        {"course_id": ""},
        {"method": "cash"},
        {"company_id": "00000000-0000-0000-0000-000000000000"},
        {"pay_by": "0001-01-01"},
        {"purchase_order": "x" * 70},
    ],
)
def test_a_confirmation_that_makes_no_sense_is_shown_again(
    admin: Visitor, inside: Any, request_id: UUID, house: SimpleNamespace, typed: dict[str, str]
) -> None:
    answer = press(admin, "confirm", request_id, **confirmation(house, **typed))
    assert answer.status_code in (409, 422)
    assert "error" in answer.text and stored(inside, request_id).status == "pending"


def test_the_second_of_two_clerks_sees_what_the_first_did(
    admin: Visitor, inside: Any, request_id: UUID
) -> None:
    path = f"{LIST}reject/"
    held = hidden(admin.get(f"{path}?id={request_id}").text)
    inside(lambda: commit_once(lambda: deciding.quote(request_id, QuoteIn(62_000, 8), OFFICE)))
    answer = admin.post(path, {"id": str(request_id), **held, "reason": "No."})
    assert answer.status_code == 409 and "quoted £620.00" in answer.text
    assert stored(inside, request_id).status == "quoted"


def test_a_slip_is_corrected_on_the_screen(admin: Visitor, inside: Any, request_id: UUID) -> None:
    page = admin.get(f"{LIST}correct/?id={request_id}").text
    assert 'value="Acme Ltd"' in page and f"{DAY:%d/%m/%Y}" in page
    typed = world.ASKED | {"email": "jo.b@acme.example", "preferred_dates": f"{DAY:%d/%m/%Y}"}
    assert press(admin, "correct", request_id, **typed).status_code == 302
    assert stored(inside, request_id).email == "jo.b@acme.example"
    assert "corrected what they ask for" in admin.get(f"{LIST}details/?id={request_id}").text.lower()
    assert press(admin, "correct", request_id, **typed | {"phone": "x"}).status_code == 422


# --- Rights and providers ---


def test_each_role_does_what_is_its_own(app: Flask, provider: Provider, request_id: UUID) -> None:
    """Office staff answer; a date is planned by who may plan; a manager looks; nobody else sees anything."""
    office, manager = signed_in(app, provider, "office"), signed_in(app, provider, "manager")
    assert press(office, "review", request_id).status_code == 302
    assert office.get(f"{LIST}confirm/?id={request_id}").status_code == 403
    assert "confirm/" not in office.get(f"{LIST}details/?id={request_id}").text
    assert manager.get(f"{LIST}details/?id={request_id}").status_code == 200
    for verb in ("review", "quote", "reject", "note", "confirm"):
        assert manager.post(f"{LIST}{verb}/", {"id": str(request_id)}).status_code == 403
    for role in ("instructor", "customer"):
        assert signed_in(app, provider, role).get(LIST).status_code == 403


def test_another_providers_request_is_not_there(app: Flask, admin: Visitor) -> None:
    with app.app_context():
        other = factories.make_provider()
        with tenant_scope(other.id):
            foreign = world.submitted(company_name="Foreign Ltd").id
            db.session.remove()
    assert "Foreign Ltd" not in admin.get(f"{LIST}?search=foreign").text
    for page in ("details", "review", "quote", "confirm", "reject", "note", "assign"):
        assert admin.get(f"{LIST}{page}/?id={foreign}").status_code == 404, page
    assert admin.post(f"{LIST}reject/", {"id": str(foreign), "reason": "x"}).status_code == 404
