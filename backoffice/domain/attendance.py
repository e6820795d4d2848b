"""What a register may say of an attendee, and what follows from it (docs/registers.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

STATUSES: dict[str, str] = {
    "present": "Present",
    "late": "Late",
    "left_early": "Left early",
    "absent": "Absent",
}
OUTCOMES: dict[str, str] = {
    "passed": "Passed",
    "referred": "Referred",
    "not_assessed": "Not assessed",
}
# A day of these counts towards the certificate.
COUNTS_AS_PRESENT = frozenset({"present", "late"})
# Of these the attendee was in the room at all.
WAS_THERE = frozenset({"present", "late", "left_early"})


def is_complete(marks: Iterable[str | None], days: int, has_exception: bool = False) -> bool:
    """Whether an attendee was present on all days, or an approved exception stands in for what is missing."""
    present = sum(mark in COUNTS_AS_PRESENT for mark in marks)
    return has_exception or (days > 0 and present >= days)


def booking_status(marks: Collection[str], wanted: int) -> str | None:
    """What a booking of a completed date becomes by the marks of its people, `wanted` of them on all days together.

    One of them there on one day makes it completed; a no-show needs everybody's word. None: the register does not say.
    """
    if WAS_THERE.intersection(marks):
        return "completed"
    return "no_show" if len(marks) >= wanted else None
