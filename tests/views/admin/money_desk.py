"""What the tests of bookings and money share: a clerk at the screens, rows to work on, forms as pages made them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from backoffice.database import db
from backoffice.models import AuditEvent, Booking
from backoffice.services import bookings
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.customers import CustomerIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.web_client import Visitor

_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')
_CARRIED = ("version", "seen", "seen_due", "seen_left", "once")


@contextmanager
def inside(app: Flask, provider: Provider) -> Iterator[None]:
    """The tenant's scope for a moment: none may be held while a client asks."""
    with app.app_context(), tenant_scope(provider.id):
        yield
        db.session.remove()


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that the block sends."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def place(schedule: Any = None, places: int = 1, method: str = "account", **more: Any) -> UUID:
    """A booking through the one way in, on a date or the id of one."""
    schedule_id = getattr(schedule, "id", schedule) or factories.make_schedule().id
    actor = factories.actor(more.pop("role", "office"))
    customer = more.pop("customer", None) or some_customer(method)
    names = more.pop("attendees", tuple(AttendeeIn("Ann", f"Other{n}") for n in range(places)))
    wanted = Order(schedule_id, places, customer, method, attendees=names, send_mail=False, **more)
    return commit_once(lambda: bookings.place(wanted, actor)).booking_id


def some_customer(method: str = "cash") -> CustomerIn:
    known = factories.make_user(phone="+447700900123")
    company = factories.make_company(has_terms=True).id if method == "account" else None
    return CustomerIn(
        first_name=known.first_name, last_name=known.last_name, email=known.email, company_id=company
    )


def carried_by(page: TestResponse) -> dict[str, str]:
    """What the hidden fields of a verb's page carry, as a browser sends it back."""
    fields = [dict(_ATTRIBUTE.findall(tag)) for tag in _HIDDEN.findall(page.get_data(as_text=True))]
    found = {field.get("name", ""): unescape(field.get("value", "")) for field in fields}
    return {name: found[name] for name in _CARRIED if name in found}


class Clerk:
    """Somebody signed in who works on one screen."""

    def __init__(self, visitor: Visitor, screen: str) -> None:
        self.visitor = visitor
        self.screen = f"/admin/{screen}/"

    def open(self, verb: str, row_id: Any, **more: Any) -> TestResponse:
        return self.visitor.get(f"{self.screen}{verb}/", query_string={"id": str(row_id), **more})

    def send(self, verb: str, row_id: Any, data: dict[str, Any], **more: Any) -> TestResponse:
        query = {"id": str(row_id), **more}
        return self.visitor.post(f"{self.screen}{verb}/", data, query_string=query)

    def do(self, verb: str, row_id: Any, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Open the page of a verb, fill it in and send it."""
        page = self.open(verb, row_id, **more)
        assert page.status_code == 200, said(page)
        return self.send(verb, row_id, carried_by(page) | (data or {}), **more)

    def done(self, verb: str, row_id: Any, data: dict[str, Any] | None = None, **more: Any) -> None:
        answer = self.do(verb, row_id, data, **more)
        assert answer.status_code == 302, said(answer)


def said(answer: TestResponse) -> str:
    """A page's text, for people."""
    body = re.sub(r"(?s)<(script|style|nav|header).*?</\1>", " ", answer.get_data(as_text=True))
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def entries() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def get(booking_id: UUID) -> Booking:
    return db.session.get_one(Booking, booking_id)
