"""One payment as we have it against the same one as its gateway has it. Amounts in minor units, instants in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from backoffice.domain.gateway_terms import Standing
from backoffice.domain.money import format_money

OPEN = ("pending", "processing")
# Stands in a day's figures when its gateway was silent about a payment of that day.
UNANSWERED = "unanswered"
# What can differ, in words for a heading.
KINDS = {
    "paid_there": "Paid there, not here",
    "not_there": "Paid here, not there",
    "unknown_there": "Unknown there",
    "unknown_here": "Unknown here",
    "other_amount": "Another amount",
    "other_refunds": "Other refunds",
    "paid_twice": "Paid twice there",
    "no_answer": "Not answered",
}
# What somebody does about it.
ADVICE = {
    "paid_there": "Look it up there. Record the money by hand for whoever paid, or give it back at the gateway.",
    "not_there": "Look the payment up at the gateway before anything is given back: the money may never have come.",
    "unknown_there": "Check that the keys belong to the account the money went to, then look it up there.",
    "unknown_here": "Find out at the gateway who paid. Record it by hand for that customer, or give it back there.",
    "other_amount": "Look up there what was charged. Ask for the rest, or give back what is too much.",
    "other_refunds": "Look at its refunds there. Have the gateway send the message of one made there again: "
    "it is then listed here to be confirmed.",
    "paid_twice": "Give the second payment back at the gateway.",
    "no_answer": "The gateway did not say. Compare again later.",
}


@dataclass(frozen=True)
class Here:
    """A payment in our books. Refunds that are still on their way may or may not be in the gateway's sum."""

    payment_id: UUID
    reference: str
    status: str
    amount_minor: int
    currency: str
    paid_at: datetime | None = None
    refunded_minor: int = 0
    refunds: int = 0
    on_their_way_minor: int = 0
    on_their_way: int = 0
    named_there: str | None = None
    fee_minor: int | None = None

    @property
    def is_paid(self) -> bool:
        return self.status == "succeeded"


@dataclass(frozen=True)
class Difference:
    """What somebody has to look up. `there_minor` is None where the gateway named no amount."""

    kind: str
    sentence: str
    reference: str = ""
    payment_id: str | None = None
    named_there: str | None = None
    here_minor: int | None = None
    there_minor: int | None = None

    def as_row(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def once_key(self) -> str:
        """The same difference, found again the next night, is the same piece of work."""
        subject = self.payment_id or self.named_there or self.reference
        return f"reconcile:{self.kind}:{subject}:{self.here_minor}:{self.there_minor}"[:160]


@dataclass
class Sums:
    """Payments and refunds of a span on both sides, counted and summed."""

    payments_here: int = 0
    payments_here_minor: int = 0
    payments_there: int = 0
    payments_there_minor: int = 0
    refunds_here: int = 0
    refunds_here_minor: int = 0
    refunds_there: int = 0
    refunds_there_minor: int = 0

    def add(self, other: Sums) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def sums_of(here: Here | None, there: Standing | None) -> Sums:
    """What one payment adds to each side. A refund on its way counts here once the gateway has it."""
    sums = Sums()
    if here and here.is_paid:
        extra = _arrived(here, there)
        sums.payments_here, sums.payments_here_minor = 1, here.amount_minor
        sums.refunds_here = here.refunds + (here.on_their_way if extra else 0)
        sums.refunds_here_minor = here.refunded_minor + extra
    if there and there.status == "succeeded" and _is_same_currency(here, there):
        amount = there.amount_minor
        sums.payments_there = 1
        sums.payments_there_minor = here.amount_minor if amount is None and here else amount or 0
        sums.refunds_there, sums.refunds_there_minor = _given_back(there)
        if there.refunded_minor is None and not there.refunds and here and here.is_paid:
            # It does not say: only our own refunds are known of, and each was answered.
            sums.refunds_there, sums.refunds_there_minor = sums.refunds_here, sums.refunds_here_minor
    return sums


def _is_same_currency(here: Here | None, there: Standing) -> bool:
    return here is None or there.currency is None or there.currency.upper() == here.currency


def _given_back(there: Standing) -> tuple[int, int]:
    """How many refunds the gateway has, and their sum."""
    counted = [each for each in there.refunds if each.status != "failed"]
    total = (
        sum(each.amount_minor for each in counted) if there.refunded_minor is None else there.refunded_minor
    )
    return len(counted) or int(total > 0), total


def _arrived(here: Here, there: Standing | None) -> int:
    """How much of what is on its way the gateway has given back already."""
    if there is None or (there.refunded_minor is None and not there.refunds):
        return 0
    return min(max(_given_back(there)[1] - here.refunded_minor, 0), here.on_their_way_minor)


def compare(here: Here, there: Standing) -> Iterator[Difference]:
    """What differs between a payment of ours and its gateway's word of it."""
    if there.status != "succeeded":
        if here.is_paid:
            yield _difference(
                "not_there", here, there, f"{here.reference} is paid here and {there.status} there"
            )
        return
    if not here.is_paid:
        yield _difference("paid_there", here, there, f"{here.reference} is {here.status} here and paid there")
        return
    if _is_other_money(here, there):
        yield _difference("other_amount", here, there, f"{here.reference}: {_amounts(here, there)}")
    given_back = _given_back(there)[1] if there.refunded_minor is not None or there.refunds else None
    most = here.refunded_minor + here.on_their_way_minor
    if given_back is not None and not here.refunded_minor <= given_back <= most:
        mine, theirs = (format_money(each, here.currency) for each in (here.refunded_minor, given_back))
        yield _difference(
            "other_refunds",
            here,
            there,
            f"{here.reference}: given back {mine} here and {theirs} there",
            (here.refunded_minor, given_back),
        )


def _is_other_money(here: Here, there: Standing) -> bool:
    return there.amount_minor not in (None, here.amount_minor) or not _is_same_currency(here, there)


def _amounts(here: Here, there: Standing) -> str:
    mine = format_money(here.amount_minor, here.currency)
    if not _is_same_currency(here, there):
        return f"{mine} here, and in {(there.currency or '').upper()[:3]} there"
    return f"{mine} here and {format_money(there.amount_minor or 0, here.currency)} there"


def _difference(
    kind: str, here: Here, there: Standing | None, finding: str, amounts: tuple[int, int | None] | None = None
) -> Difference:
    mine, theirs = amounts or (
        here.amount_minor if here.is_paid else 0,
        there.amount_minor if there else None,
    )
    named = (there.gateway_payment_id or there.gateway_reference) if there else None
    return Difference(
        kind,
        f"{finding}. Look it up at the gateway.",
        here.reference,
        str(here.payment_id),
        named,
        mine,
        theirs,
    )


def is_other_sum(here: Here, there: Standing) -> bool:
    """Whether this is another transaction under the same reference: a card refused before, or a second payment."""
    named = there.gateway_payment_id
    return here.is_paid and None not in (here.named_there, named) and here.named_there != named


def paid_twice(here: Here, there: Standing) -> Difference:
    """A second sum came there under the reference of one that is paid."""
    amount = format_money(there.amount_minor or 0, here.currency)
    finding = f"{here.reference} was paid a second time there: {amount} as {there.gateway_payment_id}"
    return _difference("paid_twice", here, there, finding, (0, there.amount_minor))


def unknown_there(here: Here, reason: str) -> Difference:
    """The gateway does not know a payment that is in our books."""
    return _difference(
        "unknown_there", here, None, f"{here.reference} is paid here and unknown there ({reason})"
    )


def no_answer(here: Here) -> Difference:
    """The gateway did not say; the next comparison asks again."""
    return _difference("no_answer", here, None, f"The gateway did not answer about {here.reference}")


def unknown_here(there: Standing, currency: str) -> Difference:
    """Money at the gateway that none of our payments stands for."""
    named = there.gateway_payment_id or there.gateway_reference or there.gateway_charge_id or ""
    amount = format_money(there.amount_minor or 0, currency)
    in_another = there.currency is not None and there.currency.upper() != currency
    said = f"{(there.currency or '').upper()[:3]} money" if in_another else amount
    sentence = f"{said} came in there as {there.reference or named}, which is no payment of ours."
    return Difference(
        "unknown_here", sentence, there.reference or "", None, named[:100], 0, there.amount_minor
    )
