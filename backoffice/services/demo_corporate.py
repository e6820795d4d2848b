"""The demonstration's companies: one that has just asked for a course, and one that accepted its quote."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import CorporateRequest, Instructor, Tenant
from backoffice.services.corporate import answering, deciding, requesting
from backoffice.services.corporate.deciding import QuoteIn
from backoffice.services.corporate.requesting import RequestIn

ACTOR = Actor("import", name="Demonstration")

NEW: dict[str, dict[str, Any]] = {
    "rft": {
        "company_name": "Holbeck Food Works",
        "contact_person": "Martin Sykes",
        "email": "martin.sykes@example.com",
        "phone": "07700 900482",
        "course": "emergency-first-aid",
        "topic": "First aiders for our night shift",
        "headcount": 11,
        "preferred_time": "10:00 to 16:00",
        "location": "Our bakery in Holbeck, Leeds",
        "notes": "There is a training room with a projector. Two people need a vegetarian lunch.",
    },
    "nairobi": {
        "company_name": "Karibu Hotels",
        "contact_person": "Esther Wambui",
        "email": "esther.wambui@example.org",
        "phone": "0712 345 678",
        "course": "cyber-safety",
        "topic": "Safe passwords and payments for our front desks",
        "headcount": 14,
        "preferred_time": "09:00 to 15:00",
        "location": "Westlands, Nairobi",
    },
}
QUOTED: dict[str, tuple[dict[str, Any], QuoteIn]] = {
    "rft": (
        {
            "company_name": "Aire Valley Joinery",
            "contact_person": "Gareth Pugh",
            "email": "gareth.pugh@example.com",
            "phone": "07700 900615",
            "course": "emergency-first-aid",
            "topic": "Refresher for the workshop",
            "headcount": 8,
            "location": "At your place",
        },
        QuoteIn(56_000, 8, None, "Materials, lunch and certificates are included."),
    ),
    "nairobi": (
        {
            "company_name": "Rift Logistics",
            "contact_person": "Daniel Njoroge",
            "email": "daniel.njoroge@example.org",
            "phone": "0722 456 789",
            "course": "cyber-safety",
            "topic": "What drivers must know about their telephones",
            "headcount": 10,
            "location": "At your place",
        },
        QuoteIn(6_000_000, 10, None, "Tea, lunch and certificates are included."),
    ),
}


def ask(today: date, tenant: Tenant, instructor: Instructor) -> None:
    """Two requests of the tenant; nobody is mailed about them."""
    if tenant.slug not in NEW:
        return
    wanted, quote = QUOTED[tenant.slug]
    request = _submit(wanted, today + timedelta(days=33))
    deciding.review(request.id, instructor.id, ACTOR)
    deciding.quote(request.id, quote, ACTOR)
    answering.answer(request.id, "accepted", 1, ACTOR)
    _submit(NEW[tenant.slug], today + timedelta(days=40))


def _submit(wanted: dict[str, Any], first: date) -> CorporateRequest:
    """With two weekdays to choose from."""
    days = [first + timedelta(days=each) for each in range(7) if (first + timedelta(days=each)).weekday() < 5]
    made = requesting.submit(
        RequestIn(**wanted, preferred_dates=[day.isoformat() for day in days[:2]]), ACTOR, datetime.now(UTC)
    )
    return db.session.scalars(select(CorporateRequest).where(CorporateRequest.id == made.id)).one()
