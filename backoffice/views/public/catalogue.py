"""The public site's first page, the courses, and the list of their dates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, request

from backoffice.services import pictures
from backoffice.services.finding import courses, dates
from backoffice.views.arguments import read_id
from backoffice.views.public import finding_page, finding_words, structured
from backoffice.views.requests import current_tenant

blueprint = Blueprint("catalogue", __name__)

MOST_PAGES = 100


@blueprint.get("/")
def home() -> Any:
    """Every published course that fits, those with the soonest dates first."""
    now, page = datetime.now(UTC), _page()
    found = finding_page.asked(now)
    listed = courses.list_courses(found.filters, current_tenant().currency, now, page=page)
    last = -(-listed.count // courses.AT_ONCE)
    return finding_page.show(
        "public/catalogue.html",
        found,
        now,
        listed=listed,
        photos=pictures.shown_of(card.picture_id for card in listed.cards),
        page=page,
        last_page=last,
        page_link=lambda number: finding_page.address("/", found.typed, page=str(number)),
        dates_of=lambda slug: finding_page.dates_of(slug, found),
        ld=structured.of_catalogue(listed.cards, finding_page.base_url()),
    )


@blueprint.get("/dates")
def date_list() -> Any:
    """Every coming date that fits, the next first."""
    now = datetime.now(UTC)
    found = finding_page.asked(now)
    listed = dates.list_dates(found.filters, now, after=read_id(request.args.get("after")))
    return finding_page.show(
        "public/dates.html",
        found,
        now,
        listed=listed,
        by_month=finding_words.by_month,
        more_link=lambda last: finding_page.address("/dates", found.typed, after=str(last)),
    )


def _page() -> int:
    given = request.args.get("page", "")
    return (
        min(max(int(given), 1), MOST_PAGES) if given.isascii() and given.isdigit() and len(given) < 6 else 1
    )
