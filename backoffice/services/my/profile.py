"""What a customer says of themselves, once they have proved who they are."""

from __future__ import annotations

from typing import Any

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Invalid
from backoffice.domain.text import clean_line, clean_phone, refuse_card_number
from backoffice.models import User
from backoffice.services import audit, catalogue, users

NAMES = {"first_name": "Enter your first name.", "last_name": "Enter your last name."}


def details_of(actor: Actor) -> dict[str, str] | None:
    """What a form may be filled with: first_name, last_name, email, phone, company; None for a mere visitor.

    Only of who is signed in as a customer: a typed address proves nothing.
    """
    if actor.kind != "customer" or actor.user_id is None:
        return None
    user = db.session.get(User, actor.user_id)
    if user is None:
        return None
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email or "",
        "phone": user.phone or "",
        "company": user.company.name if user.company else "",
    }


def own(actor: Actor) -> User:
    """The person who asks. Raises Forbidden for a mere visitor."""
    actor.require("own.read")
    if actor.user_id is None:
        raise Forbidden("Sign in to see this.")
    return users.get(actor.user_id)


def save(values: dict[str, str], actor: Actor) -> User:
    """Correct one's own name and telephone number; what was booked keeps the contact as given that day.

    `values` holds first_name, last_name and phone. Raises Forbidden, Invalid with all that is wrong, by field.
    """
    user = own(actor)
    new = _cleaned(values)
    before, after = audit.differences({name: getattr(user, name) for name in new}, new)
    for name, value in after.items():
        setattr(user, name, value)
    if after:
        db.session.flush()
        audit.record(actor, "user:edit", user, old=before, new=after)
    return user


def _cleaned(values: dict[str, str]) -> dict[str, Any]:
    problems: dict[str, str] = {}
    new: dict[str, Any] = {}
    for field, sentence in NAMES.items():
        try:
            refuse_card_number(values.get(field, ""), field=field)
            new[field] = clean_line(values.get(field), field=field, maximum=100)
            if not new[field]:
                problems[field] = sentence
        except Invalid as error:
            problems |= error.fields
    try:
        new["phone"] = clean_phone(values.get("phone"), catalogue.current_tenant().country)
    except Invalid as error:
        problems |= error.fields
    if problems:
        raise Invalid.of(problems)
    return new
