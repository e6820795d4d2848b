"""Text as people type it, made safe to store: bounded, no NUL, no broken Unicode, no control characters."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from backoffice.domain.errors import Invalid

EMAIL_MAXIMUM = 254
_PHONE_TYPED_MAXIMUM = 40

# Controls, lone surrogates, non-characters (no spreadsheet holds them), marks that turn text around.
_NEVER = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff"
_PLANES = "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF) for plane in range(1, 17))
_NOT_IN_A_BLOCK = re.compile(f"[{_NEVER}{_PLANES}]")
_NOT_IN_A_LINE = re.compile(f"[{_NEVER}{_PLANES}\\t\\n\u2028\u2029]")
_SPACES = re.compile(r"[ \u00a0\u2000-\u200a\u202f\u3000]+")
_LETTER = re.compile(r"[^\W\d_]")
# Letters that keep their stroke when accents are taken off.
_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})

_DIGIT_RUN = re.compile(r"[0-9](?:[ .\-]{0,3}[0-9])+")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u00b7", "-"))


def clean_line(value: object, *, field: str, maximum: int, required: bool = False) -> str:
    """One line of at most `maximum` characters, trimmed, spaces single, NFC; "" for none; Invalid."""
    line = _SPACES.sub(" ", _text(value, field)).strip()
    return _checked(line, _NOT_IN_A_LINE, field, maximum, required)


def clean_block(value: object, *, field: str, maximum: int, required: bool = False) -> str:
    """Several lines, at most `maximum` characters, line ends as "\\n", NFC; "" for none; Invalid."""
    block = _text(value, field).replace("\r\n", "\n").replace("\r", "\n").strip()
    return _checked(block, _NOT_IN_A_BLOCK, field, maximum, required)


def _text(value: object, field: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid("not_text", f"{_name(field)} must be text.", field=field)
    return value


def _checked(text: str, forbidden: re.Pattern[str], field: str, maximum: int, required: bool) -> str:
    if required and not text:
        raise Invalid("required", f"{_name(field)} is needed.", field=field)
    # Twice the room before NFC joins letters and accents; far longer text is not worth normalising.
    if len(text) <= 2 * maximum:
        if forbidden.search(text):
            raise Invalid(
                "characters", f"{_name(field)} contains a character that cannot be used.", field=field
            )
        text = unicodedata.normalize("NFC", text)
    if len(text) > maximum:
        raise Invalid("too_long", f"{_name(field)} can be at most {maximum:,} characters long.", field=field)
    return text


def _name(field: str) -> str:
    words = field.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def clean_email(value: object, *, field: str = "email", required: bool = False) -> str | None:
    """The whole address in lower case, or None for none; the domain is not looked up. Raises Invalid."""
    typed = clean_line(value, field=field, maximum=EMAIL_MAXIMUM, required=required)
    if not typed:
        return None
    try:
        address = validate_email(typed, check_deliverability=False, strict=True).normalized
    except EmailNotValidError as error:
        raise Invalid("email", "Enter an e-mail address like name@example.com.", field=field) from error
    return unicodedata.normalize("NFC", address.lower())


def clean_phone(value: object, region: str, *, field: str = "phone") -> str | None:
    """The number in E.164 ("+447700900123"), or None for none; `region` reads national ones. Raises Invalid.

    Possible numbers are enough: new ranges and fictional ones (07700 900xxx) are not "valid", but are typed.
    """
    typed = clean_line(value, field=field, maximum=_PHONE_TYPED_MAXIMUM)
    if not typed:
        return None
    number = _possible_number(typed, region)
    if number is None:
        raise Invalid(
            "phone", "Enter a phone number with its area code, for example 07700 900123.", field=field
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _possible_number(typed: str, region: str) -> phonenumbers.PhoneNumber | None:
    if _LETTER.search(typed):  # an extension or a word would be dropped silently
        return None
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def say_phone(e164: str | None, region: str) -> str:
    """A stored number as people of `region` write it: "07700 900123", from abroad "+254 712 345678"."""
    if not e164:
        return ""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    at_home = number.country_code == phonenumbers.country_code_for_region(region)
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, style)


def phone_search_digits(typed: str, region: str) -> str:
    """The digits to find a stored E.164 number by: no trunk 0, no country code; "" for none."""
    number = _possible_number(typed, region)
    if number is not None:
        return phonenumbers.national_significant_number(number).lstrip("0")
    return re.sub(r"[^0-9]", "", typed).lstrip("0")


def fold(text: str) -> str:
    """Text for searching and comparing: lower case, accents off, spaces single."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(plain.casefold().translate(_STROKES).split())


def looks_like_card_number(text: str) -> bool:
    """Whether the text holds 13 to 19 digits, spaced or dashed, that pass as a payment card (Luhn)."""
    digits = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return any(_has_card(match.group()) for match in _DIGIT_RUN.finditer(digits))


def refuse_card_number(text: str, *, field: str) -> None:
    """Raise Invalid for a text with a card number: these must never be typed, not even into notes."""
    if looks_like_card_number(text):
        raise Invalid(
            "card_number", "This looks like a card number. Never write one down: remove it.", field=field
        )


def _has_card(run: str) -> bool:
    groups = re.findall("[0-9]+", run)
    for start in range(len(groups)):
        digits = ""
        for group in groups[start:]:
            digits += group
            if len(digits) > 19:
                break
            if len(digits) >= 13 and digits[0] in "234568" and _passes_luhn(digits):
                return True
    return False


def _passes_luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
