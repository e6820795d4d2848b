"""The bookings screen: the list, the page of one booking, its verbs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose

from backoffice.domain.errors import DomainError
from backoffice.models import Booking
from backoffice.services import booking_groups
from backoffice.services.bookings import finding
from backoffice.views.access import current_actor
from backoffice.views.admin.actions import ScreenAction, may_act
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.bookings import list as listed
from backoffice.views.admin.bookings import page
from backoffice.views.admin.bookings.company_page import CompanyVerb
from backoffice.views.admin.bookings.forms import JoinForm
from backoffice.views.admin.bookings.verbs import BookingVerbs
from backoffice.views.admin.pieces import may_open
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_tenant
from backoffice.work import commit_once

# The verbs that have a button of their own; the others are behind "More".
FIRST_VERBS = ("take_payment", "move", "change_contact", "request_refund")
MOST_JOINED = 200


class BookingScreen(CompanyVerb, BookingVerbs, AdminView):
    """Bookings are taken at the desk; here they are found, read, corrected and paid."""

    singular = "Booking"
    plural = "Bookings"
    empty_hint = "Take the first one at the phone desk, or import your spreadsheet."
    empty_action = ("Open the phone desk", "desk.desk_page")
    list_template = "admin/bookings/list.html"
    details_template = "admin/bookings/details.html"

    column_list = listed.COLUMNS
    column_labels = listed.LABELS_OF_COLUMNS
    column_formatters = listed.FORMATTERS
    form_columns = ()
    list_sorts = listed.SORTS
    list_order = ("booked_at", True)
    list_filters = listed.FILTERS
    list_load = listed.LOAD
    search_hint = "Name, company, phone, e-mail, reference…"
    can_export = True
    export_columns = listed.EXPORT
    export_joins = listed.EXPORT_JOINS
    details_load = page.LOAD

    def search_ids(self, term: str) -> list[UUID]:
        return finding.find_ids(term, current_tenant())

    def facts_of(self, row: Booking) -> list[tuple[str, Any]]:
        return page.facts(row)

    def details_context(self, model: Booking) -> dict[str, Any]:
        may_edit = self.may("name_attendee", "POST")
        return page.context(model, may_edit) | {
            "verbs": self._grouped_verbs(model),
            "side_links": self._links(model),
            "link_url": self._link_url(model),
        }

    def _grouped_verbs(self, booking: Booking) -> tuple[list[ScreenAction], list[ScreenAction]]:
        """(buttons, the rest); naming an attendee is offered beside its place."""
        offered = [verb for verb in self.actions_for(booking) if verb.name not in ("name_attendee", "join")]
        first = [verb for name in FIRST_VERBS for verb in offered if verb.name == name]
        return first, [verb for verb in offered if verb not in first]

    def _link_url(self, booking: Booking) -> str | None:
        """Where it is paid by a link, by whoever may take money for it."""
        is_offered = booking.payable_minor > 0 and may_open("desk.link_page")
        return url_for("desk.link_page", booking=booking.id) if is_offered else None

    def _links(self, booking: Booking) -> list[tuple[str, str]]:
        links = []
        if booking.is_live and may_open("desk.confirmation_pdf"):
            links.append(("Print the confirmation", url_for("desk.confirmation_pdf", booking_id=booking.id)))
        if may_open("desk.desk_page"):
            links.append(("Copy to the desk", url_for("desk.desk_page", copy=booking.id)))
        return links

    # --- Several bookings, one payment ---

    @expose("/join/", methods=("GET", "POST"))
    def join(self) -> Any:
        """Make a group of the ticked bookings: all of them or none, unlike other actions on several rows."""
        if not may_act(self, JOIN):
            abort(403)
        rows = [self.get_one(each) or abort(404) for each in self._ticked()]
        if not rows:
            flash("Tick at least one booking first.", "warning")
            return redirect(self.get_url(".index_view"))
        form = JoinForm(request.form if request.method == "POST" else None)
        if request.method == "POST" and form.validate():
            group_id = self._joined([row.id for row in rows], form)
            if group_id:
                return redirect(url_for("booking_groups.details_view", id=group_id))
        return self._ask_to_join(rows, form)

    def _ticked(self) -> list[UUID]:
        given = dict.fromkeys(request.values.getlist("id")[:MOST_JOINED])
        return [read_id(text) or abort(404) for text in given]

    def _joined(self, ids: list[UUID], form: JoinForm) -> UUID | None:
        order = form.purchase_order.data or ""
        try:
            group = commit_once(
                lambda: booking_groups.make(form.title.data, ids, current_actor(), purchase_order=order)
            )
        except DomainError as error:
            form.refuse(error)
            form.status = error.status
            return None
        flash(f"{len(ids)} bookings joined as {group.reference}.", "success")
        return group.id

    def _ask_to_join(self, rows: list[Booking], form: JoinForm) -> Any:
        page = self.render(
            "admin/model/confirm.html",
            action=JOIN,
            rows=rows,
            left_out=[],
            form=form,
            back_url=self.get_url(".index_view"),
        )
        return page, getattr(form, "status", 422 if form.errors else 200)


JOIN = ScreenAction(
    name="join",
    label="Join as a group",
    right="booking.edit",
    perform=lambda screen, row, form: None,
    ask="They are paid together, by one payment; each stays a booking of its own.",
    form=JoinForm,
    is_bulk=True,
    applies=lambda booking: booking.booking_group_id is None,
)
BookingScreen.join.action = JOIN
