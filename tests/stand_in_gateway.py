"""A gateway in memory, for what a test has to say word by word: how each payment stands there, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from backoffice.domain.gateway_terms import (
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
from backoffice.gateways import payment


@dataclass
class StandIn:
    """Knows what it was told with `says`; is silent about the payments in `silent`."""

    name: str = "stripe"
    gives_back_parts: bool = True
    can_list: bool = True
    standings: dict[UUID, Standing] = field(default_factory=dict)
    others: list[Standing] = field(default_factory=list)
    silent: set[UUID] = field(default_factory=set)
    is_down: bool = False
    asked: list[UUID] = field(default_factory=list)
    ended: list[UUID] = field(default_factory=list)
    refunds: dict[UUID, RefundStanding] = field(default_factory=dict)

    def says(self, payment_id: UUID, status: str, **more: Any) -> Standing:
        standing = Standing(status, payment_id=payment_id, **more)
        self.standings[payment_id] = standing
        return standing

    def check(self) -> str:
        return "A stand-in."

    def start(self, charge: Charge) -> Started:
        self._answer(charge.payment_id)
        self.standings.setdefault(
            charge.payment_id,
            Standing(
                "pending",
                charge.amount_minor,
                charge.currency,
                charge.payment_id,
                charge.reference,
                f"cs_{charge.payment_id}",
            ),
        )
        return Started(f"cs_{charge.payment_id}", f"https://pay.example/{charge.payment_id}", charge.ends_at)

    def ask(self, payment: Pointer, notice: Notice | None = None) -> Standing:
        self.asked.append(payment.payment_id)
        return self._answer(payment.payment_id) or self._unknown()

    def end(self, payment: Pointer) -> Standing:
        self.ended.append(payment.payment_id)
        known = self._answer(payment.payment_id) or self._unknown()
        if known.status == "pending":
            self.standings[payment.payment_id] = replace(known, status="cancelled")
        return self.standings[payment.payment_id]

    def refund(self, refund: RefundAsk) -> RefundStanding:
        self._answer(refund.payment.payment_id)
        made = RefundStanding(
            "succeeded",
            refund.amount_minor,
            refund.currency,
            f"re_{refund.refund_id}",
            refund_id=refund.refund_id,
        )
        return self.refunds.setdefault(refund.refund_id, made)

    def ask_refund(self, refund: RefundAsk) -> RefundStanding | None:
        self._answer(refund.payment.payment_id)
        return self.refunds.get(refund.refund_id)

    def receive(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Received:
        raise NoticeRefused("a stand-in takes no messages")

    def understand(self, payload: Mapping[str, Any]) -> Notice:
        """A message names how a payment stands: {"payment": …, "status": …, and fields of a Standing}."""
        if "payment" not in payload:
            raise ValueError("not about a payment")
        more = {
            name: value for name, value in payload.items() if name not in ("payment", "status", "is_proof")
        }
        standing = Standing(payload["status"], payment_id=UUID(payload["payment"]), **more)
        return Notice(payload.get("is_proof", True), payment=standing)

    def list_payments(self, since: datetime, until: datetime) -> Iterator[Standing]:
        if self.is_down:
            raise GatewayDelayed("no answer")
        for standing in [*self.standings.values(), *self.others]:
            if standing.paid_at is None or since <= standing.paid_at < until:
                yield standing

    def _answer(self, payment_id: UUID) -> Standing | None:
        if self.is_down or payment_id in self.silent:
            raise GatewayDelayed("no answer")
        return self.standings.get(payment_id)

    def _unknown(self) -> Standing:
        raise GatewayRefused("No such payment.")


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Every account of the test speaks with this one."""
    stand_in = StandIn()
    monkeypatch.setattr(payment, "open_account", lambda account: stand_in)
    return stand_in
