"""The link with which a company follows its request and answers the quote: nothing of it is stored.

It carries the request's id and a signature over provider, request and the address that it was mailed to: once the
request belongs to another address, the old link is dead.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Final
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import CorporateRequest, Tenant
from backoffice.services import tenants
from backoffice.tenancy import current_tenant_id

PAGE: Final = "/companies/request/"
_HALF: Final = 22  # 16 bytes in base64, without its padding


def url_of(request: CorporateRequest) -> str:
    """The full address, at the provider's own host. It is a secret: never written into a row or a log."""
    return tenants.base_url(db.session.get_one(Tenant, current_tenant_id())) + PAGE + token_of(request)


def token_of(request: CorporateRequest) -> str:
    """The secret part of the address."""
    return _text(request.id.bytes) + _text(_signature(request.id, request.email))


def find(token: str) -> CorporateRequest | None:
    """The request of a link, in the provider whose host was called; None for a forged, foreign or dead one."""
    request_id = _request_id(token)
    if request_id is None:
        return None
    request = db.session.scalar(select(CorporateRequest).where(CorporateRequest.id == request_id))
    if request is None:
        return None
    is_ours = hmac.compare_digest(token.encode(), token_of(request).encode())
    return request if is_ours else None


def _request_id(token: str) -> UUID | None:
    if len(token) != 2 * _HALF or not token.isascii():
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(f"{token[:_HALF]}=="))
    except (NotBase64, ValueError):
        return None


def _signature(request_id: UUID, address: str) -> bytes:
    key = current_app.extensions["settings"].secret_key.encode()
    about = f"corporate\0{current_tenant_id()}\0{request_id}\0{address}"
    return hmac.digest(key, about.encode(), hashlib.sha256)[:16]


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
