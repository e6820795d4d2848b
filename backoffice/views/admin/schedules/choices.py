"""A date that is called off: the page that asks, who chose what, and answering for somebody on the telephone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import func, select
from wtforms import RadioField, SelectField, StringField, validators

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.money import format_money
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.domain.times import local_to_utc, say_instant, to_local
from backoffice.models import Booking, Schedule, ScheduleChoice
from backoffice.services import called_off
from backoffice.services.called_off import Answer, CallOff, Line
from backoffice.services.dates_on_sale import OfferedDate, Wanted, list_dates
from backoffice.views.access import allowed, current_actor
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.fields import IdField
from backoffice.views.admin.formats import page_zone
from backoffice.views.admin.forms import PlainText, ScreenForm, sensible_day
from backoffice.views.admin.pieces import money_cell, pill_cell, record_link, two_lines
from backoffice.views.admin.schedules.forms import DayField
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_tenant
from backoffice.work import commit_once

USUAL_DAYS = 14
CLOSING = time(18)
NEEDED = validators.InputRequired("Fill this in.")
FALLBACKS = (("refunded", "Money back"), ("credited", "Credit for later"))
WAYS = {"moved": "Another date, at the same price", "credited": "Credit for later", "refunded": "Money back"}


def _other_dates(kept: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Coming dates of the same course as the date that the address names."""
    row = db.session.get(Schedule, read_id(request.values.get("id")))
    if row is None:
        return []
    found = list_dates(Wanted(course_id=row.course_id), current_tenant())
    return [(date.id, _say(date)) for date in found if date.id != row.id]


def _say(date: OfferedDate) -> str:
    left = "full" if date.seats_left <= 0 else f"{date.seats_left} left"
    return f"{date.when}, {date.venue} ({left})"


def _in_two_weeks() -> Any:
    return to_local(datetime.now(UTC) + timedelta(days=USUAL_DAYS), page_zone()).date()


class CallOffForm(ScreenForm):
    reason = StringField(
        "Reason", [NEEDED, PlainText(500)], description="The bookers read it in the mail: a whole sentence."
    )
    deadline_at = DayField(
        "They may choose until",
        [NEEDED, sensible_day],
        default=_in_two_weeks,
        description="Until 18:00 on that day.",
    )
    fallback = SelectField(
        "Without an answer", choices=list(FALLBACKS), description="What happens to the money after that day."
    )
    proposed_schedule_id = IdField("Propose another date", _other_dates, blank="None")

    def wanted(self) -> CallOff:
        """Raises Invalid for a day whose evening the clock skips."""
        if self.deadline_at.data is None:
            raise Invalid("deadline", "Fill this in.", field="deadline_at")
        until = local_to_utc(self.deadline_at.data, CLOSING, page_zone())
        return CallOff(self.reason.data or "", until, self.fallback.data, self.proposed_schedule_id.data)


class AnswerForm(ScreenForm):
    """What somebody says on the telephone."""

    way = RadioField("What they want", [NEEDED])
    schedule_id = SelectField("Another date", validate_choice=False)
    override_reason = StringField(
        "Reason for an exception",
        [PlainText(500)],
        description="Only for a rule of the course that they do not meet, such as its list of addresses.",
    )

    def offer(self, choice: ScheduleChoice) -> None:
        """Fill the lists in for this booker."""
        has_money = called_off.held_minor(choice.booking_id) > 0
        self.way.choices = [each for each in WAYS.items() if has_money or each[0] == "moved"]
        dates = called_off.list_dates_for(choice)
        self.schedule_id.choices = [("", "Choose…"), *((str(date.id), _say(date)) for date in dates)]

    def wanted(self) -> Answer:
        is_move = self.way.data == "moved"
        schedule_id = read_id(self.schedule_id.data) if is_move else None
        return Answer(self.way.data, schedule_id, self.override_reason.data or None)


def is_bookable(row: Schedule) -> bool:
    return row.status in ("draft", "published") and row.seats_taken > 0


def _has_waiting(row: Schedule) -> bool:
    return row.status == "cancelled" and called_off.count(row.id).waiting > 0


class ChoicePages:
    """Mixed into the screen of dates."""

    def render(self, template: str, **values: Any) -> Any:
        action = values.get("action")
        if action and action.name == "call_off" and len(values["rows"]) == 1:
            template = "admin/schedules/call_off.html"
            values["ending"] = ending_words(values["rows"][0])
        return super().render(template, **values)  # type: ignore[misc]

    @screen_action(
        "Call off this date",
        right="refund.execute",
        form=CallOffForm,
        danger=True,
        applies=is_bookable,
    )
    def call_off(self, row: Schedule, form: CallOffForm) -> str:
        called_off.call_off(row.id, form.wanted(), current_actor())
        asked = called_off.count(row.id).asked
        return f"The date is called off. {asked} booker{' is' if asked == 1 else 's are'} told by e-mail."

    @screen_action(
        "Remind who has not answered",
        right="message.send",
        ask="Whoever has not answered gets the link once more; nobody is reminded twice on one day.",
        applies=_has_waiting,
    )
    def remind(self, row: Schedule, form: ScreenForm) -> str:
        count = called_off.remind_all(row.id, current_actor())
        return f"Reminded: {count}." if count else "Everybody who could be reminded was reminded today."

    @expose("/remind-one/", methods=("POST",))
    def remind_one(self) -> Any:
        """Remind one booker."""
        choice = _choice_or_404(request.form.get("id"))
        schedule_id = choice.schedule_id
        try:
            commit_once(lambda: called_off.remind(choice.id, current_actor()))
            flash("Reminded by e-mail.", "success")
        except DomainError as error:
            db.session.rollback()
            flash(error.message, "error")
        return redirect(self.record_url(schedule_id), 303)  # type: ignore[attr-defined]

    @expose("/choice/", methods=("GET", "POST"))
    def choice(self) -> Any:
        """Answer for a booker who calls."""
        choice = _choice_or_404(request.values.get("id"))
        form = AnswerForm(request.form if request.method == "POST" else None)
        form.offer(choice)
        status = 200
        if request.method == "POST":
            done = self._answer(choice.id, choice.schedule_id, form) if form.validate() else 422
            if not isinstance(done, int):
                return done
            status = done
        page = self.render(
            "admin/schedules/choice.html", form=form, **choice_words(_choice_or_404(choice.id))
        )
        return page, status

    def _answer(self, choice_id: UUID, schedule_id: UUID, form: AnswerForm) -> Any:
        """Where to go next; the status of the page when it is refused, the reason in the form."""
        try:
            choice, is_mine = commit_once(
                lambda: called_off.answer(choice_id, form.wanted(), current_actor())
            )
        except DomainError as error:
            db.session.rollback()
            form.refuse(error)
            return error.status
        said = WAYS.get(choice.status, "")
        flash(f"Written down: {said}." if is_mine else f"It was answered before: {said}.", "success")
        return redirect(self.record_url(schedule_id), 303)  # type: ignore[attr-defined]


def _choice_or_404(text: Any) -> ScheduleChoice:
    found = read_id(str(text or ""))
    choice = db.session.get(ScheduleChoice, found) if found else None
    return choice or abort(404)


def ending_words(schedule: Schedule) -> list[str]:
    """What calling off a date ends."""
    sums = db.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Booking.seats), 0),
            func.coalesce(func.sum(Booking.paid_minor - Booking.refunded_minor), 0),
            func.count().filter(Booking.contact_email.is_(None)),
        ).where(Booking.schedule_id == schedule.id, Booking.status.in_(LIVE_BOOKING))
    ).one()
    money = format_money(int(sums[2]), schedule.currency)
    words = [
        f"{_number(sums[0], 'booking')} with {_number(sums[1], 'place')} will be cancelled; {money} of it is paid.",
        "Each booker gets a mail with a link of their own: another date, credit, or the money back. "
        "This is also your approval of what goes back.",
    ]
    if sums[3]:
        words.append(
            f"{_number(sums[3], 'booker')} without an e-mail address: call them, and answer for them."
        )
    return words


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def choice_words(choice: ScheduleChoice) -> dict[str, Any]:
    """What the page says on which an answer is given for somebody."""
    booking, schedule = choice.booking, choice.schedule
    return {
        "choice": choice,
        "booking": booking,
        "course": schedule.course.title,
        "when": say_instant(schedule.starts_at, schedule.time_zone),
        "held": format_money(called_off.held_minor(choice.booking_id), booking.currency),
        "deadline": say_instant(choice.deadline_at, schedule.time_zone),
        "fallback": dict(FALLBACKS)[choice.fallback].lower(),
    }


# --- The table on the page of a called-off date ---


def choices_of(schedule: Schedule) -> dict[str, Any]:
    """The table of who chose what, for the page of a date; empty where nothing was called off."""
    if schedule.status != "cancelled":
        return {}
    counts = called_off.count(schedule.id)
    if not counts.asked:
        return {}
    lines = called_off.list_lines(schedule.id)
    may_answer = allowed("schedules.choice", "POST")
    return {
        "choices": [_row(line, schedule) for line in lines],
        "choice_counts": _say_counts(counts.by_status),
        "may_answer": may_answer,
        "may_remind": allowed("schedules.remind_one", "POST"),
    }


def _say_counts(by_status: dict[str, int]) -> str:
    words = {
        "open": "not answered",
        "moved": "another date",
        "credited": "credit",
        "refunded": "money back",
        "nothing_paid": "nothing paid",
    }
    return ", ".join(f"{by_status[status]} {said}" for status, said in words.items() if by_status.get(status))


def _row(line: Line, schedule: Schedule) -> dict[str, Any]:
    choice, booking = line.choice, line.choice.booking
    is_open = choice.status == "open"
    return {
        "id": choice.id,
        "booking": record_link("bookings", booking.id, booking.reference),
        "contact": two_lines(booking.contact_name, booking.contact_phone or booking.contact_email or ""),
        "money": money_cell(choice.amount_minor if choice.is_answered else line.held_minor, booking.currency),
        "status": pill_cell(choice.status, "schedule_choice"),
        "what": _what(line, schedule),
        "can_answer": not choice.is_answered,
        "can_remind": is_open and bool(booking.contact_email) and not choice.is_late(datetime.now(UTC)),
        "name": booking.contact_name or booking.reference,
    }


def _what(line: Line, schedule: Schedule) -> Markup:
    """What became of it, or until when it waits."""
    choice = line.choice
    if choice.moved_booking:
        moved = choice.moved_booking
        return record_link("bookings", moved.id, moved.reference)
    if line.refunds:
        each = [
            record_link("refunds", refund.id, refund.reference) + " " + pill_cell(refund.status, "refund")
            for refund in line.refunds
        ]
        return Markup("<br>").join(each)
    if choice.is_answered:
        return Markup("")
    until = f"until {say_instant(choice.deadline_at, schedule.time_zone)}"
    reminded = choice.reminded_at and f"reminded {say_instant(choice.reminded_at, schedule.time_zone)}"
    return two_lines(until, reminded) if reminded else Markup.escape(until)
