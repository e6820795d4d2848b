"""Rows to measure with, written by SQL in bulk and as the triggers would have left them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
import uuid_utils.compat as uuids

from backoffice.services import passwords
from bench.house import HOST, House

EMAIL, PASSWORD = "office@bench.example", "a-long-pass-phrase-42"  # noqa: S105 - of a folder that is gone afterwards


@dataclass(frozen=True)
class Filled:
    """A provider with a clerk who can sign in, one course and one venue where dates never clash."""

    tenant_id: UUID
    course_id: UUID
    venue_id: UUID
    host: str


def provider(house: House, slug: str = "bench", host: str = HOST) -> Filled:
    """Make the provider."""
    filled = Filled(uuids.uuid7(), uuids.uuid7(), uuids.uuid7(), host)
    type_id = uuids.uuid7()
    tenant = filled.tenant_id
    with house.app().app_context():
        password = passwords.hash_password(PASSWORD)
    with house.owner() as connection:
        run = connection.execute
        run(
            "INSERT INTO tenants (id, slug, name, reference_prefix, currency, time_zone, country) "
            "VALUES (%s, %s, 'Bench', 'BEN', 'GBP', 'Europe/London', 'GB')",
            (tenant, slug),
        )
        run("INSERT INTO tenant_domains (host, tenant_id, is_primary) VALUES (%s, %s, true)", (host, tenant))
        run(
            "INSERT INTO users (tenant_id, id, role, email, first_name, last_name, password_hash) "
            "VALUES (%s, %s, 'office', %s, 'Olive', 'Office', %s)",
            (tenant, uuids.uuid7(), EMAIL, password),
        )
        run(
            "INSERT INTO course_types (tenant_id, id, code, title) VALUES (%s, %s, 'FA', 'First aid')",
            (tenant, type_id),
        )
        run(
            "INSERT INTO courses (tenant_id, id, slug, title, course_type_id, duration_minutes, price_minor, is_published) "
            "VALUES (%s, %s, 'efaw', 'Emergency First Aid at Work', %s, 360, 7500, true)",
            (tenant, filled.course_id, type_id),
        )
        run(
            "INSERT INTO venues (tenant_id, id, slug, name, kind, city, capacity) "
            "VALUES (%s, %s, 'online', 'Online', 'online', 'Leeds', 10000)",
            (tenant, filled.venue_id),
        )
    return filled


FIRST_NAMES = (
    "Alice Ben Carla David Emma Farah George Hannah Ivan Jamila Karl Lena Mohammed Nora Oliver Priya"
)
LAST_NAMES = """
Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts
Green Hall Wood Jackson Clarke Harris Lewis Turner Cooper Hill Ward Morris Moore Clark Baker Okafor Nguyen Kowalski
"""

CUSTOMERS = """
INSERT INTO users (tenant_id, id, role, email, first_name, last_name, phone, company_id)
SELECT %(tenant)s, uuidv7(), 'customer', 'caller' || n || '@mail' || n %% 97 || '.example',
       (%(first)s::text[])[1 + n %% cardinality(%(first)s::text[])],
       (%(last)s::text[])[1 + (n / 7) %% cardinality(%(last)s::text[])]
         || CASE WHEN n %% 3 = 0 THEN '-' || (%(last)s::text[])[1 + (n / 11) %% cardinality(%(last)s::text[])] ELSE '' END,
       '+447' || lpad((n::bigint * 7919 %% 1000000000)::text, 9, '0'),
       CASE WHEN n %% 5 = 0 THEN (%(companies)s::uuid[])[1 + (n / 5) %% cardinality(%(companies)s::uuid[])] END
  FROM generate_series(1, %(count)s) n
"""


def customers(connection: psycopg.Connection, filled: Filled, count: int) -> None:
    """So many customers, a fifth of them of one of a hundred companies."""
    names = LAST_NAMES.split()
    companies = [uuids.uuid7() for _ in range(min(100, count))]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO companies (tenant_id, id, name) VALUES (%s, %s, %s)",
            [
                (filled.tenant_id, company, f"{names[number % len(names)]} Works {number}")
                for number, company in enumerate(companies)
            ],
        )
    values = {"tenant": filled.tenant_id, "count": count, "companies": companies}
    connection.execute(CUSTOMERS, values | {"first": FIRST_NAMES.split(), "last": names})


DATES = """
INSERT INTO schedules (tenant_id, id, course_id, venue_id, status, starts_at, ends_at, time_zone, capacity,
                       price_minor, currency)
SELECT %(tenant)s, uuidv7(), %(course)s, %(venue)s, %(status)s,
       date_trunc('day', now()) + make_interval(days => %(from)s) + (%(to)s - %(from)s) * interval '1 day' * n / %(count)s,
       date_trunc('day', now()) + make_interval(days => %(from)s) + (%(to)s - %(from)s) * interval '1 day' * n / %(count)s
         + interval '6 hours',
       'Europe/London', %(capacity)s, 7500, 'GBP'
  FROM generate_series(1, %(count)s) n
RETURNING id
"""


def dates(
    connection: psycopg.Connection,
    filled: Filled,
    count: int,
    *,
    capacity: int = 12,
    status: str = "published",
    days: tuple[int, int] = (10, 300),
) -> list[UUID]:
    """So many dates, evenly spread between two days from today."""
    values: dict[str, object] = {
        "tenant": filled.tenant_id,
        "course": filled.course_id,
        "venue": filled.venue_id,
    }
    values |= {"count": count, "capacity": capacity, "status": status, "from": days[0], "to": days[1]}
    return [row[0] for row in connection.execute(DATES, values)]


# One place each, in the order of the dates' starts; paid, part paid or not, live or not, as a real book is mixed.
BOOKINGS = """
WITH dated AS (SELECT id, starts_at, row_number() OVER (ORDER BY starts_at) - 1 AS place FROM schedules
                WHERE tenant_id = %(tenant)s AND status <> 'draft'),
     people AS (SELECT id, first_name, last_name, email, phone, company_id, row_number() OVER (ORDER BY id) - 1 AS place
                  FROM users WHERE tenant_id = %(tenant)s AND role = 'customer'),
     sizes AS (SELECT (SELECT count(*) FROM dated) AS dates, (SELECT count(*) FROM people) AS people)
INSERT INTO bookings (tenant_id, id, reference, schedule_id, customer_id, company_id, contact_first_name,
       contact_last_name, contact_email, contact_phone, status, payment_method, source, currency, seats, total_minor,
       discount_minor, paid_minor, starts_at, booked_at, hold_expires_at, created_at, updated_at)
SELECT %(tenant)s, uuidv7(), 'BEN-2026-' || lpad(n::text, GREATEST(4, length(n::text)), '0'), d.id, p.id,
       p.company_id, p.first_name, p.last_name, p.email, p.phone,
       CASE WHEN n %% 11 = 0 THEN 'cancelled'
            WHEN d.starts_at < now() THEN CASE WHEN n %% 29 = 0 THEN 'no_show' ELSE 'completed' END
            WHEN n %% 7 = 0 THEN 'pending' ELSE 'confirmed' END,
       (ARRAY['cash', 'bank_transfer', 'card_terminal', 'account'])[1 + n %% 4],
       (ARRAY['phone', 'web', 'import', 'phone'])[1 + n / 3 %% 4], 'GBP', 1, 7500, 0,
       CASE WHEN n %% 7 = 0 THEN 0 WHEN n %% 23 = 0 THEN 3000 ELSE 7500 END,
       d.starts_at, d.starts_at - make_interval(days => 5 + n %% 60, secs => n %% 86400),
       NULL, d.starts_at - interval '30 days', now()
  FROM generate_series(1, %(count)s) n CROSS JOIN sizes
  JOIN dated d ON d.place = (n - 1)::bigint * sizes.dates / %(count)s
  JOIN people p ON p.place = (n::bigint * 7919) %% sizes.people
"""
# Every twentieth name comes later.
ATTENDEES = """
INSERT INTO attendees (tenant_id, id, booking_id, schedule_id, position, first_name, last_name, price_minor, holds_place)
SELECT tenant_id, uuidv7(), id, schedule_id, 1, CASE WHEN is_later THEN '' ELSE contact_first_name END,
       CASE WHEN is_later THEN '' ELSE contact_last_name END, 7500, status <> 'cancelled'
  FROM bookings, LATERAL (SELECT hashtext(id::text) %% 20 = 0 AS is_later) later
 WHERE tenant_id = %(tenant)s
"""
UNNAMED = """
UPDATE bookings b SET unnamed_places = 1 FROM attendees a
 WHERE b.tenant_id = %(tenant)s AND a.tenant_id = b.tenant_id AND a.booking_id = b.id AND a.first_name = ''
"""
TAKEN = """
UPDATE schedules s SET seats_taken = b.taken, capacity = GREATEST(s.capacity, b.taken)
  FROM (SELECT schedule_id, count(*) AS taken FROM bookings
         WHERE tenant_id = %(tenant)s AND status <> 'cancelled' GROUP BY 1) b
 WHERE s.tenant_id = %(tenant)s AND s.id = b.schedule_id
"""


def bookings(connection: psycopg.Connection, filled: Filled, count: int) -> None:
    """So many bookings with an attendee each; their dates count them."""
    for statement in (BOOKINGS, ATTENDEES, UNNAMED, TAKEN):
        connection.execute(statement, {"tenant": filled.tenant_id, "count": count})


SEARCH_ENTRIES = """
INSERT INTO search_entries (tenant_id, subject_type, subject_id, words)
SELECT u.tenant_id, 'user', u.id,
       search_lexemes(u.tenant_id, concat_ws(' ', u.first_name, u.last_name, c.name), u.email, u.phone)
  FROM users u LEFT JOIN companies c ON c.tenant_id = u.tenant_id AND c.id = u.company_id
 WHERE u.role = 'customer'
UNION ALL
SELECT tenant_id, 'company', id, search_lexemes(tenant_id, name, billing_email, phone) FROM companies
"""
TABLES = ["attendees", "bookings", "schedules", "search_entries", "users"]


@contextmanager
def in_bulk(house: House) -> Iterator[psycopg.Connection]:
    """A connection on which triggers and foreign keys rest and no index is kept: all are there again afterwards, and
    what the triggers write has been written as they would have. Measured afterwards are the tables as always."""
    superuser = house.postgres.local_url_of("postgres", house.name)
    with psycopg.connect(superuser, autocommit=True) as connection:
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "work_mem = '128MB'",
        ):
            connection.execute(f"SET {setting}")
        connection.execute("SET maintenance_work_mem = '512MB'")
        indexes = connection.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "WHERE i.indrelid = ANY (%s::regclass[]) AND NOT i.indisprimary AND NOT i.indisexclusion",
            (TABLES,),
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        yield connection
        connection.execute(SEARCH_ENTRIES)
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")
