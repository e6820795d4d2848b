"""Where the payment gateways knock: who sends is checked, the message is kept, and the answer is given at once."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, g, jsonify, request

from backoffice import tenancy
from backoffice.database import db
from backoffice.domain.gateway_terms import NoticeRefused, Received
from backoffice.models import GatewayAccount
from backoffice.services import gateway_accounts, gateway_events, tenants
from backoffice.views import metrics
from backoffice.views.requests import host_name
from backoffice.views.security import csrf
from backoffice.work import commit_once

log = logging.getLogger(__name__)

blueprint = Blueprint("webhooks", __name__)
csrf.exempt(blueprint)

LARGEST = 512 * 1024
Answer = tuple[Response, int]


@blueprint.post("/api/webhooks/stripe/<path>")
def stripe(path: str) -> Answer:
    return _take("stripe", path)


@blueprint.post("/api/webhooks/stripe")
def stripe_by_host() -> Answer:
    """The address without a secret part: the account in use of the tenant whose host was called."""
    tenant_id = tenants.find_by_host(host_name())
    if tenant_id is None:
        return _refuse("stripe", "unknown")
    g.tenant_token = tenancy.enter_tenant(tenant_id)
    account = gateway_accounts.find_in_use("stripe")
    return _keep(account) if account else _refuse("stripe", "unknown")


@blueprint.post("/api/payments/webhooks/flutterwave/<path>")
def flutterwave(path: str) -> Answer:
    return _take("flutterwave", path)


@blueprint.post("/api/payments/webhooks/mpesa/<path>")
@blueprint.post("/api/payments/webhooks/mpesa/<path>/<uuid:about>")
def mpesa(path: str, about: UUID | None = None) -> Answer:
    return _take("mpesa", path, about)


def _take(gateway: str, path: str, about: UUID | None = None) -> Answer:
    found = gateway_accounts.find_by_path(path)
    if found is None:
        return _refuse(gateway, "unknown")
    tenant_id, account_id = found
    db.session.remove()  # the session that looked the address up belongs to nobody
    g.tenant_token = tenancy.enter_tenant(tenant_id)
    account = gateway_accounts.get(account_id)
    return _keep(account, about) if account.gateway == gateway else _refuse(gateway, "unknown")


def _keep(account: GatewayAccount, about: UUID | None = None) -> Answer:
    raw = request.get_data(cache=False)
    if len(raw) > LARGEST:
        return _refuse(account.gateway, "too large")
    try:
        received = gateway_accounts.open_account(account).receive(
            raw, dict(request.headers.items()), datetime.now(UTC)
        )
    except NoticeRefused as error:
        log.warning("webhook refused", extra={"gateway": account.gateway, "cause": str(error)})
        return _refuse(account.gateway, "refused")
    if about:
        payload = {**received.payload, "about": str(about)}
        received = Received(received.event_id, received.kind, payload, received.happened_at)
    is_new = commit_once(lambda: gateway_events.keep(account, received)) is not None
    metrics.count_webhook(account.gateway, "kept" if is_new else "repeated")
    return jsonify({"received": True}), 200


def _refuse(gateway: str, reason: str) -> Answer:
    """One answer for every reason: whoever guesses learns nothing."""
    metrics.count_webhook(gateway, reason)
    error = {"code": "not_verified", "message": "This message could not be verified."}
    return jsonify({"error": error}), 400
