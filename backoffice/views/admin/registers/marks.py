"""The register for programs: the instructor's telephone asks how things stand, and sends what it kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import jsonify, request

from backoffice.domain.errors import DomainError, Invalid, Refused
from backoffice.services import registers
from backoffice.services.registers import Change, Conflict, Register, Row
from backoffice.views.admin.registers import typed
from backoffice.views.admin.registers.blueprint import blueprint
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

KNOWN = {"attendee_id", "seen_version", "attendance", "outcome", "note", "has_shown_identity"}
LARGEST_NUMBER = 2_000_000_000


@blueprint.get("/<uuid:id>/marks")
def marks(id: UUID) -> Any:
    """The register as it stands."""
    try:
        return jsonify(_register(registers.get_register(id, current_actor())))
    except DomainError as error:
        return _refusal(error)


@blueprint.post("/<uuid:id>/marks")
def save_marks(id: UUID) -> Any:
    """Save what was marked, perhaps hours ago: the versions that stand now, and the conflicts."""
    try:
        body: Any = request.get_json(silent=True)
        changes = read_body(body)
        _refuse_other_person(body.get("person"))
        marked = commit_once(lambda: registers.mark(id, changes, current_actor()))
    except DomainError as error:
        return _refusal(error)
    return jsonify(
        saved=marked.saved,
        rows=[_row(row) for row in marked.rows],
        conflicts=[_conflict(conflict) for conflict in marked.conflicts],
        gone=[str(attendee_id) for attendee_id in marked.gone],
    )


def _refuse_other_person(marked_by: Any) -> None:
    """Marks that a telephone kept are sent only as whoever made them, whoever is signed in on it now."""
    if marked_by is not None and marked_by != str(current_actor().user_id):
        raise Refused("other_person", "Somebody else marked this on this phone: sign in as that person.")


def _refusal(error: DomainError) -> Any:
    said: dict[str, Any] = {"code": error.code, "message": error.message}
    if isinstance(error, Invalid):
        said["fields"] = error.fields
    return jsonify(error=said), error.status


def _register(register: Register) -> dict[str, Any]:
    days = [
        {"number": day.number, "label": day.label, "is_today": day.is_today, "has_begun": day.has_begun}
        for day in register.days
    ]
    return {"status": register.status, "days": days, "rows": [_row(row) for row in register.rows]}


def _row(row: Row) -> dict[str, Any]:
    return {
        "attendee_id": str(row.attendee_id),
        "name": row.name,
        "version": row.version,
        "seen": typed.seen_of(row),
        "attendance": {str(number): status for number, status in row.attendance.items()},
        "outcome": row.outcome,
        "note": row.note,
        "has_shown_identity": row.has_shown_identity,
        "marked_by": row.marked_by,
        "marked_at": row.marked_at.isoformat() if row.marked_at else None,
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    wanted = conflict.wanted
    return {
        "attendee_id": str(conflict.attendee_id),
        "name": conflict.name,
        "stored": _row(conflict.stored),
        "wanted": {
            "attendance": {str(number): status for number, status in wanted.attendance.items()},
            "outcome": wanted.outcome,
            "note": wanted.note,
            "has_shown_identity": wanted.has_shown_identity,
        },
    }


# --- What was sent ---


def read_body(body: Any) -> list[Change]:
    """The changes of `{"marks": [...]}`; every value of the right kind. Raises Invalid with the field."""
    if not isinstance(body, dict) or not isinstance(body.get("marks"), list):
        raise Invalid("body", "Send an object with a list of marks.", field="marks")
    return [_change(each, f"marks.{number}") for number, each in enumerate(body["marks"])]


def _change(given: Any, path: str) -> Change:
    if not isinstance(given, dict):
        raise Invalid("body", "Each mark is an object.", field=path)
    unknown = sorted(str(name) for name in given.keys() - KNOWN)
    if unknown:
        raise Invalid("unknown_field", "This field does not exist.", field=f"{path}.{unknown[0][:40]}")
    return Change(
        attendee_id=_id(given.get("attendee_id"), f"{path}.attendee_id"),
        seen_version=_version(given.get("seen_version"), f"{path}.seen_version"),
        attendance=_attendance(given.get("attendance"), f"{path}.attendance"),
        outcome=_text(given.get("outcome"), f"{path}.outcome"),
        note=_text(given.get("note"), f"{path}.note"),
        has_shown_identity=_flag(given.get("has_shown_identity"), f"{path}.has_shown_identity"),
    )


def _id(value: Any, path: str) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise Invalid("id", "Send the attendee's id.", field=path) from None


def _version(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        raise Invalid("version", "Send the version that was seen, a whole number.", field=path)
    return value


def _attendance(value: Any, path: str) -> dict[int, str | None]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid("attendance", "Send an object: the day's number and its mark.", field=path)
    marks = {_day(name, path): _text(status, f"{path}.{name}"[:80]) for name, status in value.items()}
    if len(marks) < len(value):
        raise Invalid("twice", "Name each day once.", field=path)
    return marks


def _day(name: Any, path: str) -> int:
    if not (name.isascii() and name.isdigit() and len(name) <= 2):
        raise Invalid("unknown_day", "Name each day by its number.", field=path)
    return int(name)


def _text(value: Any, path: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Invalid("not_text", "Send a text.", field=path)
    return value


def _flag(value: Any, path: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise Invalid("not_a_flag", "Send true or false.", field=path)
    return value
