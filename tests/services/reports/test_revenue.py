"""Every figure equals the ledger to the penny, and opens rows that add up to it (abuse cases Q1, Q2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.models import Tenant
from backoffice.services import reports
from backoffice.services.reports import revenue, rows
from backoffice.services.reports.lines import BOOKED, PAID, TAUGHT
from backoffice.services.reports.periods import Period
from backoffice.services.reports.snapshot import snapshot
from backoffice.services.reports.tables import Asked, Line
from backoffice.tenancy import tenant_scope
from tests.factories import Provider, make_provider
from tests.services.reports import ledger

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALL = Period(date(2024, 12, 1), date(2027, 3, 31))
DIMENSIONS = ("month", "course", "type", "venue", "instructor", "source", "code", "method")
LINES: dict[str, Any] = {
    PAID: ledger.paid_lines,
    BOOKED: ledger.booked_lines,
    TAUGHT: lambda: ledger.taught_lines(NOW),
}


def asked(report: str = "revenue-by-month", basis: str = PAID, period: Period = ALL) -> Asked:
    return Asked(report, basis, period, "Europe/London", "GBP", NOW)


@pytest.fixture(scope="module")
def books(app: Flask) -> Provider:
    """Two years of bookings, made once: nobody here changes them."""
    with app.app_context():
        provider = make_provider()
        with tenant_scope(provider.id):
            ledger.fill()
            db.session.remove()
    return provider


@pytest.fixture
def filled(app: Flask, books: Provider) -> Iterator[Tenant]:
    with app.app_context(), tenant_scope(books.id):
        yield db.session.get_one(Tenant, books.id)
        db.session.remove()


@pytest.mark.parametrize("basis", [PAID, BOOKED, TAUGHT])
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_the_figures_are_those_of_the_ledger(filled: Tenant, dimension: str, basis: str) -> None:
    with snapshot() as reader:
        found = revenue.read(reader, asked(basis=basis), dimension, ALL).of("GBP")
    got = {key: (sums.gross_minor, sums.refunded_minor, sums.vat_minor) for key, sums in found.items()}
    assert got == ledger.summed(dimension, LINES[basis]())
    assert sum(sums.gross_minor for sums in found.values()) > 100_000


@pytest.mark.parametrize("name", reports.REPORTS)
def test_each_figure_opens_rows_that_add_up_to_it(filled: Tenant, name: str) -> None:
    report = reports.get(name)
    for basis in report.bases or ("",):
        wanted = asked(name, basis)
        with snapshot() as reader:
            (table,) = report.run(reader, wanted).tables
            for line in (*table.lines, Line(None, "All together", table.total or ())):
                detail = report.detail(reader, wanted, "GBP", line.key)
                whole = rows.extent(reader, detail)
                place = next(
                    place
                    for place, column in enumerate(table.columns)
                    if line.values[place] == whole.sums[detail.shown]
                )
                assert table.columns[place].is_figure
                assert len(rows.page(reader, detail, 0, 10_000)) == whole.count


def test_a_year_before_stands_beside_each_month(filled: Tenant) -> None:
    period = Period(date(2026, 1, 1), date(2026, 12, 31))
    with snapshot() as reader:
        (table,) = revenue.run("month", reader, asked(period=period)).tables
    sums = ledger.summed("month", ledger.paid_lines())
    for line in table.lines:
        gross, refunded, _ = sums.get(revenue.periods.same_month_before(line.key or ""), (0, 0, 0))
        assert line.values[5] == gross - refunded
    assert table.total and table.total[5] == sum(line.values[5] for line in table.lines)


@pytest.mark.parametrize("name", reports.REPORTS)
def test_a_new_provider_has_zeros(tenant: Tenant, name: str) -> None:
    """Abuse case Q1."""
    report = reports.get(name)
    for basis in report.bases or ("",):
        with snapshot() as reader:
            (table,) = report.run(reader, asked(name, basis)).tables
            detail = report.detail(reader, asked(name, basis), "GBP", None)
            assert rows.extent(reader, detail).count == 0
        figures = [
            value for line in (*table.lines, Line(None, "", table.total or ())) for value in line.values
        ]
        assert {value for value in figures if not isinstance(value, str)} <= {0, None}
