"""Uploads, in the forms in which spreadsheet programs save them."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest
from openpyxl import Workbook
from openpyxl.cell import Cell

from backoffice.documents import workbook_guard
from backoffice.documents.spreadsheet_in import read_table
from backoffice.domain.errors import Invalid

MEGABYTE = 1024 * 1024
SHEET_WORDS = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TEXTS_TYPE = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
TEXT = "First Name,Notes\nGrace,O’Neill – “late”\n"


def values(data: bytes, filename: str = "people.csv") -> list[list[str]]:
    return [list(row.values()) for _, row in read_table(data, filename).rows]


def refusal(data: bytes, filename: str = "people.csv", **limits: int) -> str:
    with pytest.raises(Invalid) as caught:
        read_table(data, filename, **limits)
    assert caught.value.field == "file"
    return caught.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_curly_quotes_and_dashes_survive_every_encoding(encoding: str):
    table = read_table(TEXT.encode(encoding), "people.csv")
    assert table.header == ["first_name", "notes"]
    assert table.rows == [(2, {"first_name": "Grace", "notes": "O’Neill – “late”"})]


def test_utf_16_of_either_byte_order_is_read_by_its_mark():
    assert values(b"\xfe\xff" + TEXT.encode("utf-16-be"))[0][0] == "Grace"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_that_the_header_uses(delimiter: str):
    written = f'a{delimiter}"b,;c"{delimiter}d\r\n1{delimiter}"x,y;z"{delimiter}3\r\n'
    assert values(written.encode()) == [["1", "x,y;z", "3"]]


def test_a_single_column_needs_no_delimiter():
    assert values(b"email\r\na@b.example\r\n") == [["a@b.example"]]


def test_quoted_line_ends_stay_and_rows_are_numbered_by_the_line_where_they_begin():
    table = read_table(b'a,b\n1,"one\ntwo"\n\n2,"say ""yes"""\n', "x.csv")
    assert table.rows == [(2, {"a": "1", "b": "one\ntwo"}), (5, {"a": "2", "b": 'say "yes"'})]


def test_ragged_rows_are_reported_one_by_one_and_the_rest_is_read():
    table = read_table(b"a,b\n1\n1,2\n1,2,3\n1,2,,\n", "x.csv")
    assert [line_no for line_no, _ in table.rows] == [3, 5]
    assert [(row.line_no, row.cells) for row in table.ragged] == [(2, ["1"]), (4, ["1", "2", "3"])]
    assert table.ragged[0].reason.startswith("This row has 1 cells and the header has 2")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b",,\n,,\n", "empty"),
        (b"a,A \n1,2\n", "twice"),
        (b"a,,c\n1,2,3\n", "Column 2 has no name"),
        (b"a,b\n1,\x00\n", "not a text file"),
        ("a,b\n1,2\n".encode("utf-16-le"), "not a text file"),
        (b"\xff\xfea", "cannot be read"),
        (b"a,b\n1,\x81\n", "cannot be read"),
        (b'a,b\n1,2\n3,"open\n4,5\n', "From line 3 on the quotes"),
        (b'a,b\n1,"x"y\n', "From line 2 on the quotes"),
        ("a,b\n1,Siân\n".encode() + b"2,Si\xe2n\n", "Line 3 mixes two encodings"),
        (b"a,b\n1," + b"x" * 200_000, "From line 2"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or password-protected"),
        (b",".join(b"c%d" % n for n in range(101)), "more than 100 columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(data: bytes, says: str):
    assert says in refusal(data)


def test_too_many_rows_and_too_many_bytes_are_refused():
    assert "more than 2 rows" in refusal(b"a\n1\n2\n3\n", maximum_rows=2)
    assert "larger than" in refusal(b"a\n1\n2\n3\n", maximum_bytes=3)
    assert len(read_table(b"a\n1\n2\n", "x.csv", maximum_rows=2).rows) == 2


def workbook(*rows: list[object], formats: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place, number_format in (formats or {}).items():
        cell = sheet[place]
        assert isinstance(cell, Cell)
        cell.number_format = number_format
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def zipped(**parts: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    return zipped(**{**parts, name: content})


def test_a_workbook_gives_the_text_that_a_person_sees():
    header: list[object] = ["day", "start", "at", "price", "n", "sum", "phone", "share", "yes", "name"]
    row: list[object] = [
        date(2026, 3, 3),
        time(9, 5),
        datetime(2026, 3, 3, 9, 30, tzinfo=UTC).replace(tzinfo=None),
        75,
        16.0,
        0.1 + 0.2,
    ]
    data = workbook(
        header,
        [*row, 7700900311, 0.1, True, " Siân "],
        formats={"D2": "£#,##0.00", "G2": "0" * 11, "H2": "0%"},
    )
    expected = [
        "2026-03-03",
        "09:05",
        "2026-03-03 09:30",
        "75.00",
        "16",
        "0.3",
        "07700900311",
        "10%",
        "TRUE",
        "Siân",
    ]
    assert values(data, "x.xlsx") == [expected]


def test_a_workbook_is_known_by_its_content_and_not_by_its_name():
    assert values(workbook(["a"], [1]), "x.csv") == [["1"]]
    assert "not a real .xlsx" in refusal(b"a\n1\n", "x.xlsx")


def test_empty_cells_and_rows_of_a_workbook_are_no_ragged_rows():
    table = read_table(workbook(["a", "b"], [1, None], [None, None], [2, 3]), "x.xlsx")
    assert [line_no for line_no, _ in table.rows] == [2, 4]
    assert table.rows[0][1] == {"a": "1", "b": ""}


def test_a_formula_gives_its_last_value():
    sheet = workbook(["a"], ["=1+1"])
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    assert b"<v></v>" in xml or b"<v />" in xml or b"<v/>" in xml
    for empty in (b"<v></v>", b"<v />", b"<v/>"):
        xml = xml.replace(empty, b"<v>2</v>")
    assert values(with_part(sheet, "xl/worksheets/sheet1.xml", xml)) == [["2"]]


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = with_part(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", b" " * (61 * 1024 * 1024))
    assert len(bomb) < 200_000
    assert "too large" in refusal(bomb)


def text_bomb() -> bytes:
    """One text of 24 MB, packed into some 30 kB."""
    texts = b"<sst xmlns='%s'><si><t>%s</t></si></sst>" % (SHEET_WORDS, b"x" * (24 * MEGABYTE))
    entry = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s"/>' % TEXTS_TYPE
    sheet = workbook(["a"], [1])
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        types = archive.read("[Content_Types].xml").replace(b"</Types>", entry + b"</Types>")
    return with_part(with_part(sheet, "[Content_Types].xml", types), "xl/sharedStrings.xml", texts)


def most_memory(work: Callable[[], object]) -> int:
    """The bytes that Python held at once while it worked."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_refused_bomb_fills_no_memory():
    bomb = text_bomb()
    assert len(bomb) < MEGABYTE / 10
    assert most_memory(lambda: refusal(bomb)) < MEGABYTE


def test_without_the_limit_the_same_bomb_fills_the_memory(monkeypatch: pytest.MonkeyPatch):
    """The control of the two tests above."""
    monkeypatch.setattr(workbook_guard, "_MAXIMUM_UNPACKED_BESIDES", 60 * MEGABYTE)
    bomb = text_bomb()
    assert most_memory(lambda: read_table(bomb, "x.xlsx")) > 24 * MEGABYTE


def test_a_bomb_of_shared_texts_or_of_many_parts_is_refused():
    assert "too large" in refusal(
        with_part(workbook(["a"], [1]), "xl/sharedStrings.xml", b" " * (21 * 1024 * 1024))
    )
    assert "too large" in refusal(zipped(**{f"p{n}": b"" for n in range(2_001)}))


def test_a_row_of_more_cells_than_a_sheet_can_have_is_refused_before_it_is_held():
    xml = b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData><row>"
    bomb = with_part(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", xml + b"<c/>" * 2_000_000)
    assert "too large" in refusal(bomb)
    assert "too large" in refusal(with_part(workbook(["a"]), "xl/styles.xml", b"<a>" + b"<b/>" * 1_100_000))


def test_a_bomb_is_found_under_any_name():
    hidden = with_part(workbook(["a"]), "xl/media/picture.png", b"<a>" + b"<b/>" * 1_100_000)
    assert "too large" in refusal(hidden)


def test_pictures_in_a_workbook_do_no_harm():
    assert values(with_part(workbook(["a"], [1]), "xl/media/picture.png", b"\x89PNG\r\n<" + bytes(500))) == [
        ["1"]
    ]


def test_a_sheet_that_lies_about_its_size_costs_nothing():
    sheet = workbook(["a"], [1])
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    assert values(with_part(sheet, "xl/worksheets/sheet1.xml", xml)) == [["1"]]


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04 not an archive",
        zipped(**{"readme.txt": b"hello"}),
        zipped(**{"xl/workbook.xml": b"<not"}),
        with_part(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", b"<broken"),
        workbook(["a"], [1])[:-200],
    ],
)
def test_a_damaged_workbook_is_refused_with_a_sentence(data: bytes):
    assert "save it again as .xlsx" in refusal(data, "x.xlsx")


def test_expanding_entities_in_a_workbook_are_refused():
    lol = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "' + b"x" * 1000 + b'">'
    for name, inner in zip(b"bcdefg", b"abcdef", strict=True):
        lol += b"<!ENTITY %c '%s'>" % (name, b"&%c;" % inner * 20)
    lol += b"]><worksheet><sheetData><row><c t='str'><v>&g;</v></c></row></sheetData></worksheet>"
    assert "save it again" in refusal(with_part(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", lol))
