"""What the office does with a request: look into it, quote a price, say no. Each verb is a move of the status table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound, Refused
from backoffice.domain.statuses import LIVE_BOOKING, check_move
from backoffice.domain.text import clean_block, refuse_card_number
from backoffice.domain.times import to_local
from backoffice.models import Booking, CorporateRequest, Instructor, Tenant
from backoffice.models.corporate_request import MOST_PEOPLE
from backoffice.services import audit
from backoffice.services.corporate import mails, requesting
from backoffice.services.corporate.requesting import RequestIn
from backoffice.services.courses import PRICE_MAXIMUM
from backoffice.tenancy import current_tenant_id

NOTES_MAXIMUM = 5000
MESSAGE_MAXIMUM = 2000
REASON_MAXIMUM = 1000


@dataclass(frozen=True)
class QuoteIn:
    """A price for all places together (minor units, VAT included), until a local day, with words to the company."""

    price_minor: int
    places: int
    valid_until: date | None = None
    message: str | None = None


def get(request_id: UUID) -> CorporateRequest:
    """The request; raises NotFound."""
    request = db.session.get(CorporateRequest, request_id)
    if request is None:
        raise NotFound("This request does not exist.")
    return request


# What may be put right of what was asked.
ASKED = (
    *("company_name", "contact_person", "email", "phone", "topic", "course_id"),
    *("preferred_dates", "preferred_time", "location", "headcount", "notes"),
)


def correct(
    request_id: UUID, wanted: RequestIn, actor: Actor, *, version: int | None = None
) -> CorporateRequest:
    """Put right what was asked, as a slip in the address; with another address the old link is dead.

    Raises Forbidden, Invalid with every field, Refused once it is answered.
    """
    actor.require("corporate.edit")
    request = get_for_change(request_id, version)
    _check_open(request)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    cleaned = requesting.clean(wanted, tenant, datetime.now(UTC), request.preferred_dates)
    stored = {name: getattr(request, name) for name in ASKED}
    old, new = audit.differences(stored, {name: cleaned[name] for name in ASKED})
    for name, value in new.items():
        setattr(request, name, value)
    if new:
        db.session.flush()
        audit.record(actor, "corporate_request:correct", request, old=old, new=new)
    return request


def get_for_change(request_id: UUID, version: int | None = None) -> CorporateRequest:
    """The request as it is now, kept from every other change. Raises NotFound, Changed."""
    request = lock_row(CorporateRequest, CorporateRequest.id == request_id)
    if request is None:
        raise NotFound("This request does not exist.")
    if version is not None and request.version != version:
        raise Changed()
    return request


def review(
    request_id: UUID, instructor_id: UUID | None, actor: Actor, *, version: int | None = None
) -> CorporateRequest:
    """Take a new request on, with who is to teach it if that is known. Raises Forbidden, Invalid, Refused."""
    actor.require("corporate.edit")
    request = get_for_change(request_id, version)
    check_move("corporate_request", request.status, "reviewing")
    move(request, "reviewing", "review", actor)
    if instructor_id:
        _assign(request, instructor_id, actor)
    return request


def assign(
    request_id: UUID, instructor_id: UUID | None, actor: Actor, *, version: int | None = None
) -> CorporateRequest:
    """Say who is to teach it, or nobody yet. Raises Forbidden, Invalid, Refused once it is answered."""
    actor.require("corporate.edit")
    request = get_for_change(request_id, version)
    _check_open(request)
    _assign(request, instructor_id, actor)
    return request


def _assign(request: CorporateRequest, instructor_id: UUID | None, actor: Actor) -> None:
    if instructor_id == request.assigned_instructor_id:
        return
    old = request.assigned_instructor
    new = _instructor(instructor_id) if instructor_id else None
    request.assigned_instructor_id = instructor_id
    db.session.flush()
    db.session.refresh(request)
    shown = {"instructor": str(old) if old else None}, {"instructor": str(new) if new else None}
    audit.record(actor, "corporate_request:assign", request, old=shown[0], new=shown[1])


def _instructor(instructor_id: UUID) -> Instructor:
    found = db.session.scalar(
        select(Instructor).where(Instructor.id == instructor_id, Instructor.archived_at.is_(None))
    )
    if found is None:
        raise Invalid("unknown_instructor", "Choose an instructor of the list.", field="instructor_id")
    return found


def quote(
    request_id: UUID,
    wanted: QuoteIn,
    actor: Actor,
    *,
    version: int | None = None,
    now: datetime | None = None,
) -> CorporateRequest:
    """Offer a price and mail it; a later quote takes the place of an earlier one, whatever was said to that.

    Raises Forbidden, Invalid (price, places, valid_until, message), Refused.
    """
    actor.require("corporate.edit")
    now = now or datetime.now(UTC)
    request = get_for_change(request_id, version)
    message = _check_quote(wanted, now)
    take_on(request, actor)
    if request.status != "quoted":
        check_move("corporate_request", request.status, "quoted")
    old = {"status": request.status, "quoted_price_minor": request.quoted_price_minor}
    request.status = "quoted"
    request.quoted_price_minor, request.quoted_places = wanted.price_minor, wanted.places
    request.quote_valid_until, request.quote_message = wanted.valid_until, message
    request.quoted_at, request.quote_number = now, request.quote_number + 1
    request.forget_answer()
    respond(request, actor, now)
    db.session.flush()
    new = {"status": "quoted", "quoted_price_minor": wanted.price_minor, "places": wanted.places}
    if wanted.valid_until:
        new["valid_until"] = wanted.valid_until.isoformat()
    audit.record(actor, "corporate_request:quote", request, old=old, new=new)
    mails.tell_company("company_quote", request, actor, quote_number=request.quote_number)
    return request


def _check_quote(wanted: QuoteIn, now: datetime) -> str | None:
    """The words to the company, cleaned. Raises Invalid."""
    tenant = db.session.get_one(Tenant, current_tenant_id())
    check_price(wanted.price_minor, tenant)
    if not 1 <= wanted.places <= MOST_PEOPLE:
        raise Invalid("places", f"Quote for 1 to {MOST_PEOPLE:,} people.", field="places")
    if wanted.valid_until and wanted.valid_until < to_local(now, tenant.time_zone).date():
        raise Invalid("valid_until", "The last day of the quote must be to come.", field="valid_until")
    message = clean_block(wanted.message, field="message", maximum=MESSAGE_MAXIMUM)
    refuse_card_number(message, field="message")
    return message or None


def check_price(price_minor: int, tenant: Tenant) -> None:
    """Raise Invalid for an amount that cannot be paid: below 0, above the highest price, or with coins nobody has."""
    if not 0 <= price_minor <= PRICE_MAXIMUM:
        raise Invalid("price", "Enter a price from 0 to 1,000,000.", field="price_minor")
    if price_minor % tenant.smallest_unit_minor:
        raise Invalid("price", "Enter a whole amount: smaller coins are not used.", field="price_minor")


def reject(
    request_id: UUID,
    reason: str,
    actor: Actor,
    *,
    send_mail: bool = True,
    version: int | None = None,
    now: datetime | None = None,
) -> CorporateRequest:
    """Say no, with the reason that the company reads. Raises Forbidden, Invalid (reason), Refused."""
    actor.require("corporate.edit")
    said = clean_block(reason, field="reason", maximum=REASON_MAXIMUM, required=True)
    refuse_card_number(said, field="reason")
    request = get_for_change(request_id, version)
    check_move("corporate_request", request.status, "rejected")
    request.rejection_reason = said
    respond(request, actor, now or datetime.now(UTC))
    move(request, "rejected", "reject", actor, reason=said)
    if send_mail:
        mails.tell_company("company_request_rejected", request, actor)
    return request


def reopen(request_id: UUID, actor: Actor, *, version: int | None = None) -> CorporateRequest:
    """Look into it again: one that was rejected, or confirmed with a booking that is off. Raises Forbidden, Refused."""
    actor.require("corporate.edit")
    request = get_for_change(request_id, version)
    if request.status not in ("rejected", "confirmed"):
        raise Refused("status_move", "Only a rejected request, or one whose booking is off, is opened again.")
    if request.status == "confirmed" and is_booked(request):
        raise Refused("booked", f"{request.booking} stands: cancel the booking or call the date off first.")
    request.schedule_id = request.booking_id = None
    request.forget_answer()
    move(request, "reviewing", "reopen", actor)
    return request


def is_booked(request: CorporateRequest) -> bool:
    """Whether the booking of its private date holds places."""
    if request.booking_id is None:
        return False
    status = db.session.scalar(select(Booking.status).where(Booking.id == request.booking_id))
    return status in LIVE_BOOKING


def note(request_id: UUID, text: str | None, actor: Actor, *, version: int | None = None) -> CorporateRequest:
    """Change the notes of the office, which no company reads. Raises Forbidden, Invalid."""
    actor.require("corporate.edit")
    notes = clean_block(text, field="admin_notes", maximum=NOTES_MAXIMUM)
    refuse_card_number(notes, field="admin_notes")
    request = get_for_change(request_id, version)
    if (request.admin_notes or "") == notes:
        return request
    old, request.admin_notes = request.admin_notes, notes or None
    db.session.flush()
    audit.record(
        actor,
        "corporate_request:note",
        request,
        old={"admin_notes": old},
        new={"admin_notes": request.admin_notes},
    )
    return request


def _check_open(request: CorporateRequest) -> None:
    if not request.is_open:
        raise Refused("status_move", "This request is answered: nothing of it is changed any more.")


def take_on(request: CorporateRequest, actor: Actor) -> None:
    """Whoever answers a new request has looked into it."""
    if request.status == "pending":
        move(request, "reviewing", "review", actor)


def respond(request: CorporateRequest, actor: Actor, now: datetime) -> None:
    """When the company heard from us first, and from whom."""
    if request.responded_at is None:
        request.responded_at, request.responded_by_id = now, actor.user_id


def move(request: CorporateRequest, status: str, verb: str, actor: Actor, **more: Any) -> None:
    old, request.status = request.status, status
    db.session.flush()
    audit.record(
        actor, f"corporate_request:{verb}", request, old={"status": old}, new={"status": status, **more}
    )
