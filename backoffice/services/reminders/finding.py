"""Which mails are due by now: one INSERT … SELECT per kind of moment, for the provider in whose scope it runs.

`once_key` is rule:<rule>:<booking, attendee or certificate>:<instant it counts from>. So a second run, or a second
scheduler at the same time, adds nothing, and a date that was moved is reminded of anew.

The day before is the day before on the clock of the date: the clock may change in between. What was due longer than
GRACE ago is dropped: after an outage nobody wants last week's reminder.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text

from backoffice.database import db
from backoffice.tenancy import current_tenant_id

# Version 7, as `new_id` makes them: in order of time. PostgreSQL has it built in from 18 on only.
NEW_ID: Final = (
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send("
    "(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid"
)
GRACE: Final = "interval '2 days'"

# The rules that hold for a course: its own stand in for the general ones of the same mail, switched off ones too.
RULES: Final = """
  FROM reminder_rules r
  JOIN {source} ON r.tenant_id = s.tenant_id AND (
       r.course_id = s.course_id
       OR r.course_id IS NULL AND NOT EXISTS (
          SELECT 1 FROM reminder_rules own
           WHERE own.tenant_id = r.tenant_id AND own.course_id = s.course_id
             AND own.moment = r.moment AND own.template = r.template))
"""

# Whom a mail about a date goes to: the booker, and every attendee with an address of their own.
BOOKERS: Final = """
    SELECT b.id AS subject, b.contact_email AS recipient, b.id AS booking_id, b.customer_id AS user_id,
           trim(concat(b.contact_first_name, ' ', b.contact_last_name)) AS name, '{}'::jsonb AS data
     WHERE b.contact_email IS NOT NULL
"""
ATTENDEES: Final = """
    UNION ALL
   (SELECT DISTINCT ON (a.email) a.id, a.email, b.id, b.customer_id,
           trim(concat(a.first_name, ' ', a.last_name)), jsonb_build_object('attendee_id', a.id)
      FROM attendees a
     WHERE a.tenant_id = b.tenant_id AND a.booking_id = b.id AND a.holds_place AND a.email IS NOT NULL
       AND a.email IS DISTINCT FROM b.contact_email
     ORDER BY a.email, a.position)
"""

QUEUE: Final = """
INSERT INTO messages (tenant_id, id, template, recipient, recipient_name, booking_id, user_id, data, once_key)
SELECT CAST(:tenant AS uuid), {new_id}, due.template, w.recipient, w.name, w.booking_id, w.user_id,
       w.data || jsonb_build_object('rule_id', due.rule_id, '{about}', due.told), key.once
  FROM (SELECT r.id AS rule_id, r.template, s.id AS schedule_id, goes.due,
               to_char(s.{about} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS told
          {rules}
          CROSS JOIN LATERAL (SELECT (((s.{about} AT TIME ZONE s.time_zone) {sign} make_interval(days => r.days))
                 AT TIME ZONE s.time_zone) {sign} make_interval(hours => r.hours) AS due) goes
         WHERE r.tenant_id = :tenant AND r.moment = '{moment}' AND r.is_active
           AND s.status IN ({schedule_statuses}) AND {window}
           AND goes.due <= :now AND goes.due > CAST(:now AS timestamptz) - {grace}) due
  JOIN bookings b ON b.tenant_id = :tenant AND b.schedule_id = due.schedule_id AND {bookings}
  CROSS JOIN LATERAL ({people}) w
  CROSS JOIN LATERAL (SELECT concat('rule:', due.rule_id, ':', w.subject, ':', due.told) AS once) key
 WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.tenant_id = :tenant AND m.once_key = key.once)
ON CONFLICT (tenant_id, once_key) DO NOTHING
"""

# Wide enough for the change of a clock; the exact instant is asked for besides.
AHEAD: Final = (
    "s.starts_at > :now AND s.starts_at BETWEEN CAST(:now AS timestamptz) + make_interval(days => r.days - 3) "
    "AND CAST(:now AS timestamptz) + make_interval(days => r.days + 2)"
)
BEHIND: Final = (
    "s.ends_at BETWEEN CAST(:now AS timestamptz) - make_interval(days => r.days + 4) "
    "AND CAST(:now AS timestamptz) - make_interval(days => r.days - 1)"
)
SCHEDULES: Final = "schedules s"


def _statement(moment: str, **parts: str) -> str:
    usual = {"new_id": NEW_ID, "grace": GRACE, "rules": RULES.format(source=SCHEDULES), "moment": moment}
    return QUEUE.format(**usual | parts)


# Who booked after the instant was told all of it by the confirmation: no stale reminder for them.
STATEMENTS: Final[dict[str, str]] = {
    "before_start": _statement(
        "before_start",
        about="starts_at",
        sign="-",
        schedule_statuses="'published'",
        window=AHEAD,
        bookings="b.status = 'confirmed' AND coalesce(b.confirmed_at, b.booked_at) <= due.due",
        people=BOOKERS + ATTENDEES,
    ),
    "after_end": _statement(
        "after_end",
        about="ends_at",
        sign="+",
        schedule_statuses="'published', 'completed'",
        window=BEHIND,
        bookings="b.status IN ('confirmed', 'completed')",
        people=BOOKERS + ATTENDEES,
    ),
    "names_missing": _statement(
        "names_missing",
        about="starts_at",
        sign="-",
        schedule_statuses="'published'",
        window=AHEAD,
        bookings="b.status IN ('pending', 'confirmed') AND b.unnamed_places > 0 AND b.booked_at <= due.due",
        people=BOOKERS,
    ),
}


def queue_due(now: datetime) -> int:
    """Queue every mail that a rule makes due at `now` (UTC) and that was not queued yet; how many.

    The doorbell does not ring for them: the sweeper takes them up, some of every provider in turn.
    """
    values = {"tenant": current_tenant_id(), "now": now}
    return sum(db.session.execute(text(statement), values).rowcount for statement in STATEMENTS.values())  # type: ignore[attr-defined]
