"""What of a gateway's message people may see."""

from typing import Any

import pytest

from backoffice.domain.payloads import CUT, HIDDEN, shown


@pytest.mark.parametrize(
    ("payload", "seen"),
    [
        ({"client_secret": "pi_1_secret_2"}, {"client_secret": HIDDEN}),
        ({"verif-hash": "x", "Password": "y"}, {"verif-hash": HIDDEN, "Password": HIDDEN}),
        (
            {"card": {"token": "flw-t1", "last_4digits": "4242"}},
            {"card": {"token": HIDDEN, "last_4digits": "4242"}},
        ),
        ({"phone_number": "+254712345678"}, {"phone_number": "+2547••••78"}),
        ({"PartyA": 254712345678}, {"PartyA": "2547••••78"}),
        ({"customer_email": "ann.cox@example.com"}, {"customer_email": "an•••@example.com"}),
        ({"amount": 7500, "paid": True, "token": None}, {"amount": 7500, "paid": True, "token": None}),
        ({"id": "evt_1", "tx_ref": "RFT-P-1"}, {"id": "evt_1", "tx_ref": "RFT-P-1"}),
        ([{"secret": "a"}, 1], [{"secret": HIDDEN}, 1]),
        ({"secrets": ["a", "b"], "credentials": {"user": "u"}}, {"secrets": HIDDEN, "credentials": HIDDEN}),
        (
            {"Item": [{"Name": "PhoneNumber", "Value": 254712345678}, {"Name": "Amount", "Value": 1500}]},
            {"Item": [{"Name": "PhoneNumber", "Value": "2547••••78"}, {"Name": "Amount", "Value": 1500}]},
        ),
        (
            {"ResultParameter": [{"Key": "SecurityCredential", "Value": "abc"}]},
            {"ResultParameter": [{"Key": "SecurityCredential", "Value": HIDDEN}]},
        ),
    ],
)
def test_secrets_are_hidden_and_numbers_are_cut(payload: Any, seen: Any) -> None:
    assert shown(payload) == seen


def test_a_message_deeper_than_anybody_reads_is_cut() -> None:
    payload: Any = "end"
    for _ in range(5000):
        payload = {"a": payload}
    text = str(shown(payload))
    assert CUT in text
    assert len(text) < 500
