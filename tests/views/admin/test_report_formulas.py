"""No cell of a report's file runs, whatever people are called (abuse case G7)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import text

from backoffice.database import db
from backoffice.documents import spreadsheet_out, workbook_out
from backoffice.services import reports
from backoffice.services.reports import csv_stream
from tests.factories import Provider
from tests.services.reports import ledger
from tests.views.admin.money_desk import inside
from tests.web_client import Visitor, signed_in

SPAN = "from=2024-12-01&until=2027-03-31"
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    "\ufeff=1+1",
    "x;=1+1",
    '=HYPERLINK("//evil.example";1)',
)
# What people, places and things are called, as far as a report may show it.
NAMES = {
    "users": ("first_name", "last_name"),
    "courses": ("title",),
    "venues": ("name", "city"),
    "discount_codes": ("code", "description"),
    "discount_rules": ("title",),
    "bookings": ("contact_first_name", "contact_last_name"),
    "refunds": ("reason",),
    "payments": ("payer_reference",),
}
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
LIVE = re.compile(r"""[\t\r\n]|[\s"\ufeff]*[=+\-@＝＋－＠]|.*;[\s"]*[=+\-@＝＋－＠]""", re.DOTALL)


def is_live(cell: str) -> bool:
    """Whether a spreadsheet program may take a text for a formula; where ";" separates, it is cut there as well."""
    return bool(LIVE.match(cell)) and not NUMBER.fullmatch(cell)


@pytest.fixture
def manager(app: Flask, provider: Provider) -> Visitor:
    with inside(app, provider):
        ledger.fill()
        for table, columns in NAMES.items():
            _rename(table, columns)
        db.session.commit()
    return signed_in(app, provider, "manager")


def _rename(table: str, columns: tuple[str, ...]) -> None:
    """Give every row a formula for a name, each another one, with a number behind it where it must be unique."""
    ids = db.session.execute(text(f"SELECT id FROM {table} ORDER BY id")).scalars()  # noqa: S608
    formulas = cycle(FORMULAS)
    for number, row_id in enumerate(ids.all()):
        named = {column: f"{next(formulas)}&{number}" for column in columns}
        changes = ", ".join(f"{column} = :{column}" for column in columns)
        db.session.execute(
            text(f"UPDATE {table} SET {changes} WHERE id = :id"),  # noqa: S608
            named | {"id": row_id},
        )


def files_of(manager: Visitor) -> Iterator[tuple[str, list[Any]]]:
    """The address and the cells of each file of each report."""
    for name in reports.REPORTS:
        for basis in reports.get(name).bases or ("",):
            for path in ("file.csv", "rows/file.csv", "file.xlsx", "rows/file.xlsx"):
                address = f"/admin/reports/{name}/{path}?basis={basis}&{SPAN}"
                answer = manager.get(address)
                assert answer.status_code == 200, address
                read = _read_csv if path.endswith("csv") else _read_xlsx
                data = answer.get_data()
                answer.close()
                yield address, list(read(data))


def _read_csv(data: bytes) -> Iterator[str]:
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        yield from row


def _read_xlsx(data: bytes) -> Iterator[str]:
    for row in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows():
        for cell in row:
            assert cell.data_type != "f", cell.value
            if cell.data_type == "s":
                yield str(cell.value)


def test_no_cell_of_any_report_is_a_formula(manager: Visitor) -> None:
    met = set()
    for address, cells in files_of(manager):
        assert [cell for cell in cells if is_live(cell)] == [], address
        kind = address.partition("?")[0].rpartition(".")[2]
        plain = [cell.replace("'", "") for cell in cells]
        met |= {(kind, formula) for cell in plain for formula in FORMULAS if formula in cell}
    assert {("csv", formula) for formula in FORMULAS} - met == set()
    # XML knows no lone carriage return: it comes back as a line end.
    assert {("xlsx", formula) for formula in FORMULAS if "\r" not in formula} - met == set()


def test_without_the_escape_the_same_files_would_run(
    manager: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the names reach the files, and the look at them sees each."""
    for module in (csv_stream, spreadsheet_out, workbook_out):
        monkeypatch.setattr(module, "escape_text", str)
    live = {cell for _, cells in files_of(manager) for cell in cells if is_live(cell)}
    unseen = [formula for formula in FORMULAS if not any(formula in cell for cell in live)]
    assert unseen == []
