"""A company and what it asks for."""

from typing import Any

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import CorporateRequest
from backoffice.services.corporate import requesting
from backoffice.services.corporate.requesting import RequestIn
from tests.services.booked import done

VISITOR = Actor("customer", name="Visitor")
ASKED: dict[str, Any] = {
    "company_name": "Acme Ltd",
    "contact_person": "Jo Bloggs",
    "email": "Jo@Acme.example",
    "phone": "07700 900123",
    "topic": "First aid for our warehouse team",
}


def asked(**changes: Any) -> RequestIn:
    return RequestIn(**ASKED | changes)


def submitted(**changes: Any) -> CorporateRequest:
    """A request from the public form."""
    made = done(lambda: requesting.submit(asked(**changes), VISITOR))
    return fresh(made.id)


def fresh(request_id: Any) -> CorporateRequest:
    """The request as the database has it now."""
    db.session.expire_all()
    return db.session.get_one(CorporateRequest, request_id)
