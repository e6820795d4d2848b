"""A provider with at least one row in every table, made the way the program makes them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from io import BytesIO

from PIL import Image

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.gateway_terms import Received
from backoffice.domain.recurrence import Rule
from backoffice.jobs import certificates
from backoffice.models import (
    AnalyticsEvent,
    Attendance,
    Booking,
    BookingDraft,
    BulkMail,
    CourseInstructor,
    CreditEntry,
    ImportRow,
    ImportRun,
    Instructor,
    InstructorLeave,
    MailWording,
    Payment,
    PaymentLink,
    Reconciliation,
    RegisterEntry,
    Review,
    SavedReport,
    Schedule,
    ScheduleChoice,
    ScheduleDayInstructor,
    ScheduleSeries,
    User,
    UserToken,
    WebSession,
    WhitelistEntry,
    WorkingHours,
)
from backoffice.services import (
    booking_groups,
    bookings,
    collecting,
    customers,
    gateway_events,
    outbox,
    payments,
    refunds,
    settling,
    site_look,
    terms,
    waiting,
    work_items,
)
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.certificates import ending, issuing, look, reading
from backoffice.services.collecting import Wish
from backoffice.services.corporate import deciding, requesting
from backoffice.services.corporate.deciding import QuoteIn
from backoffice.services.corporate.requesting import RequestIn
from backoffice.services.customers import CustomerIn
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from backoffice.services.reminders import rules
from backoffice.services.terms import Typed
from backoffice.services.waiting import JoinIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import certified, factories

ALICE = CustomerIn(first_name="Alice", last_name="Cox", email="alice@x.example", company_name="Cox & Co")
SAM = AttendeeIn("Sam", "Lee", "sam@x.example", birth_date=date(1990, 5, 1), requirements="No nuts")


def fill(provider: factories.Provider) -> None:
    """Give the provider its rows. Needs an application context."""
    with tenant_scope(provider.id):
        schedule = _catalogue()
        clerk = factories.make_user("office")
        _people(clerk)
        _money(schedule, clerk)
        _work(clerk)
        _certify()
        _write(schedule, clerk)
        _wait(clerk)
        _ask(clerk)
    db.session.remove()


def _certify() -> None:
    """A date that is over, and the certificate of who was there, replaced by a corrected one."""
    course = certified.a_course(outcomes=["CPR"], runs_from_old_expiry=True)
    schedule = certified.a_date(days=2, course=course)
    certified.booked(schedule, "Ann Able", "Bob Busy", reference="TST-OLD-1")
    run_id = commit_once(lambda: issuing.issue_date(schedule.id, certified.ADMIN).id)
    certificates.carry_on(run_id)
    commit_once(lambda: look.set_logo(_picture(), certified.ADMIN))
    commit_once(lambda: site_look.set_picture("hero", _picture(), certified.ADMIN))
    replaced = reading.list_of_run(run_id)[0].id
    commit_once(lambda: ending.reissue(replaced, "Anne", "Able", "Misspelt", certified.ADMIN))


def _picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (300, 120)).save(written, "PNG")
    return written.getvalue()


def _write(schedule: Schedule, clerk: User) -> None:
    """A mail in words of the provider's own, and one to everybody of a date."""
    words = {"subject": "Soon", "body": "{{ greeting }} Bring a pen."}
    factories.add(MailWording(template="reminder", **words))
    factories.add(BulkMail(schedule_id=schedule.id, asked_by_id=clerk.id, audience="both", **words))


def _catalogue() -> Schedule:
    instructor: Instructor = factories.make_instructor(user_id=factories.make_user("instructor").id)
    course = factories.make_course(has_whitelist=True)
    factories.add(CourseInstructor(course_id=course.id, instructor_id=instructor.id, is_default=True))
    factories.add(WhitelistEntry(course_id=course.id, pattern="@x.example"))
    factories.make_rule()
    commit_once(rules.seed)
    schedule: Schedule = factories.make_schedule(course=course)
    factories.add(ScheduleDayInstructor(schedule_day_id=schedule.days[0].id, instructor_id=instructor.id))
    _plan(schedule, instructor)
    return schedule


def _plan(schedule: Schedule, instructor: Instructor) -> None:
    """The date is the first of a series; its instructor has hours and a week of leave."""
    rule = Rule("weekly", schedule.starts_at.date(), 4).as_json()
    series = ScheduleSeries(course_id=schedule.course_id, venue_id=schedule.venue_id, rule=rule)
    schedule.series_id = factories.add(series).id
    factories.add(WorkingHours(instructor_id=instructor.id, weekday=1, starts=time(8, 30), ends=time(16, 45)))
    away = {"starts_on": date(2031, 8, 4), "ends_on": date(2031, 8, 10), "reason": "A wedding"}
    factories.add(InstructorLeave(instructor_id=instructor.id, **away))


def _people(clerk: User) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    token = UserToken(user_id=clerk.id, purpose="invitation", token_digest=b"t" * 32, expires_at=soon)
    session = WebSession(
        user_id=clerk.id, token_digest=b"s" * 32, last_seen_at=soon, expires_at=soon, agent="Browser"
    )
    db.session.add_all([token, session])
    commit_once(lambda: customers.add_note(clerk.id, "Rings on Mondays", factories.actor("admin", clerk)))


def _place(schedule: Schedule, method: str, places: int = 1, **more: object) -> Booking:
    order = Order(schedule.id, places, ALICE, method, attendees=(SAM,), **more)  # type: ignore[arg-type]
    placed = commit_once(lambda: bookings.place(order, factories.actor("office")))
    return db.session.get_one(Booking, placed.booking_id)


def _money(schedule: Schedule, clerk: User) -> None:
    admin = factories.actor("admin", clerk)
    code = factories.make_code(usage_limit=9)
    paid = _place(schedule, "cash", 3, discount_code=code.code, special_requirements="Ground floor")
    held = _place(schedule, "bank_transfer", 2, idempotency_key="once")
    commit_once(lambda: bookings.cancel(_place(schedule, "bank_transfer").id, "A test", admin))
    commit_once(lambda: booking_groups.make("Spring", [paid.id, held.id], admin))
    commit_once(lambda: payments.take(PaymentIn("invoice", 50_00, (held.id,)), admin))
    payment_id = paid.allocations[0].payment_id
    for amount in (10_00, 20_00):
        wanted = RefundIn(payment_id, amount, "Ill", booking_id=paid.id, idempotency_key=str(amount))
        refund = commit_once(partial(refunds.request, wanted, admin))
        commit_once(partial(refunds.approve, refund.id, admin))
    commit_once(lambda: refunds.execute(refund.id, "BACS 1", admin))
    kept = {"amount_minor": 5_00, "currency": "GBP", "kind": "adjusted", "reason": "Goodwill"}
    factories.add(CreditEntry(customer_id=paid.customer_id, **kept))
    _online(held, clerk)
    _agree(held, admin)
    _mark(paid, clerk)
    _visit(paid)


def _agree(booking: Booking, admin: Actor) -> None:
    """The terms in effect, accepted for a booking, and a waiver that is still being written."""
    commit_once(lambda: terms.save("terms", Typed("Our terms", "Be on time."), admin, version=0))
    text = commit_once(lambda: terms.publish("terms", admin, version=1))
    commit_once(lambda: terms.accept(booking.id, [text.id], admin, datetime.now(UTC), channel="phone"))
    commit_once(lambda: terms.save("waiver", Typed("Waiver", "I am fit."), admin, version=0))


def _mark(booking: Booking, clerk: User) -> None:
    """Somebody was there and passed."""
    about = {"attendee_id": booking.attendees[0].id, "marked_by_id": clerk.id}
    day_id = booking.schedule.days[0].id
    db.session.add(Attendance(schedule_day_id=day_id, status="present", **about))
    db.session.add(RegisterEntry(outcome="passed", note="Well done", version=1, **about))
    db.session.commit()


def _visit(booking: Booking) -> None:
    """Somebody found the site, typed into its form, and said afterwards how it was."""
    date_id, course_id = booking.schedule_id, booking.schedule.course_id
    seen = {"visit": bytes(16), "page": "/", "device_type": "phone", "occurred_at": datetime.now(UTC)}
    db.session.add(AnalyticsEvent(event_type="course_view", course_id=course_id, **seen))
    db.session.add(BookingDraft(schedule_id=date_id, typed="{}", address_digest=bytes(32)))
    said = {"rating": 5, "words": "Good", "shown_as": "A learner"}
    attendee_id = booking.attendees[0].id
    db.session.add(Review(attendee_id=attendee_id, schedule_id=date_id, course_id=course_id, **said))
    db.session.commit()


def _online(booking: Booking, clerk: User) -> None:
    """An attempt at a gateway, what it told, and the link that led there."""
    account = factories.make_gateway_account()
    wish = Wish("stripe", (booking.id,))
    attempt = commit_once(
        lambda: collecting.prepare(wish, factories.actor("office", clerk), datetime.now(UTC))
    )
    payment = db.session.get_one(Payment, attempt.payment_id)
    commit_once(lambda: gateway_events.keep(account, Received("evt_1", "seen", {"object": "event"})))
    commit_once(lambda: settling.keep_customer(payment, "cus_1"))
    db.session.add(PaymentLink(booking_id=booking.id, token_digest=b"l" * 32, token="link"))  # noqa: S106
    end = {"deadline_at": datetime(2031, 1, 1, tzinfo=UTC), "apply_at": datetime(2031, 1, 1, tzinfo=UTC)}
    asked = {"schedule_id": booking.schedule_id, "booking_id": booking.id, "status": "open"} | end
    db.session.add(ScheduleChoice(token_digest=b"c" * 32, token="choice", fallback="refunded", **asked))  # noqa: S106
    span = {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2026, 1, 2, tzinfo=UTC)}
    db.session.add(Reconciliation(gateway_account_id=account.id, kind="night", currency="GBP", **span))
    db.session.commit()


def _wait(clerk: User) -> None:
    """A full date that somebody waits for."""
    schedule_id = factories.make_schedule(capacity=1).id
    actor = factories.actor("office", clerk)
    order = Order(schedule_id=schedule_id, places=1, customer=ALICE, payment_method="bank_transfer")
    commit_once(lambda: bookings.place(order, actor))
    wanted = JoinIn((schedule_id,), 1, CustomerIn(last_name="Waiting", phone="07700 900999"))
    commit_once(lambda: waiting.join(wanted, actor))


def _ask(clerk: User) -> None:
    """What two companies ask for, one of them with its quote."""
    actor = factories.actor("office", clerk)
    for company in ("Acme", "Beta"):
        wanted = RequestIn(company, "Jo Bloggs", f"jo@{company}.example", "07700 900123", "First aid")
        made = commit_once(partial(requesting.submit, wanted, actor))
    commit_once(lambda: deciding.quote(made.id, QuoteIn(62_000, 8), actor))


def _work(clerk: User) -> None:
    run = ImportRun(kind="venues", filename="v.csv", content=b"name\n", started_by_id=clerk.id)
    db.session.add(run)
    db.session.flush()
    db.session.add(ImportRow(import_run_id=run.id, line=2, outcome="new", raw={"name": "Hall"}))
    kept = {"parameters": {"basis": "paid", "period": "last_month"}, "next_on": date(2031, 1, 1)}
    db.session.add(SavedReport(name="R", report="refunds", owner_id=clerk.id, frequency="weekly", **kept))
    work_items.add("check", clerk, "Look at this")
    outbox.promise("nothing", about=str(clerk.id))
    db.session.commit()
