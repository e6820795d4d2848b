"""What every public page shares: the provider's look as `site`, its colours, and whether the site is open at all."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request
from werkzeug.local import LocalProxy

from backoffice.services import site_look
from backoffice.views.access import ACCESS, PUBLIC
from backoffice.views.public.picture import FOR_A_YEAR
from backoffice.views.requests import current_actor

blueprint = Blueprint("site", __name__)

ROOM = "backoffice.views.public."
# Open before the site is: what belongs to people who have a booking, and what pages are made of.
ALWAYS_OPEN = {"pay", "choice", "names", "verify", "certificate", "my", "picture", "review", "site", "terms"}
# Whoever holds places already goes on to the end.
OF_A_BOOKING = {"booking.terms_page", "booking.accept", "booking.done", "booking.calendar"}
# Whoever has a link that was mailed goes on using it, whatever page it opens.
BY_LINK = {"token", "code"}
# Staff look at the site before everybody may.
PREVIEW_RIGHT = "booking.read"


def set_up(app: Flask) -> None:
    app.before_request(stay_closed)
    # Read when a template asks for it, not for every page of the back office.
    look: Any = LocalProxy(site_look.of_tenant)
    app.context_processor(lambda: {"site": look})
    app.jinja_env.globals["is_preview"] = is_preview
    app.jinja_env.filters["rating_words"] = lambda value: f"{value:.2f}".rstrip("0").rstrip(".")


@blueprint.get("/site/<version>.css")
def style(version: str) -> Response:
    """The provider's colours; one version is always the same, another one is asked for again soon."""
    look = site_look.of_tenant()
    answer = Response(look.style, mimetype="text/css")
    answer.headers["Cache-Control"] = FOR_A_YEAR if version == look.style_version else "public, max-age=60"
    return answer


def stay_closed() -> Response | None:
    """Answer for the pages of a site that is not open: with a friendly page, and 404 for programs that look for more."""
    if not belongs_to_site() or site_look.of_tenant().is_published or _may_preview():
        return None
    answer = make_response(render_template("public/not_open.html"), 404)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def belongs_to_site() -> bool:
    """Whether the page asked for is one that opens with the site."""
    rule, endpoint = request.url_rule, request.endpoint or ""
    if rule is None or not _is_public(endpoint) or request.blueprint in ALWAYS_OPEN:
        return False
    return endpoint not in OF_A_BOOKING and not BY_LINK.intersection(rule.arguments)


def _is_public(endpoint: str) -> bool:
    """A page of this room that needs no right."""
    view, needs = current_app.view_functions[endpoint], ACCESS.get(endpoint)
    return view.__module__.startswith(ROOM) and needs is not None and PUBLIC in (needs.look, needs.change)


def is_preview() -> bool:
    """Whether this page is seen by staff before everybody may: it says so."""
    return belongs_to_site() and not site_look.of_tenant().is_published and _may_preview()


def _may_preview() -> bool:
    return current_actor().may(PREVIEW_RIGHT)
