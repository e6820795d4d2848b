"""A network address as it may be kept."""

from __future__ import annotations

import pytest

from backoffice.domain.network import shortened


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0"),
        (" 203.0.113.77 ", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("unknown", None),
        ("203.0.113.256", None),
        ("", None),
        (None, None),
    ],
)
def test_the_last_part_is_taken_off(address: str | None, kept: str | None) -> None:
    assert shortened(address) == kept
