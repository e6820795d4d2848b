"""Who is calling: found as one types, shown as a card."""

from typing import Any
from uuid import UUID

from flask import jsonify, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.errors import NotFound
from backoffice.domain.text import say_phone
from backoffice.models import Booking, User
from backoffice.services import caller_card, customers, search
from backoffice.services.search import Found
from backoffice.views.desk.blueprint import desk
from backoffice.views.desk.links import id_of, url_of, url_of_found
from backoffice.views.requests import current_actor, current_tenant
from backoffice.work import commit_once

MOST_FOUND = 8


@desk.get("/admin/desk/callers")
def find_callers() -> Any:
    """People, companies and bookings for the text in `q`, the best first."""
    found = search.find(request.args.get("q", ""), current_tenant(), at_most=MOST_FOUND)
    return jsonify(found=[shown(each) for each in found])


def shown(found: Found) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "id": str(found.id),
        "person_id": str(found.person_id) if found.person_id else None,
        "title": found.title,
        "detail": list(found.detail),
        "is_near": found.is_near,
        "url": url_of_found(found),
    }


@desk.get("/admin/desk/callers/<user_id>", endpoint="caller_card")
def caller_card_page(user_id: str) -> Any:
    """The contact as fields, and the card as a piece of page."""
    card = caller_card.get(id_of(user_id), current_actor())
    return jsonify(
        caller=contact(card.user),
        card=render_template("desk/card.html", card=card, url_of=url_of, **rights()),
    )


def rights() -> dict[str, bool]:
    actor = current_actor()
    return {"may_read_notes": actor.may("note.read"), "may_write_notes": actor.may("note.write")}


@desk.get("/admin/desk/companies")
def find_company() -> Any:
    """The terms of the company whose name stands in the form, so that they can be offered, and names like it."""
    name = search.clean_wanted(request.args.get("name", ""))
    like = search.find(name, current_tenant(), kind="company", at_most=MOST_FOUND)
    return jsonify(company=employer(caller_card.find_company(name)), like=[each.title for each in like])


@desk.get("/admin/desk/companies/<company_id>")
def company_card(company_id: str) -> Any:
    found = caller_card.find_company("", id_of(company_id))
    if found is None:
        raise NotFound("This company does not exist.")
    return jsonify(company=employer(found))


def employer(company: caller_card.Employer | None) -> dict[str, Any] | None:
    if company is None:
        return None
    return {
        "id": str(company.id),
        "name": company.name,
        "has_terms": company.has_terms,
        "needs_purchase_order": company.needs_purchase_order,
    }


@desk.post("/admin/desk/callers/<user_id>/notes")
def add_note(user_id: str) -> Any:
    """Write a note down and show the card again."""
    sent = request.get_json(silent=True)
    body = sent.get("body", "") if isinstance(sent, dict) else ""
    who = id_of(user_id)
    commit_once(lambda: customers.add_note(who, body, current_actor()))
    return caller_card_page(user_id)


def contact(user: User) -> dict[str, Any]:
    company = user.company
    return {
        "id": str(user.id),
        "name": user.name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email or "",
        "phone": say_phone(user.phone, current_tenant().country),
        "company": employer(
            caller_card.Employer(company.id, company.name, company.has_terms, company.needs_purchase_order)
            if company and company.archived_at is None
            else None
        ),
    }


def describe(user_id: UUID) -> dict[str, Any]:
    """The contact of a customer. Raises NotFound."""
    user = db.session.scalar(select(User).where(User.id == user_id).options(joinedload(User.company)))
    if user is None:
        raise NotFound("This customer does not exist.")
    return contact(user)


def contact_of_booking(booking_id: UUID) -> dict[str, Any]:
    """Caller, places and names of a booking, to book the same again. Raises NotFound.

    Birth dates and requirements are asked for again: they are not copied through a browser.
    """
    booking = db.session.scalar(
        select(Booking)
        .where(Booking.id == booking_id)
        .options(joinedload(Booking.customer), joinedload(Booking.company), joinedload(Booking.attendees))
    )
    if booking is None:
        raise NotFound("This booking does not exist.")
    caller = describe(booking.customer_id)
    names = [
        {
            "first_name": each.first_name,
            "last_name": each.last_name,
            "email": each.email or "",
            "is_customer": each.user_id == booking.customer_id,
        }
        for each in booking.active_attendees
    ]
    if booking.company is not None:
        caller["company"] = employer(caller_card.find_company("", booking.company_id))
    return {
        "caller": caller,
        "places": max(booking.seats, 1),
        "attendees": names,
        "copied_from": booking.reference,
    }
