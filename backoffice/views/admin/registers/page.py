"""The register as a page: it works as a plain form, and is made for a thumb."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for

from backoffice.domain.attendance import OUTCOMES, STATUSES
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.statuses import label
from backoffice.domain.times import say_instant
from backoffice.services import registers
from backoffice.services.registers import Change, Conflict, Day, Marked, Register, Row
from backoffice.views.access import allowed
from backoffice.views.admin.registers import typed
from backoffice.views.admin.registers.blueprint import blueprint
from backoffice.views.admin.registers.typed import Typed
from backoffice.views.landing import STAFF_HOME
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

ALL_DAYS = "all"
# More days than these side by side are not read on any screen.
MOST_SIDE_BY_SIDE = 6


@dataclass(frozen=True)
class Card:
    """One attendee on the page: what stands in the register, and what the form shows of it."""

    row: Row
    attendance: dict[int, str]
    outcome: str
    note: str
    has_shown_identity: bool
    seen: str
    errors: dict[str, str] = field(default_factory=dict)
    conflict: tuple[str, list[tuple[str, str, str]]] | None = None


@blueprint.get("/<uuid:id>")
def page(id: UUID) -> Any:
    """The register of a date."""
    register = registers.get_register(id, current_actor())
    return _page(register, [_card(row) for row in register.rows])


@blueprint.post("/<uuid:id>")
def save(id: UUID) -> Any:
    """Save what was marked, then do what the pressed key says: the rest is present, or has passed, or the date is completed."""
    register = registers.get_register(id, current_actor())
    given, changes = list[Typed](), list[Change]()
    try:
        given, changes = typed.read(request.form, [day.number for day in register.days])
        everybody = _day_of(request.form.get("everybody"), register)
        marked, more = commit_once(lambda: _save(id, changes, everybody))
    except DomainError as error:
        return _again(registers.get_register(id, current_actor()), given, changes, error), error.status
    if marked.conflicts:
        return _conflicts(registers.get_register(id, current_actor()), marked), 409
    if "complete" in request.form:
        return _complete(id)
    _say(marked, more)
    return redirect(url_for(".page", id=id, day=request.args.get("day")), 303)


def _save(id: UUID, changes: Sequence[Change], everybody: Day | None) -> tuple[Marked, int]:
    marked = registers.mark(id, changes, current_actor())
    if marked.conflicts:
        return marked, 0
    if "passed" in request.form:
        return marked, registers.pass_the_rest(id, current_actor())
    if everybody is None:
        return marked, 0
    return marked, registers.everybody(id, everybody.number, "present", current_actor())


def _day_of(text: str | None, register: Register) -> Day | None:
    if text is None:
        return None
    found = next((day for day in register.days if str(day.number) == text), None)
    if found is None:
        raise Invalid("unknown_day", "This date has no such day: reload the page.")
    return found


def _say(marked: Marked, more: int) -> None:
    if marked.gone:
        flash("Somebody has left this date meanwhile: their place was cancelled or moved.", "warning")
    count = marked.saved + more
    people = "1 person" if count == 1 else f"{count} people"
    flash(f"Saved for {people}." if count else "Nothing was changed.", "success")


def _complete(id: UUID) -> Any:
    """End the date; what was marked is saved already, whatever comes of this."""
    unmarked = "absent" if request.form.get("unmarked") == "absent" else None
    try:
        done = commit_once(lambda: registers.complete(id, current_actor(), unmarked=unmarked))
    except DomainError as error:
        register = registers.get_register(id, current_actor())
        cards = [_card(row) for row in register.rows]
        return _page(register, cards, problem=error.message), error.status
    flash(_said_of(done), "success")
    return redirect(url_for(".page", id=id), 303)


def _said_of(done: registers.Completed) -> str:
    bookings = "1 booking" if done.completed == 1 else f"{done.completed} bookings"
    said = f"The date is completed: {bookings} completed, {done.no_show or 'no'} no-show."
    if done.pending:
        said += f" Still pending, for the office: {', '.join(done.pending)}."
    return said


# --- What the page shows ---


def _page(register: Register, cards: Sequence[Card], *, problem: str = "") -> str:
    shown = _shown_days(register)
    is_open = register.status in ("published", "completed")
    return render_template(
        "admin/registers/page.html",
        register=register,
        cards=cards,
        problem=problem,
        shown_days=shown,
        day_labels={day.number: day.label for day in register.days},
        tabs=_tabs(register, shown),
        statuses=STATUSES,
        outcomes=OUTCOMES,
        is_open=is_open and any(day.has_begun for day in register.days),
        is_over=register.ends_at <= datetime.now(UTC),
        wants_outcome=register.days[-1] in shown if register.days else True,
        ends=say_instant(register.ends_at, register.time_zone),
        state=_state(register),
        home=_home(register),
        marked_words=_marked_words(register, shown),
        may_except=allowed("registers.except_page"),
        may_read_bookings=allowed("bookings.details_view"),
    )


def _state(register: Register) -> tuple[str, str]:
    """The date's state as whoever marks it needs it, and its tone."""
    if register.status == "completed":
        return "Completed", "good"
    if register.status != "published":
        return label("schedule", register.status), "bad" if register.status == "cancelled" else "quiet"
    if register.ends_at <= datetime.now(UTC):
        return "To be completed", "wait"
    return ("Under way", "info") if register.days and register.days[0].has_begun else ("To come", "quiet")


def _home(register: Register) -> tuple[str, str]:
    if allowed("schedules.details_view"):
        return "The date", url_for("schedules.details_view", id=register.schedule_id)
    if allowed("schedules.index_view"):
        return "Dates", url_for("schedules.index_view")
    return ("My dates", url_for("landing.my_dates")) if allowed("landing.my_dates") else ("Home", STAFF_HOME)


def _marked_words(register: Register, shown: Sequence[Day]) -> str:
    marked = sum(all(day.number in row.attendance for day in shown) for row in register.rows)
    return f"{marked} of {len(register.rows)} marked"


def _shown_days(register: Register) -> list[Day]:
    """The day that the address names; without one today's, the only one, or the last that has begun."""
    days = list(register.days)
    wanted = request.args.get("day", "")
    if wanted == ALL_DAYS and len(days) <= MOST_SIDE_BY_SIDE:
        return days
    named = [day for day in days if str(day.number) == wanted]
    begun = [day for day in days if day.has_begun]
    return named or ([register.today] if register.today else begun[-1:] or days[:1])


def _tabs(register: Register, shown: Sequence[Day]) -> list[tuple[str, str, bool]]:
    if len(register.days) < 2:
        return []
    here = url_for(".page", id=register.schedule_id)
    tabs = [(day.label, f"{here}?day={day.number}", list(shown) == [day]) for day in register.days]
    if len(register.days) <= MOST_SIDE_BY_SIDE:
        tabs.append(("All days", f"{here}?day={ALL_DAYS}", len(shown) > 1))
    return tabs


def _card(row: Row) -> Card:
    return Card(row, row.attendance, row.outcome, row.note, row.has_shown_identity, typed.seen_of(row))


def _again(register: Register, given: Sequence[Typed], changes: Sequence[Change], error: DomainError) -> str:
    """The page with what was typed, and the sentence beside its field."""
    by_id = {each.attendee_id: each for each in given}
    cards = [_typed_card(row, by_id.get(row.attendee_id)) for row in register.rows]
    number, name = _place_of(error.field)
    if number is not None and number < len(changes):
        wrong = changes[number].attendee_id
        cards = [
            replace(card, errors={name: error.message}) if card.row.attendee_id == wrong else card
            for card in cards
        ]
    return _page(register, cards, problem=error.message)


def _typed_card(row: Row, one: Typed | None) -> Card:
    """What was typed over what stands there; its `seen` stays that of the page it was typed on."""
    if one is None:
        return _card(row)
    seen = request.form.get(f"{typed.SEEN}{row.attendee_id}", "")
    outcome = one.outcome if one.outcome in OUTCOMES else row.outcome
    return Card(
        row, row.attendance | one.attendance, outcome or row.outcome, one.note, one.has_shown_identity, seen
    )


def _place_of(path: str | None) -> tuple[int | None, str]:
    """`marks.3.note` names the fourth change and its note."""
    parts = (path or "").split(".")
    if len(parts) < 3 or not parts[1].isdigit():
        return None, ""
    return int(parts[1]), parts[2]


def _conflicts(register: Register, marked: Marked) -> str:
    """What was saved is saved; of the rest both values, and a choice."""
    found = {conflict.attendee_id: conflict for conflict in marked.conflicts}
    cards = [
        _conflict_card(row, found[row.attendee_id], register) if row.attendee_id in found else _card(row)
        for row in register.rows
    ]
    count = len(found)
    people = "1 person was" if count == 1 else f"{count} people were"
    problem = f"{people} marked by somebody else meanwhile: choose which is right, then save."
    if marked.saved:
        problem += " What you marked for the others is saved."
    return _page(register, cards, problem=problem)


def _conflict_card(row: Row, conflict: Conflict, register: Register) -> Card:
    wanted = conflict.wanted
    marks = {number: status for number, status in wanted.attendance.items() if status is not None}
    card = Card(
        row,
        row.attendance | marks,
        row.outcome if wanted.outcome is None else wanted.outcome,
        row.note if wanted.note is None else wanted.note,
        row.has_shown_identity if wanted.has_shown_identity is None else wanted.has_shown_identity,
        typed.seen_of(row),
    )
    return replace(card, conflict=(_who(row, register), list(_both(row, card, register))))


def _who(row: Row, register: Register) -> str:
    when = say_instant(row.marked_at, register.time_zone) if row.marked_at else ""
    return f"{row.marked_by or 'Somebody'} marked {row.name} {when}".strip()


def _both(row: Row, card: Card, register: Register) -> Any:
    """(what, as it stands, as typed) of each value that differs."""
    for day in register.days:
        stands, mine = row.attendance.get(day.number, ""), card.attendance.get(day.number, "")
        if stands != mine:
            yield day.label, STATUSES.get(stands, "Not marked"), STATUSES.get(mine, "Not marked")
    if row.outcome != card.outcome:
        yield "Outcome", OUTCOMES[row.outcome], OUTCOMES.get(card.outcome, card.outcome)
    if row.has_shown_identity != card.has_shown_identity:
        words = {True: "Seen", False: "Not seen"}
        yield "Proof of identity", words[row.has_shown_identity], words[card.has_shown_identity]
    if row.note != card.note:
        yield "Note", row.note or "None", card.note or "None"
