"""Who and what is busy when: finds the date that a new one would clash with, so that the refusal can name it.

The exclusion constraints of the database remain the judge; this only says it in words, and beforehand.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Course, Schedule, ScheduleDay, ScheduleDayInstructor

Span = tuple[datetime, datetime]


class Diary:
    """The busy times of rooms and people; asked by the day, so that a long table stays quick."""

    def __init__(self) -> None:
        self._busy: dict[tuple[UUID, date], list[tuple[Span, str]]] = defaultdict(list)

    def add(self, who: UUID, span: Span, label: str) -> None:
        for day in _days_of(span):
            self._busy[who, day].append((span, label))

    def find_clash(self, who: UUID, spans: Iterable[Span]) -> tuple[Span, str] | None:
        """The first of the spans that meets a busy time, and the label of what it meets."""
        for span in spans:
            for day in _days_of(span):
                for (start, end), label in self._busy.get((who, day), ()):
                    if start < span[1] and span[0] < end:
                        return span, label
        return None


def load_diary(spans: list[Span]) -> Diary:
    """The live days between the first and the last of these spans."""
    diary = Diary()
    if not spans:
        return diary
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    within = (ScheduleDay.is_live, ScheduleDay.starts_at < last, ScheduleDay.ends_at > first)
    named = (ScheduleDay.starts_at, ScheduleDay.ends_at, Schedule.code, Course.title)
    for venue_id, start, end, code, title in db.session.execute(
        select(ScheduleDay.venue_id, *named)
        .join(Schedule, Schedule.id == ScheduleDay.schedule_id)
        .join(Course, Course.id == Schedule.course_id)
        .where(*within, ScheduleDay.is_exclusive)
    ):
        diary.add(venue_id, (start, end), label_of(code, title))
    for instructor_id, start, end, code, title in db.session.execute(
        select(ScheduleDayInstructor.instructor_id, *named)
        .join(ScheduleDay, ScheduleDay.id == ScheduleDayInstructor.schedule_day_id)
        .join(Schedule, Schedule.id == ScheduleDay.schedule_id)
        .join(Course, Course.id == Schedule.course_id)
        .where(*within)
    ):
        diary.add(instructor_id, (start, end), label_of(code, title))
    return diary


def label_of(code: str | None, title: str) -> str:
    """A date as a refusal names it."""
    return f"{code} ({title})" if code else title


def _days_of(span: Span) -> Iterator[date]:
    start, end = span
    day = start.date()
    while day <= end.date():
        yield day
        day += timedelta(days=1)
