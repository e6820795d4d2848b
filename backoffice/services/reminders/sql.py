"""The statements: what is due of each kind of moment, as an INSERT for the finder and as a count for the preview.

The day before is the day before on the clock of the date: the clock may change in between. Hours are counted as they
pass. What was due longer than GRACE ago is dropped: after an outage nobody wants last week's reminder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Version 7, as `new_id` makes them: in order of time. PostgreSQL has it built in from 18 on only.
NEW_ID: Final = (
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send("
    "(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid"
)
GRACE: Final = "interval '2 days'"
NOW: Final = "CAST(:now AS timestamptz)"

# The rules that hold for a course: its own stand in for the general ones of the same mail, switched off ones too.
HOLDS: Final = """(r.course_id = {course} OR r.course_id IS NULL AND NOT EXISTS (
              SELECT 1 FROM reminder_rules own
               WHERE own.tenant_id = r.tenant_id AND own.course_id = {course}
                 AND own.moment = r.moment AND own.template = r.template))"""

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
       AND a.email IS DISTINCT FROM b.contact_email AND {attendees}
     ORDER BY a.email, a.position)
"""

# Dates and their bookings; `about` is the column that the rule counts from.
DUE: Final = """
  FROM (SELECT r.id AS rule_id, r.template, r.tenant_id, s.id AS schedule_id, s.course_id, s.starts_at, s.time_zone,
               goes.due, to_char(s.{about} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS told
          FROM reminder_rules r
          JOIN schedules s ON s.tenant_id = r.tenant_id AND {holds}
          CROSS JOIN LATERAL (SELECT (((s.{about} AT TIME ZONE s.time_zone) {sign} make_interval(days => r.days))
                 AT TIME ZONE s.time_zone) {sign} make_interval(hours => r.hours) AS due) goes
         WHERE r.tenant_id = :tenant AND r.moment = '{moment}' AND {rules} AND s.status IN ({statuses})
           AND {window} AND goes.due > {now} - {grace} AND goes.due <= {until}) due
  JOIN bookings b ON b.tenant_id = due.tenant_id AND b.schedule_id = due.schedule_id AND {bookings}
  CROSS JOIN LATERAL ({people}) w
  CROSS JOIN LATERAL (SELECT concat('rule:', due.rule_id, ':', w.subject, ':', due.told) AS once) key
"""
NOT_QUEUED: Final = (
    " WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.tenant_id = :tenant AND m.once_key = key.once)\n"
)
INSERT: Final = """
INSERT INTO messages (tenant_id, id, template, recipient, recipient_name, booking_id, user_id, data, once_key)
SELECT due.tenant_id, {new_id}, due.template, w.recipient, w.name, w.booking_id, w.user_id,
       w.data || jsonb_build_object('rule_id', due.rule_id, '{about}', due.told), key.once
"""
COUNT: Final = """
SELECT due.due, due.schedule_id, due.starts_at, due.time_zone, due.course_id, count(*) AS mails,
       (array_agg(w.booking_id ORDER BY w.booking_id))[1] AS booking_id
"""
GROUPED: Final = """
 GROUP BY due.due, due.schedule_id, due.starts_at, due.time_zone, due.course_id
 ORDER BY due.due, due.schedule_id LIMIT :at_most
"""
ONCE: Final = "ON CONFLICT (tenant_id, once_key) DO NOTHING"

# How far ahead a preview looks.
PREVIEW_DAYS: Final = 30


@dataclass(frozen=True)
class Plan:
    """What a kind of moment is counted from, and whom it concerns."""

    moment: str
    about: str
    statuses: str
    bookings: str
    people: str

    @property
    def sign(self) -> str:
        return "-" if self.about == "starts_at" else "+"

    def window(self, days: int) -> str:
        """A range for the index, wide enough for the change of a clock; the exact instant is asked for besides."""
        if self.about == "starts_at":
            first, last = f"{NOW} + make_interval(days => r.days - 3)", f"r.days + {days + 2}"
            return f"s.starts_at > {NOW} AND s.starts_at BETWEEN {first} AND {NOW} + make_interval(days => {last})"
        first, last = f"{NOW} - make_interval(days => r.days + 4)", f"{days + 1} - r.days"
        return f"s.ends_at BETWEEN {first} AND {NOW} + make_interval(days => {last})"

    def due(self, rules: str, days: int) -> str:
        """FROM …: what the chosen rules make due by `days` from now."""
        return DUE.format(
            about=self.about,
            sign=self.sign,
            moment=self.moment,
            statuses=self.statuses,
            bookings=self.bookings,
            people=self.people,
            holds=HOLDS.format(course="s.course_id"),
            rules=rules,
            window=self.window(days),
            now=NOW,
            grace=GRACE,
            until=f"{NOW} + make_interval(days => {days})",
        )

    def insert(self) -> str:
        """Queue what is due: `tenant` and `now`."""
        head = INSERT.format(new_id=NEW_ID, about=self.about)
        return head + self.due("r.is_active", 0) + NOT_QUEUED + ONCE

    def count(self) -> str:
        """What one rule will send, by date: `tenant`, `now`, `rule` and `at_most`."""
        return COUNT + self.due("r.id = :rule", PREVIEW_DAYS) + NOT_QUEUED + GROUPED


PLANS: Final = (
    # Who booked after the instant was told all of it by the confirmation: no stale reminder for them.
    Plan(
        "before_start",
        "starts_at",
        "'published'",
        "b.status = 'confirmed' AND coalesce(b.confirmed_at, b.booked_at) <= due.due",
        BOOKERS + ATTENDEES.replace("{attendees}", "true"),
    ),
    Plan(
        "names_missing",
        "starts_at",
        "'published'",
        "b.status IN ('pending', 'confirmed') AND b.unnamed_places > 0 AND b.booked_at <= due.due",
        BOOKERS,
    ),
    # Whoever was marked absent on every day is not thanked for coming.
    Plan(
        "after_end",
        "ends_at",
        "'published', 'completed'",
        "b.status IN ('confirmed', 'completed')",
        BOOKERS
        + ATTENDEES.replace(
            "{attendees}",
            "NOT coalesce((SELECT bool_and(t.status = 'absent') FROM attendances t "
            "WHERE t.tenant_id = a.tenant_id AND t.attendee_id = a.id), false)",
        ),
    ),
)
