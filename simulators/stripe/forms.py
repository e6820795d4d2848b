"""Form-encoded parameters as Stripe reads them: `line_items[0][price_data][currency]=gbp`, `expand[]=customer`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from simulators.stripe.errors import StripeError, invalid

Params = dict[str, Any]
PARTS = re.compile(r"\[([^\[\]]*)\]")


def read(pairs: Iterable[tuple[str, str]]) -> Params:
    """Nested objects and lists. An object whose keys are all numbers is a list."""
    tree: Params = {}
    for name, value in pairs:
        head = name.split("[", 1)[0]
        _put(tree, [head, *PARTS.findall(name[len(head) :])], value)
    return {key: _lists(value) for key, value in tree.items()}


def _put(tree: Params, path: list[str], value: str) -> None:
    for position, part in enumerate(path[:-1]):
        key = part or str(len(tree))
        below = tree.setdefault(key, {})
        if not isinstance(below, dict):
            raise invalid(f"Invalid parameter: {path[position]}", path[0])
        tree = below
    tree[path[-1] or str(len(tree))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    below = {key: _lists(part) for key, part in value.items()}
    if below and all(key.isdigit() for key in below):
        return [below[key] for key in sorted(below, key=int)]
    return below


def only(params: Params, known: str) -> None:
    """Raises StripeError for a parameter that this method does not have."""
    for name in params:
        if name not in known.split() and name != "expand":
            raise StripeError(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def need(params: Params, name: str) -> Any:
    value = params.get(name)
    if value in (None, "", {}, []):
        raise StripeError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return value


def integer(value: Any, param: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", str(value)):
        raise StripeError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
    return int(value)


def metadata(params: Params, name: str = "metadata") -> dict[str, str]:
    """At most 50 keys of 40 characters with values of 500."""
    found = params.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise invalid("Invalid metadata: it must be a set of key-value pairs.", name)
    if len(found) > 50:
        raise invalid("You can specify up to 50 metadata keys.", name)
    for key, value in found.items():
        if len(key) > 40 or len(value) > 500:
            raise invalid(
                "Metadata keys are at most 40 characters long, and values 500 characters.", f"{name}[{key}]"
            )
    return found
