"""On an instructor's page: when they teach, and when they are away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import select
from wtforms import StringField, validators

from backoffice.database import db
from backoffice.domain.availability import WEEKDAYS, Hours, Week, parse_hours, say_hours
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.times import day_bounds, say_date, to_local
from backoffice.models import Instructor, InstructorLeave, Schedule
from backoffice.services import availability
from backoffice.services.availability.editing import REASON_MAXIMUM
from backoffice.views.access import allowed, current_actor
from backoffice.views.admin.catalogue import say_when, taught_by
from backoffice.views.admin.fields import WordsField
from backoffice.views.admin.formats import page_zone
from backoffice.views.admin.forms import PlainText, ScreenForm, sensible_day
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import record_link
from backoffice.views.admin.schedules.forms import DayField
from backoffice.views.arguments import read_id
from backoffice.work import commit_once

NEEDED = validators.InputRequired("Fill this in.")
MOST_DATES = 5


class HoursField(WordsField):
    """The hours of one weekday, as people write them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.render_kw: dict[str, Any] = {}  # two spans do not fit into a short box

    @staticmethod
    def read(text: str) -> list[Hours]:
        return parse_hours(text)

    @staticmethod
    def say(value: list[Hours]) -> str:
        return say_hours(value)


class HoursForm(ScreenForm):
    """A line for each weekday; `seen` is what the form was opened with."""

    monday = HoursField(
        WEEKDAYS[0], description="Like 09:00–17:00, or 9–12, 13–17. Empty: does not teach on this day."
    )
    tuesday = HoursField(WEEKDAYS[1])
    wednesday = HoursField(WEEKDAYS[2])
    thursday = HoursField(WEEKDAYS[3])
    friday = HoursField(WEEKDAYS[4])
    saturday = HoursField(WEEKDAYS[5])
    sunday = HoursField(WEEKDAYS[6])

    def week(self) -> dict[int, list[Hours]]:
        return {number: self[name.lower()].data or [] for number, name in enumerate(WEEKDAYS, 1)}


def _by_name(week: Week) -> dict[str, Any]:
    return {WEEKDAYS[number - 1].lower(): hours for number, hours in week.items()}


def say_seen(week: Week) -> str:
    """The week in one line, for the form to bring back: "1 09:00–17:00; 2 …"."""
    return "; ".join(f"{number} {say_hours(week[number])}" for number in sorted(week) if week[number])


def read_seen(text: str) -> dict[int, list[Hours]]:
    """What `say_seen` said; {} for anything else, which then is not what is stored."""
    try:
        pairs = [part.split(" ", 1) for part in text.split("; ") if part]
        return {int(number): parse_hours(hours) for number, hours in pairs}
    except (Invalid, ValueError):
        return {}


class LeaveForm(ScreenForm):
    starts_on = DayField("First day", [NEEDED, sensible_day])
    ends_on = DayField("Last day", [sensible_day], description="Empty: only the first day.")
    reason = StringField(
        "Reason",
        [PlainText(REASON_MAXIMUM)],
        description="Only those who plan dates see it. It is stored encrypted.",
    )


class HoursPages:
    """Mixed into the screen of instructors."""

    @expose("/hours/", methods=("GET", "POST"))
    def hours(self) -> Any:
        """Change the hours of the whole week."""
        person: Instructor = self.get_or_404_of(request.values.get("id"))
        stored = availability.get_hours(person.id)
        form = HoursForm(request.form if request.method == "POST" else None, data=_by_name(stored))
        status = 200
        if request.method == "POST":
            status = 422
            if form.validate():
                done = self._save_hours(person.id, form)
                if not isinstance(done, int):
                    return done
                status = done
        person = self.get_or_404_of(str(person.id))
        seen = say_seen(availability.get_hours(person.id))
        page = self.render("admin/instructors/hours.html", form=form, model=person, seen=seen)  # type: ignore[attr-defined]
        return page, status

    def _save_hours(self, person_id: UUID, form: HoursForm) -> Any:
        seen = read_seen(request.form.get("seen", ""))
        try:
            said = commit_once(
                lambda: availability.set_hours(person_id, form.week(), current_actor(), seen=seen)
            )
        except DomainError as error:
            db.session.rollback()
            form.refuse(error)
            return error.status
        flash("The hours are saved." if said else "Saved: may be planned at any time.", "success")
        return redirect(self.record_url(person_id), 303)  # type: ignore[attr-defined]

    @expose("/leave/", methods=("GET", "POST"))
    def leave(self) -> Any:
        """Write down leave."""
        person: Instructor = self.get_or_404_of(request.values.get("id"))
        form = LeaveForm(request.form if request.method == "POST" else None)
        status = 200
        if request.method == "POST":
            status = 422
            if form.validate():
                done = self._save_leave(person.id, form)
                if not isinstance(done, int):
                    return done
                status = done
        person = self.get_or_404_of(request.values.get("id"))
        return self.render("admin/instructors/leave.html", form=form, model=person), status  # type: ignore[attr-defined]

    def _save_leave(self, person_id: UUID, form: LeaveForm) -> Any:
        first: date = form.starts_on.data or date.min  # the form has asked for it
        last: date = form.ends_on.data or first
        try:
            commit_once(
                lambda: availability.add_leave(person_id, first, last, form.reason.data, current_actor())
            )
        except DomainError as error:
            db.session.rollback()
            form.refuse(error)
            return error.status
        flash("The leave is written down.", "success")
        in_the_way = dates_in(person_id, first, last)
        if in_the_way:
            flash(_say_dates(in_the_way), "warning")
        return redirect(self.record_url(person_id), 303)  # type: ignore[attr-defined]

    @expose("/end-leave/", methods=("POST",))
    def end_leave(self) -> Any:
        """Take leave back."""
        leave_id = read_id(request.form.get("id")) or abort(404)
        try:
            person_id = commit_once(lambda: availability.end_leave(leave_id, current_actor()))
        except DomainError as error:
            flash(error.message, "error")
            return redirect(self.get_url(".index_view"), 303)  # type: ignore[attr-defined]
        flash("The leave is taken back.", "success")
        return redirect(self.record_url(person_id), 303)  # type: ignore[attr-defined]

    def get_or_404_of(self, text: Any) -> Any:
        """The instructor of an id in the address or the form."""
        return self.get_one(str(text or "")) or abort(404)  # type: ignore[attr-defined]


def dates_in(instructor_id: UUID, first: date, last: date) -> list[Schedule]:
    """Live dates that somebody teaches between two local days, both included."""
    begin, _ = day_bounds(first, page_zone())
    _, end = day_bounds(last, page_zone())
    return list(
        db.session.scalars(
            select(Schedule)
            .where(
                taught_by(instructor_id),
                Schedule.status.in_(("draft", "published")),
                Schedule.starts_at < end,
                Schedule.ends_at > begin,
            )
            .order_by(Schedule.starts_at)
        )
    )


def _say_dates(found: list[Schedule]) -> str:
    said = "; ".join(f"{each.course}, {say_when(each)}" for each in found[:MOST_DATES])
    more = f" and {len(found) - MOST_DATES} more" if len(found) > MOST_DATES else ""
    return f"Still planned in these days: {said}{more}. Choose somebody else for them."


# --- On the page of an instructor ---


def hours_table(person: Instructor, url: str) -> RelatedTable:
    """The week."""
    week: Mapping[int, list[Hours]] = availability.get_hours(person.id)
    rows = [[WEEKDAYS[number - 1], say_hours(week[number])] for number in sorted(week)]
    if 0 < len(rows) < len(WEEKDAYS):
        rows.append(["Other days", "Does not teach"])
    link = ("Change the hours", url) if allowed("instructors.hours", "POST") else None
    return RelatedTable(
        "Working hours",
        ["Day", "Hours"],
        rows,
        "None written down: may be planned at any time.",
        link,
    )


def leave_table(person: Instructor, url: str, end: Any) -> RelatedTable:
    """Leave of today and later; `end(leave)` makes the button that takes it back."""
    may_edit = allowed("instructors.leave", "POST")
    today = to_local(datetime.now(UTC), page_zone()).date()
    found = availability.list_leave(person.id, today)
    header = ["Days", "Planned all the same", *(["Reason", "To do"] if may_edit else [])]
    rows = [
        [_say_days(each), _dates_cell(each), *([each.reason or "", end(each)] if may_edit else [])]
        for each in found
    ]
    link = ("Write down leave", url) if may_edit else None
    return RelatedTable("Leave", header, rows, "No leave from today on.", link)


def _say_days(leave: InstructorLeave) -> str:
    if leave.starts_on == leave.ends_on:
        return say_date(leave.starts_on)
    return f"{say_date(leave.starts_on)} – {say_date(leave.ends_on)}"


def _dates_cell(leave: InstructorLeave) -> Markup:
    found = dates_in(leave.instructor_id, leave.starts_on, leave.ends_on)
    links = [
        record_link("schedules", each.id, f"{each.course}, {say_when(each)}") for each in found[:MOST_DATES]
    ]
    return Markup("<br>").join(links) or Markup("")
