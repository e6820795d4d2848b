"""What a gateway sent, as people may look at it: secrets left out, telephone numbers and addresses in part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DEEPEST = 40
HIDDEN = "(hidden)"
CUT = "(more)"

_SECRET = re.compile(
    r"secret|token|password|passkey|passwd|hash|signature|authori[sz]ation|credential|api_?key|cvv|cvc$|(^|_)pan$",
    re.I,
)
_PHONE = re.compile(r"phone|msisdn|mobile|^party_?[ab]$|receiverparty|publicname", re.I)
_ADDRESS = re.compile(r"([^\s@]{1,64})@([^\s@]{1,255})")


def shown(payload: Any, depth: int = 0) -> Any:
    """A copy fit for a page. M-Pesa's lists of {"Name": …, "Value": …} are read as what they mean."""
    if depth > DEEPEST:
        return CUT
    if isinstance(payload, Mapping):
        return {str(name): _value(str(name), value, depth) for name, value in _pairs(payload)}
    if isinstance(payload, list | tuple):
        return [shown(each, depth + 1) for each in payload]
    return payload


def _pairs(payload: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    """The members; the value of a named pair is judged by the name that stands beside it."""
    name = next((payload[key] for key in ("Name", "Key") if isinstance(payload.get(key), str)), None)
    if name is None or "Value" not in payload:
        return list(payload.items())
    return [(key, _value(name, value, 0) if key == "Value" else value) for key, value in payload.items()]


def _value(name: str, value: Any, depth: int) -> Any:
    if value is None or value == "" or isinstance(value, bool):
        return value
    if _SECRET.search(name):
        return HIDDEN
    if isinstance(value, Mapping | list | tuple):
        return shown(value, depth + 1)
    if _PHONE.search(name):
        return part_of_phone(str(value))
    return part_of_email(value) if isinstance(value, str) else value


def part_of_phone(text: str) -> str:
    """Enough of a number to tell two callers apart: "+2547••••678"."""
    if not re.search(r"\d{6}", text):
        return text
    return re.sub(r"\d{6,}", lambda found: f"{found[0][:4]}••••{found[0][-2:]}", text)


def part_of_email(text: str) -> str:
    """The beginning and the domain of an address: "an•••@example.com"."""
    return _ADDRESS.sub(lambda found: f"{found[1][:2]}•••@{found[2]}", text)
