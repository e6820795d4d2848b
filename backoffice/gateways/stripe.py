"""Stripe: Checkout Sessions to pay on, refunds, signed webhooks. One client per account, no settings shared."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import stripe

from backoffice.domain.gateway_terms import (
    Account,
    Charge,
    GatewayDelayed,
    GatewayRefused,
    Notice,
    NoticeRefused,
    Pointer,
    Received,
    RefundAsk,
    RefundStanding,
    Standing,
    Started,
)
from backoffice.gateways import stripe_asking, stripe_endpoints, stripe_signature, stripe_words
from backoffice.gateways.http import TIMEOUTS, Line, check_key, patient_with_keys
from backoffice.gateways.reading import Json, header, instant, part, read_json, text

Said = TypeVar("Said")

log = logging.getLogger(__name__)
# It writes two lines for each request; what went wrong is written where it is handled.
logging.getLogger("stripe").setLevel(logging.WARNING)

# The shapes that stripe_words reads; each request asks for them, each event says which it has.
API_VERSION = "2026-10-28.endive"
NAME = "Stripe"
# For so long a request whose answer was lost may still be on its way.
IN_FLIGHT = timedelta(minutes=2)
# Its pool of connections is per thread, and holds no key.
_HTTP = stripe.RequestsClient(timeout=TIMEOUTS)


def open_account(account: Account) -> StripeGateway:
    """The gateway that speaks with this account's keys; nothing is asked yet."""
    return StripeGateway(account)


@dataclass(frozen=True)
class StripeGateway:
    """One tenant's account at Stripe."""

    account: Account
    name = "stripe"
    gives_back_parts = True
    can_list = True

    # --- Talking ---

    def check(self) -> str:
        """The account's name and mode. Raises GatewayRefused for keys of the other mode or wrong ones."""
        with self._talk() as client:
            found = _object(client.v1.accounts.retrieve_current())
        shown = text(part(found, "settings", "dashboard"), "display_name")
        name = shown or text(part(found, "business_profile"), "name") or text(found, "id") or "an account"
        return f"Stripe answered: {name}, {self.account.mode} mode."

    def start(self, charge: Charge) -> Started:
        """A Checkout Session; the same charge again gives the same one.

        Without an end that Stripe takes, or with a customer deleted there, it is asked for once more in another way.
        """
        wanted = stripe_asking.session_of(charge)
        try:
            return self._create(wanted, str(charge.payment_id))
        except _ParamRefused as refused:
            if not stripe_asking.mend(wanted, refused.param, charge):
                raise
        return self._create(wanted, f"{charge.payment_id}-again")

    def ask(self, payment: Pointer, notice: Notice | None = None) -> Standing:
        """How a payment stands, with its fee and refunds.

        A session that we have no id of was shown to nobody: it is over when its time is.
        """
        with patient_with_keys():
            return self._ask(payment)

    def end(self, payment: Pointer) -> Standing:
        """Expire the session; one that was paid or expired before stands as it does."""
        if payment.gateway_reference is None and payment.gateway_payment_id is None:
            return _never_made(payment, payment.started_at + IN_FLIGHT)
        with patient_with_keys():
            if payment.gateway_reference is None:
                return self._ask(payment)
            try:
                with self._talk() as client:
                    client.v1.checkout.sessions.expire(payment.gateway_reference)
            except GatewayRefused as refused:
                log.info("session not expired", extra={"cause": str(refused)})
            return self._ask(payment)

    def refund(self, refund: RefundAsk) -> RefundStanding:
        """Give a payment or a part of it back; the same refund again is the same one."""
        with patient_with_keys():
            wanted: Any = {
                "payment_intent": self._intent_of(refund.payment),
                "amount": refund.amount_minor,
                "reason": "requested_by_customer",
                "metadata": {"refund_id": str(refund.refund_id), "reference": refund.reference},
            }
            with self._talk() as client:
                made = client.v1.refunds.create(wanted, {"idempotency_key": str(refund.refund_id)})
        return _read(stripe_words.refund_standing, _object(made))

    def ask_refund(self, refund: RefundAsk) -> RefundStanding | None:
        """How a refund stands, by Stripe's id or else by ours among the refunds of its payment."""
        with patient_with_keys():
            if refund.gateway_refund_id:
                with self._talk() as client:
                    found = client.v1.refunds.retrieve(refund.gateway_refund_id)
                return _read(stripe_words.refund_standing, _object(found))
            ours = self._refunds_of(self._intent_of(refund.payment))
            return next((each for each in ours if each.refund_id == refund.refund_id), None)

    def list_payments(self, since: datetime, until: datetime) -> Iterator[Standing]:
        """Every PaymentIntent made in a span (UTC, `until` not included), with its charge and refunds."""
        wanted: Any = {
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
            "limit": 100,
            "expand": ["data.latest_charge.balance_transaction", "data.latest_charge.refunds"],
        }
        with self._talk() as client:
            for intent in client.v1.payment_intents.list(wanted).auto_paging_iter():
                yield self._with_all_refunds(_object(intent))

    def register_notices(self, url: str) -> str:
        """Have events sent to this address from now on; the secret that they are signed with."""
        with self._talk() as client:
            return stripe_endpoints.register(client, url, list(stripe_words.READINGS), API_VERSION)

    def knows_notices(self, url: str) -> bool:
        """Whether events are sent to this address already."""
        with self._talk() as client:
            return stripe_endpoints.is_registered(client, url)

    def _create(self, wanted: Any, key: str) -> Started:
        with self._talk() as client:
            session = _object(client.v1.checkout.sessions.create(wanted, {"idempotency_key": key}))
        name = text(session, "id")
        if name is None:
            raise GatewayDelayed("Stripe's answer names no session.")
        return Started(name, text(session, "url"), instant(session, "expires_at"))

    def _ask(self, payment: Pointer) -> Standing:
        if payment.gateway_reference:
            found = self._retrieve_session(payment.gateway_reference)
            return _read(stripe_words.session_standing, found)
        if payment.gateway_payment_id:
            return self._ask_intent(payment.gateway_payment_id)
        return _never_made(payment, payment.ends_at or payment.started_at + stripe_asking.SHORTEST_LIFE)

    def _retrieve_session(self, session_id: str) -> Json:
        deep = "payment_intent.latest_charge"
        wanted: Any = {"expand": [f"{deep}.balance_transaction", f"{deep}.refunds"]}
        with self._talk() as client:
            return _object(client.v1.checkout.sessions.retrieve(session_id, wanted))

    def _ask_intent(self, intent_id: str) -> Standing:
        wanted: Any = {"expand": ["latest_charge.balance_transaction", "latest_charge.refunds"]}
        with self._talk() as client:
            found = _object(client.v1.payment_intents.retrieve(intent_id, wanted))
        return _read(stripe_words.intent_standing, found)

    def _intent_of(self, payment: Pointer) -> str:
        known = payment.gateway_payment_id or self._ask(payment).gateway_payment_id
        if known is None:
            raise GatewayRefused("Stripe has no money of this payment to give back.")
        return known

    def _refunds_of(self, intent_id: str) -> Iterator[RefundStanding]:
        wanted: Any = {"payment_intent": intent_id, "limit": 100}
        with self._talk() as client:
            for each in client.v1.refunds.list(wanted).auto_paging_iter():
                yield _read(stripe_words.refund_standing, _object(each))

    def _with_all_refunds(self, intent: Json) -> Standing:
        """A charge holds its last ten refunds only."""
        listed = part(intent, "latest_charge", "refunds")
        if listed.get("has_more"):
            with self._talk() as client:
                found = client.v1.refunds.list({"payment_intent": intent["id"], "limit": 100})
                intent["latest_charge"]["refunds"]["data"] = [
                    each.to_dict() for each in found.auto_paging_iter()
                ]
        return _read(stripe_words.intent_standing, intent)

    @contextmanager
    def _talk(self) -> Iterator[stripe.StripeClient]:
        """A client with this account's key; its errors in our words."""
        key = self.account.keys.get("secret_key", "")
        check_key(NAME, key, self.account.mode, live=("sk_live_", "rk_live_"), test=("sk_test_", "rk_test_"))
        addresses: Any = {"api": self.account.api_base.rstrip("/")} if self.account.api_base else {}
        try:
            yield stripe.StripeClient(
                key,
                stripe_version=API_VERSION,
                base_addresses=addresses,
                max_network_retries=0,
                http_client=_HTTP,
            )
        except stripe.StripeError as error:
            raise self._in_our_words(error) from error

    def _in_our_words(self, error: stripe.StripeError) -> GatewayDelayed | GatewayRefused:
        if error.http_status is None or error.http_status < 400:
            return GatewayDelayed("Stripe did not answer, or nothing that can be read.")
        line = Line(NAME, "", tuple(self.account.keys.values()))
        fault = line.fault(error.http_status, error.user_message)
        param = getattr(error, "param", None)
        if isinstance(error, stripe.InvalidRequestError) and type(fault) is GatewayRefused and param:
            return _ParamRefused(str(fault), param)
        return fault

    # --- Listening ---

    def receive(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Received:
        """Check signature, age and mode of an event. Raises NoticeRefused."""
        secret = self.account.keys.get("webhook_secret", "")
        stripe_signature.check(raw, header(headers, "Stripe-Signature"), secret, now)
        event = read_json(raw)
        event_id, kind = text(event, "id"), text(event, "type")
        if not event_id or not kind or not part(event, "data", "object"):
            raise NoticeRefused("This is no event of Stripe's.")
        if event.get("livemode", self.account.mode == "live") is not (self.account.mode == "live"):
            raise NoticeRefused("The event is of the other mode, test or live.")
        return Received(event_id, kind, event, instant(event, "created"))

    def understand(self, payload: Mapping[str, Any]) -> Notice:
        """What an event says; one in another version of Stripe's shapes is read as far as it is the same."""
        version = text(payload, "api_version")
        if version != API_VERSION:
            log.warning("event in another version", extra={"version": version, "event": text(payload, "id")})
        return stripe_words.understand(payload)


class _ParamRefused(GatewayRefused):
    """A no because of one thing that was asked for."""

    def __init__(self, sentence: str, param: str) -> None:
        super().__init__(sentence)
        self.param = param


def _never_made(payment: Pointer, until: datetime) -> Standing:
    """No page of it was ever shown to anybody, so nobody can pay it."""
    return Standing("pending" if datetime.now(UTC) < until else "cancelled")


def _object(answer: object) -> Json:
    """What Stripe answered, as plain data; the library hands through whatever JSON came."""
    if not isinstance(answer, stripe.StripeObject):
        raise GatewayDelayed("Stripe's answer could not be read.")
    return answer.to_dict()


def _read(reading: Callable[[Json], Said], found: Json) -> Said:
    try:
        return reading(found)
    except ValueError as error:
        raise GatewayDelayed(f"Stripe's answer could not be read: {error}.") from error
