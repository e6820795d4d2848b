"""Lists: every row once in every order, bad addresses answered, other tenants unseen."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backoffice import tenancy
from backoffice.database import db
from backoffice.models import CourseType
from backoffice.views.admin.listing import COUNT_CAP, Count, Listing, Order, Place, Sort
from tests.views.admin.toy_screens import COURSES, KINDS, OTHER, ROWS, TENANT, add_rows, client, toy

__all__ = ["client", "toy"]

ORDERS = [
    Order(Sort(CourseType.id), CourseType.id),
    Order(Sort(CourseType.code), CourseType.id, descending=True),
    Order(Sort(CourseType.archived_at, nullable=True), CourseType.id),
    Order(Sort(CourseType.archived_at, nullable=True), CourseType.id, descending=True),
]
TITLES = ["by id", "by code, backwards", "with empty values last", "with empty values first"]
BAD_ADDRESSES = [
    "page=-1",
    "page=99999999999999999999",
    "page=x",
    "page_size=-5",
    "page_size=1000000",
    "sort=tenant_id",
    "sort=1;drop+table+users",
    "desc=x",
    "search=%00",
    "search=%ff%fe",
    "search=" + "x" * 5000,
    "archived=perhaps",
    "archived=%00",
    "since=2026-99-99",
    "since=0001-01-01",
    "after=zzz",
    "after=" + "0" * 36,
    "before=%00",
    "edge=sideways",
    "flt0_0=x&flt1_99=%00",
]


def listing(order: Order, size: int = 25) -> Listing:
    return Listing(db.session(), CourseType, order, size)


def expected_ids(order: Order) -> list:
    return listing(order)._fetch(listing(order)._ids().order_by(*order.by()))


@pytest.fixture
def inside(toy: Flask):
    with toy.app_context(), tenancy.tenant_scope(TENANT):
        yield
        db.session.remove()


@pytest.mark.parametrize("order", ORDERS, ids=TITLES)
def test_every_row_is_met_once_from_the_first_page_on(inside: None, order: Order) -> None:
    found, met = listing(order, 7).find(Place()), []
    met += found.ids
    while found.has_next:
        found = listing(order, 7).find(Place(after=found.ids[-1]))
        met += found.ids
    assert met == expected_ids(order)
    assert len(met) == ROWS


@pytest.mark.parametrize("order", ORDERS, ids=TITLES)
def test_every_row_is_met_once_from_the_last_page_back(inside: None, order: Order) -> None:
    found = listing(order, 7).find(Place(from_end=True))
    met = found.ids
    while found.has_previous:
        found = listing(order, 7).find(Place(before=found.ids[0]))
        met = found.ids + met
    assert met[-ROWS:][-10:] == expected_ids(order)[-10:]
    assert set(met) == set(expected_ids(order))


def test_the_count_stops_at_the_cap(toy: Flask) -> None:
    with toy.app_context():
        add_rows(OTHER, COUNT_CAP + 5, "many")
        with tenancy.tenant_scope(OTHER):
            count = listing(ORDERS[0]).count()
            db.session.remove()
    assert count == Count(COUNT_CAP, is_capped=True)
    assert str(count) == "1,000+"


def test_a_neighbour_that_is_gone_leads_to_the_first_page(inside: None, toy: Flask) -> None:
    found = listing(ORDERS[0]).find(Place(after=toy.extensions["foreign_ids"][0]))
    assert found.ids == expected_ids(ORDERS[0])[:25]


def test_a_page_beyond_the_end_shows_the_end(inside: None) -> None:
    for page in (50, 10**6):
        assert listing(ORDERS[0]).find(Place(page=page)).ids[-1] == expected_ids(ORDERS[0])[-1]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_a_bad_address_still_shows_the_list(client: FlaskClient, address: str) -> None:
    answer = client.get(f"{KINDS}?{address}")
    assert answer.status_code == 200
    assert b"Course types" in answer.data


def test_a_filter_value_that_is_none_is_named_beside_its_field(client: FlaskClient) -> None:
    page = client.get(f"{KINDS}?archived=perhaps").text
    assert 'id="problem-archived">Choose one of the list.' in page


def test_a_filter_narrows_the_list_and_stays_in_its_links(client: FlaskClient) -> None:
    page = client.get(f"{KINDS}?archived=yes&sort=code").text
    assert f"1–{ROWS // 3} of {ROWS // 3}" in page
    assert "archived=yes&amp;sort=code&amp;desc=1" in page


def test_search_finds_by_the_screens_own_search(client: FlaskClient) -> None:
    page = client.get(f"{KINDS}?search=c-007").text
    assert "c-007" in page
    assert "c-008" not in page
    assert "Nothing matches" in client.get(f"{KINDS}?search=zzz").text


def test_the_links_of_the_pager_lead_through_the_list(client: FlaskClient) -> None:
    page = client.get(f"{KINDS}?sort=code").text
    onward = re.search(r'<a href="([^"]+)" rel="next"', page)
    assert onward
    second = client.get(unescape(onward[1])).text
    assert "26–50 of 60" in second
    back = re.search(r'<a href="([^"]+)" rel="prev"', second)
    assert back
    assert "1–25 of 60" in client.get(unescape(back[1])).text


def test_an_empty_list_says_what_to_do(client: FlaskClient) -> None:
    page = client.get(COURSES, headers={"X-Tenant": str(OTHER)}).text
    assert "Add the first." in page
    assert "New course" in page


def test_rows_of_another_tenant_are_not_there(client: FlaskClient, toy: Flask) -> None:
    foreign = toy.extensions["foreign_ids"][0]
    for page in ("details/", "edit/", "archive/", "delete/"):
        assert client.get(f"{KINDS}{page}?id={foreign}").status_code == 404, page


@pytest.mark.parametrize("row_id", ["x", "", "%00", "%ff", "0" * 36, "1 OR 1=1"])
@pytest.mark.parametrize("page", ["details/", "edit/", "archive/", "delete/"])
def test_a_malformed_id_is_not_found(client: FlaskClient, page: str, row_id: str) -> None:
    answer = client.get(f"{KINDS}{page}?id={row_id}")
    assert answer.status_code == 404


def test_the_export_holds_the_written_columns_and_no_live_formula(client: FlaskClient, toy: Flask) -> None:
    kind = toy.extensions["ids"][0]
    values = {
        "title": "=1+1",
        "slug": "s",
        "course_type": kind,
        "duration_minutes": "60",
        "price_minor": "12.50",
    }
    assert client.post(f"{COURSES}new/", data=values).status_code == 302
    answer = client.get(f"{COURSES}export/csv/")
    assert answer.text.splitlines() == ["\ufeffTitle,Price", "'=1+1,12.50"]
    assert client.get(f"{COURSES}export/xls/").status_code == 404
    assert client.get(f"{KINDS}export/csv/").status_code == 404


def test_nobody_signed_out_and_no_wrong_role_sees_a_list(client: FlaskClient) -> None:
    signed_out = client.get(KINDS, headers={"X-Role": ""})
    assert signed_out.status_code == 302
    assert "/login?next=" in signed_out.location
    assert client.get(KINDS, headers={"X-Role": "customer"}).status_code == 403


def test_a_reader_sees_no_button_that_changes(client: FlaskClient, toy: Flask) -> None:
    reader = {"X-Role": "manager"}
    row_id = toy.extensions["ids"][1]
    pages = [client.get(KINDS, headers=reader), client.get(f"{KINDS}details/?id={row_id}", headers=reader)]
    for page in pages:
        assert page.status_code == 200
        assert not re.search(r"/(new|edit|archive|delete)/", page.text)
    assert client.post(f"{KINDS}new/", headers=reader, data={"code": "x", "title": "x"}).status_code == 403


def test_the_day_of_the_moment_is_a_filter(client: FlaskClient) -> None:
    today = datetime.now(UTC).date().isoformat()
    assert "1–25 of 60" in client.get(f"{KINDS}?since={today}").text
