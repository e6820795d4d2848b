"""The last page: that it is booked, with a file for the calendar; or what is still to be done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, render_template, url_for

from backoffice.models import Booking
from backoffice.services import mail_facts, payment_links, tenants
from backoffice.services.payment_links import Subject
from backoffice.services.reminders import names_link
from backoffice.services.web_bookings import standing_of
from backoffice.views.public.booking import browser, words
from backoffice.views.public.booking.blueprint import blueprint
from backoffice.views.public.local_times import say_instant
from backoffice.views.requests import current_tenant


@blueprint.get("/book/<uuid:schedule_id>/done")
def done(schedule_id: UUID) -> Any:
    """How the booking of this browser stands; nobody else's is shown here."""
    standing = standing_of(browser.find_draft(schedule_id), datetime.now(UTC))
    booking = standing.booking
    if booking is None or standing.stage in ("held", "lapsed"):
        ended = 1 if standing.stage == "lapsed" else None
        return redirect(url_for(".page", schedule_id=schedule_id, ended=ended), 303)
    return _show(booking, standing.stage)


@blueprint.get("/book/<uuid:schedule_id>/booking.ics")
def calendar(schedule_id: UUID) -> Response:
    """The calendar file of this browser's booking."""
    standing = standing_of(browser.find_draft(schedule_id), datetime.now(UTC))
    booking, tenant = standing.booking, current_tenant()
    if booking is None or standing.stage != "firm":
        abort(404)
    file = mail_facts.calendar(booking, tenant, tenants.base_url(tenant), "PUBLISH") or abort(404)
    answer = Response(file, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    answer.headers["Content-Disposition"] = f'attachment; filename="{booking.reference}.ics"'
    return answer


def _show(booking: Booking, stage: str) -> str:
    until, zone = booking.hold_expires_at, booking.schedule.time_zone
    link = payment_links.find_living(Subject(booking.id)) if stage == "agreed" else None
    tenant = current_tenant()
    wants_names = stage != "gone" and names_link.wants_names(booking)
    return render_template(
        "public/booking/done.html",
        booking=booking,
        stage=stage,
        lines=words.lines_of(booking),
        people=words.people_of(booking),
        steps=words.steps(3, is_free=booking.total_minor == 0),
        names_url=url_for("names.page", token=names_link.token_of(booking)) if wants_names else "",
        pay_url=url_for("pay.page", token=link.token) if link else "",
        bank_details=tenant.bank_details or "",
        held_until=say_instant(until, zone) if until else "",
        **words.of_date(booking.schedule),
    )
