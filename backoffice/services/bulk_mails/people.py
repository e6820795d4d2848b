"""Who a mail to a date goes to: live bookings only, and one address once, whoever it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from backoffice.database import db
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.models import BulkMail
from backoffice.services.reminders.sql import NEW_ID
from backoffice.tenancy import current_tenant_id

TEMPLATE: Final = "bulk_mail"

_LIVE: Final = ", ".join(f"'{status}'" for status in sorted(LIVE_BOOKING))
# Who booked comes first: whoever is also an attendee gets the mail as who booked, with the booking's own words.
_PEOPLE: Final = """
  FROM (SELECT DISTINCT ON (lower(w.recipient)) w.*
          FROM (SELECT 1 AS rank, b.contact_email AS recipient, b.id AS booking_id, b.customer_id AS user_id,
                       trim(concat(b.contact_first_name, ' ', b.contact_last_name)) AS name, '{}'::jsonb AS data,
                       b.booked_at
                  FROM bookings b
                 WHERE b.tenant_id = :tenant AND b.schedule_id = :schedule AND b.status IN ({live})
                   AND b.contact_email IS NOT NULL AND :audience IN ('bookers', 'both')
                 UNION ALL
                SELECT 2, a.email, b.id, b.customer_id, trim(concat(a.first_name, ' ', a.last_name)),
                       jsonb_build_object('attendee_id', a.id), b.booked_at
                  FROM attendees a
                  JOIN bookings b ON b.tenant_id = a.tenant_id AND b.id = a.booking_id
                 WHERE b.tenant_id = :tenant AND b.schedule_id = :schedule AND b.status IN ({live})
                   AND a.holds_place AND a.email IS NOT NULL AND :audience IN ('attendees', 'both')) w
         ORDER BY lower(w.recipient), w.rank, w.booked_at, w.booking_id) p
 CROSS JOIN LATERAL (SELECT concat('bulk:', CAST(:bulk AS text), ':',
        left(encode(sha256(convert_to(lower(p.recipient), 'UTF8')), 'hex'), 40)) AS once) key
""".replace("{live}", _LIVE)
_LEFT: Final = (
    " WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.tenant_id = :tenant AND m.once_key = key.once)\n"
)
_COUNT: Final = text("SELECT count(*)" + _PEOPLE)
_COUNT_LEFT: Final = text("SELECT count(*)" + _PEOPLE + _LEFT)
_LIST: Final = text(
    "SELECT p.recipient, p.name, p.booking_id, p.data"
    + _PEOPLE
    + " ORDER BY p.booked_at, p.recipient LIMIT :at_most"
)
_INSERT: Final = text(
    "INSERT INTO messages (tenant_id, id, template, recipient, recipient_name, booking_id, user_id, queued_by_id,\n"
    "                      data, once_key)\n"
    f"SELECT :tenant, {NEW_ID}, '{TEMPLATE}', p.recipient, p.name, p.booking_id, p.user_id, :asked_by,\n"
    "       p.data || jsonb_build_object('bulk_id', CAST(:bulk AS text)), key.once"
    + _PEOPLE
    + _LEFT
    + " ORDER BY p.booked_at, p.recipient LIMIT :at_most ON CONFLICT (tenant_id, once_key) DO NOTHING"
)


@dataclass(frozen=True)
class Person:
    """One address: the booking it belongs to, and in `data` the attendee, where it is not who booked."""

    recipient: str
    name: str
    booking_id: UUID
    data: dict[str, Any]


def count_people(bulk: BulkMail) -> int:
    """How many addresses the mail goes to, as things stand."""
    return int(db.session.scalar(_COUNT, _values(bulk)) or 0)


def list_people(bulk: BulkMail, at_most: int) -> Sequence[Person]:
    """The first of them, as they booked."""
    return [Person(*row) for row in db.session.execute(_LIST, _values(bulk) | {"at_most": at_most})]


def count_left(bulk: BulkMail) -> int:
    """How many of them have no mail in the queue yet."""
    return int(db.session.scalar(_COUNT_LEFT, _values(bulk)) or 0)


def queue_some(bulk: BulkMail, at_most: int) -> int:
    """Queue the mails of the next ones; how many. An address that has its mail gets no other."""
    values = _values(bulk) | {"at_most": at_most, "asked_by": bulk.asked_by_id}
    return int(getattr(db.session.execute(_INSERT, values), "rowcount", 0))


def _values(bulk: BulkMail) -> dict[str, Any]:
    return {
        "tenant": current_tenant_id(),
        "bulk": str(bulk.id),
        "schedule": bulk.schedule_id,
        "audience": bulk.audience,
    }
