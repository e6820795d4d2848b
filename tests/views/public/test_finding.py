"""The public catalogue, dates, calendar and course pages over HTTP."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.models import Course, Schedule
from backoffice.services.finding import on_sale
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.web_client import Visitor, signed_in

NOW = datetime.now(UTC)
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
PAGES = ("/", "/dates", "/calendar", "/embed")


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def plan(app: Flask, provider: Provider, title: str = "First Aid", **values: Any) -> tuple[str, str]:
    """(short name of the course, id of the date) of a new date."""
    of_course = values.pop("of_course", {})
    with app.app_context(), tenant_scope(provider.id):
        course = factories.make_course(title=title, **of_course)
        date = factories.make_schedule(course=course, **values)
        return course.slug, str(date.id)


def ld_of(page: str) -> Any:
    found = re.search(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', page, re.S)
    assert found is not None
    return json.loads(found[1])


def test_a_stranger_finds_a_date_on_every_page(app: Flask, provider: Provider, visitor: Visitor) -> None:
    slug, date_id = plan(app, provider)
    for path in ("/", "/dates", f"/course/{slug}", "/embed"):
        page = visitor.get(path)
        assert page.status_code == 200
        assert "First Aid" in page.text and f"/book/{date_id}" in page.text, path
        assert "12 places left" in page.text
    month = (NOW + timedelta(days=10)).strftime("%Y-%m")
    assert "First Aid" in visitor.get(f"/calendar/{month}").text


def test_an_empty_house_says_so_without_an_error(visitor: Visitor) -> None:
    assert "There is no course here yet." in visitor.get("/").text
    assert "No date is planned at the moment." in visitor.get("/dates").text
    assert visitor.get("/calendar").status_code == 200
    assert "No date is planned at the moment." in visitor.get("/embed").text
    assert "VCALENDAR" in visitor.get("/feed/all.ics").text


def test_staff_sign_in_is_one_small_link_away(visitor: Visitor) -> None:
    page = visitor.get("/").text
    assert 'href="/login"' in page[page.index("<footer") :]


@pytest.mark.parametrize("role", ["admin", "customer"])
def test_whoever_is_signed_in_sees_the_same_catalogue(app: Flask, provider: Provider, role: str) -> None:
    plan(app, provider)
    assert "First Aid" in signed_in(app, provider, role).get("/").text


def test_private_dates_show_nowhere(app: Flask, provider: Provider, visitor: Visitor) -> None:
    slug, date_id = plan(app, provider, title="Of one company", is_private=True)
    month = (NOW + timedelta(days=10)).strftime("%Y-%m")
    with app.app_context(), tenant_scope(provider.id):
        venue_id = db.session.get_one(Schedule, date_id).venue_id
    for path in ("/", "/dates", f"/calendar/{month}", f"/course/{slug}", "/embed", f"/dates?course={slug}"):
        assert date_id not in visitor.get(path).text, path
    assert "1 date" not in visitor.get(f"/calendar/{month}").text
    for path in ("/feed/all.ics", f"/feed/course/{slug}.ics", f"/feed/venue/{venue_id}.ics"):
        assert "VEVENT" not in visitor.get(path).text, path


def test_without_the_rule_a_private_date_would_show(
    app: Flask, provider: Provider, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the pages above do look for it."""
    slug, date_id = plan(app, provider, title="Of one company", is_private=True)
    month = (NOW + timedelta(days=10)).strftime("%Y-%m")
    open_to_all = (Schedule.status == "published", *on_sale.of_courses())
    monkeypatch.setattr(on_sale, "conditions", lambda now: open_to_all)
    for path in ("/", "/dates", f"/course/{slug}", "/embed"):
        assert date_id in visitor.get(path).text, path
    assert "1 date" in visitor.get(f"/calendar/{month}").text
    assert "VEVENT" in visitor.get("/feed/all.ics").text


def test_another_provider_s_course_venue_and_date_are_not_found(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    with app.app_context():
        other = factories.make_provider()
    slug, date_id = plan(app, other, title="Theirs")
    with app.app_context(), tenant_scope(other.id):
        venue_id = db.session.get_one(Schedule, date_id).venue_id
    assert visitor.get(f"/course/{slug}").status_code == 404
    assert visitor.get(f"/feed/course/{slug}.ics").status_code == 404
    assert visitor.get(f"/feed/venue/{venue_id}.ics").status_code == 404
    for path in PAGES:
        assert "Theirs" not in visitor.get(path).text
    assert Visitor(app, other.host).get(f"/feed/venue/{venue_id}.ics").text.count("BEGIN:VEVENT") == 1


def test_an_unknown_host_gets_nothing(app: Flask) -> None:
    assert Visitor(app, "nobody.test").get("/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "x" * 3000, "q=%F0%9F%92%A9", "q='; DROP TABLE courses", "q=%25%5F%5C", "q=(((", "town=%3Cscript%3E",
        "from=0000-00-00", "from=9999-12-31", "from=1900-01-01", "until=tomorrow", "up_to=NaN", "up_to=-1",
        "up_to=99999999999999", "up_to=1e9", "type=" + "y" * 41, "audience=dogs", "page=-1", "page=99999999999",
        "page=1e3", "after=nonsense", "after=00000000-0000-0000-0000-000000000000", "show=0", "show=99999", "q=a&q=b",
        "course=../../etc/passwd", "lang=xx", "q=%E2%80%AE", "from=2026-03-01&until=2026-02-01", "q=@", "q=12345",
    ],
)  # fmt: skip
def test_no_query_breaks_a_page(app: Flask, provider: Provider, visitor: Visitor, query: str) -> None:
    plan(app, provider)
    for path in PAGES:
        assert visitor.get(f"{path}?{query}").status_code == 200, path


@pytest.mark.parametrize("query", ["q=%00", "q=%FF", "town=%ED%A0%80"])
def test_text_that_cannot_be_stored_is_refused(visitor: Visitor, query: str) -> None:
    for path in PAGES:
        assert visitor.get(f"{path}?{query}").status_code == 400


def test_another_language_keeps_the_filters(visitor: Visitor) -> None:
    page = visitor.get("/dates?town=Leeds&lang=en&up_to=60").text
    assert 'href="?town=Leeds&amp;up_to=60&amp;lang=fr"' in page


def test_a_wrong_filter_is_said_in_the_language_of_the_page(visitor: Visitor) -> None:
    page = visitor.get("/dates?audience=dogs&from=2026-03-02&until=2026-03-01&lang=fr").text
    assert "Choisissez dans la liste." in page and "Choose one of the list." not in page
    assert "Le dernier jour est avant le premier." in page


def test_a_wrong_filter_is_said_beside_its_field_and_kept(visitor: Visitor) -> None:
    page = visitor.get("/dates?up_to=cheap&from=someday&town=Leeds").text
    assert 'id="up_to-error"' in page and 'value="cheap"' in page
    assert 'id="from-error"' in page
    assert re.search(r'<option value="Leeds" selected>', page)


def test_every_filter_can_be_sent_on_and_taken_off(app: Flask, provider: Provider, visitor: Visitor) -> None:
    plan(app, provider, venue=None, price_minor=5000)
    page = visitor.get("/?q=first+aid&town=Leeds&up_to=60&audience=adults").text
    assert "1 course found" in page
    assert 'href="/?q=first+aid&amp;town=Leeds&amp;audience=adults"' in page
    assert 'href="/dates?q=first+aid&amp;town=Leeds&amp;audience=adults&amp;up_to=60"' in page
    assert "No course fits all of these." in visitor.get("/?q=first+aid&town=Hull").text


def test_a_town_typed_among_the_words_is_understood(app: Flask, provider: Provider, visitor: Visitor) -> None:
    plan(app, provider)
    page = visitor.get("/?q=frist+aid+leeds").text
    assert "1 course found" in page
    assert '<option value="Leeds" selected>' in page and 'value="frist aid"' in page


@pytest.mark.parametrize(
    "path",
    ["/calendar/2026-13", "/calendar/2026-00", "/calendar/0000-01", "/calendar/1999-01", "/calendar/9999-12"],
)
def test_a_month_that_is_none_or_out_of_reach_is_not_found(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_months_can_be_turned_to_the_end_and_no_further(visitor: Visitor) -> None:
    path, turned = "/calendar", 0
    while found := re.search(r'rel="next" href="([^"]+)"', visitor.get(path).text):
        path, turned = found[1], turned + 1
    assert turned == 36


@pytest.mark.parametrize("slug", ["nowhere", "a" * 300, "%00", "..%2f..%2fetc", "Ünïcode", "' OR 1=1"])
def test_an_unknown_course_is_a_friendly_404(visitor: Visitor, slug: str) -> None:
    assert visitor.get(f"/course/{slug}").status_code in (400, 404)
    assert visitor.get(f"/feed/course/{slug}.ics").status_code in (400, 404)


def test_hostile_texts_are_shown_as_texts(app: Flask, provider: Provider, visitor: Visitor) -> None:
    slug, _ = plan(
        app, provider, title=f"Course {HOSTILE}",
        of_course={"description": HOSTILE, "outcomes": [HOSTILE], "syllabus": [HOSTILE], "slug": "hostile"},
    )  # fmt: skip
    with app.app_context(), tenant_scope(provider.id):
        venue = factories.make_venue(name=HOSTILE, city=HOSTILE)
        factories.make_schedule(course=db.session.query(Course).filter_by(slug="hostile").one(), venue=venue)
    month = (NOW + timedelta(days=10)).strftime("%Y-%m")
    for path in ("/", "/dates", f"/course/{slug}", f"/calendar/{month}", "/embed", "/?q=" + "%3Cscript%3Ex"):
        page = visitor.get(path).text
        assert live_parts(page) == [], path
    assert ld_of(visitor.get(f"/course/{slug}").text)["@graph"][0]["name"] == f"Course {HOSTILE}"


def live_parts(page: str) -> list[str]:
    """What of the hostile text a browser would run."""
    return [part for part in ("<script>", "<img src=x") if part in page]


def test_unescaped_the_same_text_would_be_live(app: Flask, provider: Provider, visitor: Visitor) -> None:
    """The control: the detector sees the text where a template takes it for markup."""
    plan(app, provider, title=HOSTILE, of_course={"slug": "hostile"})
    page = visitor.get("/course/hostile").text
    assert live_parts(unescape(page)) == ["<script>", "<img src=x"]


def test_search_engines_read_the_course_and_its_dates(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    slug, date_id = plan(app, provider, of_course={"outcomes": ["Save a life"]})
    page = visitor.get(f"/course/{slug}").text
    course, event = ld_of(page)["@graph"]
    assert (course["@type"], course["name"], course["teaches"]) == ("Course", "First Aid", ["Save a life"])
    assert course["hasCourseInstance"][0]["courseMode"] == "Onsite"
    assert (event["@type"], event["offers"]["price"], event["offers"]["priceCurrency"]) == (
        "EducationEvent", "75.00", "GBP",
    )  # fmt: skip
    assert event["offers"]["url"].endswith(f"/book/{date_id}")
    assert event["startDate"].endswith(("+00:00", "+01:00"))
    assert 'rel="canonical"' in page and "noindex" not in page
    items = ld_of(visitor.get("/").text)["itemListElement"]
    assert items[0]["url"].endswith(f"/course/{slug}")


def test_what_is_full_free_or_on_request_says_so(app: Flask, provider: Provider, visitor: Visitor) -> None:
    free, _ = plan(app, provider, title="Gift", pricing="free", price_minor=None)
    asked, _ = plan(app, provider, title="Special", pricing="on_request", price_minor=None)
    page = visitor.get("/dates").text
    assert ">Free<" in page and "Price on request" in page
    assert f'href="/companies?course={asked}"' in page
    assert "offers" not in ld_of(visitor.get(f"/course/{asked}").text)["@graph"][1]
    assert visitor.get(f"/course/{free}").status_code == 200


# --- Feeds ---


def test_feeds_hold_every_day_of_the_coming_dates(app: Flask, provider: Provider, visitor: Visitor) -> None:
    slug, date_id = plan(app, provider, title="Two; days, long")
    with app.app_context(), tenant_scope(provider.id):
        date = db.session.get_one(Schedule, date_id)
        second = date.ends_at + timedelta(days=1)
        factories.add(factories.ScheduleDay(
            schedule_id=date.id, day_number=2, starts_at=second, ends_at=second + timedelta(hours=2),
        ))  # fmt: skip
        venue_id = date.venue_id
    for path in ("/feed/all.ics", f"/feed/course/{slug}.ics", f"/feed/venue/{venue_id}.ics"):
        answer = visitor.get(path)
        assert answer.mimetype == "text/calendar"
        assert answer.text.count("BEGIN:VEVENT") == 2
        assert "SUMMARY:Two\\; days\\, long (day 2 of 2)" in answer.text
        assert f"UID:{date_id}-2@dates" in answer.text
        again = visitor.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("venue", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_venue_has_no_feed(visitor: Visitor, venue: str) -> None:
    assert visitor.get(f"/feed/venue/{venue}.ics").status_code == 404


# --- The list for other sites ---


def test_only_the_list_may_be_framed_and_it_sets_no_cookie(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    slug, _ = plan(app, provider)
    framed = visitor.get("/embed")
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed.headers
    for path in ("/embed", "/embed?lang=fr", "/embed.js"):
        assert "Set-Cookie" not in visitor.get(path).headers, path
    assert "language=fr" in visitor.get("/dates?lang=fr").headers["Set-Cookie"], (
        "the control: a page keeps it"
    )
    for path in ("/", "/dates", f"/course/{slug}", "/login", "/calendar"):
        answer = visitor.get(path)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_looking_around_sets_no_cookie(app: Flask, provider: Provider, visitor: Visitor) -> None:
    slug, _ = plan(app, provider)
    for path in ("/", "/dates", "/calendar", f"/course/{slug}", "/?q=aid", "/feed/all.ics"):
        assert "Set-Cookie" not in visitor.get(path).headers, path


def test_the_list_for_other_sites_takes_filters_and_a_number(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    for number in range(3):
        plan(app, provider, title=f"Course {number}x", starts_at=NOW + timedelta(days=5 + number))
    page = visitor.get("/embed?show=2").text
    assert page.count("<li>") == 2 and "Course 2x" not in page
    assert visitor.get("/embed?town=Hull").text.count("<li>") == 0


# --- Floods ---


def test_a_flood_of_searches_from_one_address_is_slowed(app: Flask, provider: Provider) -> None:
    flooding = Visitor(app, provider.host, "203.0.113.7")
    answers = [flooding.get(f"/?q=word{number}").status_code for number in range(125)]
    assert answers[:120] == [200] * 120 and set(answers[120:]) == {429}
    assert flooding.get("/").status_code == 200
    assert Visitor(app, provider.host, "203.0.113.8").get("/?q=word").status_code == 200
