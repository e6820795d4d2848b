"""Calendar feeds that anybody may subscribe to."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as Answer

from backoffice.services.finding import feeds
from backoffice.services.finding.feeds import Feed
from backoffice.views.public import finding_page
from backoffice.views.requests import current_tenant

blueprint = Blueprint("feeds", __name__)

A_QUARTER_HOUR = "public, max-age=900"
UNKNOWN = "There is no such calendar. Look for the course on our site."


@blueprint.get("/feed/all.ics")
def everything() -> Answer:
    """Every coming date."""
    return _answer(feeds.of_everything(current_tenant().name, finding_page.base_url(), datetime.now(UTC)))


@blueprint.get("/feed/course/<slug>.ics")
def of_course(slug: str) -> Answer:
    """The coming dates of a course."""
    return _answer(feeds.of_course(slug, current_tenant().name, finding_page.base_url(), datetime.now(UTC)))


@blueprint.get("/feed/venue/<uuid:venue_id>.ics")
def of_venue(venue_id: UUID) -> Answer:
    """The coming dates at a venue."""
    return _answer(
        feeds.of_venue(venue_id, current_tenant().name, finding_page.base_url(), datetime.now(UTC))
    )


def _answer(feed: Feed | None) -> Answer:
    if feed is None:
        abort(404, UNKNOWN)
    answer = Response(feed.text, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = A_QUARTER_HOUR
    answer.add_etag()
    return answer.make_conditional(request)
