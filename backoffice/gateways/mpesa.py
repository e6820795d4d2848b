"""M-Pesa (Safaricom's Daraja): a prompt on the payer's telephone, asked about until it is answered. Whole shillings."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backoffice.domain.errors import Invalid
from backoffice.domain.gateway_terms import (
    Account,
    Charge,
    GatewayDelayed,
    GatewayRefused,
    Notice,
    Pointer,
    Received,
    RefundAsk,
    RefundStanding,
    Standing,
    Started,
)
from backoffice.domain.phones_ke import to_msisdn
from backoffice.gateways import mpesa_words
from backoffice.gateways.http import Answer, KeysRefused, Line, patient_with_keys
from backoffice.gateways.reading import label, read_json, text

NAME = "M-Pesa"
BASES = {"test": "https://sandbox.safaricom.co.ke", "live": "https://api.safaricom.co.ke"}
# Seconds before its end from which a token is not used any more.
TOKEN_MARGIN = 60.0
# How many characters the payer's telephone shows of what the payment is for.
LONGEST_REFERENCE = 12
TOKEN_OVER = "404.001.03"  # noqa: S105  a code of theirs, no secret
# Where a prompt was asked for: none was sent. Where one was asked about: mostly that it is still open.
BUSY = "500.001.1001"
STILL_OPEN = "being processed"


@dataclass
class _Token:
    value: str
    ends: float


_tokens: dict[str, _Token] = {}
_tokens_lock = threading.Lock()


def open_account(account: Account) -> MpesaGateway:
    """The gateway that speaks with this account's keys; nothing is asked yet."""
    return MpesaGateway(account)


@dataclass(frozen=True)
class MpesaGateway:
    """One tenant's shortcode at M-Pesa."""

    account: Account
    name = "mpesa"
    gives_back_parts = False
    can_list = False

    # --- Talking ---

    def check(self) -> str:
        """That M-Pesa takes the consumer key and secret. Raises GatewayRefused."""
        self._need("shortcode", "passkey")
        self._new_token()
        return f"M-Pesa answered: shortcode {self._key('shortcode')}, {self.account.mode} mode."

    def start(self, charge: Charge) -> Started:
        """Send the prompt. Whole shillings to a Kenyan mobile number, or GatewayRefused."""
        self._need("shortcode", "passkey")
        phone = _msisdn(charge.payer_phone)
        answer = self._post(
            "/mpesa/stkpush/v1/processrequest",
            {
                **self._signed(),
                "TransactionType": "CustomerPayBillOnline",
                "Amount": _shillings(charge.amount_minor, charge.currency),
                "PartyA": phone,
                "PartyB": self._key("shortcode"),
                "PhoneNumber": phone,
                "CallBackURL": charge.notice_url,
                "AccountReference": charge.reference.replace("-", "")[-LONGEST_REFERENCE:],
                "TransactionDesc": "Course place",
            },
        )
        if label(answer.body, "errorCode") == BUSY:
            raise GatewayRefused(f"{NAME}: {text(answer.body, 'errorMessage')}")
        return Started(self._accepted(answer, "CheckoutRequestID"))

    def ask(self, payment: Pointer, notice: Notice | None = None) -> Standing:
        """How the prompt stands by M-Pesa's own answer; amount and receipt are in the callback only.

        The callback is heard only where the query says that the money came. A prompt whose id was lost is over when
        its time is.
        """
        said = notice.payment if notice else None
        reference = payment.gateway_reference or (said.gateway_reference if said else None)
        if reference is None:
            is_over = payment.ends_at is not None and payment.ends_at <= datetime.now(UTC)
            return Standing("cancelled" if is_over else "pending")
        with patient_with_keys():
            status, reason = self._query(reference)
        heard = said if said and said.gateway_reference == reference else None
        if status != "succeeded" or heard is None or heard.status != "succeeded":
            return Standing(status, gateway_reference=reference, failure_reason=reason)
        return Standing(
            status,
            amount_minor=heard.amount_minor,
            currency=heard.currency,
            gateway_reference=reference,
            gateway_payment_id=heard.gateway_payment_id,
            paid_at=heard.paid_at,
        )

    def end(self, payment: Pointer) -> Standing:
        """A prompt cannot be taken back: how it stands."""
        return self.ask(payment)

    def refund(self, refund: RefundAsk) -> RefundStanding:
        """Reverse the whole payment; its result comes to `notice_url`. A second one finds it reversed."""
        receipt = refund.payment.gateway_payment_id
        if not refund.is_whole:
            raise GatewayRefused("M-Pesa gives back whole payments only: pay this part out by hand.")
        if not receipt:
            raise GatewayRefused("M-Pesa never told the receipt of this payment: pay it out by hand.")
        self._need("shortcode", "initiator_name", "security_credential")
        with patient_with_keys():
            answer = self._post("/mpesa/reversal/v1/request", self._reversal(refund, receipt))
        return _under_way(refund, self._accepted(answer, "ConversationID"))

    def ask_refund(self, refund: RefundAsk) -> RefundStanding | None:
        """A reversal that was taken is under way until its result comes; M-Pesa answers no question about it."""
        return _under_way(refund, refund.gateway_refund_id) if refund.gateway_refund_id else None

    def list_payments(self, since: datetime, until: datetime) -> Iterator[Standing]:
        """M-Pesa cannot list: payments are asked for one by one."""
        return iter(())

    def _accepted(self, answer: Answer, name: str) -> str:
        """The id of what M-Pesa took on; without one nobody knows whether it did."""
        if not answer.is_good or label(answer.body, "ResponseCode") != "0":
            raise self._fault(answer)
        found = text(answer.body, name)
        if found is None:
            raise GatewayDelayed("M-Pesa's answer could not be read.")
        return found

    def _query(self, reference: str) -> tuple[str, str | None]:
        answer = self._post(
            "/mpesa/stkpushquery/v1/query", {**self._signed(), "CheckoutRequestID": reference}
        )
        said = text(answer.body, "errorMessage") or ""
        if label(answer.body, "errorCode") == BUSY and STILL_OPEN in said.lower():
            return "pending", None
        code = label(answer.body, "ResultCode")
        if not answer.is_good or code is None:
            raise self._fault(answer)
        status = mpesa_words.status_of(code)
        return status, None if status == "succeeded" else text(answer.body, "ResultDesc")

    def _reversal(self, refund: RefundAsk, receipt: str) -> dict[str, Any]:
        return {
            "Initiator": self._key("initiator_name"),
            "SecurityCredential": self._key("security_credential"),
            "CommandID": "TransactionReversal",
            "TransactionID": receipt,
            "Amount": _shillings(refund.amount_minor, refund.currency),
            "ReceiverParty": self._key("shortcode"),
            "RecieverIdentifierType": "11",  # spelt so by Safaricom
            "ResultURL": refund.notice_url,
            "QueueTimeOutURL": refund.notice_url,
            "Remarks": f"Refund {refund.reference}"[:100],
            "Occasion": refund.reference[:100],
        }

    def _signed(self) -> dict[str, Any]:
        """Shortcode, time in Nairobi, and the password made of both and the passkey."""
        stamp = datetime.now(mpesa_words.NAIROBI).strftime("%Y%m%d%H%M%S")
        shortcode = self._key("shortcode")
        password = base64.b64encode(f"{shortcode}{self._key('passkey')}{stamp}".encode()).decode()
        return {"BusinessShortCode": shortcode, "Password": password, "Timestamp": stamp}

    def _post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Ask with the token at hand, once more with a new one when it is not taken any longer."""
        answer = self._send(path, body, self._token())
        if answer.status == 401 or label(answer.body, "errorCode") == TOKEN_OVER:
            answer = self._send(path, body, self._new_token())
        return answer

    def _send(self, path: str, body: Mapping[str, Any], token: str) -> Answer:
        return self._line().send("POST", path, {"Authorization": f"Bearer {token}"}, json=dict(body))

    def _token(self) -> str:
        with _tokens_lock:
            known = _tokens.get(self._token_name())
        return known.value if known and known.ends > time.monotonic() else self._new_token()

    def _new_token(self) -> str:
        self._need("consumer_key", "consumer_secret")
        pair = f"{self._key('consumer_key')}:{self._key('consumer_secret')}"
        basic = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        answer = self._line().send(
            "GET", "/oauth/v1/generate", basic, params={"grant_type": "client_credentials"}
        )
        value = text(answer.body, "access_token")
        if 400 <= answer.status < 500 and answer.status != 429:
            raise KeysRefused("M-Pesa did not take the consumer key and secret.")
        if not answer.is_good or value is None:
            raise self._fault(answer)
        life = label(answer.body, "expires_in") or ""
        ends = time.monotonic() + (float(life) if life.isdecimal() else 0.0) - TOKEN_MARGIN
        with _tokens_lock:
            _tokens[self._token_name()] = _Token(value, ends)
        return value

    def _token_name(self) -> str:
        """A new secret has a token of its own; the name of it gives nothing away."""
        pair = "\0".join((self._base(), self._key("consumer_key"), self._key("consumer_secret")))
        return hashlib.sha256(pair.encode()).hexdigest()

    def _fault(self, answer: Answer) -> GatewayDelayed | GatewayRefused:
        body = answer.body
        said = text(body, "errorMessage") or text(body, "ResponseDescription")
        return self._line().fault(answer.status, said)

    def _line(self) -> Line:
        return Line(NAME, self._base(), tuple(self.account.keys.values()))

    def _base(self) -> str:
        return self.account.api_base or BASES[self.account.mode]

    def _key(self, name: str) -> str:
        return self.account.keys.get(name, "")

    def _need(self, *names: str) -> None:
        missing = [name.replace("_", " ") for name in names if not self._key(name)]
        if missing:
            raise KeysRefused(f"M-Pesa has no {' and no '.join(missing)} yet: enter it in Settings.")

    # --- Listening ---

    def receive(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Received:
        """Check the shape: nothing is signed, the secret is the address. Raises NoticeRefused."""
        return mpesa_words.receive(read_json(raw))

    def understand(self, payload: Mapping[str, Any]) -> Notice:
        """What a callback says; never proof of a payment."""
        return mpesa_words.understand(payload)


def _shillings(amount_minor: int, currency: str) -> int:
    """Whole shillings; raises GatewayRefused for cents and for other money."""
    if currency != mpesa_words.CURRENCY:
        raise GatewayRefused(f"M-Pesa takes Kenyan shillings, not {currency}.")
    shillings, cents = divmod(amount_minor, 100)
    if cents or shillings < 1:
        raise GatewayRefused("M-Pesa takes whole shillings, at least one.")
    return shillings


def _msisdn(phone: str | None) -> str:
    try:
        return to_msisdn(phone)
    except Invalid as error:
        raise GatewayRefused(error.message) from error


def _under_way(refund: RefundAsk, name: str) -> RefundStanding:
    return RefundStanding(
        "processing", refund.amount_minor, refund.currency, name, refund_id=refund.refund_id
    )
