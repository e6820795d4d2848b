"""What the audit says of series, working hours and leave."""

from __future__ import annotations

from typing import Any

from backoffice.domain.availability import WEEKDAYS
from backoffice.domain.times import find_date, say_date

Values = dict[str, Any]


def _planned(old: Values, new: Values) -> str:
    rule = str(new.get("rule", ""))
    return f"planned {_dates(new)} from {new.get('first')} to {new.get('last')}: {rule[:1].lower()}{rule[1:]}"


def _changed(old: Values, new: Values) -> str:
    return f"changed {_dates(new)} of the series"


def _dates(new: Values) -> str:
    count = new.get("dates")
    return "1 date" if count == 1 else f"{count} dates"


def _away(old: Values, new: Values) -> str:
    return f"wrote down leave {_days(new)}"


def _back(old: Values, new: Values) -> str:
    return f"took back the leave {_days(old)}"


def _days(values: Values) -> str:
    first, last = (_say(values.get(name)) for name in ("starts_on", "ends_on"))
    return f"on {first}" if first == last else f"from {first} to {last}"


def _say(text: Any) -> str:
    day = find_date(str(text))
    return say_date(day) if day else ""


def _hours(old: Values, new: Values) -> str:
    hours = new.get("hours") or {}
    said = "; ".join(f"{day} {hours[day]}" for day in WEEKDAYS if day in hours)
    return f"set the working hours: {said}" if said else "took the working hours away"


SENTENCES: dict[str, tuple[Any, str]] = {
    "schedule_series:plan": (_planned, "good"),
    "schedule_series:change": (_changed, ""),
    "instructor:add_leave": (_away, ""),
    "instructor:end_leave": (_back, ""),
    "instructor:set_hours": (_hours, ""),
}
SAID: dict[str, set[str] | None] = {
    "schedule_series:plan": None,
    "schedule_series:change": {"dates"},
    "instructor:add_leave": None,
    "instructor:end_leave": None,
    "instructor:set_hours": None,
}
