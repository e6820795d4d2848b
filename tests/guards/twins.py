"""A row of every kind for one provider. Two providers get the same rows but for the canary: its word tells them apart."""

import hashlib
import io
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from PIL import Image
from sqlalchemy import Engine, select, text

from backoffice.database import Base, db
from backoffice.domain.recurrence import Rule
from backoffice.models import (
    Allocation,
    AnalyticsEvent,
    Attendance,
    Attendee,
    Booking,
    BookingDraft,
    BookingGroup,
    BulkMail,
    Certificate,
    CertificateFile,
    CertificateRun,
    Consent,
    CorporateRequest,
    Course,
    CourseInstructor,
    CreditEntry,
    GatewayCustomer,
    GatewayEvent,
    ImportRow,
    ImportRun,
    InstructorLeave,
    MailWording,
    Message,
    OutboxRow,
    Payment,
    PaymentEvent,
    PaymentLink,
    Picture,
    Reconciliation,
    Refund,
    RegisterEntry,
    ReminderRule,
    Review,
    SavedReport,
    ScheduleChoice,
    ScheduleDayInstructor,
    ScheduleSeries,
    TenantLogo,
    TenantSite,
    TermsText,
    UserNote,
    WaitingEntry,
    WaitingEntryDate,
    WhitelistEntry,
    WorkingHours,
    WorkItem,
)
from backoffice.services import audit, passwords
from backoffice.services.sign_in import digest
from backoffice.services.web_bookings import Typed
from tests import factories
from tests.web_client import PASSWORD

Ids = dict[str, list[UUID]]
STAFF = ("admin", "office", "manager", "instructor", "operator")
START = datetime(2031, 5, 6, 9, 0, tzinfo=UTC)


def make_twin(canary: str) -> None:
    """Fill the provider of the current scope; `canary` is part of whatever its people would read."""
    hashed = passwords.hash_password(PASSWORD)
    people = {
        role: factories.make_user(
            role, email=f"{role}@twin.example", first_name=canary, last_name=role, password_hash=hashed
        )
        for role in (*STAFF, "customer")
    }
    company = factories.make_company(name=f"{canary} Works")
    course_type = factories.make_course_type(code="TWIN", title=f"{canary} type")
    course = factories.make_course(title=f"{canary} course", slug="twin", course_type_id=course_type.id)
    venue = factories.make_venue(name=f"{canary} hall", slug="twin", capacity=20)
    teacher = factories.make_instructor(
        name=f"{canary} teacher", email="teacher@twin.example", user_id=people["instructor"].id
    )
    schedule = factories.make_schedule(course=course, venue=venue, starts_at=START, code=f"{canary}-1")
    _add(CourseInstructor(course_id=course.id, instructor_id=teacher.id))
    _add(WhitelistEntry(course_id=course.id, pattern=f"{canary.lower()}@twin.example"))
    _add(ScheduleDayInstructor(schedule_day_id=schedule.days[0].id, instructor_id=teacher.id))
    schedule.series_id = _add(ScheduleSeries(course_id=course.id, venue_id=venue.id, rule=_weekly())).id
    _add(WorkingHours(instructor_id=teacher.id, weekday=2, starts=time(9), ends=time(17)))
    _add(
        InstructorLeave(
            instructor_id=teacher.id,
            starts_on=START.date() + timedelta(days=90),
            ends_on=START.date() + timedelta(days=97),
            reason=f"{canary} holiday",
        )
    )
    factories.make_code(code=f"{_letters(canary)}10", description=f"{canary} code")
    factories.make_rule(title=f"{canary} rule")
    _add(UserNote(user_id=people["customer"].id, body=f"{canary} note"))
    booking = _book(canary, schedule, people["customer"], company)
    _pay(canary, booking, people)
    _mark(canary, booking, people["instructor"])
    _rest(canary, booking, people["admin"])
    _wait(canary, booking, people["office"])
    _ask(canary, booking, people["office"])
    db.session.commit()


def _weekly() -> dict[str, Any]:
    return Rule("weekly", START.date(), 4).as_json()


def _letters(canary: str) -> str:
    """What a code may hold of it."""
    return "".join(filter(str.isalnum, canary)).upper()


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def _book(canary: str, schedule: Any, customer: Any, company: Any) -> Booking:
    group = _add(BookingGroup(reference="TWN-G-1", title=f"{canary} group", customer_id=customer.id))
    booking = _add(
        Booking(
            reference="TWN-2031-0001",
            schedule_id=schedule.id,
            customer_id=customer.id,
            company_id=company.id,
            booking_group_id=group.id,
            contact_first_name=canary,
            contact_email=customer.email,
            status="pending",
            payment_method="bank_transfer",
            source="phone",
            currency="GBP",
            notes=f"{canary} wish",
            hold_expires_at=START - timedelta(days=1),
        )
    )
    _add(
        Attendee(
            booking_id=booking.id, schedule_id=schedule.id, position=1, first_name=canary, price_minor=7500
        )
    )
    db.session.commit()
    db.session.refresh(booking)
    return booking


def _pay(canary: str, booking: Booking, people: dict[str, Any]) -> None:
    payment = _add(
        Payment(
            reference="TWN-P-1",
            customer_id=booking.customer_id,
            method="cash",
            amount_minor=7500,
            currency="GBP",
            status="succeeded",
            paid_at=START - timedelta(days=9),
            note=f"{canary} paid",
        )
    )
    _add(Allocation(payment_id=payment.id, booking_id=booking.id, amount_minor=5000))
    account = factories.make_gateway_account(path=f"{canary}-path")
    _add(
        GatewayCustomer(
            user_id=booking.customer_id, gateway_account_id=account.id, gateway_customer_id=f"cus_{canary}"
        )
    )
    _add(
        GatewayEvent(
            gateway_account_id=account.id,
            gateway="stripe",
            event_id="evt_twin",
            kind="payment_intent.succeeded",
            payload={"name": canary},
            payment_id=payment.id,
            processed_at=START - timedelta(days=9),
        )
    )
    _add(PaymentLink(booking_id=booking.id, token_digest=digest(canary), token=canary))
    _add(
        BookingDraft(
            schedule_id=booking.schedule_id,
            booking_id=booking.id,
            typed=Typed(first_name=f"{canary} typed").as_json(),
            address_digest=digest(f"{canary}-address"),
        )
    )
    _add(
        ScheduleChoice(
            schedule_id=booking.schedule_id,
            booking_id=booking.id,
            token_digest=digest(f"{canary}-choice"),
            token=f"{canary}-choice",
            status="open",
            fallback="refunded",
            deadline_at=START,
            apply_at=START,
            called_off_by_id=people["admin"].id,
        )
    )
    span = {"since": START - timedelta(days=10), "until": START - timedelta(days=8)}
    _add(Reconciliation(gateway_account_id=account.id, kind="night", state="equal", currency="GBP", **span))
    refund = _add(
        Refund(
            reference="TWN-R-1",
            payment_id=payment.id,
            booking_id=booking.id,
            amount_minor=1000,
            currency="GBP",
            status="requested",
            reason=f"{canary} reason",
            requested_by_id=people["office"].id,
            requested_at=START - timedelta(days=8),
        )
    )
    _add(
        CreditEntry(
            customer_id=booking.customer_id,
            currency="GBP",
            amount_minor=500,
            kind="adjusted",
            reason=f"{canary} goodwill",
        )
    )
    _add(PaymentEvent(payment_id=payment.id, refund_id=refund.id, kind="made", actor_kind="user"))


def _mark(canary: str, booking: Booking, teacher: Any) -> None:
    attendee, day = booking.attendees[0], booking.schedule.days[0]
    _add(
        Attendance(attendee_id=attendee.id, schedule_day_id=day.id, status="present", marked_by_id=teacher.id)
    )
    _add(
        RegisterEntry(
            attendee_id=attendee.id,
            outcome="passed",
            note=f"{canary} note of the day",
            marked_by_id=teacher.id,
            version=1,
        )
    )


def _rest(canary: str, booking: Booking, admin: Any) -> None:
    _add(ReminderRule(name=f"{canary} rule", moment="before_start", days=1, template="reminder"))
    _add(
        SavedReport(
            name=f"{canary} takings",
            report="revenue-by-month",
            parameters={"basis": "paid", "period": "last_month"},
            owner_id=admin.id,
            recipients=[str(admin.id)],
            frequency="weekly",
            next_on=START.date(),
        )
    )
    _add(
        Message(
            template="booking_confirmed",
            recipient="customer@twin.example",
            recipient_name=canary,
            booking_id=booking.id,
            user_id=booking.customer_id,
            status="sent",
            subject=f"{canary} subject",
            body_text=f"{canary} body",
        )
    )
    _agree(canary, booking, admin)
    _add(MailWording(template="reminder", subject=f"{canary} soon", body=f"{canary} words"))
    _add(
        BulkMail(
            schedule_id=booking.schedule_id,
            asked_by_id=admin.id,
            subject=f"{canary} news",
            body=f"{canary} parking",
            audience="both",
        )
    )
    _add(
        AnalyticsEvent(
            event_type="booking_held",
            visit=canary.encode()[:16],
            occurred_at=START,
            page="/book/<uuid:schedule_id>",
            referrer=f"{canary.lower()}.example",
            device_type="phone",
            schedule_id=booking.schedule_id,
            course_id=booking.schedule.course_id,
            booking_id=booking.id,
        )
    )
    _add(
        Review(
            attendee_id=booking.attendees[0].id,
            course_id=booking.schedule.course_id,
            schedule_id=booking.schedule_id,
            rating=5,
            words=f"{canary} liked it",
            shown_as=f"{canary} L.",
        )
    )
    _add(OutboxRow(topic=f"{canary}.topic", attempts=5, dead_at=START, last_error=f"{canary} error"))
    _add(
        WorkItem(
            kind="import",
            subject_type="bookings",
            subject_id=booking.id,
            sentence=f"{canary} needs a look",
            once_key=canary,
        )
    )
    _certify(canary, booking, admin)
    run = _add(ImportRun(kind="courses", filename=f"{canary}.csv", content=canary.encode(), status="checked"))
    _add(ImportRow(import_run_id=run.id, line=1, key=canary, outcome="new", raw={"title": canary}))
    audit.record(factories.actor("admin", admin), "booking:place", booking, new={"notes": canary})


def _agree(canary: str, booking: Booking, admin: Any) -> None:
    _add(TermsText(kind="waiver", title=f"{canary} draft", body=f"{canary} to come"))
    published = {"number": 1, "published_at": START - timedelta(days=30), "published_by_id": admin.id}
    text_of = _add(TermsText(kind="terms", title=f"{canary} terms", body=f"{canary} rules", **published))
    _add(
        Consent(
            booking_id=booking.id,
            terms_text_id=text_of.id,
            accepted_at=START - timedelta(days=9),
            accepted_by=f"{canary} Booker",
            channel="web",
            recorded_by_id=booking.customer_id,
        )
    )


def _ask(canary: str, booking: Booking, clerk: Any) -> None:
    """A company that asked for a course and was given a quote."""
    _add(
        CorporateRequest(
            reference="TWN-Q-2031-0001",
            company_name=f"{canary} Works",
            contact_person=f"{canary} Buyer",
            email=booking.contact_email,
            phone="+447700900123",
            topic=f"{canary} first aid",
            course_id=booking.schedule.course_id,
            preferred_dates=[START.date().isoformat()],
            notes=f"{canary} parking",
            status="quoted",
            admin_notes=f"{canary} haggles",
            quoted_price_minor=95_000,
            quoted_places=12,
            quote_number=1,
            currency="GBP",
            quote_message=f"{canary} offer",
            responded_by_id=clerk.id,
        )
    )


def _wait(canary: str, booking: Booking, clerk: Any) -> None:
    """A party that was offered the booking."""
    entry = _add(
        WaitingEntry(
            course_id=booking.schedule.course_id,
            customer_id=booking.customer_id,
            contact_first_name=canary,
            contact_last_name="Waiting",
            contact_email=booking.contact_email,
            places=1,
            source="phone",
            status="offered",
            token_digest=digest(f"{canary}-waiting"),
            token=f"{canary}-waiting",
            added_by_id=clerk.id,
        )
    )
    _add(
        WaitingEntryDate(
            entry_id=entry.id,
            schedule_id=booking.schedule_id,
            contact_email=booking.contact_email,
            status="offered",
            booking_id=booking.id,
            offered_at=START - timedelta(days=2),
        )
    )


def _certify(canary: str, booking: Booking, admin: Any) -> None:
    run = _add(CertificateRun(asked_by_id=admin.id, schedule_id=booking.schedule_id, total=1, made=1))
    certificate = _add(
        Certificate(
            attendee_id=booking.attendees[0].id,
            schedule_id=booking.schedule_id,
            course_id=booking.schedule.course_id,
            booking_id=booking.id,
            user_id=booking.customer_id,
            run_id=run.id,
            number="TWN-C-2031-0001",
            code=f"{_letters(canary).lower():x<22}"[:22],
            holder_first_name=canary,
            holder_last_name="Holder",
            course_title=f"{canary} course",
            taught_from=START.date(),
            taught_until=START.date(),
            issued_on=START.date(),
            making="made",
        )
    )
    logo = _picture(f"a picture of {canary}")
    _add(TenantLogo(content=logo, sha256=hashlib.sha256(logo).hexdigest(), width=300, height=120))
    _decorate(canary, booking.schedule.course)
    content = f"%PDF {canary}".encode()
    _add(
        CertificateFile(
            certificate_id=certificate.id, content=content, sha256=hashlib.sha256(content).hexdigest()
        )
    )


def tenant_tables() -> list[str]:
    """Every table whose rows are a tenant's."""
    return sorted(name for name, table in Base.metadata.tables.items() if "tenant_id" in table.columns)


def ids_of(engine: Engine, tenant_id: UUID) -> Ids:
    """The ids of all of a tenant's rows, by table."""
    with engine.connect() as owner:
        return {"tenants": [tenant_id]} | {
            table: list(
                owner.scalars(
                    text(f"SELECT id FROM {table} WHERE tenant_id = :tenant"), {"tenant": tenant_id}
                )
            )
            for table in tenant_tables()
            if "id" in Base.metadata.tables[table].columns
        }


def digest_of(engine: Engine, tenant_id: UUID, *, but: Iterable[str] = ()) -> dict[str, str]:
    """A digest of each table's rows of a tenant, read by the owner, who sees all."""
    with engine.connect() as owner:
        return {
            table: str(
                owner.scalar(
                    text(
                        f"SELECT md5(coalesce(string_agg(row::text, '|' ORDER BY row::text), '')) "
                        f"FROM {table} AS row WHERE tenant_id = :tenant"
                    ),
                    {"tenant": tenant_id},
                )
            )
            for table in tenant_tables()
            if table not in but
        }


def _decorate(canary: str, course: Course) -> None:
    """The public site's words and one picture."""
    large, small = f"RIFF large {canary}".encode(), f"RIFF small {canary}".encode()
    picture = Picture(
        large=large,
        small=small,
        sha256=hashlib.sha256(large).hexdigest(),
        small_sha256=hashlib.sha256(small).hexdigest(),
        width=960,
        height=540,
        small_width=480,
    )
    course.picture_id = _add(picture).id
    site = db.session.scalars(select(TenantSite)).one()
    site.title, site.hero_picture_id = f"{canary} courses", course.picture_id


def _picture(comment: str) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (300, 120)).save(written, "JPEG", comment=comment)
    return written.getvalue()
