"""The renewal rate: who passed again, in time or late, and who did not; each figure opens its certificates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from backoffice.domain.errors import NotFound
from backoffice.models import Course
from backoffice.services.reports import renewals, rows
from backoffice.services.reports.periods import Period
from backoffice.services.reports.snapshot import snapshot
from backoffice.services.reports.tables import Asked, Result
from tests import factories
from tests.services.reminders.certified import certified, pair_of_courses

pytestmark = pytest.mark.usefixtures("tenant")
END = date(2026, 6, 30)
NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def asked(period: Period = YEAR, now: datetime = NOW) -> Asked:
    return Asked("renewals", "", period, "Europe/London", "GBP", now)


def certificate(name: str, email: str, course: Course, taught: date, years: int = 3) -> None:
    expires = taught + timedelta(days=365 * years)
    certified(name, email, course=course, expires_on=expires, taught_from=taught, taught_until=taught)


@pytest.fixture
def world() -> tuple[Course, Course]:
    """Three certificates of the full course that ended on one day: renewed in time, renewed late, and not."""
    full, short = pair_of_courses()
    for name in ("Ada", "Bo", "Cy"):
        certified(f"{name} X", f"{name.lower()}@x.example", course=full, expires_on=END)
    certificate("Ada X", "ada@x.example", short, END - timedelta(days=20))
    certificate("Bo X", "bo@x.example", full, END + timedelta(days=50))
    return full, short


def result(wanted: Asked | None = None, run: Any = renewals.by_month) -> Result:
    with snapshot() as reader:
        found: Result = run(reader, wanted or asked())
    return found


def test_the_rate_is_the_share_of_those_who_passed_again(world: Any) -> None:
    [by_month], [by_course] = result().tables, result(run=renewals.by_course).tables
    june = next(line for line in by_month.lines if line.key == "2026-06")
    assert june.values == (3, 1, 1, 1, 6667)
    assert by_month.total == (3, 1, 1, 1, 6667)
    assert [(line.label, line.values) for line in by_course.lines] == [
        ("First Aid at Work", (3, 1, 1, 1, 6667))
    ]


def test_a_month_in_which_nothing_ended_has_no_rate(world: Any) -> None:
    may = next(line for line in result().tables[0].lines if line.key == "2026-05")
    assert may.values == (0, 0, 0, 0, None)


def test_what_has_not_ended_yet_is_not_counted(world: Any) -> None:
    on_the_day = asked(now=datetime(2026, 6, 30, 12, tzinfo=UTC))
    assert (result(on_the_day).tables[0].total or ())[0] == 0
    next_day = asked(now=datetime(2026, 7, 1, 12, tzinfo=UTC))
    assert (result(next_day).tables[0].total or ())[0] == 3


def test_what_was_revoked_is_not_counted(world: Any) -> None:
    full, _ = world
    ended: dict[str, Any] = {"status": "revoked", "ended_at": NOW, "status_reason": "A test"}
    certified("Di X", "di@x.example", course=full, expires_on=END, **ended)
    assert (result().tables[0].total or ())[0] == 3


def test_another_subject_renews_nothing() -> None:
    certified("Ada X", "ada@x.example", expires_on=END)
    certificate("Ada X", "ada@x.example", factories.make_course(), END)
    assert (result().tables[0].total or ())[:4] == (1, 0, 0, 1)


@pytest.mark.parametrize("key", [None, "2026-06", "course"])
def test_each_figure_opens_its_certificates(world: tuple[Course, Course], key: str | None) -> None:
    wanted = str(world[0].id) if key == "course" else key
    with snapshot() as found:
        detail = renewals.detail_of(found, asked(), "GBP", wanted)
        extent = rows.extent(found, detail)
        listed = rows.page(found, detail, 0, 10)
    assert (extent.count, extent.sums) == (3, {"ended": 3, "renewed": 2})
    assert {row.holder: bool(row.renewed_on) for row in listed} == {
        "Ada X": True,
        "Bo X": True,
        "Cy X": False,
    }


@pytest.mark.parametrize("key", ["2025-06", "nothing", "00000000-0000-0000-0000-000000000000", "2026-6x"])
def test_a_key_that_is_not_in_the_report_is_not_found(world: Any, key: str) -> None:
    with snapshot() as found, pytest.raises(NotFound):
        renewals.detail_of(found, asked(), "GBP", key)
