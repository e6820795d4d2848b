"""Which of a gateway's payments are ours, and how our books have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from backoffice.database import db
from backoffice.domain.gateway_terms import Standing
from backoffice.domain.reconciling import Here
from backoffice.models import Payment, Reconciliation, Refund


def match(account_id: UUID, standings: Sequence[Standing]) -> list[tuple[Here | None, Standing]]:
    """Each of the gateway's payments with ours, by any name that it goes by; only of the same account."""
    columns = {
        "payment_id": Payment.id,
        "gateway_payment_id": Payment.gateway_payment_id,
        "gateway_reference": Payment.gateway_reference,
        "gateway_charge_id": Payment.gateway_charge_id,
        "reference": Payment.reference,
    }
    named = {name: {value for each in standings if (value := getattr(each, name))} for name in columns}
    wanted = [column.in_(named[name]) for name, column in columns.items() if named[name]]
    if not wanted:
        return [(None, each) for each in standings]
    rows = db.session.scalars(_payments(account_id).where(or_(*wanted))).all()
    known = {(name, getattr(row, column.key)): row.id for row in rows for name, column in columns.items()}
    here = {each.payment_id: each for each in _as_here(rows)}
    return [(here.get(_id_of(each, columns, known)), each) for each in standings]  # type: ignore[arg-type]


def _id_of(standing: Standing, names: Iterable[str], known: Mapping[tuple[str, Any], UUID]) -> UUID | None:
    for name in names:
        value = getattr(standing, name)
        if value and (name, value) in known:
            return known[name, value]
    return None


def list_here(run: Reconciliation, *, with_unpaid: bool) -> list[UUID]:
    """Our payments of the span, and those of which something was given back in it; the unpaid ones as well on demand.

    A gateway that lists nothing is asked about the unpaid ones too: nobody else would find them paid there.
    """
    in_span = (Payment.paid_at >= run.since) & (Payment.paid_at < run.until) & (Payment.status == "succeeded")
    given_back = Payment.id.in_(
        select(Refund.payment_id).where(
            Refund.route == "gateway", Refund.succeeded_at >= run.since, Refund.succeeded_at < run.until
        )
    )
    unpaid = (
        (Payment.status != "succeeded")
        & Payment.gateway_reference.is_not(None)
        & (Payment.created_at >= run.since)
        & (Payment.created_at < run.until)
    )
    wanted = or_(in_span, given_back, unpaid) if with_unpaid else or_(in_span, given_back)
    found = select(Payment.id).where(Payment.gateway_account_id == run.gateway_account_id, wanted)
    return list(db.session.scalars(found.order_by(Payment.id)))


def find_here(payment_id: UUID) -> Here | None:
    """A payment as our books have it now."""
    rows = db.session.scalars(
        select(Payment).where(Payment.id == payment_id), execution_options={"populate_existing": True}
    ).all()
    return next(iter(_as_here(rows)), None)


def _payments(account_id: UUID) -> Any:
    return (
        select(Payment)
        .where(Payment.gateway_account_id == account_id)
        .execution_options(populate_existing=True)
    )


def _as_here(rows: Sequence[Payment]) -> list[Here]:
    back = _refunds_of([row.id for row in rows])
    return [
        Here(
            row.id,
            row.reference,
            row.status,
            row.amount_minor,
            row.currency,
            row.paid_at,
            *back.get(row.id, (0, 0, 0, 0)),
            row.gateway_payment_id,
            row.fee_minor,
        )
        for row in rows
    ]


def _refunds_of(ids: Sequence[UUID]) -> dict[UUID, tuple[int, int, int, int]]:
    """Of each payment: sum and number of refunds that its gateway paid out, then of those on their way there."""
    done, going = Refund.status == "succeeded", Refund.status == "processing"
    found = db.session.execute(
        select(
            Refund.payment_id,
            func.coalesce(func.sum(Refund.amount_minor).filter(done), 0),
            func.count().filter(done),
            func.coalesce(func.sum(Refund.amount_minor).filter(going), 0),
            func.count().filter(going),
        )
        .where(Refund.payment_id.in_(ids), Refund.route == "gateway", ~Refund.is_by_dispute())
        .group_by(Refund.payment_id)
    )
    return {row[0]: (int(row[1]), row[2], int(row[3]), row[4]) for row in found}
