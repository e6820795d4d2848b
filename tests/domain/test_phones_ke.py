"""Kenyan mobile numbers become what M-Pesa takes, and nothing else does."""

import pytest

from backoffice.domain.errors import Invalid
from backoffice.domain.phones_ke import to_msisdn

GOOD = {
    "0712345678": "254712345678",
    "0712 345 678": "254712345678",
    "0712-345-678": "254712345678",
    "+254712345678": "254712345678",
    "+254 712 345678": "254712345678",
    "254712345678": "254712345678",
    "00254712345678": "254712345678",
    "+254 (0) 712 345678": "254712345678",
    "0112345678": "254112345678",
    "+254112345678": "254112345678",
    "712345678": "254712345678",
    " 0712345678\u00a0": "254712345678",
}
BAD = (
    None,
    "",
    7,
    "phone",
    "0812345678",
    "0201234567",
    "071234567",
    "07123456789",
    "+447700900123",
    "+255712345678",
    "0712345678x",
    "0712345678, 0713345678",
    "٠٧١٢٣٤٥٦٧٨",
    "+254712345678\0",
    "+0712345678",
)


@pytest.mark.parametrize(("typed", "expected"), GOOD.items())
def test_a_kenyan_mobile_number_is_taken_as_people_write_it(typed: str, expected: str) -> None:
    assert to_msisdn(typed) == expected


@pytest.mark.parametrize("typed", BAD)
def test_any_other_number_is_refused_at_its_field(typed: object) -> None:
    with pytest.raises(Invalid) as refusal:
        to_msisdn(typed, field="payer_phone")
    assert refusal.value.fields == {"payer_phone": refusal.value.message}
