"""Reading what gateways send and answer: nothing of it is taken for what it should be."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, NoReturn
from uuid import UUID

from backoffice.domain.gateway_terms import NoticeRefused

DEEPEST = 40
# Past the year 9000 neither the database nor Python can hold the instant.
_LAST_SECOND = 221_845_392_000
_LARGEST = 10**15

Json = dict[str, Any]


def read_json(raw: bytes) -> Json:
    """The object that a webhook's body holds, fit to be kept. Raises NoticeRefused for anything else.

    NUL and halves of characters, which the database refuses, are replaced; NaN and infinity are refused.
    """
    try:
        found = json.loads(raw, parse_constant=_refuse_constant, parse_float=_finite)
        cleaned = _cleaned(found, DEEPEST)
    except (ValueError, RecursionError) as error:
        raise NoticeRefused("The body is not JSON.") from error
    if not isinstance(cleaned, dict):
        raise NoticeRefused("The body is not a JSON object.")
    return cleaned


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number too large")
    return number


def _cleaned(value: Any, deepest: int) -> Any:
    if deepest == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_cleaned(each, deepest - 1) for each in value]
    if isinstance(value, dict):
        return {_cleaned(name, deepest - 1): _cleaned(each, deepest - 1) for name, each in value.items()}
    return value


def header(headers: Mapping[str, str], name: str) -> str:
    """A header in whatever case it came; "" for none."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def part(holder: Mapping[str, Any], *names: str) -> Json:
    """The object at the end of this way; {} when there is none."""
    found: Any = holder
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def parts(holder: Mapping[str, Any], name: str) -> list[Json]:
    """The objects of a list; [] when there is none."""
    found = holder.get(name)
    return [dict(each) for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def text(holder: Mapping[str, Any], name: str) -> str | None:
    """A text that is there, up to 500 characters; None otherwise."""
    found = holder.get(name)
    return found[:500] if isinstance(found, str) and found else None


def label(holder: Mapping[str, Any], name: str) -> str | None:
    """A name or code that comes as a text or as a number, as a text."""
    found = holder.get(name)
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else text(holder, name)


def whole(holder: Mapping[str, Any], name: str) -> int | None:
    """A whole number from 0 up, None when it does not say. Raises ValueError for anything else."""
    found = holder.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < _LARGEST:
        raise ValueError(f"{name} is no amount")
    return found


def minor(holder: Mapping[str, Any], name: str, *, is_fee: bool = False) -> int | None:
    """Major units as "1500.00" or 1500.5 in minor units (hundredths), None when it does not say.

    Fractions of a hundredth are dropped, those of a fee rounded half up. Raises ValueError for what is no amount.
    """
    found = holder.get(name)
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise ValueError(f"{name} is no amount")
    try:
        number = Decimal(str(found)) * 100
    except InvalidOperation as error:
        raise ValueError(f"{name} is no amount") from error
    if not number.is_finite() or not 0 <= number < _LARGEST:
        raise ValueError(f"{name} is no amount")
    return int(number.to_integral_value(ROUND_HALF_UP if is_fee else ROUND_DOWN))


def instant(holder: Mapping[str, Any], name: str) -> datetime | None:
    """Seconds since 1970 as an instant (UTC); None for anything else."""
    found = holder.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < _LAST_SECOND:
        return None
    return datetime.fromtimestamp(found, UTC)


def iso_instant(holder: Mapping[str, Any], name: str) -> datetime | None:
    """ "2026-03-01T09:00:00.000Z" as an instant (UTC); None for anything else."""
    try:
        found = datetime.fromisoformat(text(holder, name) or "")
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def uuid(holder: Mapping[str, Any], name: str) -> UUID | None:
    """An id of ours that a gateway was asked to keep; None for anything else."""
    try:
        return UUID(text(holder, name) or "")
    except ValueError:
        return None


def currency(holder: Mapping[str, Any]) -> str | None:
    """The code of the money, in capitals."""
    return (text(holder, "currency") or "").upper()[:10] or None
