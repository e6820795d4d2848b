"""Credit on the screens: used for a booking, shown on the customer's page; and what the office may not do."""

from uuid import UUID

import pytest
from flask import Flask

from backoffice.database import db, new_id
from backoffice.models import AuditEvent, Booking, Refund
from backoffice.services import credit
from tests import factories
from tests.factories import Provider
from tests.views.admin.money_desk import Clerk, inside, place
from tests.views.admin.test_money_screens import requested
from tests.web_client import signed_in


def clerk_of(app: Flask, provider: Provider, role: str, screen: str) -> Clerk:
    return Clerk(signed_in(app, provider, role), screen)


def test_credit_pays_a_part_and_shows_on_the_customers_page(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        booking_id = place()
        customer_id = _credited(booking_id, 20_00)
    office = clerk_of(app, provider, "office", "bookings")
    assert "£20.00 of credit" in office.open("use-credit", booking_id).text
    office.done("use-credit", booking_id, {"amount": "20"})
    page = office.visitor.get(f"/admin/customers/details/?id={customer_id}").text
    assert "Used for a booking" in page


def _credited(booking_id: UUID, amount: int) -> UUID:
    customer_id = db.session.get_one(Booking, booking_id).customer_id
    credit.adjust(customer_id, amount, "Goodwill", factories.actor("admin"))
    db.session.commit()
    return customer_id


@pytest.mark.parametrize(
    "verb", ["approve", "execute", "decline", "fail", "send", "acknowledge", "try-again"]
)
def test_the_office_executes_nothing_by_address(app: Flask, provider: Provider, verb: str) -> None:
    """Abuse case C7."""
    with inside(app, provider):
        refund_id = requested()
    office = clerk_of(app, provider, "office", "refunds")
    assert office.visitor.post(f"/admin/refunds/{verb}/", {"id": str(refund_id)}).status_code == 403
    with inside(app, provider):
        assert db.session.get_one(Refund, refund_id).status == "requested"


def test_an_admin_corrects_credit_once_for_each_form(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        customer_id = factories.make_user().id
    page = "/admin/customers/adjust-credit/"
    sent = {"id": str(customer_id), "amount": "20", "reason": "Goodwill", "direction": "give"}
    sent |= {"once": str(new_id()), "version": "1"}
    admin, office = (signed_in(app, provider, role) for role in ("admin", "office"))
    assert office.post(page, sent).status_code == 403
    assert {admin.post(page, sent).status_code for _ in range(2)} == {302}
    taken = admin.post(page, sent | {"once": str(new_id()), "amount": "20.01", "direction": "take"})
    assert taken.status_code == 409
    with inside(app, provider):
        assert credit.balance_minor(customer_id, "GBP") == 20_00
        (entry,) = db.session.query(AuditEvent).filter(AuditEvent.action == "user:credit")
        assert entry.new_values == {"amount_minor": 20_00, "reason": "Goodwill"}
