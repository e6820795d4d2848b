"""What somebody wants to mark, checked; and what of it differs from what stands in the register."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from backoffice.domain.attendance import OUTCOMES, STATUSES
from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_block, refuse_card_number
from backoffice.services.registers.reading import Day, Row

NOTE_MAXIMUM = 2000
MOST_CHANGES = 1000
# Takes a mark away that was made by mistake.
NOT_MARKED = ""


@dataclass(frozen=True)
class Change:
    """What is wanted for one attendee, who was seen at `seen_version`. None, or a day that is missing: untouched.

    A status is one of domain.attendance.STATUSES, or "" to take a mark away.
    """

    attendee_id: UUID
    seen_version: int
    attendance: dict[int, str | None] = field(default_factory=dict)
    outcome: str | None = None
    note: str | None = None
    has_shown_identity: bool | None = None


@dataclass(frozen=True)
class Difference:
    """What a change would alter in the register; `marks` is by the day's number, "" takes one away."""

    marks: dict[int, str]
    values: dict[str, str | bool]

    def __bool__(self) -> bool:
        return bool(self.marks or self.values)


def clean(changes: Sequence[Change], days: Sequence[Day], *, is_completed: bool) -> list[Change]:
    """The changes with every value checked. Raises Invalid with the field, as in `marks.0.attendance.2`."""
    if len(changes) > MOST_CHANGES:
        raise Invalid("too_many", f"Send at most {MOST_CHANGES} marks at once.", field="marks")
    _refuse_doubles(change.attendee_id for change in changes)
    return [
        _clean(change, f"marks.{number}", days, is_completed=is_completed)
        for number, change in enumerate(changes)
    ]


def _refuse_doubles(attendee_ids: Iterable[UUID]) -> None:
    seen: set[UUID] = set()
    for number, attendee_id in enumerate(attendee_ids):
        if attendee_id in seen:
            field = f"marks.{number}.attendee_id"
            raise Invalid("twice", "This person is in the list twice.", field=field)
        seen.add(attendee_id)


def _clean(change: Change, path: str, days: Sequence[Day], *, is_completed: bool) -> Change:
    for number, status in change.attendance.items():
        _check_day(number, status, f"{path}.attendance.{number}", days, is_completed=is_completed)
    _check_word(change.outcome, OUTCOMES, "Choose passed, referred or not assessed.", f"{path}.outcome")
    note = change.note
    if note is not None:
        note = clean_block(note, field=f"{path}.note", maximum=NOTE_MAXIMUM)
        refuse_card_number(note, field=f"{path}.note")
    return replace(change, note=note)


def _check_day(
    number: int, status: str | None, path: str, days: Sequence[Day], *, is_completed: bool
) -> None:
    day = next((each for each in days if each.number == number), None)
    if day is None:
        raise Invalid("unknown_day", f"This date has no day {number}.", field=path)
    if status is None:
        return
    if not day.has_begun:
        raise Invalid("too_early", f"{day.label} is still to come: mark it from that day on.", field=path)
    if status == NOT_MARKED and is_completed:
        raise Invalid("completed", "The date is completed: choose what is right instead.", field=path)
    if status != NOT_MARKED:
        _check_word(status, STATUSES, "Choose present, late, left early or absent.", path)


def _check_word(word: str | None, words: Collection[str], sentence: str, path: str) -> None:
    if word is not None and word not in words:
        raise Invalid("unknown_word", sentence, field=path)


def difference(change: Change, stored: Row) -> Difference:
    """What is wanted and does not stand there already."""
    marks = {
        number: status
        for number, status in change.attendance.items()
        if status is not None and status != stored.attendance.get(number, NOT_MARKED)
    }
    wanted = {name: getattr(change, name) for name in ("outcome", "note", "has_shown_identity")}
    values = {
        name: value for name, value in wanted.items() if value is not None and value != getattr(stored, name)
    }
    return Difference(marks, values)
