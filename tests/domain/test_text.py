"""Texts, addresses and telephone numbers: bounded and whole, however they are typed (abuse case K1)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.domain import text
from backoffice.domain.errors import Invalid

BROKEN = ["a\x00b", "a\ud800b", "a\x07b", "a\x1bb", "a\x7fb", "a\x85b", "a\ufffeb", "a\U0001ffffb", "\u202e"]
SAFE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"]), max_size=50)


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  Anna   Fox ", "Anna Fox"),
        ("Anna\u00a0Fox", "Anna Fox"),
        ("Jose\u0301", "José"),
        ("<script>", "<script>"),
        ("O'Brien", "O'Brien"),
        ("李小龍", "李小龍"),
        ("👩‍🚒", "👩‍🚒"),
        (None, ""),
        ("   ", ""),
    ],
)
def test_a_line_is_trimmed_and_composed_but_not_changed(typed: object, cleaned: str) -> None:
    assert text.clean_line(typed, field="name", maximum=20) == cleaned


@pytest.mark.parametrize("typed", [*BROKEN, "a\nb", "a\rb", "a\tb", "a\u2028b"])
def test_a_line_refuses_control_characters_and_broken_unicode(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        text.clean_line(typed, field="first_name", maximum=20)
    assert refusal.value.fields == {"first_name": "First name contains a character that cannot be used."}


@pytest.mark.parametrize("typed", BROKEN)
def test_a_block_refuses_control_characters_and_broken_unicode(typed: str) -> None:
    with pytest.raises(Invalid):
        text.clean_block(typed, field="notes", maximum=20)


def test_a_block_keeps_its_lines() -> None:
    typed = " one\r\ntwo\rthree\n\n\tfour "
    assert text.clean_block(typed, field="notes", maximum=50) == "one\ntwo\nthree\n\n\tfour"


@pytest.mark.parametrize("clean", [text.clean_line, text.clean_block])
@pytest.mark.parametrize("length", [21, 300, 70_000])
def test_a_text_that_is_too_long_is_refused_with_its_limit(clean: Callable[..., str], length: int) -> None:
    with pytest.raises(Invalid, match="at most 20 characters"):
        clean("x" * length, field="name", maximum=20)


def test_a_text_may_fill_its_limit_even_in_decomposed_form() -> None:
    assert text.clean_line("e\u0301" * 20, field="name", maximum=20) == "é" * 20


@pytest.mark.parametrize("typed", [None, "", "  ", "\u00a0"])
def test_a_text_that_is_needed_must_be_there(typed: object) -> None:
    with pytest.raises(Invalid, match="Last name is needed"):
        text.clean_line(typed, field="last_name", maximum=20, required=True)


@pytest.mark.parametrize("typed", [5, 5.0, True, ["a"], {"a": 1}, b"a"])
def test_what_is_not_text_is_refused(typed: object) -> None:
    with pytest.raises(Invalid, match="must be text"):
        text.clean_line(typed, field="name", maximum=20)


@given(SAFE)
def test_cleaning_twice_changes_nothing_more(typed: str) -> None:
    try:
        once = text.clean_line(typed, field="name", maximum=100)
    except Invalid:
        return
    assert text.clean_line(once, field="name", maximum=100) == once


@given(st.text(st.characters(), max_size=60))
def test_whatever_is_typed_is_cleaned_or_refused(typed: str) -> None:
    for clean in (text.clean_line, text.clean_block):
        try:
            clean(typed, field="name", maximum=40).encode("utf-8")
        except Invalid:
            continue


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Anna.Fox@Example.COM", "anna.fox@example.com"),
        (" admin@rft.example ", "admin@rft.example"),
        ("JÖRG@Exämple.com", "jörg@exämple.com"),
        ("a+b@example.com", "a+b@example.com"),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_kept_in_lower_case(typed: object, address: str | None) -> None:
    assert text.clean_email(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "anna", "anna@", "@example.com", "a b@example.com", "a@b", "a@example..com",
        "a@example.com\nBcc: b@c.com",
        "a@example.com,b@example.com", "Anna <a@example.com>", "a\x00@example.com", "a@localhost", "x" * 300,
        "a" * 65 + "@example.com", "a@[127.0.0.1]",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        text.clean_email(typed, field="contact_email")
    assert list(refusal.value.fields) == ["contact_email"]


def test_an_address_that_is_needed_must_be_there() -> None:
    with pytest.raises(Invalid, match="Email is needed"):
        text.clean_email(" ", required=True)


@pytest.mark.parametrize(
    ("typed", "region", "stored"),
    [
        ("07700 900123", "GB", "+447700900123"),
        ("+44 (0)7700 900123", "GB", "+447700900123"),
        ("0044 7700 900123", "GB", "+447700900123"),
        ("(0113) 496-0000", "GB", "+441134960000"),
        ("+254 712 345678", "GB", "+254712345678"),
        ("0712 345678", "KE", "+254712345678"),
        ("", "GB", None),
        (None, "GB", None),
    ],
)
def test_a_number_is_stored_the_same_in_any_format(typed: object, region: str, stored: str | None) -> None:
    assert text.clean_phone(typed, region) == stored


@pytest.mark.parametrize(
    "typed", ["123", "ring me", "0800 FLOWERS", "07700 900123 ext 5", "+", "1" * 30, "0\x00"]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        text.clean_phone(typed, "GB", field="contact_phone")
    assert list(refusal.value.fields) == ["contact_phone"]


@pytest.mark.parametrize(
    ("stored", "region", "said"),
    [
        ("+447700900123", "GB", "07700 900123"),
        ("+447700900123", "KE", "+44 7700 900123"),
        ("+254712345678", "KE", "0712 345678"),
        (None, "GB", ""),
        ("odd", "GB", "odd"),
    ],
)
def test_a_number_is_said_as_the_region_writes_it(stored: str | None, region: str, said: str) -> None:
    assert text.say_phone(stored, region) == said


@pytest.mark.parametrize("typed", ["07700 900123", "+447700900123", "0044-7700-900123", "7700900123"])
def test_a_number_is_found_by_the_same_digits_in_any_format(typed: str) -> None:
    assert text.phone_search_digits(typed, "GB") == "7700900123"


@pytest.mark.parametrize(("typed", "digits"), [("0123", "123"), ("900123", "900123"), ("Anna", ""), ("", "")])
def test_part_of_a_number_is_searched_by_its_digits(typed: str, digits: str) -> None:
    assert text.phone_search_digits(typed, "GB") == digits


@pytest.mark.parametrize(
    ("typed", "folded"),
    [("  José  ÁLVAREZ ", "jose alvarez"), ("Łukasz", "lukasz"), ("Straße", "strasse"), ("Søren", "soren")],
)
def test_folding_takes_off_case_and_accents(typed: str, folded: str) -> None:
    assert text.fold(typed) == folded


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_folding_twice_changes_nothing_more(typed: str) -> None:
    assert text.fold(text.fold(typed)) == text.fold(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "card 4111-1111-1111-1111 exp 12/28",
        "4111  1111\u00a01111–1111",
        "4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
        "３７８２８２２４６３１０００５",
        "rang from 07700 900123 5555 5555 5555 4444",
        "6011000990139424",
        "4222222222222",
        "visa4111111111111111x",
    ],
)
def test_a_card_number_is_noticed(typed: str) -> None:
    assert text.looks_like_card_number(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "", "4111 1111 1111 1112", "07700 900123", "+44 7700 900123", "RFT-2026-0001", "0000 0000 0000 0000",
        "12 places on 2026-03-03, 09:00", "411111111111", "41111111111111111111", "PO 1234567890",
    ],
)  # fmt: skip
def test_other_digits_are_left_alone(typed: str) -> None:
    assert not text.looks_like_card_number(typed)


def test_a_card_number_is_refused_without_being_repeated() -> None:
    with pytest.raises(Invalid) as refusal:
        text.refuse_card_number("4111 1111 1111 1111", field="notes")
    assert "4111" not in refusal.value.message
    text.refuse_card_number("Vegetarian lunch", field="notes")
