"""What open pages are told of places: soon, rightly, and nothing that is not theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from flask_babel import force_locale, get_locale
from redis import Redis
from sqlalchemy import text

from backoffice.database import db
from backoffice.models import Schedule
from backoffice.services import bookings, live, schedules
from backoffice.services.live.hub import SWEEP_SECONDS
from backoffice.services.live.touching import CHANNEL
from backoffice.tenancy import tenant_scope
from backoffice.views.public import places_words
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import served
from tests.factories import Provider
from tests.live_kit import opened, until
from tests.races.arena import order
from tests.servers import DatabaseUrls
from tests.web_client import Visitor

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def port(app: Flask) -> Iterator[int]:
    with served(app) as number:
        yield number


@pytest.fixture(autouse=True)
def all_closed(app: Flask) -> Iterator[None]:
    """Whatever a test opens is given back soon after its pages are closed."""
    yield
    assert until(lambda: live_hub(app).open_streams == 0, 3)


def live_hub(app: Flask) -> live.Hub:
    hub: live.Hub = app.extensions["live_hub"]
    return hub


def inside(app: Flask, provider: Provider, work: Callable[[], Any]) -> Any:
    with app.app_context(), tenant_scope(provider.id):
        try:
            return commit_once(work)
        finally:
            db.session.remove()


def new_date(app: Flask, provider: Provider, **values: Any) -> UUID:
    return inside(app, provider, lambda: factories.make_schedule(**values).id)


def book(app: Flask, provider: Provider, schedule_id: UUID, number: int = 1, **more: Any) -> Any:
    wanted = order(schedule_id, number, **more)
    return inside(app, provider, lambda: bookings.place(wanted, factories.actor("office")))


def test_the_places_of_dates_are_told(app: Flask, provider: Provider) -> None:
    free, few, full = (new_date(app, provider, capacity=capacity) for capacity in (12, 4, 1))
    book(app, provider, few, places=3)
    book(app, provider, full)
    answer = Visitor(app, provider.host).get(f"/live/places?ids={free},{few},{full}")
    assert answer.status_code == 200 and answer.json
    dates = answer.json["dates"]
    assert [dates[str(each)]["words"] for each in (free, few, full)] == [
        "12 places left",
        "Only 1 place left",
        "Fully booked",
    ]
    assert [dates[str(each)]["state"] for each in (free, few, full)] == ["free", "few", "full"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_a_stream_says_everything_first_and_then_what_changes(
    app: Flask, provider: Provider, port: int
) -> None:
    mine, other = new_date(app, provider), new_date(app, provider)
    with opened(port, provider, mine, other) as page:
        assert until(lambda: len(page.dates) == 2)
        book(app, provider, mine, places=2)
        assert until(lambda: page.words(mine) == "10 places left")
        assert page.events[1:] == [{str(mine): page.dates[str(mine)]}]
        assert page.answer.headers["Content-Type"].startswith("text/event-stream")
        assert "Set-Cookie" not in page.answer.headers


def test_only_public_dates_of_this_provider_are_told(app: Flask, provider: Provider, port: int) -> None:
    open_one = new_date(app, provider)
    private = new_date(app, provider, is_private=True)
    draft = new_date(app, provider, status="draft")
    hidden = inside(
        app,
        provider,
        lambda: factories.make_schedule(course_id=factories.make_course(is_published=False).id).id,
    )
    archived = inside(
        app,
        provider,
        lambda: factories.make_schedule(course_id=factories.make_course(archived_at=datetime.now(UTC)).id).id,
    )
    with app.app_context():
        stranger = factories.make_provider()
    foreign = new_date(app, stranger)
    ids = (open_one, private, draft, hidden, archived, foreign, uuid4())
    answer = Visitor(app, provider.host).get(f"/live/places?ids={','.join(map(str, ids))}")
    assert answer.json and list(answer.json["dates"]) == [str(open_one)]
    with opened(port, provider, *ids) as page:
        assert until(lambda: page.dates)
        for each in (private, draft, hidden, archived):
            inside(app, provider, partial(live.touch, each))
        book(app, stranger, foreign)
        book(app, provider, private, 2)
        book(app, provider, open_one, 3)
        assert until(lambda: page.words(open_one) == "11 places left")
        assert set(page.dates) == {str(open_one)}


def test_the_same_dates_are_told_where_they_are_public(app: Flask, provider: Provider) -> None:
    """The control: what is left out elsewhere is left out by its rule, not by chance."""
    mine = new_date(app, provider, is_private=True)
    asked = f"/live/places?ids={mine}"
    assert Visitor(app, provider.host).get(asked).json == {"dates": {}}
    inside(app, provider, lambda: setattr(db.session.get_one(Schedule, mine), "is_private", False))
    told = Visitor(app, provider.host).get(asked).json
    assert told and list(told["dates"]) == [str(mine)]
    with app.app_context():
        stranger = factories.make_provider()
    assert Visitor(app, stranger.host).get(asked).json == {"dates": {}}


def test_what_has_begun_or_was_called_off_is_no_longer_bookable(app: Flask, provider: Provider) -> None:
    begun = new_date(app, provider, starts_at=datetime.now(UTC) - HOUR, ends_at=datetime.now(UTC) + HOUR)
    over = new_date(app, provider, status="cancelled")
    answer = Visitor(app, provider.host).get(f"/live/places?ids={begun},{over}")
    assert answer.json
    assert {(each["state"], each["words"], each["left"]) for each in answer.json["dates"].values()} == {
        ("closed", "No longer bookable", 0)
    }


def test_a_date_that_is_called_off_or_made_private_is_told_to_be_gone(
    app: Flask, provider: Provider, port: int
) -> None:
    called_off, private = new_date(app, provider), new_date(app, provider)
    with opened(port, provider, called_off, private) as page:
        assert until(lambda: len(page.dates) == 2)
        inside(app, provider, lambda: schedules.cancel(called_off, "Snow", factories.actor()))
        assert until(lambda: page.words(called_off) == "No longer bookable")
        assert page.words(private) == "12 places left"
        inside(app, provider, lambda: make_private(private))
        assert until(lambda: page.words(private) == "No longer bookable")


def make_private(schedule_id: UUID) -> None:
    db.session.get_one(Schedule, schedule_id).is_private = True
    live.touch(schedule_id)


@pytest.mark.parametrize("kind", ["places", "stream"])
@pytest.mark.parametrize(
    "ids",
    [
        "",
        ",,",
        "x",
        "1",
        "00000000-0000-4000-8000-000000000001,x",
        "00000000-0000-4000-8000-000000000001;00000000-0000-4000-8000-000000000001",
        "00000000-0000-0000-0000-00000000000g",
        ",".join(str(uuid4()) for _ in range(61)),
        "%27%20OR%201=1",
    ],
)
def test_other_than_one_to_sixty_ids_are_refused(app: Flask, provider: Provider, kind: str, ids: str) -> None:
    answer = Visitor(app, provider.host).get(
        f"/live/{kind}?ids={ids}", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 422
    assert live_hub(app).open_streams == 0


def test_a_host_that_is_nobodys_has_no_places(app: Flask, provider: Provider) -> None:
    assert Visitor(app, "nobody.test").get(f"/live/places?ids={uuid4()}").status_code == 404


def test_head_opens_no_stream(app: Flask, provider: Provider) -> None:
    answer = Visitor(app, provider.host).open(f"/live/stream?ids={uuid4()}", method="HEAD")
    assert answer.status_code == 200 and answer.mimetype == "text/event-stream"
    assert live_hub(app).open_streams == 0


def test_the_words_are_in_the_language_of_the_page(app: Flask, provider: Provider) -> None:
    """Both ways of asking choose it as the page does; the words themselves are the translators'."""
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert str(get_locale()) == "fr"
        french = places_words.say_closed().words
    with app.app_context(), force_locale("fr"):
        assert places_words.say_closed().words == french


def test_a_closed_tab_gives_its_stream_back_at_once(app: Flask, provider: Provider, port: int) -> None:
    mine = new_date(app, provider)
    with opened(port, provider, mine) as page:
        assert until(lambda: page.dates)
        assert live_hub(app).open_streams == 1
    assert until(lambda: live_hub(app).open_streams == 0, 3)


def test_a_stream_ends_after_its_time_and_says_when_to_come_back(
    app: Flask, provider: Provider, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backoffice.services.live.hub.LIFE_SECONDS", 0.5)
    with opened(port, provider, new_date(app, provider)) as page:
        assert until(lambda: page.is_over, 4)
        assert page.retry == 3000
    assert until(lambda: live_hub(app).open_streams == 0)


def test_a_quiet_stream_beats(
    app: Flask, provider: Provider, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backoffice.views.public.live.HEARTBEAT_SECONDS", 0.1)
    with opened(port, provider, new_date(app, provider)) as page:
        assert until(lambda: page.comments >= 3)
        assert len(page.events) == 1


def test_one_address_gets_a_third_of_the_streams_and_others_the_rest(
    app: Flask, provider: Provider, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub(app), "most", 3)
    mine = new_date(app, provider)
    with opened(port, provider, mine) as first, opened(port, provider, mine) as second:
        assert (first.answer.status, second.answer.status) == (200, 503)
        assert second.answer.headers["Retry-After"] == "60"
        assert json.loads(second.answer.read())["error"]["code"] == "no_room"
        answer = Visitor(app, provider.host, "198.51.100.7").get(f"/live/stream?ids={mine}")
        assert answer.status_code == 200
        answer.close()


def test_above_the_cap_pages_ask_instead(
    app: Flask, provider: Provider, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub(app), "most", 0)
    mine = new_date(app, provider)
    visitor = Visitor(app, provider.host)
    assert visitor.get(f"/live/stream?ids={mine}").status_code == 503
    assert visitor.get(f"/live/places?ids={mine}").status_code == 200


def test_what_nobody_announced_is_found_by_looking(
    app: Flask, provider: Provider, port: int, database_urls: DatabaseUrls
) -> None:
    """An owner's psql session."""
    mine = new_date(app, provider)
    with opened(port, provider, mine) as page:
        assert until(lambda: page.dates)
        with psycopg.connect(database_urls.owner) as owner:
            owner.execute("UPDATE schedules SET capacity = 20 WHERE id = %s", [mine])
        assert until(lambda: page.words(mine) == "20 places left", SWEEP_SECONDS + 2)


def test_nothing_is_told_before_the_commit_nor_of_what_is_taken_back(
    app: Flask, provider: Provider, redis_url: str
) -> None:
    mine, other = new_date(app, provider), new_date(app, provider)
    with Redis.from_url(redis_url).pubsub(ignore_subscribe_messages=True) as ear:
        ear.subscribe(CHANNEL)
        ear.get_message(timeout=1)
        with app.app_context(), tenant_scope(provider.id):
            live.touch(other)
            db.session.execute(text("SELECT 1"))
            db.session.rollback()
            live.touch(mine)
            with db.session.begin_nested():
                db.session.execute(text("SELECT 1"))
            with suppress(ValueError), db.session.begin_nested():
                db.session.execute(text("SELECT 1"))
                raise ValueError
            assert ear.get_message(timeout=0.3) is None
            db.session.commit()
        message = ear.get_message(timeout=1)
        assert message and message["data"].decode() == f"{provider.id} {mine}"
        assert ear.get_message(timeout=0.1) is None
