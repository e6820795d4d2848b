"""How often a page of the public site asks the database: a few times, however many dates there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.views.desk.counting import statements
from tests.web_client import Visitor

NOW = datetime.now(UTC)
# Page -> statements at most: while its list is remembered; reading it anew.
MOST = {
    "/": (5, 9),
    "/dates": (5, 9),
    "/calendar": (4, 7),
    "/course/aid": (7, 14),
    "/embed": (5, 7),
    "/feed/all.ics": (3, 4),
    "/?q=first+aid&up_to=100": (7, 12),
}


def fill(provider: Provider, app: Flask, courses: int, dates: int) -> None:
    with app.app_context(), tenant_scope(provider.id):
        for number in range(courses):
            slug = "aid" if number == 0 else f"aid-{number}"
            course = factories.make_course(title=f"First Aid {number}", slug=slug)
            for day in range(dates):
                factories.make_schedule(course=course, starts_at=NOW + timedelta(days=1 + day, hours=number))


def count(visitor: Visitor, path: str) -> int:
    with statements() as seen:
        assert visitor.get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("path", MOST)
def test_a_page_asks_a_few_times_however_long_its_list(app: Flask, provider: Provider, path: str) -> None:
    with app.app_context():
        larger = factories.make_provider()
    fill(provider, app, 2, 2)
    fill(larger, app, 5, 5)
    few, many = Visitor(app, provider.host), Visitor(app, larger.host)
    for visitor in (few, many):
        visitor.get("/verify/")  # what each page of the site asks for once in a while: host, look
    anew = count(few, path), count(many, path)
    remembered = count(few, path), count(many, path)
    assert anew[1] <= anew[0] and remembered[1] <= remembered[0]
    assert (remembered[1] <= MOST[path][0], anew[1] <= MOST[path][1]) == (True, True), (
        path,
        remembered,
        anew,
    )
