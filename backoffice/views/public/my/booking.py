"""The page of one booking: for who is signed in and booked it, or for whoever has its mailed link, and it alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

from flask import abort, make_response, redirect, render_template, request, url_for

from backoffice.database import db
from backoffice.models import Booking, Tenant
from backoffice.services import mail_facts, rate_limits
from backoffice.services.my import links, reading
from backoffice.tenancy import current_tenant_id
from backoffice.views.admin.arguments import read_id
from backoffice.views.public.my import words
from backoffice.views.public.my.blueprint import blueprint
from backoffice.views.requests import current_actor, signed_in


@dataclass(frozen=True)
class Opened:
    """A booking and the key that opened it: its id for who is signed in, otherwise the secret of its link."""

    key: str
    booking: Booking

    @property
    def by_link(self) -> bool:
        return len(self.key) == links.LENGTH


def open_booking(key: str) -> Opened:
    """The booking of this address. A wrong link is 404, and few may be tried; an id asks who is there."""
    booking_id = read_id(key)
    if booking_id:
        return Opened(key, _own(booking_id))
    booking = links.find(key)
    if booking is None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        abort(make_response(render_template("public/my/unknown.html"), 404))
    return Opened(key, booking)


def _own(booking_id: UUID) -> Booking:
    if signed_in() is None:
        _lead_to_sign_in()
    return reading.get_booking(booking_id, current_actor())


def _lead_to_sign_in() -> NoReturn:
    if request.method not in ("GET", "HEAD"):
        abort(401)
    abort(redirect(url_for(".sign_in", next=request.full_path.rstrip("?"))))


@blueprint.get("/booking/<key>")
def booking(key: str) -> Any:
    """When, where, who, the price, and what may be done about it."""
    opened = open_booking(key)
    now = datetime.now(UTC)
    return render_template(
        "public/my/booking.html",
        opened=opened,
        card=words.card(opened.booking, now),
        held_until=words.held_until(opened.booking),
        facts=mail_facts.of_booking(opened.booking.id, _tenant()),
    )


def _tenant() -> Tenant:
    return db.session.get_one(Tenant, current_tenant_id())
