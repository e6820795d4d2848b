"""Secret addresses of which nothing is stored: the id of what they open, and our signature.

The signature is over the purpose, the provider, the id and whatever the address is bound to (an e-mail address, a key of
the row): a link of one purpose opens nothing of another, and once what it is bound to changes it is dead.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Final
from uuid import UUID

from flask import current_app

from backoffice.database import db
from backoffice.models import Tenant
from backoffice.services import tenants
from backoffice.tenancy import current_tenant_id

_HALF: Final = 22  # 16 bytes in base64, without its padding
LENGTH: Final = 2 * _HALF


def token_of(purpose: str, subject_id: UUID, bound_to: object) -> str:
    """The secret part of an address, LENGTH letters."""
    key = current_app.extensions["settings"].secret_key.encode()
    about = f"{purpose}\0{current_tenant_id()}\0{subject_id}\0{bound_to}"
    return _text(subject_id.bytes) + _text(hmac.digest(key, about.encode(), hashlib.sha256)[:16])


def read_id(token: str) -> UUID | None:
    """Which id a token names, which proves nothing yet; None for what is no token."""
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(f"{token[:_HALF]}=="))
    except (NotBase64, ValueError):
        return None


def is_ours(token: str, expected: str) -> bool:
    """Whether two tokens are the same, in the same time for each."""
    return hmac.compare_digest(token.encode(), expected.encode())


def address(page: str, token: str) -> str:
    """The full address at the provider's own host. It is a secret: never written into a row or a log."""
    return tenants.base_url(db.session.get_one(Tenant, current_tenant_id())) + page + token


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
