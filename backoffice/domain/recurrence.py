"""When the dates of a series begin: every so many weeks or months, so many times."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.rrule import MONTHLY, WEEKLY, rrule

from backoffice.domain.errors import Invalid
from backoffice.domain.times import say_date

TIMES_MAXIMUM = 104
EVERY_MAXIMUM = {"week": 52, "month": 12}
YEARS_MAXIMUM = 5
# A series begins no earlier than this before today and reaches no further than this after its first date.
HORIZON = timedelta(days=366 * YEARS_MAXIMUM)

REPEATS = {
    "weekly": "Every week, or every few weeks",
    "monthly_weekday": "Every month on the same weekday, such as the second Tuesday",
    "monthly_last": "Every month on the last such weekday",
    "monthly_date": "Every month on the same day, such as the 15th",
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True)
class Rule:
    """`every` weeks or months from `first_on` on, until `times` dates are found. `weekdays` are ISO numbers (Monday
    is 1) and for weekly series only; none means the weekday of `first_on`. With `skips_holidays` a date on a public
    holiday of `region` is left out and does not count."""

    repeats: str
    first_on: date
    times: int
    every: int = 1
    weekdays: tuple[int, ...] = ()
    skips_holidays: bool = True
    region: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The rule as it is stored beside a series."""
        return asdict(self) | {"first_on": self.first_on.isoformat(), "weekdays": list(self.weekdays)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Rule:
        """The rule of `as_json`."""
        first_on, weekdays = date.fromisoformat(stored["first_on"]), tuple(stored["weekdays"])
        return cls(**{**stored, "first_on": first_on, "weekdays": weekdays})

    @property
    def unit(self) -> str:
        return "week" if self.repeats == "weekly" else "month"

    @property
    def all_weekdays(self) -> tuple[int, ...]:
        return tuple(sorted({*self.weekdays, self.first_on.isoweekday()}))


@dataclass(frozen=True)
class Found:
    """A day that the rule leads to; `left_out` is why it is not one of the dates, in a few words."""

    on: date
    left_out: str = ""


def check(rule: Rule) -> Rule:
    """The rule itself. Raises Invalid, by field: repeats, every, times, weekdays, first_on."""
    if rule.repeats not in REPEATS:
        raise Invalid("repeats", "Choose how it repeats.", field="repeats")
    most = EVERY_MAXIMUM[rule.unit]
    if not 1 <= rule.every <= most:
        raise Invalid("every", f"Enter a whole number from 1 to {most} {rule.unit}s.", field="every")
    if not 1 <= rule.times <= TIMES_MAXIMUM:
        raise Invalid("times", f"Enter a whole number from 1 to {TIMES_MAXIMUM}.", field="times")
    if any(not 1 <= weekday <= 7 for weekday in rule.weekdays):
        raise Invalid("weekdays", "Choose weekdays of the list.", field="weekdays")
    if rule.repeats == "monthly_last" and not _is_last(rule.first_on):
        raise Invalid(
            "not_the_last",
            f"{say_date(rule.first_on)} is not the last {_weekday(rule.first_on)} of its month: "
            "begin with the last one, or repeat on the same weekday.",
            field="repeats",
        )
    return rule


def find_days(
    rule: Rule, holidays: Mapping[date, str] | None = None, length: Collection[int] = (0,)
) -> list[Found]:
    """The days on which the dates of a series begin, with those that are left out in between, in order.

    `holidays` are the names of public holidays by day; `length` says on which days after the first a date takes
    place (0 for the first). Stops after `times` days that are not left out, or five years after the first. Raises
    Invalid.
    """
    check(rule)
    found: list[Found] = []
    kept = 0
    for on in _candidates(rule):
        each = _judge(on, holidays or {}, length) if rule.skips_holidays else Found(on)
        found.append(each)
        kept += not each.left_out
        if kept == rule.times:
            break
    while found and found[-1].left_out:
        found.pop()
    return found


def _judge(on: date, holidays: Mapping[date, str], length: Collection[int]) -> Found:
    names = [
        holidays[day] for day in (on + timedelta(days=each) for each in sorted(length)) if day in holidays
    ]
    return Found(on, names[0] if names else "")


def _candidates(rule: Rule) -> Iterator[date]:
    begin = datetime.combine(rule.first_on, datetime.min.time())
    last = min(rule.first_on.toordinal() + HORIZON.days, date.max.toordinal())
    until = datetime.combine(date.fromordinal(last), datetime.min.time())
    yield from (
        each.date() for each in rrule(dtstart=begin, until=until, interval=rule.every, **_parts(rule))
    )


def _parts(rule: Rule) -> dict[str, Any]:
    weekday = rule.first_on.isoweekday() - 1
    if rule.repeats == "weekly":
        return {"freq": WEEKLY, "byweekday": [each - 1 for each in rule.all_weekdays]}
    if rule.repeats == "monthly_weekday":
        return {"freq": MONTHLY, "byweekday": weekday, "bysetpos": _position(rule.first_on)}
    if rule.repeats == "monthly_last":
        return {"freq": MONTHLY, "byweekday": weekday, "bysetpos": -1}
    return {"freq": MONTHLY, "bymonthday": rule.first_on.day}


def months_without(rule: Rule) -> str:
    """Why some months have no date, for a rule that not every month can keep; "" for the others."""
    if rule.repeats == "monthly_date" and rule.first_on.day > 28:
        return f"Months without a {_ordinal_day(rule.first_on.day)} have no date."
    if rule.repeats == "monthly_weekday" and _position(rule.first_on) == len(_ORDINALS):
        return f"Months without a fifth {_weekday(rule.first_on)} have no date."
    return ""


def say_rule(rule: Rule) -> str:
    """ "Every Tuesday", "On the second Tuesday of every month" and the like."""
    if rule.repeats == "weekly":
        names = [_WEEKDAYS[each - 1] for each in rule.all_weekdays]
        days = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        return f"Every {days}" if rule.every == 1 else f"{days} of every {rule.every} weeks"
    which = {
        "monthly_weekday": f"the {_ORDINALS[_position(rule.first_on) - 1]} {_weekday(rule.first_on)}",
        "monthly_last": f"the last {_weekday(rule.first_on)}",
        "monthly_date": f"the {_ordinal_day(rule.first_on.day)}",
    }[rule.repeats]
    return f"On {which} of every " + ("month" if rule.every == 1 else f"{rule.every} months")


def _weekday(day: date) -> str:
    return _WEEKDAYS[day.weekday()]


def _position(day: date) -> int:
    """Which of its weekday a day is in its month, from 1."""
    return (day.day - 1) // 7 + 1


def _is_last(day: date) -> bool:
    return (day + timedelta(weeks=1)).month != day.month


def _ordinal_day(number: int) -> str:
    ending = "th" if 11 <= number <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
