"""The addresses of a certificate: the public check, which stands on the paper, and its owner's download.

A download link needs no row: it is signed for this purpose, this tenant and this certificate, and ends when the
certificate is no longer valid.
"""

from __future__ import annotations

from uuid import UUID

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from backoffice.services import catalogue, tenants
from backoffice.tenancy import current_tenant_id

CHECK_PAGE = "/verify/"
DOWNLOAD_PAGE = "/certificate/"
# Longer than any token of ours: not worth looking at.
LONGEST_TOKEN = 200


def check_url(code: str, base_url: str) -> str:
    """The address of the public check; `base_url` as `tenants.base_url` gives it."""
    return base_url + CHECK_PAGE + code


def download_url(certificate_id: UUID, base_url: str | None = None) -> str:
    """The owner's link. It is a secret: never written into a row or a log."""
    base = base_url or tenants.base_url(catalogue.current_tenant())
    return base + DOWNLOAD_PAGE + make_token(certificate_id)


def make_token(certificate_id: UUID) -> str:
    """The signed part of the download's address; the same certificate gives the same token."""
    return str(_signer().dumps(certificate_id.hex))


def read_token(token: str) -> UUID | None:
    """Whose download this token opens in the current tenant; None for what we did not sign for that."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        return UUID(hex=_signer().loads(token))
    except (BadData, ValueError, TypeError, AttributeError):
        return None


def _signer() -> URLSafeSerializer:
    """Its key is this purpose's and this tenant's: another one's token is not signed here."""
    key: str = current_app.extensions["settings"].secret_key
    return URLSafeSerializer(key, salt=f"certificate download/{current_tenant_id()}")
