"""What the history says of a waiting party."""

from __future__ import annotations

from typing import Any

Values = dict[str, Any]


def _who(new: Values) -> str:
    places = new.get("places")
    count = f" ({places} place{'s' * (places != 1)})" if isinstance(places, int) else ""
    return f"{new.get('party') or 'a party'}{count}"


def _because(new: Values) -> str:
    return f": {new['reason']}" if new.get("reason") else ""


def _picked(old: Values, new: Values) -> str:
    passed = new.get("passed_over") or 0
    before = f" before {passed} {'party' if passed == 1 else 'parties'} whose turn it was" if passed else ""
    return f"chose {_who(new)}{before}{_because(new)}"


SENTENCES = {
    "waiting:join": (lambda old, new: f"put {_who(new)} on the waiting list", ""),
    "waiting:offer": (lambda old, new: f"held {new.get('booking')} for {_who(new)}", "good"),
    "waiting:pick": (_picked, ""),
    "waiting:accept": (lambda old, new: f"accepted {new.get('booking')} for {_who(new)}", "good"),
    "waiting:decline": (lambda old, new: f"declined {new.get('booking')} for {_who(new)}", ""),
    "waiting:leave": (lambda old, new: f"took {_who(new)} off the waiting list{_because(new)}", ""),
    "waiting:end": (lambda old, new: f"ended the waiting of {_who(new)}", ""),
    "waiting:set_aside": (lambda old, new: f"could offer nothing to {_who(new)}{_because(new)}", "bad"),
}
# The sentence says it all.
SAID: dict[str, set[str] | None] = dict.fromkeys(SENTENCES)
