"""One call of Daraja: the token, the fields, and errors in its shape."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, request

from simulators.store import Document
from simulators.world import World, world

TOKEN_SECONDS = 3599
PROCESSING = "500.001.1001"
Method = Callable[[World, str, Document], Document]


class DarajaError(Exception):
    """A refusal at the door, before anything is accepted."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status

    def response(self) -> Response:
        body = {"requestId": request_number(), "errorCode": self.code, "errorMessage": self.message}
        response = jsonify(body)
        response.status_code = self.status
        return response


def bad(field: str) -> DarajaError:
    return DarajaError("400.002.02", f"Bad Request - Invalid {field}")


def request_number() -> str:
    """Such as 16813-15-5."""
    return f"{secrets.randbelow(90_000) + 10_000}-{secrets.randbelow(90_000_000) + 10_000_000}-1"


def conversation() -> str:
    return f"AG_{time.strftime('%Y%m%d', time.gmtime())}_{secrets.token_hex(10)}"


def receipt() -> str:
    """Ten capitals and digits, such as NLJ7RT61SV."""
    return "S" + "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(9))


def nairobi_number(at: float) -> str:
    """yyyymmddhhmmss in Nairobi, which is three hours ahead all year."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(at + 3 * 3600))


def answer(method: Method) -> Response:
    try:
        with world().store.transaction():
            body = request.get_json(silent=True)
            if not isinstance(body, dict):
                raise DarajaError("400.002.05", "Invalid Request Payload")
            return jsonify(method(world(), _account(), body))
    except DarajaError as error:
        return error.response()


def _account() -> str:
    """The consumer key that the token was given to."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = world().store.find("mpesa_token", given) if given else None
    if token is None or token["expires_at"] < time.time():
        raise DarajaError("404.001.03", "Invalid Access Token", 404)
    return str(token["account"])


def give_token() -> Response:
    """Basic authentication with key and secret. A key with "wrong" in it stands for one that was revoked."""
    given = request.authorization
    key, secret = (given.username or "", given.password or "") if given else ("", "")
    with world().store.transaction():
        if not _knows(key, secret):
            return DarajaError("400.008.01", "Invalid Authentication passed").response()
        token = secrets.token_urlsafe(21)
        kept = {"id": token, "account": key, "expires_at": time.time() + TOKEN_SECONDS}
        world().store.add("mpesa_token", key, kept)
    return jsonify(access_token=token, expires_in=str(TOKEN_SECONDS))


def _knows(key: str, secret: str) -> bool:
    """The first secret of a key is the right one from then on."""
    if not key or not secret or "wrong" in f"{key}{secret}":
        return False
    known = world().store.find("mpesa_secret", "secret", key)
    if known is None:
        world().store.add("mpesa_secret", key, {"id": "secret", "value": secret})
    return known is None or known["value"] == secret


def field(body: Document, name: str, pattern: str) -> str:
    """Raises DarajaError."""
    value: Any = body.get(name)
    if isinstance(value, bool) or not re.fullmatch(pattern, str(value if value is not None else "")):
        raise bad(name)
    return str(value)
