"""The control plane: what tests and demonstrations do that no payer can. Answers this machine only."""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from simulators.flutterwave import control as flutterwave
from simulators.flutterwave.calls import FlutterwaveError
from simulators.mpesa import control as mpesa
from simulators.stripe import control as stripe
from simulators.stripe.paying import NotPayable
from simulators.world import world

control = Blueprint("control", __name__, url_prefix="/control")

Said = dict[str, Any]
LONGEST_WAIT = 60.0
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
DEEDS = {**stripe.DEEDS, **mpesa.DEEDS, **flutterwave.DEEDS}
LEDGERS = {"stripe": stripe.ledger, "mpesa": mpesa.ledger, "flutterwave": flutterwave.ledger}


@control.before_request
def only_this_machine() -> None:
    """By the caller's address, and by the name it uses: a page of the web could lead a browser here."""
    host = request.host.rpartition(":")[0] or request.host
    if not ip_address(request.remote_addr or "0.0.0.0").is_loopback or host not in LOCAL_NAMES:  # noqa: S104
        abort(403)
    if request.method == "POST" and not request.is_json:
        abort(415)


@control.errorhandler(ValueError)
@control.errorhandler(LookupError)
@control.errorhandler(NotPayable)
@control.errorhandler(FlutterwaveError)
@control.errorhandler(TypeError)
def refuse(error: Exception) -> tuple[Response, int]:
    return jsonify(error=f"{type(error).__name__}: {error}"), 400


@control.get("/")
def hello() -> Said:
    return {"simulators": sorted(LEDGERS), "faults": world().faults.shown(), "deeds": sorted(DEEDS)}


@control.post("/faults")
def change_faults() -> Said:
    """Any of the names of `Faults`."""
    world().faults.change(_body())
    return world().faults.shown()


@control.post("/release")
def release() -> Said:
    """Send what was held: {shuffle: bool, copies: 1…}."""
    body = _body()
    count = world().courier.release(shuffle=bool(body.get("shuffle")), copies=int(body.get("copies", 1)))
    return {"released": count}


@control.post("/take")
def take() -> Said:
    """What is held, with fresh signatures; it is not sent any more."""
    return {"deliveries": world().courier.take()}


@control.post("/quiet")
def quiet() -> Said:
    """Wait until no webhook is due or under way: {seconds: 10}."""
    deadline = time.monotonic() + min(float(_body().get("seconds", 10)), LONGEST_WAIT)
    while world().courier.open_count() and time.monotonic() < deadline:
        time.sleep(0.02)
    return {"open": world().courier.open_count()}


@control.get("/deliveries")
def deliveries() -> Said:
    """All messages, oldest first, with how they were answered."""
    names = "id, gateway, account, about, kind, url, state, due, attempts, answer"
    rows = world().store.query(f"SELECT {names} FROM deliveries ORDER BY id")  # noqa: S608 - names of ours
    return {"deliveries": [dict(row) for row in rows]}


@control.post("/reset")
def reset() -> Said:
    """Forget everything."""
    world().faults.reset()
    world().store.reset()
    return {"reset": True}


@control.get("/<gateway>/ledger")
def ledger(gateway: str) -> Said:
    """Every payment and refund of an account (?key=…), in one shape for all gateways."""
    if gateway not in LEDGERS:
        abort(404)
    return {"payments": LEDGERS[gateway](world(), request.args["key"])}


@control.post("/<path:deed>")
def do(deed: str) -> Said:
    """One of the deeds that the gateways' own modules list."""
    if deed not in DEEDS:
        abort(404)
    with world().store.transaction():
        return DEEDS[deed](world(), _body())


def _body() -> Said:
    body = request.get_json(silent=True) or {}
    if not isinstance(body, dict):
        raise ValueError("send an object")
    return body
