"""The page of one booking: for who is signed in and booked it, or for whoever has its mailed link, and it alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NoReturn
from uuid import UUID

from flask import Response, abort, make_response, redirect, render_template, request, session, url_for

from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.models import Attendee, Booking
from backoffice.services import mail_facts, payment_links, rate_limits, signed_links, tenants
from backoffice.services.certificates import links as certificate_links
from backoffice.services.my import links, money, policy, reading
from backoffice.services.my.policy import MayDo
from backoffice.services.payment_links import Subject
from backoffice.views.arguments import read_id
from backoffice.views.public.my import words
from backoffice.views.public.my.blueprint import AFTERWARDS, blueprint
from backoffice.views.requests import current_actor, current_tenant, signed_in
from backoffice.work import commit_once


@dataclass(frozen=True)
class Opened:
    """A booking and the key that opened it: its id for who is signed in, otherwise the secret of its link."""

    key: str
    booking: Booking

    @property
    def by_link(self) -> bool:
        return len(self.key) == signed_links.LENGTH

    @cached_property
    def actor(self) -> Actor:
        """Who acts: by the link whoever booked, whatever else this browser is signed in as."""
        asking = current_actor()
        if not self.by_link:
            return asking
        name = f"{self.booking.contact_name} (by link)".strip()
        return Actor("customer", None, None, name, asking.address, asking.agent)

    def url(self, page: str = "booking", **more: Any) -> str:
        return url_for(f".{page}", key=self.key, **more)


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
    """Signed in, one comes back to the booking; what was sent without a session is not done."""
    key = (request.view_args or {}).get("key", "")
    session[AFTERWARDS] = request.path if request.method == "GET" else url_for(".booking", key=key)
    abort(redirect(url_for(".sign_in"), 303))


@blueprint.get("/booking/<key>")
def booking(key: str) -> Any:
    """When, where, who, the price, and what may be done about it."""
    opened, tenant, now = open_booking(key), current_tenant(), datetime.now(UTC)
    found = opened.booking
    may = policy.may_do(found, tenant, now)
    return render_template(
        "public/my/booking.html",
        opened=opened,
        card=words.card(found, now),
        held_until=words.held_until(found),
        facts=mail_facts.of_booking(found.id, tenant),
        may=may,
        places=[_place(place, may) for place in found.active_attendees],
        certificates=[words.certificate(each) for each in reading.certificates_of(found)],
        payments=[words.paid(payment, amount) for payment, amount in money.payments_of(found)],
        refunds=[words.refund(each) for each in money.refunds_of(found)],
        pays_online=_pays_online(found),
    )


@dataclass(frozen=True)
class PlaceShown:
    """One place, and whether its name may be given or changed now."""

    attendee: Attendee
    is_open: bool

    @property
    def name(self) -> str:
        return self.attendee.name


def _place(place: Attendee, may: MayDo) -> PlaceShown:
    return PlaceShown(place, (may.no_new_name if place.name else may.no_naming) is None)


def _pays_online(found: Booking) -> bool:
    is_due = found.status in words.LIVE and found.payable_minor > 0
    return is_due and found.payment_method != "account" and bool(payment_links.accounts_for(found.currency))


@blueprint.post("/booking/<key>/pay")
def pay(key: str) -> Any:
    """On to the page that takes the money, by the booking's own link."""
    opened = open_booking(key)
    booking_id = opened.booking.id
    if not _pays_online(opened.booking):
        raise Refused("nothing_due", "Nothing is to be paid online for this booking.")
    link = commit_once(lambda: payment_links.make(Subject(booking_id), opened.actor))
    return redirect(payment_links.PAGE + link.token, 303)


@blueprint.get("/booking/<key>/calendar.ics")
def calendar_file(key: str) -> Response:
    """The entry for one's calendar; of places that are only held there is none."""
    opened, tenant = open_booking(key), current_tenant()
    method = "CANCEL" if opened.booking.status == "cancelled" else "PUBLISH"
    text = mail_facts.calendar(opened.booking, tenant, tenants.base_url(tenant), method)
    if text is None:
        abort(404, "Places that are only held are in no calendar yet.")
    answer = Response(text, content_type=f"text/calendar; charset=utf-8; method={method}")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{opened.booking.reference}.ics")
    return answer


@blueprint.get("/booking/<key>/certificate/<uuid:certificate_id>")
def certificate(key: str, certificate_id: UUID) -> Any:
    """On to the paper, by its own link; only one of this booking."""
    opened = open_booking(key)
    if certificate_id not in [each.id for each in reading.certificates_of(opened.booking)]:
        abort(404)
    return redirect(certificate_links.DOWNLOAD_PAGE + certificate_links.make_token(certificate_id))


@blueprint.get("/booking/<key>/receipt/<uuid:payment_id>")
def booking_receipt(key: str, payment_id: UUID) -> str:
    """What a payment paid for this booking."""
    opened, tenant = open_booking(key), current_tenant()
    found = money.receipt_of_booking(opened.booking, payment_id)
    return render_template(
        "public/my/receipt.html",
        receipt=words.receipt(found, tenant.time_zone),
        tenant=tenant,
        by_link=opened.by_link,
        back=opened.url(),
    )
