"""A mail with a link to pay: in the letter, and nowhere else."""

from uuid import UUID

import pytest
from sqlalchemy import select, text

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.models import Booking, Message, Tenant
from backoffice.services import booking_groups, bookings, letters, mail_texts, payment_links
from backoffice.services.payment_links import Subject
from tests import factories
from tests.services.booked import placed
from tests.services.test_payment_links import make, pay, place

from backoffice.work import commit_once  # isort: skip


def message_of(template: str) -> Message:
    return db.session.scalars(select(Message).where(Message.template == template)).one()


def mailed(link_id: UUID) -> Message:
    commit_once(lambda: payment_links.mail(link_id, factories.actor("office")))
    return message_of("payment_link")


def test_the_mail_carries_the_link_and_its_row_does_not(tenant: Tenant) -> None:
    factories.make_gateway_account()
    link = make(place(), 25_00)
    url = payment_links.url_of(link)
    written = letters.write(mailed(link.id).id)
    assert written is not None
    assert written.letter.subject.startswith("Please pay £25.00 for booking")
    assert url in written.letter.text
    assert f'href="{url}"' in written.letter.html
    assert "the rest, £50.00, is due later" in written.letter.text
    assert link.token not in str(written.to_keep)
    assert "https://…" in str(written.to_keep["body_text"])


@pytest.mark.parametrize("has_account", [True, False])
def test_places_held_for_a_link_are_mailed_with_it(tenant: Tenant, has_account: bool) -> None:
    if has_account:
        factories.make_gateway_account()
    booking = place()
    written = letters.write(message_of("booking_received").id)
    assert written is not None
    link = payment_links.find_living(Subject(booking.id))
    assert (link is not None) is has_account
    if link:
        assert payment_links.url_of(link) in written.letter.text
        assert link.token not in str(written.to_keep)
    assert ("Pay £75.00" in written.letter.html) is has_account


def test_a_booking_by_bank_transfer_is_mailed_without_a_link(tenant: Tenant) -> None:
    factories.make_gateway_account()
    booking = place("bank_transfer")
    written = letters.write(message_of("booking_received").id)
    assert written is not None
    assert "/pay/" not in written.letter.text
    assert payment_links.find_living(Subject(booking.id)) is None


def test_a_link_that_was_paid_or_ended_is_not_mailed_any_more(tenant: Tenant) -> None:
    booking = place()
    link = make(booking)
    message = mailed(link.id)
    pay(booking, 75_00)
    assert letters.write(message.id) is None
    db.session.refresh(message)
    assert message.is_overtaken
    other = place()
    link = make(other)
    commit_once(lambda: payment_links.mail(link.id, factories.actor("office")))
    second = db.session.scalars(
        select(Message).where(Message.booking_id == other.id, Message.template == "payment_link")
    ).one()
    commit_once(lambda: payment_links.end(link.id, factories.actor("office")))
    assert letters.write(second.id) is None


def test_the_mail_of_a_group_names_each_booking(tenant: Tenant) -> None:
    every = [place(), place(places=2)]
    group = commit_once(
        lambda: booking_groups.make("Spring", [each.id for each in every], factories.actor("admin"))
    )
    link = commit_once(lambda: payment_links.make(Subject(group_id=group.id), factories.actor("office")))
    written = letters.write(mailed(link.id).id)
    assert written is not None
    assert "£225.00" in written.letter.subject
    for booking in every:
        assert booking.reference in written.letter.text
        assert booking.reference in written.letter.html


def test_a_preview_makes_no_link(tenant: Tenant) -> None:
    factories.make_gateway_account()
    booking = place()
    for template in ("payment_link", "booking_received"):
        mail = mail_texts.preview(template, booking_id=booking.id)
        assert mail_texts.HIDDEN_LINK in mail.text
    assert payment_links.find_living(Subject(booking.id)) is None


def test_no_row_anywhere_holds_the_link_in_clear(tenant: Tenant) -> None:
    factories.make_gateway_account()
    booking = place()
    letters.write(message_of("booking_received").id)
    link = payment_links.find_living(Subject(booking.id))
    assert link is not None
    for table in ("messages", "payment_links", "audit_events", "outbox"):
        rows = db.session.execute(text(f"SELECT {table}::text FROM {table}")).scalars()  # noqa: S608
        assert not any(link.token in row for row in rows), table
    assert isinstance(booking, Booking)


@pytest.mark.parametrize("is_full", [False, True], ids=["places left", "full"])
def test_who_let_the_hold_run_out_is_mailed_the_way_on_while_there_are_places(
    tenant: Tenant, is_full: bool
) -> None:
    factories.make_gateway_account()
    booking = place()
    link = make(booking)
    commit_once(lambda: db.session.execute(text("UPDATE bookings SET hold_expires_at = now()")))
    commit_once(lambda: bookings.release_ended_hold(booking.id, SYSTEM))
    if is_full:
        capacity = booking.schedule.capacity
        commit_once(lambda: placed(booking.schedule, places=capacity))
    written = letters.write(message_of("hold_ended").id)
    assert written is not None
    assert (payment_links.url_of(link) in written.letter.text) is not is_full
    assert ("Pay £75.00" in written.letter.html) is not is_full
    assert link.token not in str(written.to_keep)
