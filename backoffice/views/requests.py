"""Who asks, and for which tenant: settled before any page runs."""

import re
from dataclasses import replace

from flask import Flask, abort, g, has_request_context, make_response, render_template, request
from flask_login import LoginManager, current_user
from werkzeug.middleware.proxy_fix import ProxyFix

from backoffice import tenancy
from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import Tenant
from backoffice.services import rate_limits, sign_in, tenants
from backoffice.services.finding import cache
from backoffice.services.sign_in import SignedIn

# Answers of the machine, not of a tenant.
WITHOUT_TENANT = {
    "static",
    "font",
    "health.live",
    "health.ready",
    "health.health",
    "health.metrics",
    "admin.static",
    # A gateway's message finds its tenant by its address.
    "webhooks.stripe",
    "webhooks.stripe_by_host",
    "webhooks.mpesa",
    "webhooks.flutterwave",
}
NOBODY_HERE = "No training provider lives at this address."
_PORT = re.compile(r":\d*$")

login_manager = LoginManager()
login_manager.session_protection = None  # sessions are kept, and ended, on the server


def set_up(app: Flask) -> None:
    proxies = app.extensions["settings"].trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    login_manager.init_app(app)
    app.extensions["rate_limits"] = rate_limits.Counters(app.extensions["settings"].redis_url)
    cache.wire(app)
    app.before_request(enter)
    app.teardown_request(leave)


def enter() -> None:
    """Set the tenant's scope from the host name."""
    if request.endpoint in WITHOUT_TENANT:
        return
    tenant_id = tenants.find_by_host(host_name())
    if tenant_id is None:
        page = render_template("errors/plain.html", status=404, title="Nothing is here", message=NOBODY_HERE)
        abort(make_response(page, 404))
    g.tenant_token = tenancy.enter_tenant(tenant_id)


def host_name() -> str:
    """The host that was called, without its port."""
    return _PORT.sub("", request.host)


def leave(error: BaseException | None = None) -> None:
    token = g.pop("tenant_token", None)
    if token is not None:
        db.session.remove()  # a Session never changes tenant
        tenancy.leave_tenant(token)


@login_manager.user_loader
def load(identity: str) -> SignedIn | None:
    """The person behind the cookie, if the session still lives on the server and belongs to this tenant."""
    tenant_id, _, token = identity.partition(":")
    if tenancy.find_tenant_id() is None or tenant_id != str(tenancy.current_tenant_id()):
        return None
    return sign_in.find_signed_in(token)


def current_actor() -> Actor:
    """Who acts in this request, as services take it."""
    address, agent = request.remote_addr, request.user_agent.string[:300]
    if current_user.is_authenticated:
        kind = "customer" if current_user.role == "customer" else "user"
        return Actor(kind, current_user.user_id, current_user.role, current_user.name, address, agent)
    return Actor("customer", None, None, "Visitor", address, agent)


def visiting_actor() -> Actor:
    """Who acts on a page for everybody: staff who look at it book and wait there with nobody's rights."""
    actor = current_actor()
    return actor if actor.kind == "customer" else replace(actor, kind="customer", user_id=None, role=None)


def current_tenant() -> Tenant:
    """This request's tenant; one query, then the identity map, which forgets what nobody holds."""
    g.tenant = db.session.get_one(Tenant, tenancy.current_tenant_id())
    return g.tenant


def signed_in() -> SignedIn | None:
    """The person who is signed in, or None."""
    if has_request_context() and current_user.is_authenticated:
        return current_user._get_current_object()
    return None
