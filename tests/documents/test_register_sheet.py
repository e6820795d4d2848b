"""The register on paper: as many pages as it takes, every name on them, needs only where they belong."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from backoffice.documents.needs_sheet import needs_sheet_pdf
from backoffice.documents.register_sheet import MOST_DAYS, SUBSTITUTES, register_sheet_pdf
from backoffice.documents.sheet_pages import RegisterSheet, SheetPerson

DAYS = tuple((f"Mon {day} Mar", "09:00–16:00") for day in range(1, 15))
SHEET = RegisterSheet(
    tenant_name="React Fast Training",
    course="First Aid at Work",
    venue="Room 1, Leeds",
    when="Mon 3 Mar 2026, 09:00–16:00",
    instructors="Tess Teacher",
    days=DAYS[:1],
    people=(),
    url="https://rft.example/admin/registers/01a1fd93",
)


def of(count: int, **values: Any) -> RegisterSheet:
    people = tuple(
        SheetPerson(f"Person Number{n}", f"Company{n}", f"Need{n}" if n % 2 else "") for n in range(count)
    )
    wanted: dict[str, Any] = {"people": people, **values}
    return replace(SHEET, **wanted)


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize(("count", "most"), [(0, 1), (1, 1), (12, 1), (60, 4), (300, 16)])
def test_everybody_is_on_the_sheet_once_and_numbered(count: int, most: int) -> None:
    found = pages(register_sheet_pdf(of(count)))
    text = "\n".join(found)
    assert len(found) <= most
    assert all(text.count(f"Person Number{n}\n") == 1 for n in range(count))
    assert text.count("Substitutes and others who came") == 1
    assert text.count("Instructor's signature") == 1
    assert all(f"Page {n} of {len(found)}" in page for n, page in enumerate(found, 1))
    assert all("First Aid at Work" in page and "Room 1, Leeds" in page for page in found)


def test_no_need_is_on_the_sheet_that_goes_round() -> None:
    assert "Need1" not in "".join(pages(register_sheet_pdf(of(12))))
    assert "Need1" in "".join(pages(needs_sheet_pdf(of(12))))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 14])
def test_each_day_has_its_column(count: int) -> None:
    found = pages(register_sheet_pdf(of(12, days=DAYS[:count])))
    text = "\n".join(found)
    assert all(f"Signature {label}" in text for label, _ in DAYS[:count])
    sets = -(-count // MOST_DAYS)
    assert text.count("Instructor's signature") == sets and text.count("Substitutes") == sets


def test_a_date_of_several_days_lies_across() -> None:
    def is_across(count: int) -> bool:
        box = PdfReader(io.BytesIO(register_sheet_pdf(of(3, days=DAYS[:count])))).pages[0].mediabox
        return box.width > box.height

    assert [is_across(count) for count in (1, 3, 4, 5)] == [False, False, True, True]


def test_twelve_people_fit_on_one_page_for_the_usual_three_days() -> None:
    assert len(pages(register_sheet_pdf(of(12, days=DAYS[:3])))) == 1


def test_the_signature_is_never_alone_on_a_page() -> None:
    for count in range(12, 22):
        found = pages(register_sheet_pdf(of(count)))
        assert "Company" in found[-1] and "Instructor's signature" in found[-1], count
    assert SUBSTITUTES == 4


def test_only_who_needs_something_is_on_the_confidential_sheet() -> None:
    (text,) = pages(needs_sheet_pdf(of(4)))
    assert "CONFIDENTIAL" in text and "Person Number1" in text and "Person Number3" in text
    assert "Person Number0" not in text and "The 2 others on this date told us of no needs." in text
    assert "Company1" not in text


def test_nobody_needs_anything() -> None:
    (text,) = pages(needs_sheet_pdf(of(1)))
    assert "Nobody on this date has told us of any needs." in text and "others" not in text


def test_a_long_need_goes_on_and_every_page_is_marked() -> None:
    long = "\n".join(f"Line {n} of what is needed, which is quite a lot." for n in range(80))
    people = tuple(SheetPerson(f"Person Number{n}", needs=long) for n in range(9))
    found = pages(needs_sheet_pdf(replace(SHEET, people=people)))
    assert all("CONFIDENTIAL · personal and health details" in page for page in found)
    assert "".join(found).count("Line 79 of") == 9 and "(continued)" in "".join(found)


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert register_sheet_pdf(of(12)) == register_sheet_pdf(of(12))
    assert needs_sheet_pdf(of(12)) == needs_sheet_pdf(of(12))


ODD = (
    "محمد بن عبد الله",
    "王小明",
    "Nguyễn Thị Ánh",
    "😀😀",
    "X" * 300,
    "<b>Bold</b> &amp;",
    "\x00\x1b[31m",
    "\ud800",
    "\u202eevil",
)


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
def test_any_name_is_drawn(name: str) -> None:
    people = (SheetPerson(name, name, name),)
    sheet = replace(SHEET, people=people, course=name, venue=name, instructors=name, tenant_name=name)
    assert len(pages(register_sheet_pdf(sheet))) == len(pages(needs_sheet_pdf(sheet))) == 1


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=400), st.text(max_size=3000))
def test_no_text_breaks_a_sheet(name: str, needs: str) -> None:
    sheet = replace(SHEET, people=(SheetPerson(name, name, needs),) * 3, course=name)
    assert pages(register_sheet_pdf(sheet)) and pages(needs_sheet_pdf(sheet))
