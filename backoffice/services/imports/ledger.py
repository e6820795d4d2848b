"""The payments, allocations, refunds and their history that imported bookings imply, dated as their rows."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.models import Allocation, Payment, PaymentEvent, Refund, Tenant
from backoffice.services.imports.kind import insert_all
from backoffice.services.references import INFIX

PAYMENT_METHOD = {"account": "invoice"}
# What the file says of the money -> the status of the payment that it implies.
PAYMENT_OF = {"paid": "succeeded", "refunded": "succeeded", "failed": "failed"}
REASON = "Imported: refunded before the import"


class Ledger:
    """Writes the money of one batch of new bookings (columns of `bookings`, with the row's values)."""

    def __init__(self, tenant: Tenant, actor: Actor) -> None:
        self.tenant, self.actor = tenant, actor

    def write(self, bookings: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        due = [pair for pair in bookings if pair[1]["total"] and pair[1]["payment_status"] in PAYMENT_OF]
        payments = self._payments(due)
        refunds = self._refunds([(*pair, payment) for pair, payment in zip(due, payments, strict=True)])
        insert_all(Payment, payments)
        insert_all(
            Allocation,
            [
                _allocation(booking["id"], payment)
                for (booking, _), payment in zip(due, payments, strict=True)
            ],
        )
        insert_all(Refund, refunds)
        insert_all(
            PaymentEvent, [self._paid(row) for row in payments] + [self._returned(row) for row in refunds]
        )

    def _payments(self, due: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[dict[str, Any]]:
        numbers = self._references("payment", [row["booked_at"] for _, row in due])
        return [
            {
                "id": new_id(),
                "reference": next(numbers[self._year(row["booked_at"])]),
                "customer_id": booking["customer_id"],
                "company_id": booking["company_id"],
                "method": PAYMENT_METHOD.get(row["method"], row["method"]),
                "amount_minor": row["total"],
                "currency": self.tenant.currency,
                "status": PAYMENT_OF[row["payment_status"]],
                "paid_at": None if row["payment_status"] == "failed" else row["booked_at"],
                "is_imported": True,
            }
            for booking, row in due
        ]

    def _refunds(self, due: list[tuple[dict, dict, dict]]) -> list[dict[str, Any]]:
        returned = [entry for entry in due if entry[1]["payment_status"] == "refunded"]
        numbers = self._references("refund", [row["booked_at"] for _, row, _ in returned])
        return [
            {
                "id": new_id(),
                "reference": next(numbers[self._year(row["booked_at"])]),
                "payment_id": payment["id"],
                "booking_id": booking["id"],
                "amount_minor": row["total"],
                "currency": self.tenant.currency,
                "status": "succeeded",
                "reason": REASON,
                "requested_at": row["booked_at"],
                "approved_at": row["booked_at"],
                "succeeded_at": row["booked_at"],
            }
            for booking, row, payment in returned
        ]

    def _paid(self, payment: dict[str, Any]) -> dict[str, Any]:
        return self._event(payment["id"], None, payment, payment["paid_at"])

    def _returned(self, refund: dict[str, Any]) -> dict[str, Any]:
        return self._event(refund["payment_id"], refund["id"], refund, refund["succeeded_at"])

    def _event(
        self, payment_id: UUID, refund_id: UUID | None, row: dict[str, Any], at: datetime | None
    ) -> dict[str, Any]:
        event = {
            "id": new_id(),
            "payment_id": payment_id,
            "refund_id": refund_id,
            "kind": "refund_imported" if refund_id else "imported",
            "new_status": row["status"],
            "amount_minor": row["amount_minor"],
            "actor_kind": self.actor.kind,
            "actor_name": self.actor.name[:200],
        }
        return event | {"happened_at": at or func.now()}

    def _references(self, kind: str, dates: list[datetime]) -> dict[int, Iterator[str]]:
        """As many references of each year as there are dates in it."""
        counts: dict[int, int] = defaultdict(int)
        for date in dates:
            counts[self._year(date)] += 1
        prefix = f"{self.tenant.reference_prefix}{INFIX[kind]}"
        return {
            year: iter(
                db.session.scalars(
                    select(func.next_reference(kind, prefix, year)).select_from(
                        func.generate_series(1, count)
                    )
                ).all()
            )
            for year, count in sorted(counts.items())
        }

    def _year(self, instant: datetime) -> int:
        return instant.astimezone(ZoneInfo(self.tenant.time_zone)).year


def _allocation(booking_id: UUID, payment: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "payment_id": payment["id"],
        "booking_id": booking_id,
        "amount_minor": payment["amount_minor"],
    }
