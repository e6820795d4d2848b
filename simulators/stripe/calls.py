"""One call of the API: who asks, what for, and the same answer to the same idempotency key."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, jsonify, request

from simulators.store import Document, Store
from simulators.stripe import API_VERSION, forms
from simulators.stripe.errors import StripeError
from simulators.stripe.expand import Expander
from simulators.world import World, new_id, world

KEY = re.compile(r"(sk|rk)_test_\w+")
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.\w+)?")
KEY_LIFE = 24 * 3600


@dataclass(frozen=True)
class Call:
    world: World
    account: str
    params: forms.Params
    host: str  # the address that the caller knows us by

    @property
    def store(self) -> Store:
        return self.world.store

    def get(self, kind: str, noun: str, id_: str, param: str = "id", status: int = 404) -> Document:
        """Of this account. Raises StripeError."""
        found = self.store.find(kind, id_, self.account)
        if found is None:
            from_path = param if status != 404 else noun.replace(" ", "_").split(".")[-1]
            raise StripeError(
                f"No such {noun}: '{id_}'", code="resource_missing", param=from_path, status=status
            )
        return found


Method = Callable[..., Document]


def answer(method: Method, **path: str) -> Response:
    """Run one method of the API in one transaction, and write its answer as Stripe does."""
    request_id = new_id("req", 14)
    version = request.headers.get("Stripe-Version", API_VERSION)
    try:
        call = Call(world(), _authenticate(), _params(), request.host_url.rstrip("/"))
        if not VERSION.fullmatch(version):
            raise StripeError(f"Invalid Stripe API version: {version}")
        with call.store.transaction():
            status, body, headers = _once(call, method, path, request_id)
    except StripeError as error:
        status, body, headers = error.status, error.body, {}
    response = jsonify(body)
    response.status_code = status
    response.headers.extend({"Request-Id": request_id, "Stripe-Version": version, **headers})
    return response


def _authenticate() -> str:
    """The key itself names the account; one with "wrong" in it stands for a key that was revoked."""
    given = request.headers.get("Authorization", "").partition(" ")[2] or (
        request.authorization.username if request.authorization and request.authorization.username else ""
    )
    if not given:
        raise StripeError("You did not provide an API key.", status=401)
    if not KEY.fullmatch(given) or "wrong" in given:
        raise StripeError(f"Invalid API Key provided: {given[:8]}{'*' * 8}{given[-4:]}", status=401)
    return given


def _params() -> forms.Params:
    pairs = request.args if request.method == "GET" else request.form
    return forms.read(pairs.items(multi=True))


def _once(
    call: Call, method: Method, path: dict[str, str], request_id: str
) -> tuple[int, Document, dict[str, str]]:
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key is None:
        return (*_run(call, method, path)[:2], {})
    if len(key) > 255:
        raise StripeError("Idempotency keys are at most 255 characters long.", kind="idempotency_error")
    asked = _fingerprint(call)
    earlier = call.store.query(
        "SELECT * FROM replies WHERE account = ? AND key = ? AND at > ?",
        *(call.account, key, time.time() - KEY_LIFE),
    )
    headers = {"Idempotency-Key": key}
    if not earlier:
        status, body, is_kept = _run(call, method, path)
        if is_kept:
            call.store.run(
                "INSERT OR REPLACE INTO replies (account, key, asked, status, body, request_id, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(call.account, key, asked, status, json.dumps(body), request_id, time.time()),
            )
        return status, body, {**headers, "Original-Request": request_id}
    if earlier[0]["asked"] != asked:
        raise _reused(key, asked.split()[0] == earlier[0]["asked"].split()[0])
    replayed = {"Idempotent-Replayed": "true", "Original-Request": earlier[0]["request_id"]}
    return earlier[0]["status"], json.loads(earlier[0]["body"]), headers | replayed


def _reused(key: str, is_same_endpoint: bool) -> StripeError:
    of = "parameters" if is_same_endpoint else "endpoint"
    message = (
        f"Keys for idempotent requests can only be used with the same {of} they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return StripeError(message, kind="idempotency_error")


def _fingerprint(call: Call) -> str:
    written = json.dumps(call.params, sort_keys=True)
    return f"{request.path} {hashlib.sha256(written.encode()).hexdigest()}"


def _run(call: Call, method: Method, path: dict[str, str]) -> tuple[int, Document, bool]:
    """Status, answer, and whether the idempotency key keeps it: what was not executed, it does not."""
    try:
        body = method(call, **path)
        return 200, Expander(call.store, call.account).show(body, call.params.get("expand")), True
    except StripeError as error:
        return error.status, error.body, error.is_kept
