"""The printed confirmation, read back from the PDF."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph

from backoffice.documents.confirmation import Confirmation, confirmation_pdf
from backoffice.documents.plain_text import one_line
from backoffice.documents.typeface import REGULAR, markup

LETTER = Confirmation(
    tenant_name="React Fast Training",
    tenant_address="14 Wharf Street\nLeeds LS2 7EQ",
    reference="RFT-2026-0412",
    course="First Aid at Work",
    days=("Tue 3 Mar 2026, 09:00–16:00", "Wed 4 Mar 2026, 09:00–16:00", "Thu 5 Mar 2026, 09:00–16:00"),
    venue_name="Micklegate Hall",
    venue_address="91 Micklegate\nYork\nYO1 6LE",
    getting_there="Park and ride recommended: line 2 from Askham Bar stops at the door. " * 2,
    what_to_bring="Photo identification",
    currency="GBP",
    list_minor=67_500,
    discount_minor=6_750,
    discount_label="10% from 3 places",
    total_minor=60_750,
    vat_minor=10_125,
    paid_minor=20_000,
    attendees=("Siân Pryce", "Piotr Wójcik", ""),
    customer_name="Doreen O’Neill",
    customer_address="4 Harbour Row\nWhitby",
    issued_on="Mon 2 Feb 2026",
    held_until="Thu 5 Feb 2026, 17:00",
    payment_instructions="Sort code 20-00-00, account 12345678.",
    contact_phone="01904 496 0123",
    contact_email="office@rft.example",
)
HOSTILE = {
    "markup": "A<b & <i>Jerry</i> </para> <img src='/etc/passwd'/> &amp; {{1*1}}",
    "300 letters": "W" * 300,
    "70,000 letters": "x" * 70_000,
    "Arabic and Hebrew": "محمد علي שלום",
    "Chinese, Japanese, Korean": "李小龍 山田さくら 김철수 " + "李" * 300,
    "emoji": "😀 👩‍👩‍👧 🇬🇧",
    "broken": "a\x00b\x07\ud800\u2028\ufeff\r\n\tc",
    "many lines": "line\n" * 5_000,
    "other scripts": "ไทย हिन्दी Ελλάδα Жанна Nguyễn Thị Ánh",
}
TEXT_FIELDS = [name for name, value in vars(LETTER).items() if isinstance(value, str) and name != "currency"]


def pages(letter: Confirmation) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(confirmation_pdf(letter))).pages]


def words(letter: Confirmation) -> str:
    return " ".join(" ".join(pages(letter)).split())


def with_everywhere(text: str) -> Confirmation:
    values: dict[str, Any] = {**vars(LETTER), **dict.fromkeys(TEXT_FIELDS, text)}
    return Confirmation(**{**values, "days": (text,) * 3, "attendees": (text,) * 3})


@pytest.mark.parametrize(
    "expected",
    [
        *(
            "React Fast Training",
            "RFT-2026-0412",
            "First Aid at Work",
            "Tue 3 Mar 2026, 09:00–16:00",
            "YO1 6LE",
        ),
        *(
            "Park and ride",
            "Siân Pryce",
            "Piotr Wójcik",
            "Name to follow",
            "£675.00",
            "10% from 3 places",
            "−£67.50",
        ),
        *(
            "£607.50",
            "£101.25",
            "£200.00",
            "£407.50",
            "Your places are held",
            "Thu 5 Feb 2026, 17:00",
            "12345678",
        ),
        *("01904 496 0123", "office@rft.example", "Doreen O’Neill", "4 Harbour Row", "Mon 2 Feb 2026"),
    ],
)
def test_the_letter_says_everything_a_caller_needs(expected: str):
    assert expected in words(LETTER)


def test_a_usual_letter_fits_on_one_page():
    assert len(pages(LETTER)) == 1


def test_a_paid_booking_is_confirmed_and_asks_for_nothing():
    paid = words(replace(LETTER, held_until="", paid_minor=60_750))
    assert "Your booking is confirmed" in paid
    assert "How to pay" not in paid
    assert "Still to pay £0.00" in paid


def test_shillings_are_written_as_shillings():
    assert "KSh 1,500" in words(replace(LETTER, currency="KES", total_minor=150_000, paid_minor=0))


def test_the_least_of_a_booking_is_a_letter():
    least = Confirmation("T", "R-1", "C", (), "", "GBP", 0, 0)
    assert "Your booking is confirmed" in words(least)


def test_the_same_booking_gives_the_same_bytes():
    assert confirmation_pdf(LETTER) == confirmation_pdf(replace(LETTER))


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_in_every_field_makes_a_letter(kind: str):
    assert 1 <= len(pages(with_everywhere(HOSTILE[kind]))) <= 20


def test_markup_in_a_name_is_shown_as_it_was_typed():
    assert "Tom & <i>Jerry</i> </para>" in words(replace(LETTER, attendees=("Tom & <i>Jerry</i> </para>",)))


def test_the_same_markup_unescaped_breaks_a_paragraph():
    """The control of the guard: what reportlab does without it."""
    with pytest.raises(ValueError, match="(?i)para"):
        Paragraph("Tom & <i>Jerry</para> x</b>")


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("width", [60, 400])
def test_no_line_is_wider_than_its_column(kind: str, width: int):
    paragraph = Paragraph(markup(one_line(HOSTILE[kind])), ParagraphStyle("body", fontName=REGULAR))
    paragraph.wrap(width, 10_000)
    assert max(paragraph.getActualLineWidths0()) <= width + 0.01


def test_two_hundred_attendees_are_listed_and_the_rest_is_counted():
    many = words(replace(LETTER, attendees=tuple(f"Person {number}" for number in range(1, 251))))
    assert "Person 200" in many
    assert "Person 201" not in many
    assert "and 50 more" in many


def test_a_letter_that_no_font_draws_becomes_a_box():
    assert markup("שלום") == "■■■■"
    assert markup("\U0001f9d1\U0001f3fd"[:1] + "\U0010fffd", REGULAR).endswith("■")


def test_letters_of_europe_need_no_fallback():
    assert "<font" not in markup("Siân Wójcik O’Neill Đặng Nguyễn Łukasz Ğ Ő – € £")
