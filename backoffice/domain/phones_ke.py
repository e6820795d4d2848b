"""Kenyan mobile numbers as M-Pesa takes them."""

from __future__ import annotations

import re

from backoffice.domain.errors import Invalid

# Safaricom and the others have 07 and 01; what comes before is the trunk 0, the country, both, or nothing.
_MOBILE = re.compile(r"(?:(?:\+|00)?254\(?0?\)?|0)?(?P<rest>[17][0-9]{8})")
_BETWEEN = re.compile(r"[\s.\-]")


def to_msisdn(typed: object, *, field: str = "phone") -> str:
    """ "0712 345 678" or "+254712345678" as "254712345678". Raises Invalid for any other kind of number."""
    bare = _BETWEEN.sub("", typed) if isinstance(typed, str) else ""
    match = _MOBILE.fullmatch(bare)
    if match is None:
        raise Invalid("phone", "Enter a Kenyan mobile number, for example 0712 345678.", field=field)
    return f"254{match['rest']}"
