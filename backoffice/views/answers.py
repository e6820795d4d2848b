"""What a refusal or an accident looks like: a page for people, JSON for programs, never SQL or a traceback."""

import logging

from flask import Flask, jsonify, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.logs import request_id
from backoffice.views.access import wants_json
from backoffice.work import refusal

log = logging.getLogger(__name__)

Answer = tuple[Response | str, int]

SENTENCES = {
    400: "The request could not be understood. Go back and try again.",
    401: "You are signed out. Sign in, then try again.",
    403: "Your role does not allow this. Ask an administrator.",
    404: "There is nothing at this address, or it is not yours to see.",
    405: "This address does not take that kind of request.",
    409: "Somebody else changed this meanwhile.",
    413: "What you sent is too large.",
    415: "This kind of content is not understood here.",
    422: "Some of what you entered needs another look.",
    429: "Too many tries. Wait a few minutes, then try again.",
    500: "Something went wrong on our side. It was noted; please try again.",
    503: "The system is starting or very busy. Please try again in a moment.",
}


def set_up(app: Flask) -> None:
    app.register_error_handler(DomainError, refused)
    app.register_error_handler(CSRFError, forged)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(DBAPIError, database_error)
    app.register_error_handler(PoolTimeout, full_house)
    app.register_error_handler(UnicodeError, odd_text)
    app.register_error_handler(Exception, accident)


def answer(status: int, message: str | None = None, *, code: str = "", fields: dict | None = None) -> Answer:
    """One answer in the form that the asker reads."""
    message = message or SENTENCES.get(status, SENTENCES[400])
    if wants_json():
        error: dict[str, object] = {"code": code or f"http_{status}", "message": message}
        if fields:
            error["fields"] = fields
        return jsonify({"error": error}), status
    template = (
        f"errors/{status}.html" if status in (400, 403, 404, 409, 413, 429, 500) else "errors/page.html"
    )
    return render_template(template, status=status, message=message, request_id=request_id.get()), status


def refused(error: DomainError) -> Answer:
    db.session.rollback()
    fields = error.fields if isinstance(error, Invalid) else {}
    return answer(error.status, error.message, code=error.code, fields=fields)


def forged(error: CSRFError) -> Answer:
    return answer(
        400, "This form was open too long or came from another page. Go back, reload and send it again."
    )


def http_error(error: HTTPException) -> Answer | Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    body, status = answer(status, _own_words(error))
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return body, status, headers  # type: ignore[return-value]


def _own_words(error: HTTPException) -> str | None:
    """What one of our pages said when it aborted; the library's own sentences are not for people."""
    is_ours = error.code in (400, 403, 404) and error.description != type(error).description
    return error.description if is_ours and type(error).__module__ == HTTPException.__module__ else None


def database_error(error: DBAPIError) -> Answer:
    db.session.rollback()
    if isinstance(error, OperationalError):
        log.exception("database does not answer")
        return answer(503)
    try:
        return refused(refusal(error))
    except DBAPIError:
        return accident(error)


def full_house(error: PoolTimeout) -> Answer:
    """Every connection was busy for as long as anybody waits: too many at once, no fault of this request."""
    db.session.rollback()
    log.error("no database connection was free", extra={"cause": str(error)})
    return answer(503)


def odd_text(error: UnicodeError) -> Answer:
    """A lone surrogate or invalid UTF-8 that no field check met."""
    db.session.rollback()
    return answer(400, "The text holds characters that cannot be stored.")


def accident(error: Exception) -> Answer:
    db.session.rollback()
    log.exception("unexpected error")
    return answer(500)
