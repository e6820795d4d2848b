"""What every payment gateway can be asked. None of these is called inside a transaction that holds a lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from backoffice.domain.gateway_terms import (
    Charge,
    Notice,
    Pointer,
    Received,
    RefundAsk,
    RefundStanding,
    Standing,
    Started,
)


class Gateway(Protocol):
    """One tenant's account at one gateway. Every verb that talks raises GatewayDelayed or GatewayRefused."""

    name: str
    # Whether a part can be given back, or only the whole.
    gives_back_parts: bool
    # Whether it can list what happened in a span of time; otherwise payments are asked for one by one.
    can_list: bool

    def check(self) -> str:
        """A sentence about the account that answered to these keys."""

    def start(self, charge: Charge) -> Started:
        """Ask for money: a page to pay on, or a prompt on a telephone. The same charge again is the same attempt."""

    def ask(self, payment: Pointer, notice: Notice | None = None) -> Standing:
        """How a payment stands now; `notice` is what was said without proof, to be held against the answer."""

    def end(self, payment: Pointer) -> Standing:
        """Stop an open attempt, and how it stands then: "succeeded" when the money was quicker.

        Still "pending" when it cannot be stopped and may yet be paid.
        """

    def refund(self, refund: RefundAsk) -> RefundStanding:
        """Give money back. The same refund again is the same one."""

    def ask_refund(self, refund: RefundAsk) -> RefundStanding | None:
        """How a refund stands now; None when the gateway knows of none with our id."""

    def receive(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Received:
        """Check who sent this. Raises NoticeRefused. Talks to nobody."""

    def understand(self, payload: Mapping[str, Any]) -> Notice:
        """What a kept message says. Raises ValueError for a shape nobody knows. Talks to nobody."""

    def list_payments(self, since: datetime, until: datetime) -> Iterator[Standing]:
        """Every payment of a span, with its refunds."""


@runtime_checkable
class RegistersNotices(Protocol):
    """What a gateway can do besides, if a program can tell it where to send its messages."""

    def register_notices(self, url: str) -> str:
        """Have messages sent there from now on; the secret that they are signed with."""

    def knows_notices(self, url: str) -> bool:
        """Whether messages are sent to exactly this address."""
