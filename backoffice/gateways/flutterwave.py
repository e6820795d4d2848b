"""Flutterwave (v3): a hosted page to pay on. Its messages carry a shared secret, so each payment is asked about."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

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
from backoffice.gateways import flutterwave_words
from backoffice.gateways.http import Line, check_key, patient_with_keys
from backoffice.gateways.reading import Json, header, iso_instant, part, parts, read_json, text

NAME = "Flutterwave"
BASE = "https://api.flutterwave.com"
LONGEST_SESSION = 1440  # minutes
LONGEST_NAME = 200
INACTIVE = "inactive"
# A page that was left alone stays pending there for ever: after so long nobody pays any more.
LATEST = timedelta(hours=1)
# Its lists go by the day.
DAY = timedelta(days=1)
Said = TypeVar("Said")


def open_account(account: Account) -> FlutterwaveGateway:
    """The gateway that speaks with this account's keys; nothing is asked yet."""
    return FlutterwaveGateway(account)


@dataclass(frozen=True)
class FlutterwaveGateway:
    """One tenant's account at Flutterwave."""

    account: Account
    name = "flutterwave"
    gives_back_parts = True
    can_list = True

    # --- Talking ---

    def check(self) -> str:
        """That Flutterwave takes the secret key. Raises GatewayRefused."""
        today = datetime.now(UTC).date().isoformat()
        self._ask_for("GET", "/v3/transactions", params={"from": today, "to": today, "page": "1"})
        return f"Flutterwave answered to the secret key, {self.account.mode} mode."

    def start(self, charge: Charge) -> Started:
        """A hosted page, whose address names the attempt. Each call opens another one for the same reference."""
        if not charge.payer_email:
            raise GatewayRefused("Flutterwave needs the payer's e-mail address.")
        left = (charge.ends_at - datetime.now(UTC)) / timedelta(minutes=1)
        answer = self._ask_for(
            "POST",
            "/v3/payments",
            json={
                "tx_ref": charge.reference,
                "amount": flutterwave_words.major(charge.amount_minor),
                "currency": charge.currency,
                "redirect_url": charge.success_url,
                "configurations": {"session_duration": min(LONGEST_SESSION, max(1, math.ceil(left)))},
                "customer": _payer_of(charge),
                "customizations": {"title": charge.description[:100]},
                "meta": {"payment_id": str(charge.payment_id)},
            },
        )
        link = text(part(answer, "data"), "link")
        if link is None:
            raise GatewayDelayed("Flutterwave's answer has no page to pay on.")
        return Started(link[:LONGEST_NAME], link, charge.ends_at)

    def ask(self, payment: Pointer, notice: Notice | None = None) -> Standing:
        """How a payment stands, by the transaction that is spoken of and by our reference.

        While the page can be paid on, a refused card is not its end; when its time is up, nobody's payment is over.
        """
        with patient_with_keys():
            return _paid_or_open(self._find(payment, notice), payment)

    def end(self, payment: Pointer) -> Standing:
        """Close the page; a transaction under way may still pay."""
        with patient_with_keys():
            is_closed = self._close(payment.gateway_reference)
            found = self._find(payment, None)
        return _paid_or_over(found, payment) if is_closed else _paid_or_open(found, payment)

    def refund(self, refund: RefundAsk) -> RefundStanding:
        """Give a payment or a part back. Flutterwave knows no keys against twice: ask first after a lost answer."""
        with patient_with_keys():
            path = f"/v3/transactions/{self._transaction_of(refund.payment)}/refund"
            comments = f"{refund.reference} {flutterwave_words.REFUND_MARK}{refund.refund_id}"
            wanted = {"amount": flutterwave_words.major(refund.amount_minor), "comments": comments}
            answer = self._ask_for("POST", path, json=wanted)
        made = self._read_refund(part(answer, "data"), refund)
        return replace(made, refund_id=refund.refund_id)

    def ask_refund(self, refund: RefundAsk) -> RefundStanding | None:
        """How a refund stands, by Flutterwave's id or else by ours in its comments."""
        with patient_with_keys():
            if refund.gateway_refund_id:
                answer = self._ask_for("GET", f"/v3/refunds/{refund.gateway_refund_id}")
                found = self._read_refund(part(answer, "data"), refund)
                return replace(found, refund_id=refund.refund_id)
            ours = self._refunds_of(self._transaction_of(refund.payment), refund.payment)
            return next((each for each in ours if each.refund_id == refund.refund_id), None)

    def list_payments(self, since: datetime, until: datetime) -> Iterator[Standing]:
        """Every transaction made in a span (UTC, `until` not included), with its refunds."""
        refunds: dict[str | None, list[Json]] = {}
        for each in self._pages("/v3/refunds", since, datetime.now(UTC)):
            refunds.setdefault(flutterwave_words.transaction_of(each), []).append(each)
        for each in self._pages("/v3/transactions", since, until):
            made = iso_instant(each, "created_at")
            if made is None or since <= made < until:
                standing = _read(flutterwave_words.transaction_standing, each)
                yield _with(standing, refunds.get(standing.gateway_payment_id, []))

    def _find(self, payment: Pointer, notice: Notice | None) -> Standing | None:
        said = notice.payment if notice else None
        known = (said.gateway_payment_id if said else None) or payment.gateway_payment_id
        found = self._by_id(known, payment) if known else None
        if found is None or found.status != "succeeded":
            found = self._by_reference(payment) or found
        is_about_refunds = said is not None and said.refunded_minor is not None
        if found and found.status == "succeeded" and is_about_refunds:
            return self._with_refunds(found, payment)
        return found

    def _close(self, link: str | None) -> bool:
        """Whether nobody can begin to pay there any more."""
        if link is None or not link.startswith("http"):
            return False
        answer = self._line().send("POST", "/v3/payments/link/disable", self._headers(), json={"link": link})
        said = text(answer.body, "message") or ""
        if answer.is_good or INACTIVE in said.lower():
            return True
        fault = self._line().fault(answer.status, said or None)
        if type(fault) is GatewayRefused:
            return False
        raise fault

    def _by_id(self, transaction_id: str, payment: Pointer) -> Standing | None:
        """The transaction, if it is one of this payment's."""
        if not _is_number(transaction_id):
            return None
        found = self._verify(f"/v3/transactions/{transaction_id}/verify", {})
        return found if found and found.reference == payment.reference else None

    def _by_reference(self, payment: Pointer) -> Standing | None:
        found = self._verify("/v3/transactions/verify_by_reference", {"tx_ref": payment.reference})
        return found if found and found.reference == payment.reference else None

    def _verify(self, path: str, params: Mapping[str, str]) -> Standing | None:
        answer = self._line().send("GET", path, self._headers(), params=dict(params))
        said = text(answer.body, "message") or ""
        if answer.status == 404 or (answer.status == 400 and "no transaction" in said.lower()):
            return None
        if not answer.is_good:
            raise self._line().fault(answer.status, said or None)
        return _read(flutterwave_words.transaction_standing, part(answer.body, "data"))

    def _transaction_of(self, payment: Pointer) -> str:
        known = payment.gateway_payment_id
        if known is None:
            found = self._by_reference(payment)
            known = found.gateway_payment_id if found else None
        if known is None or not _is_number(known):
            raise GatewayRefused("Flutterwave has no money of this payment to give back.")
        return known

    def _with_refunds(self, standing: Standing, payment: Pointer) -> Standing:
        found = list(self._refunds_of(standing.gateway_payment_id or "", payment))
        return _with_known(standing, found)

    def _refunds_of(self, transaction_id: str, payment: Pointer) -> Iterator[RefundStanding]:
        for each in self._pages("/v3/refunds", payment.started_at, datetime.now(UTC)):
            if flutterwave_words.transaction_of(each) == transaction_id:
                yield _read(lambda found: flutterwave_words.refund_standing(found, payment.currency), each)

    def _read_refund(self, found: Json, refund: RefundAsk) -> RefundStanding:
        return _read(lambda said: flutterwave_words.refund_standing(said, refund.currency), found)

    def _pages(self, path: str, since: datetime, until: datetime) -> Iterator[Json]:
        """Every row of a list that goes by days, whose last day is included."""
        page, pages = 1, 1
        days = {"from": since.date().isoformat(), "to": (until + DAY).date().isoformat()}
        while page <= pages:
            answer = self._ask_for("GET", path, params={**days, "page": str(page)})
            rows = parts(answer, "data")
            yield from rows
            total = part(answer, "meta", "page_info").get("total_pages")
            pages = total if isinstance(total, int) and rows else 0
            page += 1

    def _ask_for(self, method: str, path: str, **what: Any) -> Json:
        answer = self._line().send(method, path, self._headers(), **what)
        said = text(answer.body, "message")
        if not answer.is_good or text(answer.body, "status") != "success":
            raise self._line().fault(answer.status, said)
        return answer.body

    def _line(self) -> Line:
        base = self.account.api_base or BASE
        return Line(NAME, base, tuple(self.account.keys.values()))

    def _headers(self) -> dict[str, str]:
        key = self.account.keys.get("secret_key", "")
        check_key(NAME, key, self.account.mode, live=("FLWSECK-",), test=("FLWSECK_TEST-",))
        return {"Authorization": f"Bearer {key}"}

    # --- Listening ---

    def receive(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Received:
        """Check the shared secret in `verif-hash`. Raises NoticeRefused."""
        secret = self.account.keys.get("secret_hash", "")
        if not secret:
            raise NoticeRefused("There is no secret hash to check this with.")
        if not hmac.compare_digest(secret.encode(), header(headers, "verif-hash").encode()):
            raise NoticeRefused("The secret hash is not this account's.")
        return flutterwave_words.receive(read_json(raw))

    def understand(self, payload: Mapping[str, Any]) -> Notice:
        """What a message says; never proof of a payment."""
        return flutterwave_words.understand(payload)


def _paid_or_open(found: Standing | None, payment: Pointer) -> Standing:
    """A payment that has not come is open while its page is."""
    if datetime.now(UTC) < _end_of(payment):
        return _paid_or(found, "pending")
    return _paid_or_over(found, payment)


def _paid_or_over(found: Standing | None, payment: Pointer) -> Standing:
    """Without a page, a payment may still come by a transaction that is on its way."""
    if found and found.status == "pending" and datetime.now(UTC) < _end_of(payment) + LATEST:
        return _paid_or(found, "pending")
    return _paid_or(found, "failed" if found and found.status == "failed" else "cancelled")


def _paid_or(found: Standing | None, status: str) -> Standing:
    if found and found.status == "succeeded":
        return found
    return Standing(status, failure_reason=found.failure_reason if found else None)


def _end_of(payment: Pointer) -> datetime:
    return payment.ends_at or payment.started_at + DAY


def _with(standing: Standing, refunds: list[Json]) -> Standing:
    money = standing.currency or ""
    return _with_known(
        standing,
        [_read(lambda said: flutterwave_words.refund_standing(said, money), each) for each in refunds],
    )


def _with_known(standing: Standing, refunds: list[RefundStanding]) -> Standing:
    given_back = sum(each.amount_minor for each in refunds if each.status != "failed")
    return replace(standing, refunds=tuple(refunds), refunded_minor=given_back)


def _payer_of(charge: Charge) -> dict[str, str]:
    known = {"email": charge.payer_email, "name": charge.payer_name, "phonenumber": charge.payer_phone}
    return {name: value for name, value in known.items() if value}


def _is_number(transaction_id: str) -> bool:
    """Whether it can stand in a path: some of these ids come from messages that nobody signed."""
    return transaction_id.isascii() and transaction_id.isdecimal()


def _read(reading: Callable[[Json], Said], found: Json) -> Said:
    try:
        return reading(found)
    except ValueError as error:
        raise GatewayDelayed(f"Flutterwave's answer could not be read: {error}.") from error
