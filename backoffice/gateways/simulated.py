"""The simulators' control plane, for what is typed into a gateway's dashboard in earnest."""

from __future__ import annotations

from backoffice.domain.gateway_terms import Account, GatewayRefused
from backoffice.gateways.http import Line


def set_flutterwave_webhook(account: Account, url: str) -> None:
    """Enter the address of messages, as a person does in Flutterwave's dashboard.

    Raises GatewayDelayed, and GatewayRefused where the account is not a simulator's.
    """
    if account.api_base is None or account.mode != "test":
        raise GatewayRefused("Flutterwave's webhook is entered in its dashboard.")
    keys = account.keys
    line = Line(
        "The simulator", account.api_base.rstrip("/").removesuffix("/flutterwave"), tuple(keys.values())
    )
    said = {"secret_key": keys["secret_key"], "secret_hash": keys["secret_hash"], "url": url}
    answer = line.send("POST", "/control/flutterwave/webhook", {}, json=said)
    if not answer.is_good:
        raise line.fault(answer.status, str(answer.body.get("error") or ""))
