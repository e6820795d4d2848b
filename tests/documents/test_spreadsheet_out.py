"""Exports: nothing in them runs, numbers stay numbers, memory stays flat."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from backoffice.documents.spreadsheet_in import read_table
from backoffice.documents.spreadsheet_out import csv_rows, escape_text
from backoffice.documents.workbook_out import xlsx_bytes

HOSTILE = [
    *("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\ttab", "\rcr", "\nlf"),
    *("＝1+1", "＋1", "－1", "＠SUM", ";=1", "; =1", " =1", "  -1", '"=1', "'=1", ' "; =1'),
    *("\u200b=1", "\ufeff=1", "\xa0=1"),
]
HARMLESS = [
    "Siân O’Neill",
    "a=b",
    "York - Hull",
    "Smith, A",
    "李 😀",
    "07700 900311",
    'say "yes"',
    "two\nlines",
    "",
]
SIGNS = ("=", "+", "-", "@")


def csv_cells(*values: Any) -> list[str]:
    text = b"".join(csv_rows(["h"] * len(values), [values])).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))[1]


def xlsx_cells(*values: Any) -> list[Any]:
    book = load_workbook(io.BytesIO(xlsx_bytes(["h"] * len(values), [values])))
    return list(list(book.worksheets[0].iter_rows())[1])


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_looks_like_a_formula_gets_an_apostrophe(text: str):
    assert csv_cells(text)[0].startswith("'")
    (cell,) = xlsx_cells(text)
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


@pytest.mark.parametrize("text", ["Veg; =cmd|x", "a\n=1", "a\t@b", "a;\"'+1", "a\r\n-1"])
def test_a_formula_behind_another_separator_is_disarmed_as_well(text: str):
    """Opened where ";" separates cells, the rest of the text becomes a cell of its own."""
    assert [part for part in re.split(r"[;\t\r\n]", text) if part.strip(" \"'").startswith(SIGNS)]
    assert not [
        part for part in re.split(r"[;\t\r\n]", escape_text(text)) if part.strip(' "').startswith(SIGNS)
    ]


def test_a_spreadsheet_without_the_escape_would_hold_a_formula():
    """The control of the guard: openpyxl itself turns such text into a formula."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "=1+1"
    assert sheet["A1"].data_type == "f"


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays_as_it_is(text: str):
    assert csv_cells(text, "x") == [text, "x"]
    assert xlsx_cells(text, "x")[0].value == (text or None)


def test_numbers_stay_numbers():
    assert csv_cells(-5, 1200, Decimal("-12.50"), Decimal("1E+3"), -0.5) == [
        "-5",
        "1200",
        "-12.50",
        "1000",
        "-0.5",
    ]
    cells = xlsx_cells(-5, 1200, Decimal("-12.50"), -0.5)
    assert [cell.data_type for cell in cells] == ["n"] * 4
    assert [cell.value for cell in cells] == [-5, 1200, -12.5, -0.5]


def test_dates_stay_dates():
    moment = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert csv_cells(date(2026, 3, 3), moment, time(9)) == ["2026-03-03", "2026-03-03 09:00", "09:00"]
    day, at, clock = xlsx_cells(date(2026, 3, 3), moment, time(9))
    assert (day.is_date, at.is_date, clock.is_date) == (True, True, True)
    assert at.value == moment.replace(tzinfo=None)
    assert xlsx_cells(date(1899, 1, 1))[0].value == "1899-01-01"


def test_what_no_cell_can_hold_is_made_visible_or_left_empty():
    values = ("a\x00b\x07", "\ud800", None, True, float("nan"), Decimal("Infinity"))
    assert csv_cells(*values) == ["a\ufffdb\ufffd", "\ufffd", "", "yes", "", ""]
    assert [cell.value for cell in xlsx_cells(*values)] == [
        "a\ufffdb\ufffd",
        "\ufffd",
        None,
        "yes",
        None,
        None,
    ]
    assert len(xlsx_cells("x" * 70_000)[0].value) == 32_767
    assert xlsx_cells("#N/A")[0].data_type == "s"


def test_a_csv_opens_in_excel_as_utf_8_and_ends_its_lines_with_crlf():
    written = b"".join(csv_rows(["name", "=h"], [["Siân", 1]]))
    assert written == "\ufeffname,'=h\r\nSiân,1\r\n".encode()


def test_an_export_without_rows_holds_its_header():
    assert b"".join(csv_rows(["a", "b"], [])) == b"\xef\xbb\xbfa,b\r\n"
    sheet = load_workbook(io.BytesIO(xlsx_bytes(["a", "b"], []))).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.rows] == [["a", "b"]]


def test_an_export_can_be_read_in_again():
    header, row = ["name", "note"], ["Siân", "one\ntwo, “three”"]
    for data in (b"".join(csv_rows(header, [row])), xlsx_bytes(header, [row])):
        assert [list(values.values()) for _, values in read_table(data, "x").rows] == [row]


def test_an_amount_shows_its_pence_and_a_text_its_end():
    book = load_workbook(
        io.BytesIO(xlsx_bytes(["Course", "Net"], [["First Aid at Work, Hull", Decimal(1234)]]))
    )
    sheet = book.worksheets[0]
    assert (sheet["B2"].value, sheet["B2"].number_format) == (1234, "#,##0.00")
    assert sheet.column_dimensions["A"].width >= len("First Aid at Work, Hull")


def test_rows_are_written_as_they_come():
    taken: list[int] = []

    def rows() -> Iterator[list[int]]:
        for number in range(10_000):
            taken.append(number)
            yield [number]

    chunks = csv_rows(["n"], rows())
    next(chunks)
    assert len(taken) <= 1_000


def test_memory_does_not_grow_with_the_rows():
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in csv_rows(["a", "b"], (["x" * 50, number] for number in range(count))):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(20_000) < 2 * peak(1_000)
