"""Live places for open pages: told as they change, or asked for now and then. Nothing here is a secret or a decision."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask_babel import force_locale, get_locale

from backoffice.domain.errors import Invalid
from backoffice.services import live
from backoffice.services.live import Listener, Look, NoRoom, Stream, Told
from backoffice.tenancy import current_tenant_id
from backoffice.views.arguments import read_id
from backoffice.views.public import places_words

blueprint = Blueprint("live", __name__)

Seen = Mapping[UUID, Told | None]

# A comment now and then keeps proxies from hanging up, and finds out who has gone.
HEARTBEAT_SECONDS = 15.0
RECONNECT_MILLISECONDS = 3000
# When a page that was refused a stream may ask for one again.
RETRY_SECONDS = 60
# A browser that takes nothing for so long has lost its place: its thread is another one's.
SEND_SECONDS = 10


def set_up(app: Flask) -> None:
    live.wire(app)
    places_words.set_up(app)
    app.register_blueprint(blueprint)


@blueprint.get("/live/places")
def places() -> Any:
    """The places of up to 60 dates as they are now. Ids that are nobody's business are left out of the answer."""
    asked = read_listener()
    return jsonify(said({each: seen.told_to(asked.visitor) for each, seen in _look(asked).items()}))


@blueprint.get("/live/stream")
def stream() -> Any:
    """The same as server-sent events: all of them at once, then each change. Ends after some minutes."""
    asked = read_listener()
    if request.method == "HEAD":
        return _event_stream(())
    try:
        opened = live.get_hub().open(asked)
    except NoRoom as error:
        told = {"code": error.code, "message": error.message, "fields": {}}
        return jsonify(error=told), error.status, {"Retry-After": str(RETRY_SECONDS)}
    _wait_no_longer(asked.connection)
    try:
        opened.begin(_look(asked))
        answer = _event_stream(events(current_app._get_current_object(), opened, str(get_locale())))  # type: ignore[attr-defined]
    except BaseException:
        live.get_hub().close(opened)
        raise
    hub = live.get_hub()
    answer.call_on_close(lambda: hub.close(opened))
    return answer


def read_listener() -> Listener:
    """What a page asks for. Raises Invalid."""
    named = [each for each in request.args.get("ids", "").split(",") if each]
    ids = frozenset(filter(None, map(read_id, named)))
    if not named or len(named) > live.MOST_IDS or len(ids) != len(set(named)):
        raise Invalid("ids", f"Name one to {live.MOST_IDS} dates by their ids.", field="ids")
    visitor = request.args.get("visitor", "")
    booking = read_id(request.args.get("booking"))
    return Listener(
        tenant_id=current_tenant_id(),
        ids=ids,
        address=request.remote_addr,
        visitor=visitor if live.VISITOR.fullmatch(visitor) else "",
        booking=booking if booking in ids and visitor else None,
        connection=request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket"),
    )


def _look(asked: Listener) -> dict[UUID, Look]:
    """The dates as they are; who is booking one says so, of one that is there: nobody fills the memory with invented ones."""
    found = live.look(asked.ids, asked.ids if asked.visitor else ())
    if asked.booking in found and asked.visitor:
        live.intend(asked.booking, asked.visitor, asked.address)
    return found


def _wait_no_longer(connection: socket.socket | None) -> None:
    """Have the kernel give up sending to who does not read: the thread would wait for as long as TCP does."""
    if connection is not None:
        limit = struct.pack("ll", SEND_SECONDS, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _event_stream(body: Any) -> Response:
    answer = Response(body, mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"  # nginx would keep the events back
    return answer


def events(app: Flask, opened: Stream, language: str) -> Iterator[str]:
    """One event for each change, a comment while nothing happens. Holds no session of the database."""
    yield f"retry: {RECONNECT_MILLISECONDS}\n\n"
    while (changed := opened.wait(HEARTBEAT_SECONDS)) is not None:
        if not changed:
            yield ":\n\n"
            continue
        with app.app_context(), force_locale(language):
            text = json.dumps(said(changed), ensure_ascii=False)
        yield f"data: {text}\n\n"


def said(seen: Seen) -> dict[str, Any]:
    """Facts for a script, and the words that the page shows."""
    return {"dates": {str(each): _said(told) for each, told in seen.items()}}


def _said(told: Told | None) -> dict[str, Any]:
    if told is None or not told.is_open:
        return asdict(places_words.say_closed()) | {"left": 0, "bookers": 0, "bookers_words": ""}
    return asdict(places_words.say(told.left, told.capacity)) | {
        "left": told.left,
        "capacity": told.capacity,
        "bookers": told.others,
        "bookers_words": places_words.say_bookers(told.others),
    }
