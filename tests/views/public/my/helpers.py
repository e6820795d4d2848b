"""A provider with customers and their bookings, as its customers' pages show them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.gateways.mail import Letter
from backoffice.models import Booking, Message, Schedule, User
from backoffice.services import letters, sign_in, user_tokens
from backoffice.services.customers import CustomerIn
from backoffice.services.my import links
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import placed
from tests.web_client import Visitor


def words(answer: Any) -> str:
    """The page's text on one line."""
    return " ".join(answer.get_data(as_text=True).split())


@dataclass
class House:
    """What the tests do inside the provider, each in a moment of its own: a client call must find no scope open."""

    app: Flask
    provider: Provider

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self.app.app_context(), tenant_scope(self.provider.id):
            yield
            db.session.commit()
            db.session.remove()

    def now(self, **ahead: float) -> datetime:
        return datetime.now(UTC) + timedelta(**ahead)

    def seconds(self, work: Callable[[], Any]) -> float:
        began = time.monotonic()
        work()
        return time.monotonic() - began

    def customer(self, email: str, **values: Any) -> UUID:
        with self.inside():
            user_id: UUID = factories.make_user("customer", email=email, **values).id
        return user_id

    def user(self, email: str) -> User:
        with self.inside():
            found = sign_in.find_by_email(email)
            assert found is not None
            db.session.refresh(found)
            db.session.expunge(found)
        return found

    def change(self, email: str, **values: Any) -> None:
        with self.inside():
            db.session.execute(update(User).where(User.email == email).values(**values))

    def token_for(self, email: str, purpose: str) -> str:
        with self.inside():
            user = sign_in.find_by_email(email)
            assert user is not None
            return user_tokens.make_token(user, purpose)

    def link_for(self, email: str) -> str:
        return f"/my/enter/{self.token_for(email, 'sign_in')}"

    def mails(self) -> list[tuple[str, str]]:
        """Template and recipient of all that is queued, in order."""
        with self.inside():
            rows = db.session.execute(select(Message.template, Message.recipient).order_by(Message.id))
            return [(row.template, row.recipient) for row in rows]

    def letter(self, email: str, template: str = "sign_in") -> Letter:
        """The last mail of this kind to this address, as it goes out."""
        with self.inside():
            wanted = select(Message.id).where(Message.recipient == email, Message.template == template)
            message_id = db.session.scalars(wanted.order_by(Message.id.desc())).first()
            assert message_id is not None
            written = commit_once(lambda: letters.write(message_id))
            assert written is not None
            return written.letter

    def mailed_path(self, email: str) -> str:
        """Where the link of the last sign-in mail leads."""
        return path_in(self.letter(email).text, "/my/enter/")

    # --- Bookings ---

    def book(self, email: str, places: int = 1, method: str = "cash", **more: Any) -> UUID:
        """A booking of this address on a date in ten days, paid in cash unless told otherwise."""
        with self.inside():
            schedule = more.pop("schedule", None) or factories.make_schedule(**more.pop("date", {}))
            customer = CustomerIn(first_name="Jane", last_name="Doe", email=email)
            booking_id: UUID = placed(schedule, places, method, customer=customer, **more).id
        return booking_id

    def booking(self, booking_id: UUID) -> Booking:
        """Inside `inside()`: the booking as the database has it now."""
        db.session.expire_all()
        return db.session.get_one(Booking, booking_id)

    def link_of(self, booking_id: UUID) -> str:
        with self.inside():
            return links.PAGE + links.token_of(self.booking(booking_id))

    def start_in(self, booking_id: UUID, **ahead: float) -> None:
        """Have the date of a booking begin then."""
        with self.inside():
            starts = self.now(**ahead)
            wanted = select(Booking.schedule_id).where(Booking.id == booking_id).scalar_subquery()
            values = {"starts_at": starts, "ends_at": starts + timedelta(hours=6)}
            db.session.execute(update(Schedule).where(Schedule.id == wanted).values(**values))

    def signed_in(self, email: str) -> Visitor:
        """A customer who came by a link."""
        visitor = Visitor(self.app, self.provider.host)
        assert visitor.post(self.link_for(email)).status_code == 303
        return visitor


def path_in(text: str, beginning: str) -> str:
    """The path of the first address in a mail that begins so."""
    found = next(word for word in text.split() if beginning in word)
    return urlsplit(found).path
