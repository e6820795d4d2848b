"""Structured logs: one JSON object a line, each with the id of the request or job that wrote it."""

import json
import logging
import re
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import uuid4

from flask import Flask, Response, g, request

from backoffice.tenancy import find_tenant_id

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

# What a LogRecord always has; anything else was given as `extra` and belongs in the line.
_STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

# What comes before the secret part of an address.
SECRETS = re.compile(
    r"^(/+(?:pay|my/+enter|my/+booking|my/+calendar|choice|names|waiting(?!/+join(?:/|ed$))|certificate|invitation|password/+reset|api/+webhooks/+\w+|api/+payments/+webhooks/+\w+)/+)[^/]+",
    re.IGNORECASE,
)

access_log = logging.getLogger("backoffice.access")


class JsonLines(logging.Formatter):
    """A record as one line of JSON; a traceback stays in the log and goes to nobody else."""

    def format(self, record: logging.LogRecord) -> str:
        tenant_id = find_tenant_id()
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": record.getMessage(),
            "request_id": request_id.get(),
            "tenant_id": str(tenant_id) if tenant_id else None,
        }
        line |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({key: value for key, value in line.items() if value is not None}, default=str)


def set_up(app: Flask) -> None:
    """Log to standard error in JSON, and give every request an id that its answer carries."""
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, JsonLines) for handler in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        root.addHandler(handler)
    root.setLevel(app.extensions["settings"].log_level.upper())

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        request_id.set(uuid4().hex)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = request_id.get() or ""
        if request.endpoint != "static":
            access_log.info(
                "request",
                extra={
                    "method": request.method,
                    "path": _path(),
                    "status": response.status_code,
                    "milliseconds": round(
                        (time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1
                    ),
                    "address": request.remote_addr,
                },
            )
        return response


def _path() -> str:
    """The path without the secret of a mailed link or of a gateway's address: whoever reads logs must not use it.

    By what it looks like, not by the page that took it: a wrong method or a slash too many finds no page.
    """
    return SECRETS.sub(r"\1…", request.path)
