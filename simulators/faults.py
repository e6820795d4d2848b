"""What goes wrong on request: replies that are lost, slowness, webhooks that are held, doubled or shuffled."""

from __future__ import annotations

import json
import random
import socket
import time
from dataclasses import asdict, dataclass, fields
from typing import Any

from flask import Response, request


@dataclass
class Faults:
    """Fractions are between 0 and 1. Only calls of the program suffer from them, never the pages or the tests."""

    lost_replies: float = 0.0  # it happened, and the connection closed without an answer
    lost_requests: float = 0.0  # the same, but nothing happened
    server_errors: float = 0.0  # answered with 500, and nothing happened
    busy: float = 0.0  # answered with 429, and nothing happened
    slow_ms: int = 0  # every call takes so much longer
    hold_webhooks: bool = False  # kept until they are released or taken
    lost_webhooks: float = 0.0  # promised, never sent
    duplicate: int = 0  # so many more times each
    shuffle: bool = False  # sent in any order, within a second

    def change(self, wanted: dict[str, Any]) -> None:
        """Raises ValueError for a name that is none."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        unknown = set(wanted) - set(known)
        if unknown:
            raise ValueError(f"Unknown faults: {', '.join(sorted(unknown))}.")
        for name, value in wanted.items():
            setattr(self, name, known[name](value))

    def reset(self) -> None:
        self.change(asdict(Faults()))

    def shown(self) -> dict[str, Any]:
        return asdict(self)

    def before(self) -> Response | None:
        """What a call meets before anything happens."""
        if self.slow_ms:
            time.sleep(self.slow_ms / 1000)
        if _happens(self.lost_requests):
            return hang_up()
        if _happens(self.server_errors):
            return _no("api_error", "Something went wrong.", 500)
        if _happens(self.busy):
            return _no("rate_limit", "Too many requests.", 429)
        return None

    def after(self, response: Response) -> Response:
        return hang_up() if _happens(self.lost_replies) else response


def _no(code: str, message: str, status: int) -> Response:
    """In Stripe's shape; the other two promise none for this."""
    body = json.dumps({"error": {"type": "api_error", "code": code, "message": message}})
    return Response(body, status, mimetype="application/json")


def hang_up() -> Response:
    """Close the connection: whatever is answered after that reaches nobody."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=502)


def _happens(fraction: float) -> bool:
    return fraction > 0 and random.random() < fraction  # noqa: S311 - play money
