"""Certificates that expire: to the holder, by rule, and to the employer, in one list a day.

Sent at nine in the morning of the provider, not when the certificate was renewed or its holder is booked on the next
course, and not about one that was shorter than the rule looks ahead.
"""

from __future__ import annotations

from typing import Final

from backoffice.services.certificates.renewal import renewed_sql
from backoffice.services.reminders.sql import GROUPED, HOLDS, NEW_ID, NOT_QUEUED, NOW, ONCE, PREVIEW_DAYS

MOMENT: Final = "certificate_expiry"
HOLDER_MAIL: Final = "certificate_expiring"
DIGEST_MAIL: Final = "certificate_digest"
# A rule looks ahead for months: a week's outage is no reason to stay silent, and 30 and 7 days never come together.
GRACE_DAYS: Final = 7
# What an employer is shown at once.
DIGEST_DAYS: Final = 90

DUE: Final = """
  FROM (SELECT r.id AS rule_id, r.template, c.tenant_id, c.id AS certificate_id, c.course_id, c.booking_id,
               c.attendee_id, c.user_id, c.expires_on, c.holder_first_name, c.holder_last_name, goes.due, t.time_zone,
               concat('rule:', r.id, ':', c.id, ':', c.expires_on) AS once
          FROM reminder_rules r
          JOIN certificates c ON c.tenant_id = r.tenant_id AND {holds}
          JOIN tenants t ON t.id = r.tenant_id
          CROSS JOIN LATERAL (SELECT (c.expires_on - r.days + time '09:00') AT TIME ZONE t.time_zone AS due) goes
         WHERE r.tenant_id = :tenant AND r.moment = '{moment}' AND {rules} AND c.status = 'valid'
           AND c.expires_on BETWEEN ({now} AT TIME ZONE t.time_zone)::date
                                    + greatest(r.days - {grace} - 1, 0)
                                AND ({now} AT TIME ZONE t.time_zone)::date + r.days + {days} + 1
           AND goes.due > {now} - make_interval(days => {grace}) AND goes.due <= {now} + make_interval(days => {days})
           AND c.issued_on < c.expires_on - r.days AND NOT {renewed}) due
  JOIN bookings b ON b.tenant_id = due.tenant_id AND b.id = due.booking_id
  JOIN attendees a ON a.tenant_id = due.tenant_id AND a.id = due.attendee_id
  LEFT JOIN users u ON u.tenant_id = due.tenant_id AND u.id = due.user_id AND u.is_active
  CROSS JOIN LATERAL (SELECT (lower(due.holder_first_name), lower(due.holder_last_name))
                           = (lower(b.contact_first_name), lower(b.contact_last_name)) AS is_booker) own
"""
# The holder's own address; the booker's where they are the holder, or where no employer is told instead.
HOLDER: Final = """
  CROSS JOIN LATERAL (SELECT coalesce(u.email, a.email,
         CASE WHEN own.is_booker OR b.company_id IS NULL THEN b.contact_email END) AS recipient) w
  CROSS JOIN LATERAL (SELECT due.once) key
"""
INSERT_HOLDERS: Final = """
INSERT INTO messages (tenant_id, id, template, recipient, recipient_name, booking_id, user_id, data, once_key)
SELECT due.tenant_id, {new_id}, due.template, w.recipient,
       CASE WHEN u.email IS NOT NULL OR a.email IS NOT NULL OR own.is_booker
            THEN trim(concat(due.holder_first_name, ' ', due.holder_last_name))
            ELSE trim(concat(b.contact_first_name, ' ', b.contact_last_name)) END,
       b.id, coalesce(due.user_id, b.customer_id),
       jsonb_build_object('rule_id', due.rule_id, 'certificate_id', due.certificate_id, 'is_own',
                          u.email IS NOT NULL OR a.email IS NOT NULL OR own.is_booker), key.once
"""
# One for each company and the latest day on which one of its certificates became due.
INSERT_DIGESTS: Final = """
INSERT INTO messages (tenant_id, id, template, recipient, recipient_name, booking_id, user_id, data, once_key)
SELECT found.tenant_id, {new_id}, '{digest}', found.recipient, found.name, found.booking_id, found.customer_id,
       jsonb_build_object('company_id', found.company_id), key.once
  FROM (SELECT DISTINCT ON (co.id) due.tenant_id, co.id AS company_id, co.name, b.id AS booking_id, b.customer_id,
               coalesce(co.billing_email, b.contact_email) AS recipient,
               max((due.due AT TIME ZONE due.time_zone)::date) OVER (PARTITION BY co.id) AS day
          {due}
          JOIN companies co ON co.tenant_id = b.tenant_id AND co.id = b.company_id AND co.archived_at IS NULL
         WHERE co.billing_email IS NOT NULL OR b.contact_email IS NOT NULL
         ORDER BY co.id, b.starts_at DESC, b.id) found
  CROSS JOIN LATERAL (SELECT concat('digest:', found.company_id, ':', found.day) AS once) key
"""
COUNT: Final = """
SELECT due.due, CAST(NULL AS uuid) AS schedule_id, due.expires_on::timestamp AT TIME ZONE due.time_zone AS starts_at,
       due.time_zone, due.course_id, count(*) AS mails, (array_agg(due.booking_id ORDER BY due.certificate_id))[1]
       AS booking_id
"""


def _due(rules: str, days: int) -> str:
    return DUE.format(
        holds=HOLDS.format(course="c.course_id"),
        moment=MOMENT,
        rules=rules,
        days=days,
        grace=GRACE_DAYS,
        now=NOW,
        renewed=renewed_sql("c", NOW),
    )


def insert_holders() -> str:
    """Queue the mails to holders that are due: `tenant` and `now`."""
    known = NOT_QUEUED + " AND w.recipient IS NOT NULL "
    return INSERT_HOLDERS.format(new_id=NEW_ID) + _due("r.is_active", 0) + HOLDER + known + ONCE


def insert_digests() -> str:
    """Queue the lists to employers that are due: `tenant` and `now`."""
    return (
        INSERT_DIGESTS.format(new_id=NEW_ID, digest=DIGEST_MAIL, due=_due("r.is_active", 0))
        + NOT_QUEUED
        + ONCE
    )


def count() -> str:
    """What one rule will send to holders, by day and course: `tenant`, `now`, `rule` and `at_most`."""
    grouped = GROUPED.replace("due.starts_at", "due.expires_on").replace("due.schedule_id", "due.course_id")
    known = NOT_QUEUED + " AND w.recipient IS NOT NULL "
    return COUNT + _due("r.id = :rule", PREVIEW_DAYS) + HOLDER + known + grouped
