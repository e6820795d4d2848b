"""What mails say, to whom, and what people may do with them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from icalendar import Calendar
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.errors import Forbidden, Refused
from backoffice.models import AuditEvent, Message, Tenant, UserToken
from backoffice.services import bookings, letters, mail_texts, messages
from backoffice.services.bookings import AttendeeIn
from backoffice.services.called_off import words as choices
from backoffice.services.mail_texts import Rendered, preview
from backoffice.services.messages import TEMPLATES
from backoffice.work import commit_once
from tests import factories
from tests.jobs.bookings import book

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{98765*43211}}",
    "{% include '/etc/passwd' %}",
    "Ünïcödé 日本 <b>",
)
COMPUTED = str(98765 * 43211)


def queued(booking_id: UUID) -> Message:
    return db.session.scalars(select(Message).where(Message.booking_id == booking_id)).one()


def set_status(message: Message, status: str) -> UUID:
    message.status = status
    db.session.commit()
    return message.id


def calendar_of(mail: Rendered) -> Calendar:
    return Calendar.from_ical(mail.calendar or "")


def test_every_template_can_be_written(tenant: Tenant) -> None:
    booking_id, user = book(), factories.make_user()
    for name, template in TEMPLATES.items():
        # About a date that was called off, a saved report or a company's request: each has its own tests.
        if name in choices.TEMPLATES or name == "report" or template.about == "request":
            continue
        about = {"booking_id": booking_id} if template.about == "booking" else {"user_id": user.id}
        mail = preview(name, **about)
        assert tenant.name in mail.text and tenant.name in mail.html
        assert mail.subject and "\n" not in mail.subject
        assert "style=" in mail.html and "{{" not in mail.html + mail.text


def test_a_preview_makes_no_token_and_no_row(tenant: Tenant) -> None:
    user = factories.make_user(role="office")
    preview("invitation", user_id=user.id)
    assert db.session.scalar(select(func.count()).select_from(UserToken)) == 0
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_confirmation_says_when_where_who_and_what_is_paid(tenant: Tenant) -> None:
    venue = factories.make_venue(name="Leeds Hall", address_line1="12 High Street", directions="Turn left.")
    starts_at = datetime(2027, 7, 5, 8, 0, tzinfo=UTC)  # 09:00 in Leeds, in summer
    schedule = factories.make_schedule(venue=venue, starts_at=starts_at)
    people = (AttendeeIn("Jane", "Doe"), AttendeeIn())
    mail = preview("booking_confirmed", booking_id=book(schedule_id=schedule.id, places=2, attendees=people))
    for words in (
        "Mon 5 Jul 2027, 09:00–15:00",
        "Leeds Hall",
        "12 High Street",
        "Turn left.",
        "Jane Doe",
        "Name to follow",
        "2 places at £75.00",
        "£150.00",
        "Paid",
    ):
        assert words in mail.text and words in mail.html
    assert "Still to pay" not in mail.text


def test_a_held_booking_says_how_to_pay_until_when(tenant: Tenant) -> None:
    tenant.bank_details = "Sort code 01-02-03\nAccount 12345678"
    db.session.commit()
    until = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    mail = preview("booking_received", booking_id=book(payment_method="bank_transfer", hold_until=until))
    assert "Please pay £75.00 by" in mail.text
    assert "Sort code 01-02-03\nAccount 12345678" in mail.text
    assert "Sort code 01-02-03<br>Account 12345678" in mail.html
    assert mail.calendar is None  # it is in nobody's calendar before it is firm


def test_the_room_of_an_online_course_is_told_to_whom_is_booked(tenant: Tenant) -> None:
    venue = factories.make_venue(kind="online", online_url="https://meet.example.com/room")
    schedule_id = factories.make_schedule(venue=venue).id
    held = book(schedule_id=schedule_id, payment_method="bank_transfer")
    firm = book("ann@x.example", schedule_id=schedule_id)
    for template, booking_id, is_told in (
        ("booking_received", held, False),
        ("booking_confirmed", firm, True),
    ):
        mail = preview(template, booking_id=booking_id)
        assert ("meet.example.com" in mail.text, "meet.example.com" in mail.html) == (is_told, is_told)


def test_the_calendar_file_keeps_its_uid_and_counts_its_changes(tenant: Tenant) -> None:
    booking_id = book()
    (first,) = calendar_of(preview("booking_confirmed", booking_id=booking_id)).walk("VEVENT")
    commit_once(lambda: bookings.cancel(booking_id, "Ill", factories.actor()))
    cancelled = calendar_of(preview("booking_cancelled", booking_id=booking_id))
    (second,) = cancelled.walk("VEVENT")
    assert cancelled["METHOD"] == "CANCEL"
    assert second["UID"] == first["UID"]
    assert (int(str(first["SEQUENCE"])), int(str(second["SEQUENCE"]))) == (0, 1)


def test_the_reason_a_clerk_noted_stays_in_the_house(tenant: Tenant) -> None:
    booking_id = book()
    commit_once(lambda: bookings.cancel(booking_id, "Difficult on the phone", factories.actor()))
    mail = preview("booking_cancelled", booking_id=booking_id)
    assert "Difficult" not in mail.text + mail.html + mail.subject + (mail.calendar or "")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_every_part(tenant: Tenant, text: str) -> None:
    tenant.name = tenant.address = tenant.bank_details = text
    venue = factories.make_venue(
        name=text, directions=text, parking_info=text, online_url="javascript:alert(1)"
    )
    schedule = factories.make_schedule(venue=venue, course=factories.make_course(title=text))
    booking_id = book(name=(text, text), schedule_id=schedule.id, payment_method="bank_transfer")
    letter = letters.write(queued(booking_id).id)
    assert letter
    html, plain = letter.letter.html, letter.letter.text
    assert text in plain and text in letter.letter.subject
    assert "<script" not in html and "<img" not in html and "<b>" not in html
    assert COMPUTED not in html + plain and "root:" not in html + plain
    assert 'href="javascript' not in html


def test_without_escaping_the_hostile_text_would_be_live(tenant: Tenant) -> None:
    """The control of the test above."""
    booking_id, environment = book(name=(HOSTILE[0], "x")), mail_texts._environment()
    before = environment.autoescape, environment.cache
    environment.autoescape, environment.cache = False, None
    try:
        assert "<script" in preview("booking_confirmed", booking_id=booking_id).html
    finally:
        environment.autoescape, environment.cache = before


def test_as_a_template_the_hostile_text_would_compute() -> None:
    """The control of what G9 looks for: this is what a text that is rendered becomes."""
    assert COMPUTED in mail_texts._environment().from_string(HOSTILE[2]).render()


def test_a_name_cannot_add_a_header(tenant: Tenant) -> None:
    tenant.name = "Us\r\nBcc: evil@x.example"
    booking_id = book(None)
    name = "Jane\r\nBcc: evil@x.example\u2028X-Evil: 1"
    messages.queue(
        "booking_confirmed", recipient="j@x.example", recipient_name=name, booking_id=booking_id, actor=SYSTEM
    )
    written = letters.write(queued(booking_id).id)
    assert written
    for text in (*written.letter.sender, *written.letter.recipient, written.letter.subject):
        assert not set(text) & set("\r\n\u2028")


def test_a_missing_fact_is_an_error_and_not_an_empty_space(tenant: Tenant) -> None:
    with pytest.raises(Exception, match="is undefined"):
        mail_texts._environment().from_string("{{ nothing }}").render()


def test_a_failed_mail_is_queued_again_and_a_sent_one_copied(tenant: Tenant) -> None:
    booking_id, clerk = book(), factories.actor("office")
    message = queued(booking_id)
    failed_id = set_status(message, "failed")
    assert commit_once(lambda: messages.resend(failed_id, clerk)) == failed_id
    assert (message.status, message.attempts) == ("queued", 0)
    sent_id = set_status(message, "sent")
    copy_id = commit_once(lambda: messages.resend(sent_id, clerk))
    assert copy_id != sent_id
    copy = db.session.get_one(Message, copy_id)
    assert (copy.recipient, copy.booking_id, copy.status) == (message.recipient, booking_id, "queued")


def test_what_still_waits_is_not_queued_twice(tenant: Tenant) -> None:
    message = queued(book())
    with pytest.raises(Refused):
        messages.resend(message.id, factories.actor())


def test_a_bounce_is_noted_once_and_only_of_what_was_sent(tenant: Tenant) -> None:
    message = queued(book())
    with pytest.raises(Refused):
        messages.mark_bounced(message.id, factories.actor())
    set_status(message, "sent")
    commit_once(lambda: messages.mark_bounced(message.id, factories.actor(), reason="Mailbox full"))
    assert (message.status, message.last_error) == ("bounced", "Mailbox full")
    of_message = AuditEvent.subject_id == message.id
    assert db.session.scalars(select(AuditEvent.action).where(of_message)).all() == ["message:bounce"]


@pytest.mark.parametrize("role", ["manager", "instructor", "customer"])
def test_who_may_not_send_can_do_neither(tenant: Tenant, role: str) -> None:
    message_id = queued(book()).id
    for act in (messages.resend, messages.mark_bounced):
        with pytest.raises(Forbidden):
            act(message_id, factories.actor(role))


def test_the_work_queue_shows_failures_but_not_what_events_overtook(tenant: Tenant) -> None:
    failed, overtaken = queued(book()), queued(book("ann@x.example"))
    messages.mark_failed(failed.id, "550")
    messages.mark_failed(overtaken.id, "cancelled", is_overtaken=True)
    db.session.commit()
    shown = db.session.scalars(select(Message.id).where(messages.needs_attention())).all()
    assert shown == [failed.id]


def test_a_template_needs_what_it_is_about(tenant: Tenant) -> None:
    with pytest.raises(ValueError, match="needs a booking"):
        messages.queue("booking_confirmed", recipient="j@x.example", actor=SYSTEM)
