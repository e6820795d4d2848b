"""Talking JSON with a gateway, and telling apart what may be asked again and what is a plain no."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from backoffice.domain.gateway_terms import GatewayDelayed, GatewayRefused
from backoffice.gateways.reading import Json

# Seconds to be connected, and to wait for the next bytes.
TIMEOUTS = (5.0, 20.0)
# 409: the same request is being worked on at this moment; 429: too many.
AGAIN = frozenset({408, 409, 425, 429})
WRONG_KEYS = frozenset({401, 403})
LONGEST_SENTENCE = 300


class KeysRefused(GatewayRefused):
    """The gateway does not take these keys: nothing is known of what was asked for."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status of HTTP, and the body where it is a JSON object."""

    status: int
    body: Json

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Line:
    """The way to one gateway. `secrets` are kept out of every sentence that it says."""

    name: str
    base: str
    secrets: tuple[str, ...] = ()

    def send(self, method: str, path: str, headers: Mapping[str, str], **what: Any) -> Answer:
        """Ask; `what` is `json` or `params`. Raises GatewayDelayed when no answer came."""
        url = f"{self.base.rstrip('/')}{path}"
        try:
            reply = requests.request(
                method, url, headers=dict(headers), timeout=TIMEOUTS, allow_redirects=False, **what
            )
        except requests.RequestException as error:
            raise GatewayDelayed(f"{self.name} did not answer ({type(error).__name__}).") from error
        return Answer(reply.status_code, _object_of(reply))

    def fault(self, status: int, sentence: str | None) -> GatewayDelayed | GatewayRefused:
        """The error that an answer with this status is, in the gateway's own words."""
        words = without_secrets(sentence or f"it answered with status {status}", self.secrets)
        is_unreadable = sentence is None and status < 400
        if status in AGAIN or status >= 500 or is_unreadable:
            return GatewayDelayed(f"{self.name}: {words}")
        if status in WRONG_KEYS:
            return KeysRefused(f"{self.name} did not take the keys: {words}")
        return GatewayRefused(f"{self.name}: {words}")


def _object_of(reply: requests.Response) -> Json:
    try:
        found = reply.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def without_secrets(sentence: str, secrets: Iterable[str]) -> str:
    """A gateway's sentence as it may be shown and logged: short, on one line, without a key in it."""
    for secret in secrets:
        if len(secret) >= 6:
            sentence = sentence.replace(secret, "…")
    return " ".join(sentence.split())[:LONGEST_SENTENCE]


@contextmanager
def patient_with_keys() -> Iterator[None]:
    """Wrong keys say nothing about a payment: once they are put right, the question has an answer."""
    try:
        yield
    except KeysRefused as error:
        raise GatewayDelayed(str(error)) from error


def check_key(name: str, key: str, mode: str, *, live: tuple[str, ...], test: tuple[str, ...]) -> None:
    """Raise KeysRefused for a live key in a test account, a test key in a live one, or what is no key at all."""
    if not key:
        raise KeysRefused(f"{name} has no secret key yet: enter it in Settings.")
    wanted, other = (live, test) if mode == "live" else (test, live)
    if key.startswith(wanted):
        return
    if key.startswith(other):
        raise KeysRefused(f"This {name} account is in {mode} mode, but the secret key is of the other mode.")
    raise KeysRefused(f"This is no secret key of {name}: it begins with {' or '.join(wanted)}.")
