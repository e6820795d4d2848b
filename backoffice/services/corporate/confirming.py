"""Yes: the private date with its room, its instructor and its time, and the booking of it, in one act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.booking_rules import default_hold
from backoffice.domain.errors import Invalid
from backoffice.domain.statuses import check_move
from backoffice.domain.times import local_to_utc
from backoffice.models import CorporateRequest, Course, Schedule, Tenant
from backoffice.services import bookings, catalogue, companies, payment_links, schedules
from backoffice.services.bookings import Order, Placed
from backoffice.services.bookings.quoting import MOST_PLACES
from backoffice.services.corporate import deciding
from backoffice.services.customers import CustomerIn
from backoffice.services.payment_links import Subject
from backoffice.services.schedules import Day, PlanIn
from backoffice.tenancy import current_tenant_id

ACCOUNT, BY_LINK = "account", "payment_link"
METHODS = (ACCOUNT, BY_LINK)
WHITELIST = "The private date of this company."


@dataclass(frozen=True)
class ConfirmIn:
    """Where, when, who and how it is paid. Days are local wall times, the price is for all places (minor units).

    `instructor_ids` has the lead first; None: who usually teaches the course. Without `company_id` the company is found
    by its name, or made.
    """

    course_id: UUID
    venue_id: UUID
    days: Sequence[Day]
    instructor_ids: Sequence[UUID] | None
    places: int
    price_minor: int
    method: str
    company_id: UUID | None = None
    purchase_order: str | None = None
    pay_by: date | None = None
    capacity: int | None = None
    override_reason: str | None = None


def confirm(
    request_id: UUID,
    wanted: ConfirmIn,
    actor: Actor,
    *,
    version: int | None = None,
    now: datetime | None = None,
) -> CorporateRequest:
    """Plan the private date, book all its places without names at the agreed price, and tell the company.

    All or nothing. Raises Forbidden; Invalid and Refused of the request, the plan and the booking; an overlap of the
    room or of a person is the database's to refuse (venue_busy, instructor_busy by `commit_once`).
    """
    for right in ("corporate.edit", "schedule.edit", "booking.place", "booking.override"):
        actor.require(right)
    now = now or datetime.now(UTC)
    request = deciding.get_for_change(request_id, version)
    deciding.take_on(request, actor)
    check_move("corporate_request", request.status, "confirmed")
    _check(wanted, request)
    schedule = schedules.plan(_plan(wanted, request), actor)
    company_id = wanted.company_id or companies.find_or_make(request.company_name, actor)
    placed = _book(wanted, request, schedule, company_id, actor, now)
    _settle(request, wanted, schedule, company_id, placed)
    deciding.respond(request, actor, now)
    deciding.move(
        request,
        "confirmed",
        "confirm",
        actor,
        booking=placed.reference,
        total_minor=placed.total_minor,
        places=wanted.places,
    )
    return request


def _check(wanted: ConfirmIn, request: CorporateRequest) -> None:
    """What neither the plan nor the booking would refuse. Raises Invalid with the field."""
    if wanted.method not in METHODS:
        raise Invalid("payment_method", "Choose how it will be paid.", field="method")
    if not 1 <= wanted.places <= MOST_PLACES:
        raise Invalid("places", f"Book from 1 to {MOST_PLACES} places.", field="places")
    if wanted.capacity is not None and wanted.capacity < wanted.places:
        raise Invalid("capacity", "The date has at least the places that are booked.", field="capacity")
    tenant = db.session.get_one(Tenant, current_tenant_id())
    deciding.check_price(wanted.price_minor, tenant)
    is_agreed = request.quote_answer == "accepted"
    if is_agreed and wanted.price_minor != request.quoted_price_minor:
        raise Invalid(
            "agreed", "The company accepted another price: quote again to change it.", field="price_minor"
        )
    if wanted.method == BY_LINK and wanted.price_minor:
        payment_links.require_account(tenant.currency)


def _plan(wanted: ConfirmIn, request: CorporateRequest) -> PlanIn:
    """The date costs each person their share, in whole coins: what a place costs that is added later."""
    unit = catalogue.current_tenant().smallest_unit_minor
    return PlanIn(
        course_id=wanted.course_id,
        venue_id=wanted.venue_id,
        days=wanted.days,
        instructor_ids=wanted.instructor_ids,
        capacity=wanted.capacity or wanted.places,
        price_minor=wanted.price_minor // (wanted.places * unit) * unit,
        pricing="priced",
        notes=f"{request.company_name}: {request.reference}",
        override_reason=wanted.override_reason,
        status="published",
        is_private=True,
    )


def _book(
    wanted: ConfirmIn,
    request: CorporateRequest,
    schedule: Schedule,
    company_id: UUID,
    actor: Actor,
    now: datetime,
) -> Placed:
    """The booking with its payment link, when that is how it is paid. Raises with the fields of this form."""
    order = Order(
        schedule_id=schedule.id,
        places=wanted.places,
        customer=_customer(request, company_id),
        payment_method=wanted.method,
        source=request.source,
        hold_until=_hold(wanted, schedule, now),
        purchase_order=wanted.purchase_order,
        agreed_minor=wanted.price_minor,
        override_reason=WHITELIST if _is_listed(schedule) else None,
    )
    placed = bookings.place(order, actor, now)
    if wanted.method == BY_LINK and placed.status == "pending":
        payment_links.make(Subject(placed.booking_id), actor)
    return placed


def _is_listed(schedule: Schedule) -> bool:
    """Whether its course is only for listed addresses, which a company's own date is not."""
    return bool(db.session.get_one(Course, schedule.course_id).has_whitelist)


def _customer(request: CorporateRequest, company_id: UUID) -> CustomerIn:
    """The contact as a customer: the last word of the name is the last name."""
    first, _, last = request.contact_person.rpartition(" ")
    return CustomerIn(
        first_name=first[:100],
        last_name=last[:100],
        email=request.email,
        phone=request.phone,
        company_id=company_id,
    )


def _hold(wanted: ConfirmIn, schedule: Schedule, now: datetime) -> datetime | None:
    """Until when the places wait for the money: the end of the day that was set, at most the start (UTC)."""
    if wanted.method != BY_LINK:
        return None
    if wanted.pay_by is None:
        return default_hold(now, schedule.starts_at, 14)
    try:
        end = local_to_utc(wanted.pay_by, time(23, 59), schedule.time_zone)
    except Invalid as error:
        raise Invalid(error.code, error.message, field="pay_by") from error
    if end <= now:
        raise Invalid("hold", "The day to pay by must be to come.", field="pay_by")
    return min(end, schedule.starts_at)


def _settle(
    request: CorporateRequest, wanted: ConfirmIn, schedule: Schedule, company_id: UUID, placed: Placed
) -> None:
    """What the request knows of its date from now on."""
    request.schedule_id, request.booking_id = schedule.id, placed.booking_id
    request.company_id, request.course_id = company_id, wanted.course_id
    request.quoted_price_minor, request.quoted_places = wanted.price_minor, wanted.places
    if wanted.instructor_ids:
        request.assigned_instructor_id = wanted.instructor_ids[0]
