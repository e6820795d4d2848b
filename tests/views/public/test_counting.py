"""What is counted of visits: steps without a name, kept once, and the report made of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import update

from backoffice.database import db, new_id
from backoffice.domain.errors import Refused
from backoffice.jobs import visits
from backoffice.models import AnalyticsEvent, Booking
from backoffice.services import retention
from backoffice.services.analytics import keeping
from backoffice.services.analytics.noting import QUEUE
from backoffice.services.live.link import Link
from backoffice.services.reports import periods, rows
from backoffice.services.reports import visits as report
from backoffice.services.reports.snapshot import snapshot
from backoffice.services.reports.tables import Asked
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.servers import DatabaseUrls
from tests.views.public.booking.steps import Booker, make_date
from tests.web_client import Visitor, signed_in

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)
DESK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture(autouse=True)
def nothing_waits(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a busy machine is no reason to count nothing."""
    redis_url = app.extensions["settings"].redis_url
    monkeypatch.setitem(app.extensions, "live_link", Link(redis_url, timeout=10))
    Redis.from_url(redis_url).delete(QUEUE)


def look(visitor: Visitor, path: str = "/", agent: str = PHONE, **headers: str) -> None:
    visitor.get(path, headers={"User-Agent": agent} | headers)


def kept(app: Flask, provider: Provider) -> list[Any]:
    with app.app_context():
        visits.keep_visits()
    with app.app_context(), tenant_scope(provider.id):
        return [
            (row.event_type, row.device_type, row.address, row.referrer)
            for row in db.session.query(AnalyticsEvent).order_by(AnalyticsEvent.id)
        ]


def test_what_the_database_cannot_take_now_waits_for_the_next_run(
    app: Flask, provider: Provider, database_urls: DatabaseUrls
) -> None:
    look(Visitor(app, provider.host))
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON analytics_events FROM backoffice_app")
        try:
            with pytest.raises(Refused):
                kept(app, provider)
        finally:
            owner.execute("GRANT INSERT ON analytics_events TO backoffice_app")
    assert len(kept(app, provider)) == 1


def test_broken_notes_of_one_provider_are_not_the_others_trouble(app: Flask, provider: Provider) -> None:
    look(Visitor(app, provider.host))
    with app.app_context():
        other = factories.make_provider()
    redis = Redis.from_url(app.extensions["settings"].redis_url)
    (noted,) = redis.lrange(QUEUE, 0, -1)
    changes = ({"event_type": "no such step"}, {"tenant_id": str(new_id())}, {"tenant_id": str(other.id)})
    for change in changes:
        redis.rpush(QUEUE, json.dumps(json.loads(noted) | {"id": str(new_id())} | change))
    assert redis.llen(QUEUE) == 4
    kept(app, provider)
    assert (len(kept(app, other)), redis.llen(QUEUE)) == (1, 0)


def test_a_visit_is_counted_without_a_cookie_and_with_a_shortened_address(
    app: Flask, provider: Provider
) -> None:
    visitor = Visitor(app, provider.host, address="198.51.100.77")
    look(visitor, Referer="https://search.example/find?q=secret")
    assert kept(app, provider) == [("catalogue_view", "phone", "198.51.100.0", "search.example")]
    assert visitor.client.get_cookie("visit", provider.host) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": ROBOT},
        {"User-Agent": "curl/8.5"},
        {"User-Agent": ""},
        {"Sec-GPC": "1"},
        {"DNT": "1"},
        {"Sec-Purpose": "prefetch"},
    ],
)
def test_programs_and_whoever_asks_not_to_be_counted_are_not(
    app: Flask, provider: Provider, headers: dict[str, str]
) -> None:
    Visitor(app, provider.host).get("/", headers={"User-Agent": DESK} | headers)
    assert kept(app, provider) == []


def test_staff_are_not_visitors(app: Flask, provider: Provider) -> None:
    look(signed_in(app, provider, "office"), agent=DESK)
    assert kept(app, provider) == []


def test_a_page_that_is_not_there_is_no_step(app: Flask, provider: Provider) -> None:
    look(Visitor(app, provider.host), "/course/none")
    assert kept(app, provider) == []


def test_a_batch_that_is_repeated_after_a_kill_adds_nothing(app: Flask, provider: Provider) -> None:
    look(Visitor(app, provider.host))
    with app.app_context():
        [(tenant_id, events)] = keeping.by_tenant(keeping.waiting()).items()
        with tenant_scope(tenant_id):
            assert commit_once(lambda: keeping.keep(events)) == 1
            assert commit_once(lambda: keeping.keep(events)) == 0
    assert len(kept(app, provider)) == 1
    assert kept(app, provider) == kept(app, provider)


def test_odd_notes_are_left_out_and_hold_nobody_up(app: Flask, provider: Provider) -> None:
    look(Visitor(app, provider.host))
    redis = Redis.from_url(app.extensions["settings"].redis_url)
    for odd in (b"", b"[]", b"{}", b"null", b'{"tenant_id": 1, "agent": "x"}', b"\xff\xfe"):
        redis.lpush(QUEUE, odd)
    assert len(kept(app, provider)) == 1
    assert redis.llen(QUEUE) == 0


def test_one_provider_never_sees_anothers_visits(app: Flask, provider: Provider) -> None:
    with app.app_context():
        other = factories.make_provider()
    look(Visitor(app, other.host))
    look(Visitor(app, provider.host))
    assert len(kept(app, provider)) == 1 and len(kept(app, other)) == 1


def asked(name: str = "visits") -> Asked:
    today = datetime.now(UTC).date()
    period = periods.Period(today - timedelta(days=1), today + timedelta(days=1))
    return Asked(name, "", period, "Europe/London", "GBP", datetime.now(UTC))


def test_the_funnel_counts_each_visit_as_far_as_it_came(app: Flask, provider: Provider) -> None:
    schedule_id = make_date(app, provider)
    look(Visitor(app, provider.host, address="203.0.113.1"))
    look(Visitor(app, provider.host, address="203.0.113.2"), f"/book/{schedule_id}", DESK)
    booker = Booker(app, provider, schedule_id)
    booker.visitor.client.environ_base["HTTP_USER_AGENT"] = PHONE
    booker.hold()
    kept(app, provider)
    with app.app_context(), tenant_scope(provider.id):
        db.session.execute(update(Booking).values(status="confirmed", confirmed_at=datetime.now(UTC)))
        db.session.commit()
        with snapshot() as reader:
            steps = {line.key: line.values[0] for line in report.funnel(reader, asked()).tables[0].lines}
            [course] = report.by_course(reader, asked("visits-by-course")).tables[0].lines
            detail = report.detail_of(reader, asked(), "GBP", "booking_confirmed")
            count = rows.extent(reader, detail).count
    assert steps["catalogue_view"] == 3 and steps["booking_begun"] == 2
    assert steps["booking_held"] == 1 and steps["booking_confirmed"] == 1
    assert course.values == (2, 2, 1, 1, 5000)
    assert count == 1


def test_visits_are_forgotten_after_thirteen_months(app: Flask, provider: Provider) -> None:
    look(Visitor(app, provider.host))
    kept(app, provider)
    [rule] = [each for each in retention.RULES if each.name == "visits"]
    with app.app_context(), tenant_scope(provider.id):
        assert retention.count(rule, datetime.now(UTC) + timedelta(days=395)) == 0
        assert retention.count(rule, datetime.now(UTC) + timedelta(days=397)) == 1
