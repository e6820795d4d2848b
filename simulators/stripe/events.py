"""Events: kept for the list, and told to every endpoint that wants their kind."""

from __future__ import annotations

import copy

from simulators.courier import AT_ONCE, Parcel, Telling, as_json
from simulators.store import Document, now
from simulators.stripe import API_VERSION
from simulators.stripe.expand import public
from simulators.world import World, new_id


def emit(
    world: World,
    account: str,
    kind: str,
    about: Document,
    telling: Telling = AT_ONCE,
    before: Document | None = None,
) -> Document:
    """Something happened; `about` as it is now, `before` the fields that changed."""
    event: Document = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": now(),
        "data": {
            "object": public(copy.deepcopy(about)),
            **({"previous_attributes": before} if before else {}),
        },
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    endpoints = [
        endpoint
        for endpoint in world.store.every("webhook_endpoint", account)
        if endpoint["status"] == "enabled" and {kind, "*"} & set(endpoint["enabled_events"])
    ]
    event["pending_webhooks"] = len(endpoints) if telling.copies else 0
    world.store.add("event", account, event)
    for endpoint in reversed(endpoints):
        told = {**event, "api_version": endpoint["api_version"] or API_VERSION}
        world.courier.promise(
            Parcel(
                gateway="stripe",
                account=account,
                about=event["id"],
                kind=kind,
                url=endpoint["url"],
                body=as_json(told),
                secret=endpoint["_secret"],
            ),
            telling,
        )
    return event
