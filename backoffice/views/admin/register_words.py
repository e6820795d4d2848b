"""What was marked on a register, as a line of the history says it."""

from __future__ import annotations

from typing import Any

from backoffice.domain.attendance import OUTCOMES, STATUSES

Values = dict[str, Any]

# The days by their labels come first; the database keeps no order.
AFTER_DAYS = {"outcome": 1, "has_shown_identity": 2, "note": 3}


def marked(old: Values, new: Values) -> str:
    """ "marked Zoe Young: Mon 3 Mar present, outcome passed"."""
    return f"marked {_what(old, new)}"


def corrected(old: Values, new: Values) -> str:
    """The same on a completed date."""
    return f"corrected the register of {_what(old, new)}"


def _what(old: Values, new: Values) -> str:
    names = sorted(new.keys() - {"attendee"}, key=lambda name: (AFTER_DAYS.get(name, 0), name))
    said = [_said(name, old.get(name), new[name]) for name in names]
    return f"{new.get('attendee', 'somebody')}: {', '.join(said)}"


def _said(name: str, before: Any, value: Any) -> str:
    if name == "outcome":
        return f"outcome {OUTCOMES.get(str(value), str(value)).lower()}{_instead(OUTCOMES, before)}"
    if name == "note":
        return "a note"
    if name == "has_shown_identity":
        return "proof of identity seen" if value else "proof of identity not seen"
    word = STATUSES.get(str(value), "not marked").lower()
    return f"{name} {word}{_instead(STATUSES, before)}"


def _instead(words: dict[str, str], before: Any) -> str:
    known = words.get(str(before))
    return f" instead of {known.lower()}" if known else ""


def substituted(old: Values, new: Values) -> str:
    """Who came instead of whom."""
    if not old.get("name"):
        return f"named {new.get('name')} at the door"
    return f"gave the place of {old['name']} to {new.get('name')} at the door"


def completed(old: Values, new: Values) -> str:
    """How a date ended."""
    done, no_show = new.get("completed"), new.get("no_show")
    if not isinstance(done, int):
        return "completed it"
    return f"completed it: {done} booking{'s' * (done != 1)} completed, {no_show or 'no'} no-show"


def excepted(old: Values, new: Values) -> str:
    """An exception, with its reason."""
    return f"approved an exception for {new.get('attendee')}: {new.get('reason')}"


def exception_withdrawn(old: Values, new: Values) -> str:
    """The same, taken back."""
    return f"withdrew the exception for {new.get('attendee')}"
