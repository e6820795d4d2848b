"""Nothing of what a gateway sends is taken for what it should be."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from backoffice.domain.gateway_terms import NoticeRefused
from backoffice.gateways import reading

BROKEN = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"\xff\xfe{}",
    b'{"amount": NaN}',
    b'{"amount": Infinity}',
    b'{"amount": 1e999}',
    b'{"amount": ' + b"9" * 5000 + b"}",
    b'{"a":' * 60 + b"1" + b"}" * 60,
    b"[" * 200_000,
)


@pytest.mark.parametrize("raw", BROKEN, ids=lambda raw: repr(raw[:20]))
def test_a_body_that_cannot_be_kept_is_refused(raw: bytes) -> None:
    with pytest.raises(NoticeRefused):
        reading.read_json(raw)


def test_what_the_database_cannot_hold_is_replaced() -> None:
    raw = rb'{"name": "a\u0000b", "half": ["\ud800x"], "\u0000": 1, "whole": "\ud83d\ude00"}'
    assert reading.read_json(raw) == {"name": "a\ufffdb", "half": ["?x"], "\ufffd": 1, "whole": "😀"}


def test_a_header_is_found_in_any_case() -> None:
    assert reading.header({"VERIF-HASH": "x"}, "verif-hash") == "x"
    assert reading.header({}, "verif-hash") == ""


@pytest.mark.parametrize(
    ("value", "is_fee", "expected"),
    [
        (1500, False, 150_000),
        (1500.5, False, 150_050),
        ("1500.50", False, 150_050),
        (0.1, False, 10),
        (75.009, False, 7500),
        (38.005, True, 3801),
        (0, False, 0),
        (None, False, None),
        ("", False, None),
    ],
)
def test_major_units_become_minor_ones(value: Any, is_fee: bool, expected: int | None) -> None:
    assert reading.minor({"amount": value}, "amount", is_fee=is_fee) == expected


@pytest.mark.parametrize("value", [True, -1, "NaN", "Infinity", "1e99", "ten", [], {}, 10**20, "1,500"])
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="amount"):
        reading.minor({"amount": value}, "amount")


@pytest.mark.parametrize("value", [True, -1, 1.5, "7500", [], 10**20])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="amount"):
        reading.whole({"amount": value}, "amount")


def test_instants_are_utc_or_none() -> None:
    assert reading.instant({"at": 1_772_355_600}, "at") == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    for value in (None, "x", True, -5, 0, 10**18, 1.5):
        assert reading.instant({"at": value}, "at") is None
    assert reading.iso_instant({"at": "2026-03-01T09:00:00.000Z"}, "at") == datetime(
        2026, 3, 1, 9, tzinfo=UTC
    )
    assert reading.iso_instant({"at": "2026-03-01T12:00:00+03:00"}, "at") == datetime(
        2026, 3, 1, 9, tzinfo=UTC
    )
    assert reading.iso_instant({"at": "yesterday"}, "at") is None


def test_an_id_that_is_none_of_ours_is_none() -> None:
    ours = "01890000-0000-7000-8000-000000000001"
    assert str(reading.uuid({"id": ours}, "id")) == ours
    for value in (None, "", "x", 7, "' OR 1=1", "a" * 600):
        assert reading.uuid({"id": value}, "id") is None


def test_a_way_that_ends_nowhere_ends_in_nothing() -> None:
    body = json.loads('{"a": {"b": {"c": 1}}, "list": [1, {"x": 2}], "text": "y"}')
    assert reading.part(body, "a", "b") == {"c": 1}
    assert reading.part(body, "a", "c", "d") == {}
    assert reading.part(body, "text", "d") == {}
    assert reading.parts(body, "list") == [{"x": 2}]
    assert reading.parts(body, "text") == []
