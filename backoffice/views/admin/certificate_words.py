"""What the audit says of certificates, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Values = dict[str, Any]


def _because(new: Values) -> str:
    return f": {new['reason']}" if new.get("reason") else ""


def _issued(old: Values, new: Values) -> str:
    instead = f" instead of {new['replaces']}" if new.get("replaces") else ""
    return f"issued this certificate{instead}"


def _reissued(old: Values, new: Values) -> str:
    return f"replaced it by {new.get('number', 'another')} for {new.get('holder', 'another name')}{_because(new)}"


def _made_again(old: Values, new: Values) -> str:
    count = new.get("certificates", 0)
    return f"had {count} certificate{'s' * (count != 1)} made again"


SENTENCES: dict[str, tuple[str | Callable[[Values, Values], str], str]] = {
    "certificate:issue": (_issued, "good"),
    "certificate:reissue": (_reissued, ""),
    "certificate:revoke": (lambda old, new: f"revoked this certificate{_because(new)}", "bad"),
    "certificate:confirm": (lambda old, new: f"said that it stands{_because(new)}", "good"),
    "certificate:mail": (lambda old, new: f"mailed it to {new.get('to', 'somebody')}", ""),
    "certificate:try_again": (_made_again, ""),
}
# Their sentences say it all.
SAID: dict[str, None] = dict.fromkeys(SENTENCES)
