"""The register's HTML form: what was shown, what was typed, and the difference between them.

Every attendee of the page brings `seen-<id>`: the state that the page showed. Only what differs from it was touched, so
that a page which is an hour old takes nothing back that somebody else has marked meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backoffice.domain.errors import Invalid
from backoffice.services.registers import Change, Row

SEEN, CHOICE = "seen-", "choice-"
MINE = "mine"
DAMAGED = "This page was open too long or is damaged. Reload it and mark again."


@dataclass(frozen=True)
class Typed:
    """The state of one attendee as the form has it; `attendance` holds only the days that have a choice."""

    attendee_id: UUID
    attendance: dict[int, str]
    outcome: str | None
    note: str
    has_shown_identity: bool


def seen_of(row: Row) -> str:
    """What the page shows of an attendee, for its hidden field."""
    marks = {str(number): status for number, status in sorted(row.attendance.items())}
    seen = {
        "v": row.version,
        "a": marks,
        "o": row.outcome,
        "i": row.has_shown_identity,
        "n": _mark_of(row.note),
    }
    return json.dumps(seen, separators=(",", ":"))


def _mark_of(note: str) -> str:
    """Enough of a digest to see that a note is another one, whatever line ends the browser sends."""
    return hashlib.sha256("\n".join(note.split("\r\n")).strip().encode()).hexdigest()[:12]


def read(form: Mapping[str, str], day_numbers: list[int]) -> tuple[list[Typed], list[Change]]:
    """Everything that the form holds, and the changes in it; a conflict decided for what is there is none.

    Raises Invalid for a form that is not ours.
    """
    typed, changes = list[Typed](), list[Change]()
    for attendee_id, seen in _seen(form):
        one = _typed(form, attendee_id, day_numbers)
        typed.append(one)
        change = _change(one, seen)
        if change and form.get(f"{CHOICE}{attendee_id}", MINE) == MINE:
            changes.append(change)
    return typed, changes


def _seen(form: Mapping[str, str]) -> Iterator[tuple[UUID, dict[str, Any]]]:
    for name, text in form.items():
        if not name.startswith(SEEN):
            continue
        try:
            seen = json.loads(text)
            known = int(seen["v"]), dict(seen["a"]), seen["o"], seen["i"], seen["n"]
            yield UUID(name.removeprefix(SEEN)), dict(zip("vaoin", known, strict=True))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise Invalid("damaged", DAMAGED) from error


def _typed(form: Mapping[str, str], attendee_id: UUID, day_numbers: list[int]) -> Typed:
    names = {number: f"attendance-{attendee_id}-{number}" for number in day_numbers}
    return Typed(
        attendee_id,
        {number: form[name] for number, name in names.items() if name in form},
        form.get(f"outcome-{attendee_id}"),
        form.get(f"note-{attendee_id}", ""),
        form.get(f"identity-{attendee_id}") == "1",
    )


def _change(typed: Typed, seen: dict[str, Any]) -> Change | None:
    """What was touched; None for nothing."""
    attendance: dict[int, str | None] = {
        number: status
        for number, status in typed.attendance.items()
        if status != seen["a"].get(str(number), "")
    }
    outcome = typed.outcome if typed.outcome != seen["o"] else None
    note = typed.note if _mark_of(typed.note) != seen["n"] else None
    identity = typed.has_shown_identity if typed.has_shown_identity != bool(seen["i"]) else None
    if not attendance and outcome is None and note is None and identity is None:
        return None
    return Change(typed.attendee_id, seen["v"], attendance, outcome, note, identity)
