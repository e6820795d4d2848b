"""What the history says of a company's request."""

from __future__ import annotations

from typing import Any

from backoffice.domain.money import format_money
from backoffice.domain.statuses import LABELS
from backoffice.views.admin.formats import page_currency

Values = dict[str, Any]


def _money(minor: Any) -> str:
    return format_money(minor, page_currency()) if isinstance(minor, int) else ""


def _quoted(old: Values, new: Values) -> str:
    places = new.get("places")
    again = "quoted anew:" if old.get("quoted_price_minor") is not None else "quoted"
    return f"{again} {_money(new.get('quoted_price_minor'))} for {places} {'person' if places == 1 else 'people'}"


def _answered(old: Values, new: Values) -> str:
    words = f": {new['words']}" if new.get("words") else ""
    return f"{new.get('answer', 'answered')} the quote{words}"


def _confirmed(old: Values, new: Values) -> str:
    return f"made the private date and booking {new.get('booking')} for {_money(new.get('total_minor'))}"


def _followed(old: Values, new: Values) -> str:
    if new.get("status") == "reviewing":
        return "called the private date off: the request is in review again"
    status = LABELS["corporate_request"].get(str(new.get("status")), "")
    return f"moved the date on: the request is {status.lower()}"


SENTENCES: dict[str, tuple[Any, str]] = {
    "corporate_request:submit": (
        lambda old, new: (
            "asked for it on the website" if new.get("source") == "web" else "wrote the request down"
        ),
        "good",
    ),
    "corporate_request:review": ("took it into review", ""),
    "corporate_request:assign": (
        lambda old, new: f"assigned {new['instructor']}" if new.get("instructor") else "assigned nobody",
        "",
    ),
    "corporate_request:quote": (_quoted, ""),
    "corporate_request:answer": (_answered, ""),
    "corporate_request:confirm": (_confirmed, "good"),
    "corporate_request:reject": (lambda old, new: f"rejected it: {new.get('reason', '')}", "bad"),
    "corporate_request:reopen": ("took it into review again", ""),
    "corporate_request:correct": ("corrected what they ask for", ""),
    "corporate_request:note": ("changed the notes of the office", ""),
    "corporate_request:follow": (_followed, ""),
}
SAID: dict[str, set[str] | None] = {
    action: set() if action == "corporate_request:correct" else None for action in SENTENCES
}
