"""Whatever is sent to the page of a choice: a refusal, never an accident, and nothing of it is kept (K1)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_from_bytes
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.called_off_world import World, make_world
from tests.factories import Provider
from tests.servers import DatabaseUrls
from tests.table_digests import digests
from tests.web_client import Visitor

FORM = "application/x-www-form-urlencoded"
REFUSED = {400, 404, 409, 413, 422}
BROKEN = {
    "NUL": b"moved\x00",
    "only NUL": b"\x00",
    "a lone surrogate": b"a\xed\xa0\x80b",
    "invalid UTF-8": b"a\xffb",
    "huge": b"x" * 70_000,
    "far too huge": b"x" * 5_000_000,
    "a list": b"['moved']",
    "a template": b"{{7*7}}",
    "SQL": b"' OR 1=1 --",
    "full-width": "ｍｏｖｅｄ".encode(),
    "a space behind it": b"refunded ",
    "capitals": b"REFUNDED",
    "a line end": b"refunded\r\n",
    "the other status": b"nothing_paid",
}
ODD_IDS = {
    "36 characters": b"x" * 36,
    "36 NULs": b"\x00" * 36,
    "36 full-width digits": ("１" * 36).encode(),
    "braces": b"{00000000-0000-7000-8000-00000000000}",
    "all ones": b"ffffffff-ffff-ffff-ffff-ffffffffffff",
    "a number": b"-1",
}


@pytest.fixture
def world(app: Flask, provider: Provider) -> World:
    made = make_world(app, provider)
    made.call_off()
    return made


@pytest.fixture
def booker(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def send(booker: Visitor, path: str, **fields: bytes) -> int:
    """The form as bytes: what no browser's form can hold."""
    pairs = {"csrf_token": booker.kept_token().encode(), **fields}
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in pairs.items())
    return booker.open(path, method="POST", data=body.encode(), content_type=FORM).status_code


@pytest.mark.parametrize("way", BROKEN)
def test_an_odd_way_is_refused_and_changes_nothing(
    world: World, booker: Visitor, database_urls: DatabaseUrls, way: str
) -> None:
    before = digests(database_urls)
    assert send(booker, world.path(), way=BROKEN[way]) in REFUSED
    assert send(booker, world.path(), way=BROKEN[way], schedule_id=str(world.other_id).encode()) in REFUSED
    assert digests(database_urls) == before


@pytest.mark.parametrize("odd", [*BROKEN, *ODD_IDS])
def test_an_odd_date_is_refused_and_changes_nothing(
    world: World, booker: Visitor, database_urls: DatabaseUrls, odd: str
) -> None:
    before = digests(database_urls)
    assert send(booker, world.path(), way=b"moved", schedule_id=(BROKEN | ODD_IDS)[odd]) in REFUSED
    assert digests(database_urls) == before


def past() -> UUID:
    return factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(days=9)).id


DATES: dict[str, Callable[[], UUID]] = {
    "that is over": past,
    "in another currency": lambda: factories.make_schedule(currency="KES").id,
    "that is no date but a course": lambda: factories.make_course().id,
    "that is no date but a person": lambda: factories.make_user().id,
}


@pytest.mark.parametrize("date", DATES)
def test_a_date_that_is_not_offered_is_refused_and_changes_nothing(
    world: World, booker: Visitor, database_urls: DatabaseUrls, date: str
) -> None:
    with world.inside():
        wrong = DATES[date]()
    before = digests(database_urls)
    assert send(booker, world.path(), way=b"moved", schedule_id=str(wrong).encode()) in REFUSED
    assert digests(database_urls) == before


def test_the_date_itself_is_not_offered(world: World, booker: Visitor, database_urls: DatabaseUrls) -> None:
    before = digests(database_urls)
    assert send(booker, world.path(), way=b"moved", schedule_id=str(world.schedule_id).encode()) in REFUSED
    assert digests(database_urls) == before


def test_another_providers_date_and_choice_are_nobodys(
    app: Flask, world: World, booker: Visitor, database_urls: DatabaseUrls
) -> None:
    with app.app_context():
        stranger = factories.make_provider()
    other = make_world(app, stranger)
    other.call_off()
    foreign, their_path = str(other.other_id).encode(), other.path()
    before = digests(database_urls)
    assert send(booker, world.path(), way=b"moved", schedule_id=foreign) in REFUSED
    assert send(booker, their_path, way=b"refunded") == 404
    assert digests(database_urls) == before


def test_a_field_sent_twice_counts_once(world: World, booker: Visitor) -> None:
    token = booker.kept_token()
    body = f"csrf_token={token}&way=refunded&way=credited&schedule_id=x&schedule_id={world.other_id}"
    assert booker.open(world.path(), method="POST", data=body, content_type=FORM).status_code == 303
    assert world.choice().status == "refunded"
    assert [refund.amount_minor for refund in world.refunds()] == [150_00]


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    way=st.one_of(st.sampled_from([b"moved", b"moved\x00", b""]), st.binary(max_size=40)),
    schedule_id=st.one_of(
        st.binary(max_size=40),
        st.binary(min_size=36, max_size=36),
        st.uuids().map(lambda each: str(each).encode()),
        st.text(min_size=36, max_size=36).map(lambda each: each.encode("utf-8", "surrogatepass")),
    ),
)
def test_no_bytes_in_the_fields_break_the_page_or_answer_it(
    world: World, booker: Visitor, way: bytes, schedule_id: bytes
) -> None:
    assert send(booker, world.path(), way=way, schedule_id=schedule_id) in REFUSED
    assert world.choice().status == "open"


def test_the_true_answer_is_taken_and_seen(
    world: World, booker: Visitor, database_urls: DatabaseUrls
) -> None:
    """The control of everything above: the same door, and digests that see what it writes."""
    before = digests(database_urls)
    assert send(booker, world.path(), way=b"moved", schedule_id=str(world.other_id).encode()) == 303
    changed = {name for name, digest in digests(database_urls).items() if digest != before[name]}
    assert {"bookings", "allocations", "schedule_choices"} <= changed


@pytest.mark.parametrize("token", ["%00", "%ED%A0%80", "%FF", "x" * 20_000, "..%2F..", "%E2%80%AE", "'--"])
def test_an_odd_link_leads_nowhere(booker: Visitor, token: str) -> None:
    assert booker.get(f"/choice/{token}").status_code in REFUSED
    assert send(booker, f"/choice/{token}", way=b"refunded") in REFUSED
