"""`expand`: ids in an answer replaced by what they name, up to four levels deep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulators.store import Document, Store
from simulators.stripe.errors import invalid

PREFIXES = {
    "cs": "session",
    "pi": "payment_intent",
    "ch": "charge",
    "re": "refund",
    "txn": "balance_transaction",
    "cus": "customer",
    "pm": "payment_method",
    "du": "dispute",
}
# Not part of an object unless asked for.
INCLUDED = {("checkout.session", "line_items"): "line_items", ("charge", "refunds"): "refund"}
DEEPEST = 4
HIDDEN = "_"


def public(value: Any) -> Any:
    """Without the simulator's own notes."""
    if isinstance(value, dict):
        return {key: public(part) for key, part in value.items() if not key.startswith(HIDDEN)}
    return [public(part) for part in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Expander:
    """Answers as the caller of one account sees them."""

    store: Store
    account: str

    def show(self, body: Document, wanted: Any) -> Document:
        """Raises StripeError for a path that leads nowhere."""
        shown: Document = public(body)
        for path in wanted if isinstance(wanted, list) else [wanted] if wanted else []:
            self._expand(shown, str(path).split("."), str(path))
        return shown

    def _expand(self, value: Any, path: list[str], whole: str) -> None:
        if len(path) > DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property: {whole}", "expand")
        if isinstance(value, list):
            for part in value:
                self._expand(part, path, whole)
        elif isinstance(value, dict):
            self._step(value, path[0], whole)
            if path[1:]:
                self._expand(value[path[0]], path[1:], whole)

    def _step(self, value: Document, name: str, whole: str) -> None:
        if (value.get("object"), name) in INCLUDED:
            value[name] = self._included(value, name)
        elif name not in value:
            raise invalid(f"This property cannot be expanded ({whole}).", "expand")
        elif isinstance(value[name], str):
            value[name] = self._found(value[name], whole)

    def _found(self, id_: str, whole: str) -> Document:
        kind = PREFIXES.get(id_.split("_")[0])
        found = self.store.find(kind, id_, self.account) if kind else None
        if found is None:
            raise invalid(f"This property cannot be expanded ({whole}).", "expand")
        shown: Document = public(found)
        return shown

    def _included(self, value: Document, name: str) -> Document:
        if INCLUDED[(value["object"], name)] == "line_items":
            rows = (self.store.find("session", value["id"], self.account) or {})["_line_items"]
            url = f"/v1/checkout/sessions/{value['id']}/line_items"
        else:
            refunds = self.store.every("refund", self.account, value["payment_intent"])
            rows = [public(refund) for refund in refunds if refund["charge"] == value["id"]]
            url = f"/v1/charges/{value['id']}/refunds"
        return {"object": "list", "data": rows, "has_more": False, "url": url}
