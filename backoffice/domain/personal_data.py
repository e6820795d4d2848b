"""What each column says about people: export and erasure walk this, and a column that is not listed fails a test.

identity     who somebody is: a name, a birth date in clear
contact      where somebody is reached: e-mail, phone, address
sensitive    health, wishes, notes about people: encrypted at rest, always
free_text    written by hand, so anybody may be named in it
copy         what was said or entered, kept as it was: mails, imported rows, old and new values of the audit
trace        where from somebody came: network address, browser
secret       proves who somebody is: never exported, never shown
money        amounts and what was agreed about them: kept as long as the law asks, without the name
operational  says nothing about a person by itself: keys, statuses, times, the catalogue
"""

from __future__ import annotations

IDENTITY = "identity"
CONTACT = "contact"
SENSITIVE = "sensitive"
FREE_TEXT = "free_text"
COPY = "copy"
TRACE = "trace"
SECRET = "secret"  # noqa: S105 - a word
MONEY = "money"
OPERATIONAL = "operational"

CLASSES = (IDENTITY, CONTACT, SENSITIVE, FREE_TEXT, COPY, TRACE, SECRET, MONEY, OPERATIONAL)
# What leaves with a person who asks to be forgotten, and what a person who asks what is known is given.
PERSONAL = frozenset({IDENTITY, CONTACT, SENSITIVE, FREE_TEXT, COPY, TRACE})

# In every table that has them.
EVERYWHERE = dict.fromkeys(("tenant_id", "id", "created_at", "updated_at", "version"), OPERATIONAL)


def _columns(**classes: str) -> dict[str, str]:
    return EVERYWHERE | {column: name for name, columns in classes.items() for column in columns.split()}


COLUMNS: dict[str, dict[str, str]] = {
    "allocations": _columns(operational="payment_id booking_id", money="amount_minor"),
    "analytics_events": _columns(
        trace="visit address browser device_type referrer",
        operational="event_type occurred_at page course_id schedule_id booking_id",
    ),
    "attendances": _columns(operational="attendee_id schedule_day_id status marked_by_id"),
    "attendees": _columns(
        identity="first_name last_name",
        contact="email phone",
        sensitive="birth_date_sealed requirements_sealed",
        free_text="cancellation_reason",
        money="price_minor discount_minor adjustment_minor vat_rate_bp",
        operational="booking_id schedule_id position user_id cancelled_at holds_place prerequisites_at",
    ),
    "audit_events": _columns(
        identity="actor_name subject_label",
        copy="old_values new_values",
        trace="address agent request_id",
        operational="happened_at actor_kind actor_id action subject_type subject_id proof",
    ),
    "audit_heads": _columns(operational="number seal_proof proof sealed_at"),
    "audit_seals": _columns(operational="number event_id digest key_id sealed_at"),
    "booking_drafts": _columns(
        sensitive="typed_sealed",
        trace="address_digest",
        operational="schedule_id booking_id revision held_digest accepted_at",
    ),
    "booking_groups": _columns(
        operational="reference company_id customer_id", free_text="title purchase_order"
    ),
    "bookings": _columns(
        identity="contact_first_name contact_last_name company_named",
        contact="contact_email contact_phone",
        sensitive="requirements_sealed",
        free_text="adjustment_reason purchase_order notes override_reason cancellation_reason",
        money="currency total_minor discount_minor paid_minor refunded_minor has_failed_payment payment_status "
        "payment_method",
        operational="reference schedule_id customer_id company_id booking_group_id status source seats "
        "unnamed_places discount_code_id discount_rule_id idempotency_key starts_at booked_at hold_expires_at "
        "confirmed_at cancelled_at placed_by_id calendar_sequence",
    ),
    "bulk_mails": _columns(
        free_text="subject body",
        operational="schedule_id asked_by_id audience status total queued next_batch_at sent_at ended_at",
    ),
    "certificate_files": _columns(operational="certificate_id sha256 made_at", copy="content"),
    "certificate_runs": _columns(
        operational="asked_by_id schedule_id total made failed finished_at next_attempt_at attempts"
    ),
    "certificates": _columns(
        identity="holder_first_name holder_last_name",
        free_text="status_reason last_error",
        operational="attendee_id schedule_id course_id booking_id user_id run_id number code status course_title "
        "outcomes instructors taught_from taught_until issued_on expires_on wording replaces_id ended_at needs_review making "
        "attempts",
    ),
    "companies": _columns(
        identity="name",
        contact="billing_email phone address",
        money="has_terms needs_purchase_order payment_days",
        operational="archived_at",
    ),
    "consents": _columns(
        identity="accepted_by",
        trace="address",
        operational="booking_id terms_text_id accepted_at channel recorded_by_id",
    ),
    "corporate_requests": _columns(
        identity="company_name contact_person",
        contact="email phone",
        free_text="topic preferred_time location notes admin_notes quote_message quote_answer_words rejection_reason",
        money="quoted_price_minor currency",
        operational="reference source course_id preferred_dates headcount status assigned_instructor_id quoted_places "
        "quote_number quote_valid_until quoted_at quote_answer quote_answered_at responded_at responded_by_id "
        "company_id schedule_id booking_id once_key",
    ),
    "course_instructors": _columns(operational="course_id instructor_id is_default"),
    "course_types": _columns(operational="code title certificate_wording archived_at"),
    "courses": _columns(
        operational="slug title course_type_id audience category description outcomes syllabus image picture_id "
        "duration_minutes day_count duration_weeks capacity learners_per_instructor certificate_years minimum_age "
        "gives_certificate runs_from_old_expiry requalifies_course_id has_whitelist refund_window_hours is_published "
        "prerequisites needs_waiver "
        "archived_at",
        money="pricing price_minor vat_rate_bp refund_fee_bp",
    ),
    "credit_balances": _columns(money="currency balance_minor", operational="customer_id"),
    "credit_entries": _columns(
        free_text="reason",
        money="currency amount_minor kind",
        operational="customer_id payment_id refund_id booking_id made_by_id happened_at",
    ),
    "discount_codes": _columns(
        free_text="description",
        money="kind value minimum_minor",
        operational="code valid_from valid_until usage_limit times_used course_type_id is_active archived_at",
    ),
    "discount_rules": _columns(
        money="minimum_places minimum_past_courses basis_points", operational="title course_type_id is_active"
    ),
    "gateway_accounts": _columns(
        secret="keys_sealed path_digest path_sealed",  # noqa: S106 - names of columns
        operational="gateway mode is_in_use key_hint checked_at check_said is_check_good last_event_at",
    ),
    "gateway_customers": _columns(operational="user_id gateway_account_id", identity="gateway_customer_id"),
    "gateway_events": _columns(
        copy="payload outcome last_error",
        operational="gateway_account_id gateway event_id kind happened_at received_at payment_id processed_at "
        "dead_at attempts next_attempt_at",
    ),
    "import_rows": _columns(operational="import_run_id line key outcome", copy="reason raw"),
    "import_runs": _columns(
        operational="kind status rows_total rows_done counts finished_at started_by_id",
        copy="filename content error",
    ),
    "instructor_leave": _columns(sensitive="reason_sealed", operational="instructor_id starts_on ends_on"),
    "instructors": _columns(
        identity="name bio photo specializations certifications years_of_experience rating",
        contact="email phone",
        operational="user_id archived_at picture_id is_published",
    ),
    "mail_wordings": _columns(free_text="subject body", operational="template"),
    "messages": _columns(
        identity="recipient_name",
        contact="recipient",
        copy="data subject body_text body_html calendar_file last_error",
        operational="template booking_id user_id queued_by_id once_key status attempts next_attempt_at sent_at "
        "is_overtaken",
    ),
    "outbox": _columns(
        copy="payload last_error", operational="topic next_attempt_at attempts done_at dead_at"
    ),
    "payment_events": _columns(
        identity="actor_name",
        copy="data",
        money="amount_minor",
        operational="payment_id refund_id happened_at kind old_status new_status actor_kind",
    ),
    "payment_links": _columns(
        secret="token_digest token_sealed",  # noqa: S106 - names of columns
        money="amount_minor",
        operational="booking_id booking_group_id created_by_id ended_at",
    ),
    "payments": _columns(
        free_text="payer_reference note failure_reason",
        money="method amount_minor currency status allocated_minor refunded_minor paid_at fee_minor",
        secret="checkout_url",  # noqa: S106 - names of columns
        operational="reference customer_id company_id booking_group_id taken_by_id idempotency_key is_imported "
        "gateway_account_id gateway_reference gateway_payment_id gateway_charge_id ends_at next_check_at checks",
    ),
    # An instructor's photo is one of them; which one, the instructor's row says.
    "pictures": _columns(identity="large small", operational="sha256 small_sha256 width height small_width"),
    "reconciliations": _columns(
        money="currency payments_here_minor payments_there_minor refunds_here_minor refunds_there_minor days "
        "differences",
        operational="gateway_account_id kind state since until asked_by_id started_at finished_at payments_here "
        "payments_there refunds_here refunds_there looked_at difference_count error",
    ),
    "refunds": _columns(
        free_text="reason receipt failure_reason override_reason",
        money="amount_minor currency status",
        operational="reference payment_id booking_id attendee_id requested_by_id requested_at approved_by_id "
        "approved_at executed_by_id succeeded_at idempotency_key route gateway_refund_id is_external "
        "acknowledged_at acknowledged_by_id next_check_at checks",
    ),
    "schedule_choices": _columns(
        secret="token_digest token_sealed",  # noqa: S106 - names of columns
        money="status fallback amount_minor",
        operational="schedule_id booking_id deadline_at apply_at proposed_schedule_id called_off_by_id "
        "answered_at answered_by_kind answered_by_id moved_booking_id reminded_at",
    ),
    "periodic_runs": _columns(operational="name slot began_at ended_at rows error failed_at failures"),
    "register_entries": _columns(
        sensitive="note_sealed",
        free_text="exception_reason",
        operational="attendee_id outcome has_shown_identity exception_by_id exception_at marked_by_id",
    ),
    "reminder_rules": _columns(operational="name moment course_id days hours template is_active"),
    "report_days": _columns(operational="basis day time_zone"),
    "report_marks": _columns(operational="basis happened_at"),
    "report_sums": _columns(
        operational="basis dimension day currency key bookings places",
        money="gross_minor refunded_minor vat_minor",
    ),
    "reviews": _columns(
        identity="shown_as",
        free_text="words",
        operational="attendee_id course_id schedule_id instructor_id rating instructor_rating status decided_by_id "
        "decided_at",
    ),
    "saved_reports": _columns(
        free_text="name",
        operational="report parameters owner_id recipients frequency file next_on last_sent_at ended_at",
    ),
    "schedule_day_instructors": _columns(operational="schedule_day_id instructor_id duty during is_live"),
    "schedule_days": _columns(
        operational="schedule_id day_number starts_at ends_at during venue_id is_live is_exclusive"
    ),
    "schedule_series": _columns(operational="course_id venue_id rule"),
    "schedules": _columns(
        free_text="notes override_reason cancellation_reason",
        money="pricing price_minor currency vat_rate_bp",
        operational="code course_id venue_id series_id status starts_at ends_at time_zone capacity seats_taken "
        "cancelled_at is_private",
    ),
    "search_entries": _columns(copy="words", operational="subject_type subject_id"),
    "status_transitions": _columns(operational="subject from_status to_status"),
    "tenant_domains": _columns(operational="host is_primary"),
    "tenant_logos": _columns(operational="content sha256 width height"),
    "tenant_sites": _columns(
        free_text="title subtitle biography footer",
        operational="colour social_links hero_picture_id logo_picture_id is_published",
    ),
    "tenants": _columns(
        contact="email phone website address",
        money="currency smallest_unit_minor vat_rate_bp bank_details refund_limit_minor",
        operational="slug name reference_prefix time_zone country hold_days plan is_active settings",
    ),
    "terms_texts": _columns(free_text="title body", operational="kind number published_at published_by_id"),
    "user_notes": _columns(sensitive="body_sealed", operational="user_id author_id"),
    "user_tokens": _columns(secret="token_digest", operational="user_id purpose expires_at used_at"),  # noqa: S106
    "users": _columns(
        identity="first_name last_name",
        contact="email phone",
        secret="password_hash calendar_key",  # noqa: S106 - names of columns
        trace="last_sign_in_at last_sign_in_address",
        operational="role company_id email_verified_at is_active archived_at",
    ),
    "venues": _columns(
        operational="slug name kind address_line1 address_line2 city postcode capacity facilities parking_info "
        "directions online_url archived_at"
    ),
    "waiting_entries": _columns(
        identity="contact_first_name contact_last_name",
        contact="contact_email contact_phone",
        free_text="ended_reason",
        secret="token_digest token_sealed",  # noqa: S106 - names of columns
        operational="course_id customer_id places source status joined_at added_by_id ended_at",
    ),
    "waiting_entry_dates": _columns(
        contact="contact_email", operational="entry_id schedule_id status booking_id offered_at"
    ),
    "web_sessions": _columns(
        secret="token_digest",  # noqa: S106 - the name of a column
        trace="address agent previous_sign_in_at",
        operational="user_id last_seen_at expires_at revoked_at",
    ),
    "whitelist_entries": _columns(contact="pattern", operational="course_id added_by_id"),
    "work_items": _columns(
        copy="sentence", operational="kind subject_type subject_id once_key resolved_at resolved_by_id"
    ),
    "working_hours": _columns(operational="instructor_id weekday starts ends"),
}


def class_of(table: str, column: str) -> str | None:
    """The class of a column; None for one that nobody has classified."""
    return COLUMNS.get(table, {}).get(column)


def columns_of(wanted: str) -> list[tuple[str, str]]:
    """(table, column) of every column of a class."""
    return [
        (table, column)
        for table, columns in COLUMNS.items()
        for column, name in columns.items()
        if name == wanted
    ]
