"""The demonstration: the files of demo/ as one tenant, and a second one, so that isolation is visible."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from backoffice.config import PROJECT
from backoffice.database import db, new_id
from backoffice.documents.spreadsheet_in import Table, parse_date_uk
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.domain.times import to_local
from backoffice.models import (
    Booking,
    Company,
    CourseInstructor,
    DiscountCode,
    DiscountRule,
    Instructor,
    Schedule,
    ScheduleDay,
    ScheduleDayInstructor,
    Tenant,
    User,
)
from backoffice.services import (
    audit,
    demo_corporate,
    demo_nairobi,
    demo_outcomes,
    demo_reviews,
    demo_taught,
    imports,
    passwords,
    sign_in,
    tenants,
)
from backoffice.services.demo_places import PLACES as PLACES
from backoffice.services.demo_places import Place
from backoffice.services.imports.kind import insert_all

FOLDER = PROJECT / "demo"
FOUNDER = Actor("system", role="operator", name="Demonstration")
ACTOR = Actor("import", name="Demonstration")

# The files are as of the newest booking in them; nearer to the last date than this there is too little left to sell.
NEWEST_AHEAD = timedelta(days=60)
DATE_COLUMNS = {"schedules": "days", "bookings": "booked_on"}


def found(place: Place) -> None:
    """Make a tenant with all it holds, in the scope of its new id; one transaction, so that what exists is complete."""
    tenant = tenants.create(place.new, FOUNDER)
    for name, value in place.details.items():
        setattr(tenant, name, value)
    today = to_local(datetime.now(UTC), tenant.time_zone).date()
    tables = files(today) if place.is_from_files else demo_nairobi.tables(today)
    for kind, table in tables.items():
        _bring(kind, table)
    demo_outcomes.describe_courses()
    _offer_discounts(today, tenant)
    _give_terms()
    _name_default_instructors()
    _make_staff(place)
    _give_customer_login(place)
    demo_taught.teach_yesterday(today, tenant, _instructor_of(place))
    demo_corporate.ask(today, tenant, _instructor_of(place))
    demo_reviews.collect()


def _instructor_of(place: Place) -> Instructor:
    """Whoever has the instructor's login."""
    name = " ".join(place.staff["instructor"])
    return db.session.scalars(select(Instructor).where(Instructor.name == name)).one()


def _bring(kind: str, table: Table) -> None:
    judged = imports.judge(kind, table)
    if judged.refused:
        first = judged.refused[0]
        raise Refused("demo", f"Line {first.line} of the demonstration's {kind} was refused: {first.reason}")
    imports.write(judged, ACTOR)


def files(today: date) -> dict[str, Table]:
    """The five files with their dates moved to a day on which they are true."""
    tables = {
        kind: imports.read(kind, (FOLDER / f"{kind}.csv").read_bytes(), f"{kind}.csv")
        for kind in imports.KINDS
    }
    days, booked = _dates(tables["schedules"], "days"), _dates(tables["bookings"], "booked_on")
    weeks = weeks_to_shift(days, booked, today)
    for kind, column in DATE_COLUMNS.items():
        tables[kind] = shifted(tables[kind], column, timedelta(weeks=weeks))
    return tables


def weeks_to_shift(days: list[date], booked: list[date], today: date) -> int:
    """By how many weeks to move all dates, so that "completed" stays past and there is something left to sell.

    The newest booking is the day on which the files were true: it ends up in the week before today.
    """
    true_on = max(booked)
    if max(days) >= today + NEWEST_AHEAD and true_on <= today:
        return 0
    return (today - true_on).days // 7


def shifted(table: Table, column: str, by: timedelta) -> Table:
    """The same table with all dates of a column moved."""
    rows = [(line, row | {column: _moved(row[column], by)}) for line, row in table.rows]
    return replace(table, rows=rows)


def _moved(cell: str, by: timedelta) -> str:
    return ";".join((parse_date_uk(part) + by).isoformat() for part in cell.split(";"))


def _dates(table: Table, column: str) -> list[date]:
    return [parse_date_uk(part) for _, row in table.rows for part in row[column].split(";")]


def _offer_discounts(today: date, tenant: Tenant) -> None:
    """10 % from five places, and two codes to try."""
    period = {"valid_from": today - timedelta(days=30), "valid_until": today + timedelta(days=365)}
    fixed = 50_000 if tenant.currency == "KES" else 1_000
    offers = (
        DiscountRule(title="Group discount", minimum_places=5, basis_points=1000),
        DiscountCode(code="WELCOME10", kind="percentage", value=1000, description="First booking", **period),
        DiscountCode(
            code="EARLYBIRD", kind="fixed", value=fixed, minimum_minor=4 * fixed, usage_limit=100, **period
        ),
    )
    for offer in offers:
        db.session.add(offer)
        db.session.flush()
        audit.record(ACTOR, f"{offer.__tablename__[:-1]}:create", offer)


def _give_terms() -> None:
    """The two companies that book most may pay later; the second one wants its order number on the invoice."""
    best = db.session.scalars(
        select(Company)
        .join(Booking, Booking.company_id == Company.id)
        .group_by(Company.tenant_id, Company.id)
        .order_by(func.count().desc(), Company.name)
        .limit(2)
    )
    for number, company in enumerate(best):
        company.has_terms, company.needs_purchase_order = True, number == 1
        company.billing_email = f"accounts@{_word(company.name)}.example"
        audit.record(ACTOR, "company:edit", company, new={"has_terms": True})


def _word(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())[:30] or "company"


def _name_default_instructors() -> None:
    """Who taught a course may teach it; who taught it most often is proposed for its next date."""
    rows = db.session.execute(
        select(Schedule.course_id, ScheduleDayInstructor.instructor_id)
        .join(ScheduleDay, ScheduleDay.schedule_id == Schedule.id)
        .join(ScheduleDayInstructor, ScheduleDayInstructor.schedule_day_id == ScheduleDay.id)
        .group_by(Schedule.course_id, ScheduleDayInstructor.instructor_id)
        .order_by(Schedule.course_id, func.count().desc(), ScheduleDayInstructor.instructor_id)
    ).all()
    seen: set[Any] = set()
    links = []
    for course_id, instructor_id in rows:
        link = {"id": new_id(), "course_id": course_id, "instructor_id": instructor_id}
        links.append(link | {"is_default": course_id not in seen})
        seen.add(course_id)
    insert_all(CourseInstructor, links)


def _make_staff(place: Place) -> None:
    for role, (first, last) in place.staff.items():
        user = User(email=place.login(role), role=role, first_name=first, last_name=last)
        user.email_verified_at = datetime.now(UTC)
        db.session.add(user)
        db.session.flush()
        audit.record(ACTOR, "user:create", user, new={"email": user.email, "role": role})
        if role == "instructor":
            _link_instructor(user)


def _link_instructor(user: User) -> None:
    profile = db.session.scalars(select(Instructor).where(Instructor.name == user.name)).one()
    profile.user_id = user.id


def _give_customer_login(place: Place) -> None:
    """Whoever booked most gets the customer's login; their bookings keep the address given at the time."""
    customer = db.session.scalars(
        select(User)
        .join(Booking, Booking.customer_id == User.id)
        .where(User.role == "customer")
        .group_by(User.tenant_id, User.id)
        .order_by(func.count().desc(), func.max(Booking.starts_at).desc(), User.email)
        .limit(1)
    ).one()
    audit.record(
        ACTOR, "user:edit", customer, old={"email": customer.email}, new={"email": place.login("customer")}
    )
    customer.email, customer.email_verified_at = place.login("customer"), datetime.now(UTC)


def open_logins(place: Place, password: str) -> bool:
    """Give the logins this password where they have another one. One hash for all: they share it anyway."""
    logins = [place.login(role) for role in (*place.staff, "customer")]
    users = db.session.scalars(select(User).where(User.email.in_(logins)).order_by(User.id)).all()
    closed = [user for user in users if not user.password_hash]
    others = {user.password_hash for user in users if user.password_hash}
    if not closed and all(passwords.fits(password, known) for known in others):
        return False
    hashed = passwords.hash_password(password)
    for user in users:
        user.password_hash = hashed
        sign_in.end_sessions_of(user.id)
        audit.record(ACTOR, "user:password", user)
    return True
