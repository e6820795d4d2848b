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
from backoffice.models import Attendee, Booking, Course, Message, Schedule, User
from backoffice.services import letters, payments, sign_in, user_tokens
from backoffice.services.customers import CustomerIn
from backoffice.services.my import links
from backoffice.services.payments import PaymentIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import ADMIN, placed
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

    def policy(self, booking_id: UUID, *, window: int | None, fee: int) -> None:
        """The refund window (hours) and fee (basis points) of the booking's course."""
        self.course(booking_id, refund_window_hours=window, refund_fee_bp=fee)

    def course(self, booking_id: UUID, **values: Any) -> None:
        with self.inside():
            course_id = self.booking(booking_id).schedule.course_id
            db.session.execute(update(Course).where(Course.id == course_id).values(**values))

    def bend(self, booking_id: UUID, **values: Any) -> None:
        """starts_in (hours), is_private, on_account."""
        if "starts_in" in values:
            self.start_in(booking_id, hours=values["starts_in"])
        with self.inside():
            booking = self.booking(booking_id)
            if values.get("is_private"):
                booking.schedule.is_private = True
            if values.get("on_account"):
                booking.payment_method = "account"

    def another_date(self, booking_id: UUID, **values: Any) -> UUID:
        """A date of the same course, unless told otherwise; its id."""
        with self.inside():
            course = self.booking(booking_id).schedule.course
            if values.pop("course", None):
                course = None
            if "starts_in" in values:
                values["starts_at"] = self.now(hours=values.pop("starts_in"))
            schedule_id: UUID = factories.make_schedule(course=course, **values).id
        return schedule_id

    def places(self, booking_id: UUID) -> list[UUID]:
        with self.inside():
            return [each.id for each in self.booking(booking_id).attendees]

    def name(self, attendee_id: UUID) -> str:
        with self.inside():
            return str(db.session.get_one(Attendee, attendee_id).name)

    def pay(self, booking_id: UUID, amount_minor: int) -> None:
        """Some of the price by bank transfer."""
        with self.inside():
            wanted = PaymentIn("bank_transfer", amount_minor, (booking_id,))
            commit_once(lambda: payments.take(wanted, ADMIN))

    def signed_in(self, email: str) -> Visitor:
        """A customer who came by a link."""
        visitor = Visitor(self.app, self.provider.host)
        assert visitor.post(self.link_for(email)).status_code == 303
        return visitor


def path_in(text: str, beginning: str) -> str:
    """The path of the first address in a mail that begins so."""
    found = next(word for word in text.split() if beginning in word)
    return urlsplit(found).path
