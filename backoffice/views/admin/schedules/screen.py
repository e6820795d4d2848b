"""The screen of dates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import jsonify, request
from flask_admin import expose
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict
from wtforms import StringField, validators

from backoffice.database import db
from backoffice.domain.money import format_money
from backoffice.domain.times import to_local
from backoffice.models import Course, Schedule, ScheduleDay, ScheduleDayInstructor, Venue
from backoffice.services import courses, registers, schedules, waiting
from backoffice.views.access import current_actor
from backoffice.views.admin import formats, timeline
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.arguments import ListArguments, read_arguments
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.catalogue import Groups, filled_in, say_when
from backoffice.views.admin.courses import price_cell, say_price
from backoffice.views.admin.forms import PlainText, ScreenForm
from backoffice.views.admin.pieces import record_link
from backoffice.views.admin.registers import register_url
from backoffice.views.admin.schedules import pages
from backoffice.views.admin.schedules.checks import check
from backoffice.views.admin.schedules.choices import ChoicePages, choices_of, is_bookable
from backoffice.views.admin.schedules.forms import Again, Begun, DateForm, Opened, PlanForm, ReviseForm
from backoffice.views.arguments import read_id

SEARCH_MAXIMUM = 1000
_HOURS = re.compile(r"(?<=\d)–(?=\d)")


class ReasonForm(ScreenForm):
    reason = StringField("Reason", [validators.InputRequired("Fill this in."), PlainText(500)])


def when_cell(view: Any, context: Any, model: Schedule, name: str) -> str:
    """When the date is; it may take two lines, but the hours stay together."""
    return _HOURS.sub("\u2060–\u2060", say_when(model, len(model.days)))


when_cell.cell_class = "is-long"  # type: ignore[attr-defined]


class ScheduleScreen(ChoicePages, AdminView):
    singular = "Date"
    plural = "Dates"
    subject = "schedule"
    can_create = can_edit = can_export = True
    form_columns = ()
    form = PlanForm
    create_template = edit_template = "admin/schedules/plan.html"
    list_template = "admin/schedules/list.html"
    details_template = "admin/schedules/details.html"
    empty_hint = "Plan the first: choose a course, a venue and its days."
    column_list = ("starts_at", "course", "venue", "instructors", "places", "price_minor", "status")
    column_labels = {
        "starts_at": "When",
        "instructors": "Instructor",
        "price_minor": "Price",
        "status": "Status",
        "vat_rate_bp": "VAT",
        "series": "Series",
        "override_reason": "Exception",
        "cancellation_reason": "Why it was cancelled",
    }
    column_formatters = {
        "starts_at": when_cell,
        "course": lambda view, context, model, name: record_link("courses", model.course_id, model.course),
        "venue": lambda view, context, model, name: record_link(
            "venues", model.venue_id, pages.venue_cell(model)
        ),
        "instructors": lambda view, context, model, name: (
            ", ".join(pages.teachers(model)) or formats.nothing()
        ),
        "places": formats.places("seats_taken", "capacity"),
        "price_minor": price_cell,
        "status": lambda view, context, model, name: pages.status_cell(model),
        "vat_rate_bp": formats.percent,
        "series": lambda view, context, model, name: pages.series_cell(model),
    }
    column_details_list = ()
    details_groups = (
        (
            "At a glance",
            (
                *("course", "venue", "places", "price_minor", "vat_rate_bp", "series"),
                *("code", "notes", "override_reason"),
            ),
        ),
    )
    _with_days = (
        joinedload(Schedule.course),
        joinedload(Schedule.venue),
        joinedload(Schedule.days)
        .joinedload(ScheduleDay.instructors)
        .joinedload(ScheduleDayInstructor.instructor),
    )
    list_load = details_load = _with_days
    list_filters = pages.FILTERS
    list_sorts = {"starts_at": Schedule.starts_at}
    list_order = ("starts_at", False)
    search_hint = "Course, venue or code"
    export_columns = pages.EXPORT
    export_joins = (Schedule.course, Schedule.venue)

    def title_of(self, row: Schedule) -> str:
        return f"{row.course}, {say_when(row)}"

    # --- The list ---

    def read_list(self) -> ListArguments:
        """Whoever does not say from when looks at what is still to come."""
        given = request.args.to_dict()
        if not {"from", "search", "state"} & given.keys():
            given["from"] = _today().isoformat()
        return read_arguments(given, self.list_filters, list(self.list_sorts))

    def search_ids(self, term: str) -> list[UUID]:
        columns = (Course.title, Venue.name, Venue.city, Schedule.code)
        statement = select(Schedule.id).join(Schedule.course).join(Schedule.venue)
        matches = or_(*[column.icontains(term, autoescape=True) for column in columns])
        newest_first = statement.where(matches).order_by(Schedule.starts_at.desc())
        return list(db.session.scalars(newest_first.limit(SEARCH_MAXIMUM)))

    # --- The page of a date ---

    def facts_of(self, row: Schedule) -> Groups:
        return filled_in(super().facts_of(row))

    def details_context(self, model: Schedule) -> dict[str, Any]:
        notices = []
        if model.cancellation_reason:
            notices.append(("wait", f"Cancelled: {model.cancellation_reason}"))
        tables = [pages.days_table(model)]
        if current_actor().may("booking.read"):
            tables.insert(0, pages.bookings_table(model))
        return {
            "pills": pages.pills(model),
            "lead": f"{pages.venue_cell(model)} · {model.seats_left} of {model.capacity} places left",
            "notices": notices,
            "tables": tables,
            "timeline": timeline.of_row(model),
            "series_url": pages.series_change_url(model),
            "waiting_parties": waiting.count_parties(model.id) if model.status == "published" else None,
            "register_url": register_url(model.id) if model.status in ("published", "completed") else None,
            **(choices_of(model) if current_actor().may("booking.read") else {}),
        }

    # --- The planning form ---

    def get_edit_form(self) -> Any:
        self.form, planning = ReviseForm, self.form
        try:
            return super().get_edit_form()
        finally:
            self.form = planning

    def create_form(self, obj: Any = None) -> Any:
        like = self.get_one(request.args.get("like", "")) if request.method == "GET" else None
        begun = Again(like, _today()) if like else Begun(request.args)
        return _opened(self._create_form_class, begun)

    def edit_form(self, obj: Any = None) -> Any:
        return _opened(self._edit_form_class, Opened(obj))

    def perform_create(self, form: PlanForm) -> Schedule:
        return schedules.plan(form.wanted(), current_actor())

    def perform_update(self, model: Schedule, form: Any) -> None:
        wanted = form.wanted(model.course_id)
        schedules.revise(model.id, wanted, current_actor(), version=form.version.data)

    def _form_page(self, template: str, form: Any, **values: Any) -> Any:
        model = values.get("model")
        looked_up = check(form, model.id if model else None) if request.method == "POST" else None
        return super()._form_page(
            template, form, check=looked_up, plan_url=self.get_url(".check_plan"), **values
        )

    def _theirs(self, form: Any, row: Schedule) -> list[tuple[str, Any, Any]]:
        if form.version.data == row.version:
            return []
        form.version.data, form.version.raw_data = row.version, None
        now, typed = _said(ReviseForm(obj=Opened(row))), _said(form)
        return [(label, now[label], typed[label]) for label in now if now[label] != typed[label]]

    @expose("/course-defaults/")
    def course_defaults(self) -> Any:
        """What a new date takes over from its course, as the form writes it."""
        course = db.session.scalar(select(Course).where(Course.id == read_id(request.args.get("course_id"))))
        if course is None:
            return jsonify({"error": {"code": "not_found", "message": "Choose a course."}}), 404
        usual = courses.default_instructor_id(course.id)
        return jsonify(
            capacity=course.capacity,
            price=None
            if course.price_minor is None
            else format_money(course.price_minor, formats.page_currency()),
            pricing=say_price(course),
            days=course.day_count,
            minutes=course.duration_minutes // course.day_count,
            instructor_id=str(usual) if usual else None,
        )

    @expose("/check/")
    def check_plan(self) -> Any:
        """What the plan in the address runs into; `id` is the date that is being changed."""
        form = PlanForm(request.args)
        for entry in form.days:
            entry.form.validate()
        found = check(form, read_id(request.args.get("id")))
        return jsonify(found.as_json() if found else {})

    # --- Verbs ---

    @screen_action(
        "Publish",
        right="schedule.edit",
        ask="It goes on sale: it appears on the phone desk and in the public catalogue.",
        bulk=True,
        applies=lambda row: row.status == "draft",
    )
    def publish(self, row: Schedule, form: ScreenForm) -> str:
        schedules.publish(row.id, current_actor())
        return "Published: it can be booked now."

    @screen_action(
        "Take off sale",
        right="schedule.edit",
        ask="It becomes a draft again and cannot be booked until it is published.",
        applies=lambda row: row.status == "published" and row.seats_taken == 0,
    )
    def unpublish(self, row: Schedule, form: ScreenForm) -> str:
        schedules.unpublish(row.id, current_actor())
        return "It is a draft again."

    @screen_action(
        "Complete",
        right="schedule.edit",
        ask="The date is over and its register is done.",
        bulk=True,
        applies=lambda row: row.status == "published" and row.ends_at <= datetime.now(UTC),
    )
    def complete(self, row: Schedule, form: ScreenForm) -> str:
        registers.complete(row.id, current_actor())
        return "Completed."

    @screen_action(
        "Reopen",
        right="schedule.edit",
        ask="It is published again, so that something can be put right.",
        applies=lambda row: row.status == "completed",
    )
    def reopen(self, row: Schedule, form: ScreenForm) -> str:
        schedules.reopen(row.id, current_actor())
        return "It is published again."

    @screen_action(
        "Cancel the date",
        right="schedule.edit",
        ask="It is called off for good; venue and instructors are free again.",
        form=ReasonForm,
        danger=True,
        applies=lambda row: row.status in ("draft", "published") and not is_bookable(row),
    )
    def cancel(self, row: Schedule, form: ReasonForm) -> str:
        schedules.cancel(row.id, form.reason.data or "", current_actor())
        return "The date is cancelled."


def _today() -> date:
    return to_local(datetime.now(UTC), formats.page_zone()).date()


def _opened(form_class: Any, obj: Any) -> DateForm:
    """The form with what was sent; "use this instead" and "add a day" are keys of it."""
    if request.method != "POST":
        return form_class(obj=obj)
    sent = MultiDict(request.form)
    for name, target in (("use_venue", "venue_id"), ("use_instructor", "instructor_id")):
        if name in sent:
            sent[target] = sent[name]
    form: DateForm = form_class(sent, obj=obj)
    if "add_day" in sent:
        form.add_row()
    return form


def _said(form: Any) -> dict[str, str]:
    """What a form says, for comparing two of them."""
    said = {
        "Days": "; ".join(f"{on} {start:%H:%M}–{end:%H:%M}" for on, start, end in form.entered_days() if end)
    }
    for name in ("venue_id", "instructor_id", "pricing"):
        words = {str(value): text for value, text, *_ in form[name].choices}
        said[form[name].label.text] = words.get(str(form[name].data or ""), "")
    for name in ("capacity", "price_minor", "code", "notes"):
        said[form[name].label.text] = form[name]._value() or ""
    return said
