"""Lists: newest first, `limit`, `starting_after`, `ending_before`, `created[gte]` and its like."""

from __future__ import annotations

import operator
from collections.abc import Callable

from simulators.store import Document
from simulators.stripe import forms
from simulators.stripe.calls import Call
from simulators.stripe.errors import invalid, no_such

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
CURSORS = "limit starting_after ending_before"


def page(call: Call, url: str, rows: list[Document]) -> Document:
    """One page of rows that come newest first. Raises StripeError for a cursor that is none of them."""
    limit = forms.integer(call.params.get("limit", 10), "limit")
    if not 1 <= limit <= 100:
        raise invalid("This value must be between 1 and 100 (inclusive).", "limit")
    ids = [row["id"] for row in rows]
    has_more = False
    if "ending_before" in call.params:
        end = _position(ids, call.params["ending_before"], "ending_before")
        chosen, has_more = rows[max(0, end - limit) : end], end > limit
    else:
        start = 0
        if "starting_after" in call.params:
            start = _position(ids, call.params["starting_after"], "starting_after") + 1
        chosen, has_more = rows[start : start + limit], start + limit < len(rows)
    return {"object": "list", "url": url, "has_more": has_more, "data": chosen}


def _position(ids: list[str], id_: str, param: str) -> int:
    if id_ not in ids:
        raise no_such("object", id_, param, 400)
    return ids.index(id_)


def created(call: Call, rows: list[Document]) -> list[Document]:
    """Those of the span that is asked for."""
    wanted = call.params.get("created")
    if wanted is None:
        return rows
    if not isinstance(wanted, dict):
        at = forms.integer(wanted, "created")
        return [row for row in rows if row["created"] == at]
    for name, value in wanted.items():
        if name not in COMPARE:
            raise invalid(f"Received unknown parameter: created[{name}]", f"created[{name}]")
        limit = forms.integer(value, f"created[{name}]")
        rows = [row for row in rows if COMPARE[name](row["created"], limit)]
    return rows


def matching(call: Call, rows: list[Document], names: str) -> list[Document]:
    """Those whose fields are what the parameters of these names say."""
    for name in names.split():
        if name in call.params:
            rows = [row for row in rows if row.get(name) == call.params[name]]
    return rows
