"""One call of the API: the key, the fields, and answers in Flutterwave's shape. Amounts are in whole units there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Response, jsonify, request

from simulators.store import Document
from simulators.world import world

KEY = re.compile(r"FLWSECK_TEST-[\w-]+")
Method = Callable[..., Document]


class FlutterwaveError(Exception):
    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.status = message, status

    def response(self) -> Response:
        response = jsonify(status="error", message=self.message, data=None)
        response.status_code = self.status
        return response


def answer(method: Method, **path: str) -> Response:
    try:
        with world().store.transaction():
            return jsonify(method(world(), _account(), _given(), **path))
    except FlutterwaveError as error:
        return error.response()


def _account() -> str:
    """The secret key names the account; one with "wrong" in it stands for one that was revoked."""
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not key:
        raise FlutterwaveError("Authorization required", 401)
    if not KEY.fullmatch(key) or "wrong" in key:
        raise FlutterwaveError("Invalid authorization key", 401)
    return key


def _given() -> Document:
    if request.method == "GET":
        return dict(request.args.items())
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def good(message: str, data: Any, **more: Any) -> Document:
    return {"status": "success", "message": message, **more, "data": data}


def need(given: Document, name: str) -> str:
    value = given.get(name)
    if value in (None, "", {}):
        raise FlutterwaveError(f"{name} is required")
    return str(value)


def minor(value: Any, name: str = "amount") -> int:
    """Whole units with at most two decimals, as minor units."""
    try:
        amount = Decimal(str(value)) * 100
    except InvalidOperation:
        raise FlutterwaveError(f"{name} must be a number") from None
    if not amount.is_finite() or amount != amount.to_integral_value() or not 0 < amount < 10**12:
        raise FlutterwaveError(f"{name} must be greater than zero, with two decimals at most")
    return int(amount)


def major(amount: int) -> float | int:
    """As Flutterwave writes it: 1500, or 1500.5."""
    return amount // 100 if amount % 100 == 0 else amount / 100


def stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))


def page_of(given: Document, rows: list[Document], size: int = 10) -> tuple[list[Document], Document]:
    """One page of the rows, and the `meta` about it."""
    number = int(given.get("page", 1)) if str(given.get("page", 1)).isdigit() else 1
    start = (max(number, 1) - 1) * size
    pages = max(1, -(-len(rows) // size))
    info = {
        "total": len(rows),
        "current_page": max(number, 1),
        "total_pages": pages,
        "page_size": size,
    }
    return rows[start : start + size], {"page_info": info}


def within(given: Document, rows: list[Document]) -> list[Document]:
    """Those of the days `from` to `to`, both included, by the day in UTC."""
    first, last = str(given.get("from", ""))[:10], str(given.get("to", ""))[:10] or "9999"
    return [row for row in rows if first <= stamp(row["at"])[:10] <= last]
