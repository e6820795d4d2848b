"""The words that we and every payment gateway use with each other. Amounts in minor units, instants in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

GATEWAYS = ("stripe", "mpesa", "flutterwave")
MODES = ("test", "live")
GATEWAY_LABELS = {"stripe": "Stripe", "mpesa": "M-Pesa", "flutterwave": "Flutterwave"}


class GatewayDelayed(RuntimeError):
    """No answer, or "not now": what was asked may have happened all the same. Asking again can help."""


class GatewayRefused(RuntimeError):
    """A plain no with its reason, fit to be shown to staff: asking the same again cannot help."""


class NoticeRefused(RuntimeError):
    """What came to a webhook is not the gateway's: no signature, a wrong one, too old, or from the future."""


@dataclass(frozen=True)
class Account:
    """A tenant's keys at one gateway, in clear, and therefore only in memory."""

    gateway: str
    mode: str
    api_base: str | None = None  # another address than the gateway's own: a simulator
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Charge:
    """What somebody is asked to pay. `payment_id` makes asking twice the same as asking once."""

    payment_id: UUID
    reference: str
    amount_minor: int
    currency: str
    description: str
    ends_at: datetime
    success_url: str = ""
    cancel_url: str = ""
    notice_url: str = ""
    payer_name: str = ""
    payer_email: str | None = None
    payer_phone: str | None = None  # E.164
    saved_customer: str | None = None  # the gateway's own id of a returning customer
    saves_method: bool = False


@dataclass(frozen=True)
class Started:
    """An attempt that the gateway knows of: its id there, and the page to pay on, where there is one."""

    gateway_reference: str
    url: str | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Pointer:
    """A payment of ours, with what the gateway calls it."""

    payment_id: UUID
    reference: str
    amount_minor: int
    currency: str
    started_at: datetime
    ends_at: datetime | None = None
    gateway_reference: str | None = None
    gateway_payment_id: str | None = None
    gateway_charge_id: str | None = None


@dataclass(frozen=True)
class RefundAsk:
    """So much of a payment, back. `refund_id` makes asking twice the same as asking once."""

    refund_id: UUID
    reference: str
    payment: Pointer
    amount_minor: int
    currency: str
    reason: str
    is_whole: bool
    gateway_refund_id: str | None = None
    notice_url: str = ""


@dataclass(frozen=True)
class RefundStanding:
    """How a refund stands at the gateway; `refund_id` is None for one that was not asked for from here."""

    status: str  # "processing", "succeeded" or "failed"
    amount_minor: int
    currency: str
    gateway_refund_id: str
    gateway_payment_id: str | None = None
    refund_id: UUID | None = None
    failure_reason: str | None = None
    happened_at: datetime | None = None
    # What the gateway called our request, told by a message that nobody signed: it must be the name we were given.
    request_name: str | None = None


@dataclass(frozen=True)
class Standing:
    """How a payment stands at the gateway. None: it did not say."""

    status: str  # a status of domain.statuses.PAYMENT
    amount_minor: int | None = None
    currency: str | None = None
    payment_id: UUID | None = None
    reference: str | None = None
    gateway_reference: str | None = None
    gateway_payment_id: str | None = None
    gateway_charge_id: str | None = None
    fee_minor: int | None = None
    failure_reason: str | None = None
    paid_at: datetime | None = None
    saved_customer: str | None = None
    # Everything ever given back of it, and the single refunds where the gateway lists them.
    refunded_minor: int | None = None
    refunds: tuple[RefundStanding, ...] = ()


@dataclass(frozen=True)
class Received:
    """A message of a gateway whose sender was checked; kept as it is before anything is done with it."""

    event_id: str
    kind: str
    payload: Mapping[str, Any]
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Dispute:
    """A payer asks the bank for the money; somebody must answer the gateway. A lost one has taken it."""

    gateway_payment_id: str | None
    gateway_charge_id: str | None
    amount_minor: int
    currency: str
    reason: str
    is_open: bool
    name: str = ""
    is_lost: bool = False


@dataclass(frozen=True)
class Notice:
    """What a message says. Without proof (no signature over it) the gateway is asked before it is believed."""

    is_proof: bool
    payment: Standing | None = None
    refund: RefundStanding | None = None
    dispute: Dispute | None = None
