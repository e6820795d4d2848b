"""What the keys of a gateway look like, and what is said of those that do not."""

import pytest

from backoffice.domain import gateway_keys
from backoffice.domain.errors import Invalid

STRIPE = {"secret_key": "sk_test_4eC39HqLyjWDarjtT1zdp7dc", "webhook_secret": "whsec_abcdef123456"}
MPESA = {
    "shortcode": "174379",
    "consumer_key": "abcdefgh",
    "consumer_secret": "hgfedcba",
    "passkey": "bfb279f9aa",
}
FLUTTERWAVE = {"secret_key": "FLWSECK_TEST-1234567890-X", "secret_hash": "long-random-word-1"}


@pytest.mark.parametrize(
    ("gateway", "mode", "keys"),
    [
        ("stripe", "test", STRIPE),
        ("stripe", "test", {"secret_key": "sk_test_simulator_rft"}),
        ("stripe", "live", {"secret_key": "rk_live_4eC39HqLyjWDarjt"}),
        ("mpesa", "live", MPESA),
        ("flutterwave", "test", FLUTTERWAVE),
        ("flutterwave", "test", FLUTTERWAVE | {"secret_key": "FLWSECK_TEST-simulator-nairobi"}),
        ("flutterwave", "live", FLUTTERWAVE | {"secret_key": "FLWSECK-1234567890-X"}),
    ],
)
def test_good_keys_are_taken(gateway: str, mode: str, keys: dict[str, str]) -> None:
    assert gateway_keys.clean(gateway, mode, keys, {}) == keys


@pytest.mark.parametrize(
    ("gateway", "mode", "wrong", "word"),
    [
        ("stripe", "test", {"secret_key": "sk_live_4eC39HqLyjWDarjt"}, "live key"),
        ("stripe", "live", {"secret_key": "sk_test_4eC39HqLyjWDarjt"}, "test key"),
        ("stripe", "test", {"secret_key": "pk_test_4eC39HqLyjWDarjt"}, "begins with sk_"),
        ("stripe", "test", {"secret_key": "sk_test_ümlaut12345"}, "begins with sk_"),
        ("stripe", "test", {"secret_key": ""}, "Fill this in"),
        ("flutterwave", "live", {"secret_key": "FLWSECK_TEST-1234567890-X"}, "test key"),
        ("flutterwave", "test", {"secret_key": "FLWSECK-1234567890-X"}, "live key"),
        ("mpesa", "test", {"shortcode": "12"}, "five to seven digits"),
        ("mpesa", "test", {"shortcode": "١٢٣٤٥٦"}, "five to seven digits"),
        ("mpesa", "test", {"passkey": "with a space"}, "no spaces"),
    ],
)
def test_a_wrong_key_is_told_by_its_field(gateway: str, mode: str, wrong: dict[str, str], word: str) -> None:
    good = {"stripe": {}, "mpesa": MPESA, "flutterwave": FLUTTERWAVE}[gateway]
    with pytest.raises(Invalid) as refused:
        gateway_keys.clean(gateway, mode, {**good, **wrong}, {})
    (name,) = wrong
    assert list(refused.value.fields) == [name]
    assert word in refused.value.fields[name]


def test_an_empty_key_keeps_the_stored_one() -> None:
    keys = gateway_keys.clean(
        "stripe", "test", {"secret_key": " ", "webhook_secret": "whsec_new12345"}, STRIPE
    )
    assert keys == STRIPE | {"webhook_secret": "whsec_new12345"}


@pytest.mark.parametrize(
    ("gateway", "keys", "hint"),
    [
        ("stripe", STRIPE, "sk_test_…p7dc"),
        ("mpesa", MPESA, "174379, key …efgh"),
        ("flutterwave", FLUTTERWAVE, "FLWSECK_TEST-…90-X"),
    ],
)
def test_a_hint_shows_the_last_four_only(gateway: str, keys: dict[str, str], hint: str) -> None:
    assert gateway_keys.hint(gateway, keys) == hint


def test_a_sentence_loses_our_keys() -> None:
    said = gateway_keys.without_keys(f"Invalid API Key: {STRIPE['secret_key']}", STRIPE)
    assert said == "Invalid API Key: …"


@pytest.mark.parametrize(
    ("key", "mode"), [("sk_live_123456789", "live"), ("rk_test_123456789", "test"), ("sk_prod_1", None)]
)
def test_a_secret_key_says_its_mode(key: str, mode: str | None) -> None:
    assert gateway_keys.mode_of("stripe", key) == mode


def test_a_sentence_keeps_the_shortcode_that_everybody_knows() -> None:
    said = gateway_keys.without_keys(f"shortcode {MPESA['shortcode']}, key {MPESA['consumer_key']}", MPESA)
    assert said == "shortcode 174379, key …"
