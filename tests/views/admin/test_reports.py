"""The pages and files of the reports: for whoever may read them, of an empty provider and of a full one."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from openpyxl import load_workbook
from pypdf import PdfReader

from backoffice.services import reports
from tests.factories import Provider
from tests.services.reports import ledger
from tests.views.admin.money_desk import inside
from tests.web_client import Visitor, signed_in

SPAN = "from=2024-12-01&until=2027-03-31"


def cells(visitor: Visitor, address: str) -> list[list[str]]:
    answer = visitor.get(address)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


@pytest.mark.parametrize("name", reports.REPORTS)
def test_a_new_provider_gets_every_page_and_file(app: Flask, provider: Provider, name: str) -> None:
    """Abuse case Q1."""
    manager = signed_in(app, provider, "manager")
    for basis in reports.get(name).bases or ("",):
        for path in ("", "rows/", "file.csv", "file.xlsx", "file.pdf", "rows/file.xlsx", "rows/file.pdf"):
            answer = manager.get(f"/admin/reports/{name}/{path}?basis={basis}")
            assert answer.status_code == 200, (path, basis)
            answer.close()
        assert len(cells(manager, f"/admin/reports/{name}/rows/file.csv?basis={basis}")) == 1


def test_only_who_may_read_reports_gets_them(app: Flask, provider: Provider) -> None:
    for role, status in (("manager", 200), ("admin", 200), ("office", 403), ("instructor", 403)):
        visitor = signed_in(app, provider, role)
        for path in ("", "revenue-by-month/", "revenue-by-month/rows/", "revenue-by-month/file.csv"):
            assert visitor.get(f"/admin/reports/{path}").status_code == status, (role, path)


def test_the_files_hold_what_the_page_shows(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        ledger.fill()
        lines = ledger.paid_lines()
        net = Decimal(sum(line["gross"] - line["refunded"] for line in lines)).scaleb(-2)
    manager = signed_in(app, provider, "manager")
    page = manager.get(f"/admin/reports/revenue-by-month/?{SPAN}").get_data(as_text=True)
    assert f"£{net:,.2f}" in page
    assert "<svg" in page
    header, *table = cells(manager, f"/admin/reports/revenue-by-month/file.csv?{SPAN}")
    assert header[:5] == ["Currency", "Month", "Received", "Given back", "Net"]
    assert sum(Decimal(row[4]) for row in table) == net
    header, *rows = cells(manager, f"/admin/reports/revenue-by-month/rows/file.csv?{SPAN}")
    assert sum(Decimal(row[header.index("Net")]) for row in rows) == net
    assert len(rows) == len(lines)
    book = load_workbook(
        io.BytesIO(manager.get(f"/admin/reports/revenue-by-month/rows/file.xlsx?{SPAN}").data)
    )
    sheet = list(book.worksheets[0].values)
    assert round(sum(float(str(row[header.index("Net")])) for row in sheet[1:]), 2) == float(net)
    pdf = PdfReader(io.BytesIO(manager.get(f"/admin/reports/revenue-by-month/file.pdf?{SPAN}").data))
    assert f"£{net:,.2f}" in "".join(page.extract_text() for page in pdf.pages)


@pytest.mark.parametrize(
    "query",
    [
        "period=never",
        "from=x&until=y",
        "from=2026-02-30",
        "until=2026-01-01",
        "from=2026-02-01&until=2026-01-01",
    ]
    + ["from=1901-01-01&until=2099-01-01", "basis=%F0%9F%92%A9", "page=-1", "page=x", "from=%09&until=%09"],
)
def test_a_wish_that_makes_no_sense_shows_the_usual_report(
    app: Flask, provider: Provider, query: str
) -> None:
    manager = signed_in(app, provider, "manager")
    assert manager.get(f"/admin/reports/revenue-by-month/?{query}").status_code == 200
    assert manager.get(f"/admin/reports/revenue-by-month/rows/?{query}").status_code == 200
    assert manager.get(f"/admin/reports/revenue-by-month/file.csv?{query}").status_code in (200, 422)


def test_a_key_that_is_none_is_no_page_or_no_rows(app: Flask, provider: Provider) -> None:
    manager = signed_in(app, provider, "manager")
    for name in reports.REPORTS:
        for wanted in ("key=x", "key=2026-99", "key=' OR 1=1 --", "key=-", "key=", "currency=%F0%9F%92%A9"):
            assert manager.get(f"/admin/reports/{name}/rows/?{wanted}").status_code in (200, 404), (
                name,
                wanted,
            )


def test_an_unknown_report_is_not_found(app: Flask, provider: Provider) -> None:
    manager = signed_in(app, provider, "manager")
    assert manager.get("/admin/reports/profit/").status_code == 404
    assert manager.get("/admin/reports/revenue-by-month/file.doc").status_code == 404


def test_a_report_says_when_where_and_by_which_day(app: Flask, provider: Provider) -> None:
    page = signed_in(app, provider, "manager").get("/admin/reports/revenue-by-month/?period=this_year")
    text = page.get_data(as_text=True)
    year = datetime.now(UTC).year
    assert "Days in Europe/London time" in text
    assert "Counted by the day paid on" in text
    assert f"1 Jan {year} to" in text
