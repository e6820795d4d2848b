"""The forms of a series: how it is planned, and what is to change of its dates."""

from __future__ import annotations

import hashlib
from typing import Any

from wtforms import fields, widgets

from backoffice.domain.availability import WEEKDAYS
from backoffice.domain.errors import DomainError
from backoffice.domain.recurrence import EVERY_MAXIMUM, REPEATS, TIMES_MAXIMUM, Rule
from backoffice.models import Schedule
from backoffice.services import bank_holidays
from backoffice.services.series import ChangeIn, SeriesIn
from backoffice.services.series.changing import SCOPES
from backoffice.views.admin.catalogue import say_when
from backoffice.views.admin.fields import IdField, IdsField, id_or_none, whole
from backoffice.views.admin.forms import MoneyField, PlainText, ScreenForm
from backoffice.views.admin.schedules.forms import (
    INSTRUCTORS,
    NOBODY,
    VENUES,
    InstructorField,
    PlanForm,
    WallTimeField,
    lead_or_nobody,
)
from backoffice.views.requests import current_tenant

NUMBERED = [(str(number), name) for number, name in enumerate(WEEKDAYS, 1)]
REASON = "Only for dates that have passed, too many people for the instructors, or somebody on leave or outside their hours."


def _whole_or_none(value: Any) -> int | None:
    return int(value) if value not in (None, "") else None


class SeriesForm(PlanForm):
    """The first date, as for a single one, and how it repeats."""

    code = None
    repeats = fields.SelectField("Repeats", choices=list(REPEATS.items()), default="weekly")
    every = whole(
        "Every",
        1,
        EVERY_MAXIMUM["week"],
        "1 for every week or month, 2 for every second one.",
        required=True,
        default=1,
    )
    weekdays = fields.SelectMultipleField(
        "Also on",
        coerce=_whole_or_none,
        choices=NUMBERED,
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
        description="Further weekdays of the same weeks. Leave empty for one date a week.",
    )
    times = whole("How many dates", 1, TIMES_MAXIMUM, "Those that are left out do not count.", required=True)
    skips_holidays = fields.BooleanField("Skip public holidays", default=True)
    region = fields.SelectField("Public holidays of", choices=[], coerce=str)
    override_reason = fields.StringField("Reason for an exception", [PlainText(500)], description=REASON)
    # The id that the series gets: a form that is sent twice makes one.
    series_id = fields.StringField(widget=widgets.HiddenInput())
    previewed = fields.StringField(widget=widgets.HiddenInput())

    def process(self, *given: Any, **more: Any) -> None:
        country = current_tenant().country
        regions = bank_holidays.list_regions(country)
        self.region.choices = [
            *([] if country in bank_holidays.USUAL_REGIONS else [("", "The whole country")]),
            *regions,
        ]
        self.region.default = bank_holidays.usual_region(country) or ""
        super().process(*given, **more)

    @property
    def asks_region(self) -> bool:
        return len(self.region.choices or ()) > 1

    def refuse(self, error: DomainError) -> None:
        if error.field == "first_on":
            error.field = "days"
        super().refuse(error)

    def asked(self) -> SeriesIn:
        """Needs a form that is valid and has a day."""
        first = self.wanted()
        rule = Rule(
            repeats=self.repeats.data,
            first_on=min(day[0] for day in first.days),
            times=self.times.data or 0,
            every=self.every.data or 0,
            weekdays=tuple(self.weekdays.data or ()) if self.repeats.data == "weekly" else (),
            skips_holidays=bool(self.skips_holidays.data),
            region=self.region.data or None,
        )
        return SeriesIn(first, rule)


def digest_of(*values: object) -> str:
    """What was looked at, in a few letters: a plan that was changed since is looked at again."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


class ChangeForm(ScreenForm):
    """What is left empty stays as it is."""

    scope = fields.RadioField("Which dates", choices=list(SCOPES.items()), default="later")
    from_id = fields.SelectField("From the date", choices=[], coerce=id_or_none, validate_choice=False)
    weekday = fields.SelectField(
        "Weekday",
        choices=[("", "As it is"), *NUMBERED],
        coerce=_whole_or_none,
        description="Each date stays in its week.",
    )
    start = WallTimeField("From", description="Of all days of a date.")
    end = WallTimeField("To")
    venue_id = IdField("Venue", VENUES, blank="As it is")
    instructor_id = InstructorField("Instructor", INSTRUCTORS, blank="As it is", coerce=lead_or_nobody)
    assistant_ids = IdsField("Further instructors", INSTRUCTORS)
    capacity = whole("Places", 1, 1000, "Not fewer than are taken.")
    price_minor = MoneyField(
        "Price", description="For each person, VAT included. What is sold keeps its price."
    )
    override_reason = fields.StringField("Reason for an exception", [PlainText(500)], description=REASON)
    previewed = fields.StringField(widget=widgets.HiddenInput())

    def offer(self, dates: list[Schedule]) -> None:
        """Fill in which dates there are."""
        self.from_id.choices = [(str(each.id), say_when(each)) for each in dates]

    def refuse(self, error: DomainError) -> None:
        names = getattr(error, "fields", {})
        if "instructor_ids" in names:
            names["instructor_id"] = names.pop("instructor_ids")
        super().refuse(error)

    def people(self) -> list[Any] | None:
        """The lead first; None leaves whoever it is."""
        lead, others = self.instructor_id.data, self.assistant_ids.data or []
        if lead is None and not others:
            return None
        leads = [lead] if lead not in (None, NOBODY) else []
        return [*leads, *(each for each in others if each not in leads)]

    def wanted(self) -> ChangeIn:
        return ChangeIn(
            weekday=self.weekday.data,
            start=self.start.data,
            end=self.end.data,
            venue_id=self.venue_id.data,
            instructor_ids=self.people(),
            capacity=self.capacity.data,
            price_minor=self.price_minor.data,
            override_reason=self.override_reason.data,
        )
