"""Rows for tests, each with what its test does not care about filled in. All but providers need a tenant's scope."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.models import (
    Company,
    Course,
    CourseType,
    CreditEntry,
    DiscountCode,
    DiscountRule,
    GatewayAccount,
    Instructor,
    Payment,
    Refund,
    Schedule,
    ScheduleDay,
    Tenant,
    TenantDomain,
    TenantSite,
    User,
    Venue,
)
from backoffice.services.sign_in import digest
from backoffice.tenancy import tenant_scope

_numbers = count(1)


@dataclass(frozen=True)
class Provider:
    """A tenant as the outside knows it."""

    id: UUID
    slug: str
    host: str


def make_provider(**values: Any) -> Provider:
    number = next(_numbers)
    defaults = {
        "id": new_id(),
        "slug": f"provider-{number}",
        "name": f"Provider {number}",
        "reference_prefix": "TST",
        "currency": "GBP",
        "time_zone": "Europe/London",
        "country": "GB",
        "email": "office@provider.example",
    }
    tenant = Tenant(**defaults | values)
    db.session.add(tenant)
    db.session.flush()
    host = f"{tenant.slug}.test"
    db.session.add(TenantDomain(host=host, tenant_id=tenant.id, is_primary=True))
    made = Provider(tenant.id, tenant.slug, host)
    db.session.commit()
    db.session.remove()
    # Its public site is open; `site_look.unpublish` closes it.
    with tenant_scope(made.id):
        add(TenantSite(is_published=True))
        db.session.remove()
    return made


def actor(role: str = "admin", user: User | None = None) -> Actor:
    return Actor("user", user.id if user else None, role, user.name if user else f"An {role}")


def add(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row


def make_user(role: str = "customer", **values: Any) -> User:
    number = next(_numbers)
    defaults = {
        "role": role,
        "first_name": "Ann",
        "last_name": f"Other{number}",
        "email": f"ann{number}@x.example",
    }
    return add(User(**defaults | values))


def credit_lines_of(row: Payment | Refund) -> list[CreditEntry]:
    """What stands in the credit beside a payment by credit that is in, or a refund kept as credit."""
    if isinstance(row, Refund):
        about: dict[str, Any] = {"customer_id": row.payment.customer_id, "currency": row.currency}
        return [CreditEntry(**about, amount_minor=row.amount_minor, kind="from_refund", refund_id=row.id)]
    about = {"customer_id": row.customer_id, "currency": row.currency}
    return [
        CreditEntry(**about, amount_minor=row.amount_minor, kind="adjusted", reason="Before"),
        CreditEntry(**about, amount_minor=-row.amount_minor, kind="used", payment_id=row.id),
    ]


def make_company(**values: Any) -> Company:
    return add(Company(**{"name": f"Works {next(_numbers)}"} | values))


def make_course_type(**values: Any) -> CourseType:
    number = next(_numbers)
    return add(CourseType(**{"code": f"T{number}", "title": f"Type {number}"} | values))


def make_course(**values: Any) -> Course:
    number = next(_numbers)
    if "course_type_id" not in values:
        values["course_type_id"] = make_course_type().id
    defaults = {
        "slug": f"course-{number}",
        "title": f"Course {number}",
        "duration_minutes": 360,
        "price_minor": 7500,
        "is_published": True,
    }
    return add(Course(**defaults | values))


def make_venue(**values: Any) -> Venue:
    number = next(_numbers)
    defaults = {"slug": f"venue-{number}", "name": f"Hall {number}", "city": "Leeds", "capacity": 20}
    return add(Venue(**defaults | values))


def make_instructor(**values: Any) -> Instructor:
    number = next(_numbers)
    return add(Instructor(**{"name": f"Teacher {number}", "email": f"teacher{number}@x.example"} | values))


def next_morning(days: int) -> datetime:
    """09:00 UTC of the day in so many days."""
    return (datetime.now(UTC) + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)


def make_schedule(**values: Any) -> Schedule:
    """A published date from 09:00 UTC in ten days, at 75.00 with 12 places, unless told otherwise.

    Not from the hour of the test: in the evening it would end on another day.
    """
    course = values.pop("course", None) or make_course()
    venue = values.pop("venue", None) or make_venue()
    starts_at = values.pop("starts_at", next_morning(10))
    defaults = {
        "course_id": course.id,
        "venue_id": venue.id,
        "status": "published",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=6),
        "time_zone": "Europe/London",
        "capacity": 12,
        "price_minor": 7500,
        "currency": "GBP",
    }
    schedule = Schedule(**defaults | values)
    db.session.add(schedule)
    db.session.flush()
    add(ScheduleDay(schedule_id=schedule.id, day_number=1, starts_at=starts_at, ends_at=schedule.ends_at))
    db.session.refresh(schedule)
    return schedule


def make_code(**values: Any) -> DiscountCode:
    today = datetime.now(UTC).date()
    defaults = {
        "code": f"CODE{next(_numbers)}",
        "kind": "percentage",
        "value": 1000,
        "valid_from": today - timedelta(days=1),
        "valid_until": today + timedelta(days=30),
    }
    return add(DiscountCode(**defaults | values))


def make_rule(**values: Any) -> DiscountRule:
    return add(
        DiscountRule(**{"title": "Group discount", "minimum_places": 5, "basis_points": 1000} | values)
    )


STRIPE_KEYS = {"secret_key": "sk_test_factory", "webhook_secret": "whsec_factory"}


def make_gateway_account(
    gateway: str = "stripe", *, path: str | None = None, keys: dict[str, str] | None = None, **values: Any
) -> GatewayAccount:
    """An account in use, in test mode; its webhook's address ends in `path`."""
    path = path or f"{gateway}-path-{next(_numbers)}"
    defaults = {"gateway": gateway, "mode": "test", "path_digest": digest(path), "path": path}
    return add(GatewayAccount(**defaults | {"keys": json.dumps(keys or STRIPE_KEYS)} | values))
