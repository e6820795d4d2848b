"""The form for a gateway's keys: made from what each gateway needs, and never filled with what is stored."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, PasswordField, RadioField, validators

from backoffice.domain.gateway_keys import FIELDS, LONGEST_KEY, KeyField
from backoffice.models import GatewayAccount
from backoffice.views.admin.forms import PlainText, ScreenForm, VersionField

MODES = [("test", "Test: no money moves"), ("live", "Live: customers pay real money")]
SAME_HINT = "Tick it after a new secret key was made in the same account. Otherwise the old account stays for refunds."


class KeysForm(ScreenForm):
    """What every gateway's form has; `keys_form` adds its keys."""

    account_id = HiddenField()
    version = VersionField()
    mode = RadioField("Mode", choices=MODES)
    key_names: tuple[str, ...] = ()
    status: int

    def given(self) -> dict[str, str]:
        """What was typed, by key."""
        return {name: str(self[name].data or "") for name in self.key_names}

    def is_same(self) -> bool:
        return "is_same_account" in self and bool(self["is_same_account"].data)


def keys_form(gateway: str, account: GatewayAccount | None, typed: Any) -> KeysForm:
    """The form of one gateway, with what was typed."""
    members: dict[str, Any] = {each.name: _field(each, account) for each in FIELDS[gateway]}
    names = tuple(members)
    if account is not None and gateway != "mpesa":
        members["is_same_account"] = BooleanField("Same account, new secret key", description=SAME_HINT)
    made: KeysForm = type("GatewayKeysForm", (KeysForm,), {**members, "key_names": names})(typed)
    if typed is None:
        made.mode.data = account.mode if account else "test"
        made.account_id.data = str(account.id) if account else ""
        made.version.data = account.version if account else None
    return made


def _field(key: KeyField, account: GatewayAccount | None) -> PasswordField:
    """Nothing is put into it, and the browser neither fills nor keeps it."""
    description = f"{key.hint} Left empty, the stored one stays." if account else key.hint
    is_needed = key.is_needed and account is None
    first = validators.InputRequired("Fill this in.") if is_needed else validators.Optional()
    checks = [first, validators.Length(max=LONGEST_KEY), PlainText(LONGEST_KEY)]
    return PasswordField(
        key.label,
        checks,
        description=description,
        render_kw={"autocomplete": "off", "spellcheck": "false", "maxlength": LONGEST_KEY},
    )
