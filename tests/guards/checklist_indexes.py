"""The indexes that the requirements name, in our words: table and leading columns, the tenant first.

A longer index that begins with these columns serves as well. `payments` of the requirements' "payments (booking)" are our
allocations; an intent of a gateway comes with the gateways, the full-text index of courses with the public side.
"""

# requirement -> the index that serves it: "table: columns" and, after " where ", its condition
NAMED: dict[str, str] = {
    "S0-57 users (email)": "users: email",
    "S0-58 users (role)": "users: role",
    "S0-59 bookings (user)": "bookings: customer_id",
    "S0-60 bookings (session)": "bookings: schedule_id",
    "S0-61 bookings (status)": "bookings: status",
    "S0-62 payments (booking)": "allocations: booking_id",
    "S0-63 payments (user)": "payments: customer_id",
    "S1-50 sessions (start, course)": "schedules: course_id, starts_at",
    "S1-51 sessions (status, places)": "schedules: status, seats_taken",
    "S1-52 bookings (user, created)": "bookings: customer_id, booked_at",
    "S1-53 bookings (session, status)": "bookings: schedule_id, status",
    "S2-4 users (token)": "user_tokens: token_digest",
    "S2-4 users (created)": "users: created_at",
    "S2-6 trainers (user)": "instructors: user_id",
    "S2-6 trainers (active)": "instructors: name, id where archived_at IS NULL",
    "S2-9 courses (category)": "courses: category",
    "S2-9 courses (audience)": "courses: audience",
    "S2-9 courses (trainer)": "course_instructors: instructor_id",
    "S2-9 courses (published)": "courses: is_published",
    "S2-9 courses (active)": "courses: title, id where archived_at IS NULL",
    "S2-12 sessions (course)": "schedules: course_id",
    "S2-12 sessions (date)": "schedules: starts_at",
    "S2-12 sessions (trainer)": "schedule_day_instructors: instructor_id",
    "S2-12 sessions (status)": "schedules: status",
    "S2-15 bookings (payment status)": "bookings: payment_status",
    "S2-15 bookings (created)": "bookings: booked_at",
    "S2-15 bookings (user, session) once": (
        "attendees: schedule_id, user_id where user_id IS NOT NULL AND holds_place"
    ),
    "S2-21 payments (reference)": "payments: reference",
    "S2-21 payments (status)": "payments: status",
    "S2-21 payments (created)": "payments: created_at",
    "S3-2 users (email)": "users: email",
    "S3-4 courses (type)": "courses: course_type_id",
    "S3-6 venues (city)": "venues: city",
    "S3-6 venues (active)": "venues: name, id where archived_at IS NULL",
    "S3-8 schedules (venue)": "schedules: venue_id",
    "S3-11 bookings (reference)": "bookings: reference",
    "S3-13 codes (code)": "discount_codes: code",
    "S3-13 codes (active, validity)": "discount_codes: is_active, valid_from, valid_until",
    "S3-19 log (admin)": "audit_events: actor_id",
    "S3-19 log (action)": "audit_events: action",
    "S3-19 log (entity)": "audit_events: subject_type, subject_id",
    "S3-19 log (created)": "audit_events: happened_at",
    "S3-21 mail (recipient)": "messages: recipient",
    "S3-21 mail (type)": "messages: template",
    "S3-21 mail (booking)": "messages: booking_id",
    "S3-21 mail (created)": "messages: created_at",
    "S3-29 status of refunds": "refunds: status",
    "S3-29 status of mail": "messages: status",
    "S3-29 status of imports": "import_runs: status",
    "S3-30 date of payment": "payments: paid_at",
    "S3-30 date of the course, on its bookings": "bookings: starts_at",
    "S3-31 e-mail of attendees": "attendees: email",
    "S3-31 e-mail of contacts": "bookings: contact_email",
    "S3-31 reference of groups": "booking_groups: reference",
    "S3-31 reference of refunds": "refunds: reference",
    "S3-32 dates on sale": "schedules: starts_at where status::text = 'published'::text",
    "S3-33 revenue": "bookings: booked_at, total_minor where payment_status::text = 'paid'::text",
    "S4-26 bookings (status, start)": "bookings: status, starts_at",
    "S4-27 courses (workshop)": "courses: course_type_id",
    "S4-28 users (role)": "users: role",
    "S4-29 whitelist (course, e-mail)": "whitelist_entries: course_id, pattern",
    "S4-30 payments (status)": "payments: status",
}


def missing(indexes: set[tuple[str, str, str]]) -> list[str]:
    """The requirements that no index serves."""
    return [requirement for requirement, index in NAMED.items() if not _is_served(index, indexes)]


def _is_served(wanted: str, indexes: set[tuple[str, str, str]]) -> bool:
    table, _, rest = wanted.partition(": ")
    columns, _, condition = rest.partition(" where ")
    leading = f"tenant_id, {columns}"
    return any(
        table == has and condition == where and f"{listed}, ".startswith(f"{leading}, ")
        for has, listed, where in indexes
    )
