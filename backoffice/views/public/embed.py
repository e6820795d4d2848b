"""The list of dates for the provider's own web site: one script, which puts a frame where it stands. It sets no cookie."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template, request

from backoffice.services.finding import dates
from backoffice.views.public import finding_page

blueprint = Blueprint("embed", __name__)

FEW_MINUTES = "public, max-age=300"
SHOWN = 10
MOST_SHOWN = 50


@blueprint.get("/embed.js")
def script() -> Response:
    """The script that other sites carry."""
    answer = current_app.send_static_file("js/embed.js")
    answer.headers["Cache-Control"] = FEW_MINUTES
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@blueprint.get("/embed")
def frame() -> Any:
    """The frame's page: the dates that fit, each with a link that opens the booking on the provider's site here."""
    now = datetime.now(UTC)
    found = finding_page.asked(now)
    listed = dates.list_dates(found.filters, now, at_most=_number())
    page = render_template(
        "public/embed.html",
        asked=found,
        listed=listed,
        base_url=finding_page.base_url(),
        more=finding_page.address("/dates", found.typed),
    )
    return finding_page.fresh(make_response(page))


def _number() -> int:
    given = request.args.get("show", "")
    return (
        min(max(int(given), 1), MOST_SHOWN)
        if given.isascii() and given.isdigit() and len(given) < 4
        else SHOWN
    )
