"""Stripe's signature over a webhook: HMAC-SHA256 of the time and the raw bytes. Source: docs.stripe.com/webhooks."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime

from backoffice.domain.gateway_terms import NoticeRefused

# Seconds that a message may be old, or ahead of our clock.
TOLERANCE = 300
_SECONDS = re.compile("[0-9]{1,11}")


def check(raw: bytes, header: str, secret: str, now: datetime) -> None:
    """Raise NoticeRefused unless `secret` signed these bytes within five minutes of `now` (UTC), either way.

    The library takes a time in the future, so the check is written out here.
    """
    if not secret:
        raise NoticeRefused("There is no signing secret to check this with.")
    fields = [each.strip().partition("=") for each in header.split(",")]
    times = [value for name, _, value in fields if name == "t"]
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]):
        raise NoticeRefused("There is no signature.")
    wanted = _sign(raw, times[0], secret)
    # Two while a secret is being replaced. Compared as bytes: a text outside ASCII raises.
    given = [value.encode() for name, _, value in fields if name == "v1"]
    if not any(hmac.compare_digest(wanted, each) for each in given):
        raise NoticeRefused("The signature is not by this account's secret.")
    if abs(now.astimezone(UTC).timestamp() - int(times[0])) > TOLERANCE:
        raise NoticeRefused("The signature is too old, or from the future.")


def _sign(raw: bytes, time: str, secret: str) -> bytes:
    signed = time.encode() + b"." + raw
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
