"""Stripe's webhook endpoints: where it sends its events, entered by a program instead of in the dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import stripe

from backoffice.gateways.reading import Json, text


def register(client: stripe.StripeClient, url: str, kinds: list[str], version: str) -> str:
    """Have these kinds of events sent to the address; the secret that they are signed with.

    The secret is told once, on making: an older registration of the same address, on whatever host, is replaced.
    """
    older = [endpoint["id"] for endpoint in _endpoints(client) if _path(endpoint) == urlsplit(url).path]
    wanted: Any = {
        "url": url,
        "enabled_events": kinds,
        "api_version": version,
        "description": "Booking office",
    }
    made = client.v1.webhook_endpoints.create(wanted).to_dict()
    for endpoint_id in older:
        client.v1.webhook_endpoints.delete(endpoint_id)
    return str(made["secret"])


def is_registered(client: stripe.StripeClient, url: str) -> bool:
    """Whether events are sent to exactly this address."""
    return any(
        text(endpoint, "url") == url and text(endpoint, "status") == "enabled"
        for endpoint in _endpoints(client)
    )


def _endpoints(client: stripe.StripeClient) -> Iterator[Json]:
    for endpoint in client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter():
        yield endpoint.to_dict()


def _path(endpoint: Json) -> str:
    return urlsplit(text(endpoint, "url") or "").path
