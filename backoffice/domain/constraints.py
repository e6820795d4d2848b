"""What to say when the database refuses: one sentence per named constraint that people can run into."""

from __future__ import annotations

_STATUS_MOVED = (
    "The status has changed meanwhile, so this step is no longer possible. Reload the page and look again."
)

# constraint name -> (code, sentence, field of the form or None)
CONSTRAINTS: dict[str, tuple[str, str, str | None]] = {
    "ck_schedules_seats_within_capacity": (
        "fully_booked",
        "This date is fully booked: choose another date or book fewer places.",
        "seats",
    ),
    "ck_schedules_capacity_positive": ("capacity", "The capacity must be at least 1.", "capacity"),
    "ck_schedules_end_after_start": ("end_before_start", "The end must be after the start.", "ends_at"),
    "ck_schedules_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_bookings_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_payments_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_refunds_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_messages_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_certificates_status_transition": ("status_move", _STATUS_MOVED, None),
    "ex_schedule_days_venue": (
        "venue_busy",
        "The venue is taken at this time: choose another venue or another time.",
        "venue_id",
    ),
    "ex_schedule_day_instructors_instructor": (
        "instructor_busy",
        "The instructor is teaching at this time: choose another instructor or another time.",
        "instructor_id",
    ),
    "uq_users_email": (
        "email_taken",
        "There is already a record with this e-mail address: use that one.",
        "email",
    ),
    "uq_bookings_reference": ("reference_taken", "This booking reference is already in use.", "reference"),
    "uq_bookings_idempotency_key": (
        "already_sent",
        "This booking was already sent: it was not made twice.",
        None,
    ),
    "uq_attendees_person_schedule": (
        "already_booked",
        "This person already has a place on this date.",
        "attendees",
    ),
    "uq_discount_codes_code": ("code_taken", "There is already a discount code of this name.", "code"),
    "ck_discount_codes_within_limit": (
        "code_used_up",
        "This discount code has been used up: book without it or use another.",
        "discount_code",
    ),
    "ck_payments_allocated_within_amount": (
        "over_allocated",
        "The parts are more than the payment: lower the amounts.",
        "amount",
    ),
    "ck_payments_refunded_within_amount": (
        "over_refunded",
        "This is more than is left of the payment: lower the refund.",
        "amount",
    ),
    "uq_courses_slug": ("slug_taken", "Another course has this short name: choose another.", "slug"),
    "uq_venues_slug": ("slug_taken", "Another venue has this short name: choose another.", "slug"),
    "uq_companies_name": ("company_taken", "There is already a company of this name: use that one.", "name"),
    "uq_instructors_email": ("email_taken", "Another instructor has this e-mail address.", "email"),
    "uq_instructors_user": ("user_taken", "This login already belongs to another instructor.", "user_id"),
    "uq_course_types_code": ("code_taken", "There is already a course type with this code.", "code"),
    "uq_course_instructors_pair": (
        "already_listed",
        "This instructor is already listed for the course.",
        "instructor_id",
    ),
    "uq_course_instructors_default": (
        "second_default",
        "The course already has a default instructor: take it off that one first.",
        "is_default",
    ),
    "uq_whitelist_entries_pattern": (
        "already_listed",
        "This address or domain is already on the list.",
        "pattern",
    ),
    "uq_schedules_code": ("code_taken", "There is already a date with this code.", "code"),
    "uq_schedule_days_number": ("day_taken", "The date already has a day with this number.", "day_number"),
    "uq_schedule_day_instructors_pair": (
        "already_listed",
        "This instructor already teaches on this day.",
        "instructor_id",
    ),
    "uq_payments_reference": ("reference_taken", "This payment reference is already in use.", "reference"),
    "uq_payments_idempotency_key": (
        "already_sent",
        "This payment was already sent: it was not taken twice.",
        None,
    ),
    "uq_refunds_idempotency_key": (
        "already_sent",
        "This refund was already sent: it was not made twice.",
        None,
    ),
    "uq_allocations_pair": (
        "already_allocated",
        "Part of this payment already goes to this booking: change that part.",
        "booking_id",
    ),
    "uq_tenants_slug": ("slug_taken", "Another provider has this short name: choose another.", "slug"),
    "ck_courses_capacity_positive": ("capacity", "The capacity must be from 1 to 1,000.", "capacity"),
    "ck_courses_certificate_years": (
        "out_of_range",
        "A certificate is valid for 1 to 50 years; leave it empty for no end.",
        "certificate_years",
    ),
    "ck_courses_day_count": ("out_of_range", "A course has 1 to 60 days.", "day_count"),
    "ck_courses_duration_positive": (
        "out_of_range",
        "Enter the length in minutes, at least 1.",
        "duration_minutes",
    ),
    "ck_courses_learners_per_instructor": (
        "out_of_range",
        "Enter the learners per instructor, from 1 to 1,000.",
        "learners_per_instructor",
    ),
    "ck_courses_minimum_age": ("out_of_range", "The minimum age must be from 0 to 120.", "minimum_age"),
    "ck_courses_not_its_own_requalification": (
        "own_requalification",
        "A course cannot requalify itself: choose another course.",
        "requalifies_course_id",
    ),
    "ck_courses_price": ("price", "The price must be from 0 to 1,000,000.", "price_minor"),
    "ck_courses_price_when_priced": (
        "price",
        "A priced course needs a price; a free one, or one on request, has none.",
        "price_minor",
    ),
    "ck_courses_refund_fee": ("percentage", "The fee must be from 0 to 100 %.", "refund_fee_bp"),
    "ck_courses_refund_window": (
        "out_of_range",
        "The refund window must be from 0 to 8,760 hours.",
        "refund_window_hours",
    ),
    "ck_courses_vat_rate": ("percentage", "The VAT rate must be from 0 to 100 %.", "vat_rate_bp"),
    "ck_courses_weeks": ("out_of_range", "A course lasts 1 to 200 weeks.", "duration_weeks"),
    "ck_instructors_years_of_experience": (
        "out_of_range",
        "The years of experience must be from 0 to 80.",
        "years_of_experience",
    ),
    "ck_venues_capacity_positive": ("capacity", "The capacity must be from 1 to 10,000.", "capacity"),
    "ck_schedules_price": ("price", "The price must be from 0 to 1,000,000.", "price_minor"),
    "ck_schedules_price_when_priced": (
        "price",
        "A priced date needs a price; a free one, or one on request, has none.",
        "price_minor",
    ),
    "ck_schedule_days_end_after_start": (
        "end_before_start",
        "The end of the day must be after its start.",
        "ends_at",
    ),
    "ck_discount_codes_value": ("value", "Enter a discount above 0, and at most 100 %.", "value"),
    "ck_discount_codes_validity": ("validity", "The last day must not be before the first.", "valid_until"),
    "ck_discount_codes_usage_limit": (
        "usage_limit",
        "The limit must be at least 1; leave it empty for none.",
        "usage_limit",
    ),
    "ck_discount_codes_minimum": ("minimum", "The minimum must not be below 0.", "minimum_minor"),
    "ck_discount_rules_basis_points": (
        "percentage",
        "Enter a discount above 0 and at most 100 %.",
        "basis_points",
    ),
    "ck_discount_rules_minimum_places": (
        "minimum",
        "Enter from how many places it counts, 1 to 1,000.",
        "minimum_places",
    ),
    "ck_companies_payment_days": ("out_of_range", "The days to pay must be from 0 to 365.", "payment_days"),
    "ck_payments_amount_positive": ("amount", "Enter an amount above 0.", "amount"),
    "ck_allocations_amount_positive": ("amount", "Enter an amount above 0.", "amount"),
    "ck_refunds_amount_positive": ("amount", "Enter an amount above 0.", "amount"),
    "ck_refunds_reason": ("required", "Write the reason for the refund.", "reason"),
    "ck_users_staff_email": ("required", "Staff need an e-mail address to sign in.", "email"),
    "ck_whitelist_entries_pattern": (
        "pattern",
        "Enter an e-mail address, or a domain like @example.com.",
        "pattern",
    ),
    "ck_tenants_reference_prefix": (
        "prefix",
        "The prefix must be 2 to 6 capital letters.",
        "reference_prefix",
    ),
    "ck_tenants_hold_days": ("out_of_range", "Places can be held for 0 to 60 days.", "hold_days"),
}
