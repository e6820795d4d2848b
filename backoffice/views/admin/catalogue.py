"""What the screens of the catalogue do alike: forms that call a service, an archive instead of a delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from uuid import UUID

from flask import g, url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.booking_rules import derived_schedule_state
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_date, say_span, to_local
from backoffice.models import Schedule, ScheduleDay
from backoffice.views.access import allowed, current_actor
from backoffice.views.admin import formats, timeline
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.filters import Filter, one_of
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import pill_cell, record_link
from backoffice.views.requests import current_tenant

Groups = list[tuple[str, list[tuple[str, Any]]]]

COMING_MAXIMUM = 50
SEARCH_MAXIMUM = 500


def archived_filter(model: Any) -> Filter:
    """Archived rows are left out unless somebody asks for them."""
    options = [("only", "Only archived"), ("all", "Archived too")]
    return Filter(
        "archived",
        "Archived",
        lambda word: model.archived_at.is_not(None) if word == "only" else model.id.is_not(None),
        one_of({"only", "all"}),
        options=options,
        blank="Left out",
    )


class CatalogueView(AdminView):
    """A screen over one noun of the catalogue; `service` has its create, update, archive and restore."""

    abstract = True

    service: Any
    # the columns that its search looks at
    search_columns: ClassVar[Sequence[Any]] = ()
    # fields of the form that the service's create and update do not take
    apart: ClassVar[frozenset[str]] = frozenset()
    can_create = can_edit = True
    hides_archived = True
    form_columns = ()

    # --- Lists ---

    def search_ids(self, term: str) -> list[UUID]:
        """These tables are small: they are read as they stand."""
        matches = [column.icontains(term, autoescape=True) for column in self.search_columns]
        return list(db.session.scalars(select(self.model.id).where(or_(*matches)).limit(SEARCH_MAXIMUM)))

    # --- Saving ---

    def perform_create(self, form: Any) -> Any:
        row = self.service.create(self.entered(form), current_actor())
        self.save_apart(row.id, form)
        return row

    def perform_update(self, model: Any, form: Any) -> None:
        self.service.update(model.id, self.entered(form), current_actor())
        self.save_apart(model.id, form)

    def entered(self, form: Any) -> dict[str, Any]:
        """What the service takes, by name."""
        return {name: value for name, value in form.data.items() if name not in {"version", *self.apart}}

    def save_apart(self, row_id: UUID, form: Any) -> None:
        """Save the fields that go to tables of their own."""

    # --- Pages ---

    def details_context(self, model: Any) -> dict[str, Any]:
        return {
            "pills": [("archived", None)] if model.archived_at else [],
            "tables": self.details_tables(model),
            "timeline": timeline.of_row(model),
        }

    def details_tables(self, model: Any) -> list[RelatedTable]:
        return []

    def facts_of(self, row: Any) -> Groups:
        return filled_in(super().facts_of(row))

    @screen_action(
        "Archive",
        right="catalogue.edit",
        ask="It is no longer offered for anything new. What uses it already keeps it.",
        danger=True,
        applies=lambda row: row.archived_at is None,
    )
    def archive(self, row: Any, form: Any) -> str:
        self.service.archive(row.id, current_actor())
        return f"{self.title_of(row)} is archived."

    @screen_action(
        "Take out of the archive",
        right="catalogue.edit",
        ask="It will be offered again.",
        applies=lambda row: row.archived_at is not None,
    )
    def restore(self, row: Any, form: Any) -> str:
        self.service.restore(row.id, current_actor())
        return f"{self.title_of(row)} is offered again."


# --- Dates, as every page of the catalogue shows them ---


def state_of(schedule: Schedule, now: datetime | None = None) -> str:
    """The state people are shown for a date: full and ongoing are derived."""
    return derived_schedule_state(
        schedule.status,
        schedule.seats_taken,
        schedule.capacity,
        schedule.starts_at,
        schedule.ends_at,
        now or datetime.now(UTC),
    )


def say_when(schedule: Schedule, days: int | None = None) -> str:
    """When a date is: a day with its hours, or its first and last day."""
    start = to_local(schedule.starts_at, schedule.time_zone)
    end = to_local(schedule.ends_at, schedule.time_zone)
    if start.date() == end.date():
        return say_span(schedule.starts_at, schedule.ends_at, schedule.time_zone)
    length = f", {days} days" if days else f", {start:%H:%M}"
    return f"{_say_days(start.date(), end.date())}{length}"


def _say_days(first: date, last: date) -> str:
    """ "Mon 23 – Wed 25 Nov 2026": month and year once where they are the same."""
    words = say_date(first).split()
    if first.year == last.year:
        words = words[:2] if first.month == last.month else words[:3]
    return f"{' '.join(words)} – {say_date(last)}"


def filled_in(groups: Groups) -> Groups:
    """The groups of facts without what is empty: a page says what there is."""
    empty = formats.nothing()
    kept = [(title, [fact for fact in facts if fact[1] not in (empty, "", None)]) for title, facts in groups]
    return [(title, facts) for title, facts in kept if facts]


def coming_dates(*criteria: Any, leave_out: str = "", **plan: UUID) -> RelatedTable:
    """The dates to come that meet the conditions, drafts included.

    `leave_out` is the column that the page is about; `plan` is what a new date planned from here begins with.
    """
    statement = (
        select(Schedule)
        .options(joinedload(Schedule.course), joinedload(Schedule.venue))
        .where(Schedule.status != "cancelled", Schedule.ends_at > datetime.now(UTC), *criteria)
        .order_by(Schedule.starts_at, Schedule.id)
        .limit(COMING_MAXIMUM)
    )
    found = list(db.session.scalars(statement))
    columns = [each for each in _COLUMNS if each[0] != leave_out]
    header = [name if not css else (name, css) for name, css, _ in columns]
    rows = [[show(schedule) for _, _, show in columns] for schedule in found]
    more = f"the first {COMING_MAXIMUM}" if len(found) == COMING_MAXIMUM else str(len(found))
    return RelatedTable(
        "Coming dates", header, rows, "No dates to come.", _plan_link(plan), more if found else ""
    )


def taught_by(instructor_id: UUID) -> Any:
    """The condition that an instructor teaches on any day of a date."""
    return Schedule.days.any(ScheduleDay.instructors.any(instructor_id=instructor_id))


def _plan_link(plan: dict[str, UUID]) -> tuple[str, str] | None:
    if not allowed("schedules.create_view", "POST"):
        return None
    return "Plan a date", url_for("schedules.create_view", **plan)  # type: ignore[arg-type]


def _places(schedule: Schedule) -> Any:
    return formats.places("seats_taken", "capacity")(None, None, schedule, "")


def _state(schedule: Schedule) -> Any:
    return pill_cell(state_of(schedule), "schedule")


def phone(view: Any, context: Any, model: Any, name: str) -> Any:
    """A stored number as the provider's country writes it."""
    if "page_country" not in g:
        g.page_country = current_tenant().country
    return say_phone(model.phone, g.page_country) or formats.nothing()


def one_per_line(view: Any, context: Any, model: Any, name: str) -> Any:
    """A list of short texts as it was entered."""
    return "\n".join(getattr(model, name)) or formats.nothing()


_COLUMNS: tuple[tuple[str, str, Any], ...] = (
    ("When", "", lambda each: record_link("schedules", each.id, say_when(each))),
    ("Course", "", lambda each: record_link("courses", each.course.id, each.course)),
    ("Venue", "", lambda each: record_link("venues", each.venue.id, each.venue.city or each.venue)),
    ("Places", "", _places),
    ("Status", "", _state),
)
