"""Requests of companies: the list of work, the page of one, and the verbs that answer it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import request as http
from flask import url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.money import format_money
from backoffice.domain.times import to_local
from backoffice.models import CorporateRequest, Schedule
from backoffice.services import companies
from backoffice.services.corporate import confirming, deciding, requesting
from backoffice.services.corporate.deciding import QuoteIn
from backoffice.views.admin import formats, timeline
from backoffice.views.admin.actions import ScreenAction, screen_action
from backoffice.views.admin.arguments import ListArguments, read_arguments
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.corporate_requests import pages
from backoffice.views.admin.corporate_requests.forms import (
    AskedForm,
    AssignForm,
    ConfirmForm,
    CorrectForm,
    NoteForm,
    QuoteForm,
    RejectForm,
    begun,
)
from backoffice.views.admin.schedules.checks import check
from backoffice.views.admin.verbs import VerbForm, VerbPages
from backoffice.views.requests import current_actor

SEARCH_MAXIMUM = 1000
# The next step of each status: it stands out.
NEXT = {"pending": "review", "reviewing": "quote", "quoted": "confirm"}


def _is_open(row: CorporateRequest) -> bool:
    return row.is_open


class CorporateRequestScreen(VerbPages, AdminView):
    singular = "Company request"
    plural = "Company requests"
    subject = "corporate_request"
    can_create = True
    form = AskedForm
    form_columns = ()
    form_groups = (
        ("Who asks", ("company_name", "contact_person", "email", "phone")),
        ("What for", ("course_id", "topic", "headcount")),
        ("When and where", ("preferred_dates", "preferred_time", "location", "notes")),
    )
    form_widget_args = {"company_name": {"autofocus": True}}
    details_template = "admin/corporate_requests/details.html"
    empty_hint = (
        "Companies ask on the public page For companies; what they say on the telephone is entered here."
    )
    column_list = (
        "company_name",
        "topic",
        "preferred_dates",
        "headcount",
        "assigned_instructor",
        "quoted_price_minor",
        "created_at",
        "status",
    )
    column_labels = {
        "company_name": "Company",
        "topic": "Asks for",
        "preferred_dates": "When",
        "headcount": "People",
        "assigned_instructor": "Instructor",
        "quoted_price_minor": "Quote",
        "created_at": "Asked",
    }
    column_formatters = {
        "company_name": pages.company_cell,
        "topic": pages.topic_cell,
        "preferred_dates": pages.days_cell,
        "headcount": formats.number,
        "quoted_price_minor": pages.price_cell,
        "status": pages.status_cell,
    }
    list_filters = pages.FILTERS
    list_sorts = {"created_at": CorporateRequest.created_at}
    list_order = ("created_at", False)
    list_load = (joinedload(CorporateRequest.course), joinedload(CorporateRequest.assigned_instructor))
    details_load = (
        *list_load,
        joinedload(CorporateRequest.responded_by),
        joinedload(CorporateRequest.booking),
        joinedload(CorporateRequest.schedule).options(
            joinedload(Schedule.course), joinedload(Schedule.venue), joinedload(Schedule.days)
        ),
    )
    search_hint = "Company, contact, e-mail or reference"

    def title_of(self, row: CorporateRequest) -> str:
        return f"{row.company_name}, {row.reference}"

    # --- The list ---

    def read_list(self) -> ListArguments:
        """Whoever asks for nothing in particular sees what is still to be answered, the oldest first."""
        given = http.args.to_dict()
        if not {"status", "search", "answer", "from", "until"} & given.keys():
            given["status"] = "open"
        return read_arguments(given, self.list_filters, list(self.list_sorts))

    def search_ids(self, term: str) -> list[UUID]:
        columns = (
            CorporateRequest.company_name,
            CorporateRequest.contact_person,
            CorporateRequest.email,
            CorporateRequest.reference,
        )
        matches = or_(*[column.icontains(term, autoescape=True) for column in columns])
        newest_first = select(CorporateRequest.id).where(matches).order_by(CorporateRequest.created_at.desc())
        return list(db.session.scalars(newest_first.limit(SEARCH_MAXIMUM)))

    def perform_create(self, form: AskedForm) -> CorporateRequest:
        return deciding.get(requesting.submit(form.wanted(), current_actor()).id)

    # --- One request ---

    def facts_of(self, row: CorporateRequest) -> Any:
        return pages.facts(row)

    def details_context(self, model: CorporateRequest) -> dict[str, Any]:
        date = pages.date_table(model)
        return {
            "pills": pages.pills(model),
            "lead": model.course.title if model.course else model.topic,
            "notices": pages.notices(model),
            "amounts": pages.amounts(model),
            "tables": [date] if date else [],
            "timeline": timeline.of_row(model),
        }

    def actions_for(self, row: CorporateRequest) -> list[ScreenAction]:
        """The next step comes first."""
        return sorted(super().actions_for(row), key=lambda verb: verb.name != NEXT.get(row.status))

    # --- Verbs ---

    @screen_action(
        "Review",
        right="corporate.edit",
        ask="You look into it: who could teach it, where and when. The company is told nothing yet.",
        form=AssignForm,
        applies=lambda row: row.status == "pending",
    )
    def review(self, row: CorporateRequest, form: AssignForm) -> str:
        deciding.review(row.id, form.instructor_id.data, current_actor(), version=form.seen_version)
        return "It is in review."

    @screen_action(
        "Assign",
        right="corporate.edit",
        form=AssignForm,
        applies=lambda row: row.is_open and row.status != "pending",
    )
    def assign(self, row: CorporateRequest, form: AssignForm) -> str:
        deciding.assign(row.id, form.instructor_id.data, current_actor(), version=form.seen_version)
        return "The instructor is set."

    def ask_assign(self, row: CorporateRequest, form: AssignForm) -> dict[str, Any]:
        form.offer(instructor_id=row.assigned_instructor_id)
        return {}

    @screen_action("Quote", right="corporate.edit", form=QuoteForm, applies=_is_open)
    def quote(self, row: CorporateRequest, form: QuoteForm) -> str:
        wanted = QuoteIn(
            form.price_minor.data or 0, form.places.data, form.valid_until.data, form.message.data
        )
        quoted = deciding.quote(row.id, wanted, current_actor(), version=form.seen_version)
        return f"The quote of {format_money(wanted.price_minor, quoted.currency)} is on its way to {quoted.email}."

    def ask_quote(self, row: CorporateRequest, form: QuoteForm) -> dict[str, Any]:
        form.offer(
            price_minor=row.quoted_price_minor,
            places=row.quoted_places or row.headcount,
            valid_until=row.quote_valid_until,
            message=row.quote_message,
        )
        says = [f"{row.contact_person} gets the price by e-mail, with a link to accept or decline it."]
        if row.status == "quoted":
            says.append("It takes the place of the quote before, whatever was said to that.")
        return {"says": says}

    @screen_action("Confirm", right="schedule.edit", form=ConfirmForm, applies=_is_open)
    def confirm(self, row: CorporateRequest, form: ConfirmForm) -> str:
        done = confirming.confirm(row.id, form.wanted(), current_actor(), version=form.seen_version)
        return f"The private date is made, and booked as {done.booking.reference}. {done.contact_person} is told."

    def ask_confirm(self, row: CorporateRequest, form: ConfirmForm) -> dict[str, Any]:
        if form.is_first_sight:
            _open(form, row)
        return {
            "template": "admin/corporate_requests/confirm.html",
            "says": pages.what_it_means(row),
            "request": row,
            "check": None if form.is_first_sight else check(form, None),
            "plan_url": url_for("schedules.check_plan"),
            "defaults_url": url_for("schedules.course_defaults"),
        }

    @screen_action("Reject", right="corporate.edit", form=RejectForm, danger=True, applies=_is_open)
    def reject(self, row: CorporateRequest, form: RejectForm) -> str:
        deciding.reject(
            row.id,
            form.reason.data,
            current_actor(),
            send_mail=form.send_mail.data,
            version=form.seen_version,
        )
        return "It is rejected."

    @screen_action(
        "Open again",
        right="corporate.edit",
        ask="It is in review again. The company is told nothing yet.",
        form=VerbForm,
        applies=lambda row: (
            row.status == "rejected" or (row.status == "confirmed" and not deciding.is_booked(row))
        ),
    )
    def reopen(self, row: CorporateRequest, form: VerbForm) -> str:
        deciding.reopen(row.id, current_actor(), version=form.seen_version)
        return "It is in review again."

    @screen_action("Correct", right="corporate.edit", form=CorrectForm, applies=_is_open)
    def correct(self, row: CorporateRequest, form: CorrectForm) -> str:
        deciding.correct(row.id, form.wanted(), current_actor(), version=form.seen_version)
        return "It is corrected."

    def ask_correct(self, row: CorporateRequest, form: CorrectForm) -> dict[str, Any]:
        form.offer(**{name: getattr(row, name) for name in deciding.ASKED if name != "preferred_dates"})
        form.offer(preferred_dates=[f"{day:%d/%m/%Y}" for day in row.days])
        says = "With another e-mail address the link that was mailed works no more: quote again to send a new one."
        return {"says": [says] if row.quote_number else []}

    @screen_action("Write a note", right="corporate.edit", form=NoteForm)
    def note(self, row: CorporateRequest, form: NoteForm) -> str:
        deciding.note(row.id, form.admin_notes.data, current_actor(), version=form.seen_version)
        return "The note is kept."

    def ask_note(self, row: CorporateRequest, form: NoteForm) -> dict[str, Any]:
        form.offer(admin_notes=row.admin_notes)
        return {}


def _open(form: ConfirmForm, row: CorporateRequest) -> None:
    """Fill the form in with what is known, the days as rows of their own."""
    opened = begun(
        row, companies.find(row.company_name), to_local(datetime.now(UTC), formats.page_zone()).date()
    )
    days = opened.pop("days")
    form.offer(**{name: value for name, value in opened.items() if value is not None})
    for number, day in enumerate(days):
        if number:
            form.days.append_entry(day)
            continue
        first = form.days[0].form
        first.on.data, first.start.data, first.end.data = day["on"], day["start"], day["end"]
