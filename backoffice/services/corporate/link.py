"""The link with which a company follows its request and answers the quote: nothing of it is stored.

It carries the request's id and a signature over provider, request and the address that it was mailed to: once the
request belongs to another address, the old link is dead.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import CorporateRequest
from backoffice.services import signed_links

PAGE: Final = "/companies/request/"


def url_of(request: CorporateRequest) -> str:
    """The full address, at the provider's own host. It is a secret: never written into a row or a log."""
    return signed_links.address(PAGE, token_of(request))


def token_of(request: CorporateRequest) -> str:
    """The secret part of the address."""
    return signed_links.token_of("corporate", request.id, request.email)


def find(token: str) -> CorporateRequest | None:
    """The request of a link, in the provider whose host was called; None for a forged, foreign or dead one."""
    request_id = signed_links.read_id(token)
    wanted = select(CorporateRequest).where(CorporateRequest.id == request_id)
    request = db.session.scalar(wanted) if request_id else None
    return request if request and signed_links.is_ours(token, token_of(request)) else None
