"""What the keys of each payment gateway look like, so that a wrong one is told beside its field and not by the first payer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backoffice.domain.errors import Invalid


@dataclass(frozen=True)
class KeyField:
    """One key: its name in the stored keys, its words for people, and its shape in each mode."""

    name: str
    label: str
    hint: str
    fault: str
    test: str
    live: str = ""
    is_needed: bool = True
    # Another value of it is another account, or a new key of the same one.
    names_account: bool = False

    def pattern(self, mode: str) -> str:
        return self.live if mode == "live" and self.live else self.test


_WORD = r"[\x21-\x7e]{6,200}"

FIELDS: dict[str, tuple[KeyField, ...]] = {
    "stripe": (
        KeyField(
            "secret_key",
            "Secret key",
            "In Stripe under Developers, API keys. It begins with sk_ or rk_.",
            "A secret key of Stripe begins with sk_ or rk_ and has letters and digits only: copy it again.",
            r"(sk|rk)_test_\w{6,180}",
            r"(sk|rk)_live_\w{6,180}",
            names_account=True,
        ),
        KeyField(
            "webhook_secret",
            "Signing secret of the webhook",
            "Stripe shows it with the webhook, which can also be registered from here afterwards.",
            "A signing secret of Stripe begins with whsec_: copy it again.",
            r"whsec_[\w+/=]{6,180}",
            is_needed=False,
        ),
    ),
    "mpesa": (
        KeyField(
            "shortcode",
            "Shortcode",
            "Your paybill or till number.",
            "A shortcode has five to seven digits.",
            r"\d{5,7}",
            names_account=True,
        ),
        KeyField(
            "consumer_key",
            "Consumer key",
            "Of your app in the Daraja portal.",
            "A consumer key has at least 6 characters and no spaces: copy it again.",
            _WORD,
        ),
        KeyField(
            "consumer_secret",
            "Consumer secret",
            "Of the same app.",
            "A consumer secret has at least 6 characters and no spaces: copy it again.",
            _WORD,
        ),
        KeyField(
            "passkey",
            "Passkey",
            "Safaricom sends it when the shortcode goes online.",
            "A passkey has at least 6 characters and no spaces: copy it again.",
            _WORD,
        ),
        KeyField(
            "initiator_name",
            "Initiator's name",
            "Needed to give money back.",
            "An initiator's name has no spaces: copy it again.",
            r"[\x21-\x7e]{1,100}",
            is_needed=False,
        ),
        KeyField(
            "security_credential",
            "Security credential",
            "The initiator's password as the portal encrypts it. Needed to give money back.",
            "A security credential is one long word: copy it again.",
            r"[\x21-\x7e]{6,1500}",
            is_needed=False,
        ),
    ),
    "flutterwave": (
        KeyField(
            "secret_key",
            "Secret key",
            "In Flutterwave under Settings, API keys. It begins with FLWSECK.",
            "A secret key of Flutterwave begins with FLWSECK and has no spaces: copy it again.",
            r"FLWSECK_TEST-[\w-]{6,180}",
            r"FLWSECK-[\w-]{6,180}",
            names_account=True,
        ),
        KeyField(
            "secret_hash",
            "Secret hash",
            "A long random word of your own: enter the same one in Flutterwave under Webhooks.",
            "A secret hash has at least 12 characters and no spaces: make a longer one.",
            r"[\x21-\x7e]{12,200}",
        ),
    ),
}

LONGEST_KEY = 1500


def mode_of(gateway: str, secret_key: str) -> str | None:
    """The mode that a secret key is for, by its shape; None where it does not say."""
    field = next(each for each in FIELDS[gateway] if each.names_account)
    for mode in ("test", "live"):
        if field.live and re.fullmatch(field.pattern(mode), secret_key, re.ASCII):
            return mode
    return None


def clean(gateway: str, mode: str, given: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """All keys of an account: what was given, and where nothing was, what is kept.

    Raises Invalid with a sentence for each field that has the wrong shape, is of the other mode, or is missing.
    """
    keys = {**kept, **{name: value.strip() for name, value in given.items() if value.strip()}}
    faults = {field.name: fault for field in FIELDS[gateway] if (fault := _fault(field, mode, keys))}
    if faults:
        raise Invalid.of(faults)
    return {field.name: keys[field.name] for field in FIELDS[gateway] if keys.get(field.name)}


def _fault(field: KeyField, mode: str, keys: Mapping[str, str]) -> str | None:
    value = keys.get(field.name, "")
    if not value:
        return "Fill this in." if field.is_needed else None
    if re.fullmatch(field.pattern(mode), value, re.ASCII):
        return None
    other = "test" if mode == "live" else "live"
    if field.live and re.fullmatch(field.pattern(other), value, re.ASCII):
        return f"This is a {other} key, but the account is to be in {mode} mode: use its {mode} key."
    return field.fault


def names_same_account(gateway: str, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether both sets of keys have the same word for the account."""
    return all(
        one.get(field.name) == other.get(field.name) for field in FIELDS[gateway] if field.names_account
    )


def hint(gateway: str, keys: Mapping[str, str]) -> str:
    """What people may see of the keys: enough to tell two apart, never enough to use."""
    if gateway == "mpesa":
        return f"{keys.get('shortcode', '')}, key …{keys.get('consumer_key', '')[-4:]}"
    secret = keys.get("secret_key", "")
    start = re.match(r"(sk|rk)_(test|live)_|FLWSECK(_TEST)?-", secret)
    return f"{start.group() if start else ''}…{secret[-4:]}"


def without_keys(sentence: str, keys: Mapping[str, str]) -> str:
    """The sentence of a gateway with none of our keys in it: some repeat what they were sent."""
    hidden = [value for name, value in keys.items() if name != "shortcode"]
    for value in sorted(hidden, key=len, reverse=True):
        if len(value) >= 6:
            sentence = sentence.replace(value, "…")
    return sentence
