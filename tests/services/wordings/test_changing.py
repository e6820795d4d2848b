"""Own words are saved, sent, taken back; and what happens when they cannot be written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, text, update

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError, Forbidden, Invalid, NotFound
from backoffice.models import Booking, MailWording, Message, WorkItem
from backoffice.services import letters, mail_previews, mail_texts, wordings
from backoffice.services.mail_texts import HIDDEN_LINK, About
from backoffice.services.messages import TEMPLATES
from backoffice.services.wordings import KINDS, Typed
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.jobs.bookings import book
from tests.services.booked import ADMIN, OFFICE, done, entries, person

pytestmark = pytest.mark.usefixtures("tenant")
WORDS = Typed("Hello {{ name }}: {{ course }}", "{{ greeting }}\n\nBring a pen.\n\n{{ details }}")


def save(typed: Typed = WORDS, template: str = "booking_confirmed", version: int = 0) -> MailWording:
    return done(lambda: wordings.save(template, typed, ADMIN, version=version))


def message_of(booking_id: Any) -> Message:
    return db.session.scalars(select(Message).where(Message.booking_id == booking_id)).one()


def written(booking_id: Any) -> Any:
    message_id = message_of(booking_id).id
    found = done(lambda: letters.write(message_id))
    assert found is not None
    return found.letter


def put(template: str, subject: str, body: str) -> None:
    """A row that came past the screen."""
    done(lambda: db.session.add(MailWording(template=template, subject=subject, body=body)))


def items() -> list[WorkItem]:
    return list(db.session.scalars(select(WorkItem)))


# --- What stands for what ---


@pytest.mark.parametrize("template", sorted(KINDS))
def test_the_starting_text_of_each_mail_is_one_that_can_be_saved(template: str) -> None:
    assert wordings.check(template, wordings.starting(template)) == {}


@pytest.mark.parametrize("template", sorted(KINDS))
def test_each_variable_of_each_mail_has_an_example_and_is_explained(template: str) -> None:
    for each in KINDS[template].variables.values():
        assert each.example.strip() and each.says.strip()
    every = "\n\n".join(f"{{{{ {name} }}}}" for name in sorted(KINDS[template].names))
    mail = mail_texts.try_words(template, Typed("Subject", every), None)
    for each in KINDS[template].variables.values():
        assert each.example.splitlines()[0].split(":")[0] in mail.text


def test_every_mail_to_somebody_outside_can_be_changed() -> None:
    to_ourselves = {"report", "company_request_new", "company_quote_answered"}
    assert set(TEMPLATES) - set(KINDS) == to_ourselves


def test_each_variable_of_a_booking_is_read_from_the_booking() -> None:
    venue = factories.make_venue(
        name="Leeds Hall",
        address_line1="12 High Street",
        directions="Turn left.",
        parking_info="Behind.",
        kind="online",
        online_url="https://meet.example.com/r",
    )
    schedule = factories.make_schedule(venue=venue)
    booking_id = book(
        schedule_id=schedule.id,
        places=2,
        attendees=(person("Jane Doe"), person("Sam Poe")),
        payment_method="bank_transfer",
    )
    done(
        lambda: db.session.execute(update(Booking).where(Booking.id == booking_id).values(status="confirmed"))
    )
    every = "\n\n".join(
        f"{name}=[{{{{ {name} }}}}]"
        for name in sorted(KINDS["booking_confirmed"].names - {"note", "website", "phone"})
    )
    mail = mail_texts.try_words(
        "booking_confirmed", Typed("x", every), About(booking_id, recipient_name="Jane Doe")
    )
    for said in (
        "name=[Jane Doe]",
        "places=[2 places]",
        "names=[Jane Doe, Sam Poe]",
        "total=[£150.00]",
        "due=[£150.00]",
        "venue=[Leeds Hall]",
        "directions=[Turn left.]",
        "parking=[Behind.]",
        "online_link=[https://meet.example.com/r]",
        "Who comes\n  1. Jane Doe",
        "How to pay",
        "2 places at £75.00: £150.00",
    ):
        assert said in mail.text, said


def test_an_attendee_reads_nothing_of_prices_nor_of_the_others() -> None:
    people = (person("Jane Doe"), person("Sam Poe", email="sam@x.example"))
    booking_id = book(places=2, attendees=people, payment_method="bank_transfer")
    booking = db.session.get_one(Booking, booking_id)
    sam = next(each for each in booking.attendees if each.first_name == "Sam")
    hidden = ("total", "due", "places", "names", "held_until", "price", "people", "how_to_pay")
    body = " ".join(f"{{{{ {name} }}}}" for name in hidden) + " only {{ course }}"
    for data, is_told in (({"attendee_id": str(sam.id)}, False), ({}, True)):
        mail = mail_texts.try_words("reminder", Typed("x", body), About(booking_id, data=data))
        assert ("£" in mail.text, "Jane" in mail.text) == (is_told, is_told)


def test_a_subject_takes_no_link_and_no_table() -> None:
    for name in ("link", "price", "days", "note"):
        with pytest.raises(Invalid) as refused:
            save(Typed(f"Pay {{{{ {name} }}}}", "{{ link }}"), "payment_link")
        assert list(refused.value.fields) == ["subject"]
        assert "Line 1" not in refused.value.fields["subject"]


def test_a_mail_keeps_what_it_cannot_do_without() -> None:
    with pytest.raises(Invalid) as refused:
        save(Typed("Choose a password", "Please do."), "invitation")
    assert refused.value.fields["body"] == "This mail needs {{ link }}: where to choose the password."


def test_each_field_that_is_wrong_has_its_sentence() -> None:
    with pytest.raises(Invalid) as refused:
        save(Typed("{{ x }}", "[x](javascript:alert(1))"))
    assert "no variable “x”" in refused.value.fields["subject"]
    assert "begins with https://" in refused.value.fields["body"]
    for typed, name in (
        (Typed("", "x"), "subject"),
        (Typed("x", "  "), "body"),
        (Typed("x\0", "x"), "subject"),
        (Typed("x", "a\0b"), "body"),
        (Typed("x" * 151, "x"), "subject"),
        (Typed("x", "x" * 8001), "body"),
        (Typed("x\ny", "x"), "subject"),
        (Typed("x", "\ud800"), "body"),
    ):
        assert list(wordings.check("thanks", typed)) == [name]


# --- Saved and sent ---


def test_the_mail_goes_out_in_own_words_with_the_house_around_them() -> None:
    save()
    letter = written(book(name=("Jane", "Doe")))
    assert letter.subject.startswith("Hello Jane Doe: Course")
    assert "Bring a pen." in letter.text and "Bring a pen." in letter.html
    assert "Reference: TST-" in letter.text and "office@provider.example" in letter.text
    assert "style=" in letter.html and letter.calendar
    assert items() == []


def test_other_mails_and_other_providers_keep_their_words(app: Any) -> None:
    save()
    booking_id = book()
    assert "Bring a pen" not in mail_texts.preview("booking_changed", booking_id=booking_id).text
    db.session.rollback()
    with app.app_context():
        other = factories.make_provider()
    with app.app_context(), tenant_scope(other.id):
        assert wordings.changed_templates() == set()
        assert "Bring a pen" not in mail_texts.preview("booking_confirmed", booking_id=book()).text


def test_back_to_the_original() -> None:
    version = save().version
    done(lambda: wordings.restore("booking_confirmed", ADMIN, version=version))
    assert "Bring a pen" not in written(book()).text
    done(lambda: wordings.restore("booking_confirmed", ADMIN, version=version))  # twice is no change
    assert [len(entries(f"mail_wording:{verb}")) for verb in ("change", "restore")] == [1, 1]
    assert entries("mail_wording:restore")[0].old_values["body"] == WORDS.body


def test_the_audit_keeps_old_and_new_words() -> None:
    version = save().version
    save(Typed(WORDS.subject, "New"), version=version)
    last = entries("mail_wording:change")[-1]
    assert (last.old_values, last.new_values) == ({"body": WORDS.body}, {"body": "New"})
    save(Typed(WORDS.subject, "New"), version=version + 1)
    assert len(entries("mail_wording:change")) == 2


def test_whoever_saw_older_words_is_told() -> None:
    version = save().version
    save(Typed("x", "Theirs"), version=version)
    for seen in (0, version, 99):
        with pytest.raises(Changed):
            save(Typed("x", "Mine"), version=seen)
    with pytest.raises(Changed):
        done(lambda: wordings.restore("booking_confirmed", ADMIN, version=version))
    assert db.session.scalars(select(MailWording.body)).one() == "Theirs"


def test_only_whoever_may_change_settings_changes_words() -> None:
    version = save().version
    with pytest.raises(Forbidden):
        done(lambda: wordings.save("thanks", WORDS, OFFICE, version=0))
    with pytest.raises(Forbidden):
        done(lambda: wordings.restore("booking_confirmed", OFFICE, version=version))


@pytest.mark.parametrize("name", ["report", "nothing", "../../etc/passwd", "layout"])
def test_a_mail_that_is_not_there_is_not_changed(name: str) -> None:
    for work in (
        lambda: wordings.save(name, WORDS, ADMIN, version=0),
        lambda: wordings.starting(name),
        lambda: wordings.restore(name, ADMIN, version=0),
    ):
        with pytest.raises(NotFound):
            done(work)


def test_a_secret_link_is_not_kept_with_the_mail_that_carried_it() -> None:
    save(Typed("Pay", "[Pay now]({{ link }}) or {{ link }}"), "payment_link")
    mail = mail_texts.try_words(
        "payment_link",
        Typed("Pay", "[Pay now]({{ link }})"),
        About(book(), link="https://x.example/pay/secret"),
    )
    assert 'href="https://x.example/pay/secret"' in mail.html  # whole, so that letters can take it out
    assert mail.text.count("https://x.example/pay/secret") == 1


# --- What cannot be written ---


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("x", "{{ gone }}"),
        ("x", "{{ ''.__class__.__mro__ }}"),
        ("x", "{% for x in y %}{% endfor %}"),
        ("x", "{{ course"),
        ("{% if note %}x{% endif %}", "x"),
        ("x", "{{ details }}" * 119),
    ],
)
def test_words_that_fail_give_way_to_the_original_and_somebody_is_told(subject: str, body: str) -> None:
    if "details" in body:
        venue = factories.make_venue(directions="x" * 2000)
        booking_id = book(schedule_id=factories.make_schedule(venue=venue).id)
    else:
        booking_id = book()
    put("booking_confirmed", subject, body)
    letter = written(booking_id)
    assert "is confirmed" in letter.subject and "We look forward to seeing you" in letter.text
    assert "__mro__" not in letter.text + letter.html
    (item,) = items()
    assert item.sentence.startswith("A mail went out in the original words")
    assert item.subject_type == "mail_wordings"


def test_the_same_failure_is_listed_once() -> None:
    put("booking_confirmed", "x", "{{ gone }}")
    for number in range(3):
        written(book(f"jane{number}@x.example"))
    assert len(items()) == 1
    done(lambda: db.session.execute(update(MailWording).values(body="{{ away }}", version=2)))
    written(book("late@x.example"))
    assert len(items()) == 2


def test_a_variable_without_a_value_fails_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts that one day no longer hold what a variable reads."""
    save(Typed("x", "{{ review_link }}"), "thanks")
    facts = mail_texts._facts
    monkeypatch.setattr(
        mail_texts, "_facts", lambda *given: {k: v for k, v in facts(*given).items() if k != "review_url"}
    )
    with pytest.raises(Exception, match="review_url"):  # the original needs it as well: the control
        mail_texts.render("thanks", About(book()))
    monkeypatch.setattr(mail_texts, "_in_words_of_house", lambda *given: wordings.Words("s", "t", "<p>h</p>"))
    assert mail_texts.render("thanks", About(book("b@x.example"))).failed_words == (
        "A variable has no value in this mail."
    )


def test_a_customer_cannot_reach_the_words() -> None:
    """What a customer types takes the place of a variable and is not read again."""
    save(Typed("For {{ name }}", "{{ greeting }} [Pay](https://good.example) {{ names }}"))
    hostile = "{{ course }} [x](https://bad.example) <b>"
    letter = written(book(name=(hostile, "{% if course %}")))
    assert hostile in letter.text and hostile in letter.subject
    assert 'href="https://bad.example' not in letter.html and "<b>" not in letter.html
    assert "Course" not in letter.subject


def test_words_are_read_once_for_a_batch_of_mails(statements: Any) -> None:
    save()
    ids = [message_of(book(f"j{number}@x.example")).id for number in range(5)]
    db.session.commit()
    with statements() as asked:
        done(lambda: letters.write_many(ids))
    assert sum("FROM mail_wordings" in each for each in asked) == 1


@pytest.fixture
def statements() -> Any:
    """What the database is asked inside `with`."""

    @contextmanager
    def listening() -> Any:
        asked: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            asked.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return listening


# --- Tried before they are saved ---


def test_a_preview_takes_the_booking_that_is_named() -> None:
    book(name=("Ann", "Old"))
    booking = db.session.get_one(Booking, book("jane@x.example", name=("Jane", "New")))
    latest = mail_previews.of_words("booking_confirmed", WORDS, "", ADMIN)
    assert latest.shown_with == f"booking {booking.reference}, Jane New"
    first = db.session.scalars(select(Booking).order_by(Booking.booked_at).limit(1)).one()
    named = mail_previews.of_words("booking_confirmed", WORDS, f" {first.reference.lower()} ", ADMIN)
    assert named.mail is not None and "Ann Old" in named.mail.subject


def test_a_preview_without_a_booking_shows_the_examples() -> None:
    shown = mail_previews.of_words("booking_confirmed", WORDS, "", ADMIN)
    assert shown.mail is not None and shown.shown_with == mail_previews.EXAMPLES
    assert "First Aid at Work" in shown.mail.subject


@pytest.mark.parametrize("reference", ["TST-2026-9999", "x" * 50, "'; DROP TABLE", "\x01"])
def test_an_unknown_booking_has_a_sentence(reference: str) -> None:
    shown = mail_previews.of_words("booking_confirmed", WORDS, reference, ADMIN)
    assert shown.mail is None and list(shown.problems) == ["reference"]


def test_a_booking_that_does_not_fit_has_a_sentence() -> None:
    booking = db.session.get_one(Booking, book(payment_method="bank_transfer"))
    starting = wordings.starting("payment_received")
    shown = mail_previews.of_words("payment_received", starting, booking.reference, ADMIN)
    assert "cannot be written for this booking" in shown.problems["reference"]
    assert (
        mail_previews.of_words("payment_received", starting, "", ADMIN).shown_with == mail_previews.EXAMPLES
    )


@pytest.mark.parametrize("template", sorted(set(KINDS) - {"bulk_mail"}))
def test_every_mail_can_be_looked_at_before_it_is_changed(template: str) -> None:
    book()
    user = factories.make_user(role="admin")
    shown = mail_previews.of_words(template, wordings.starting(template), "", factories.actor("admin", user))
    assert shown.mail is not None, shown.problems
    assert "{{" not in shown.mail.text + shown.mail.html and "\0" not in shown.mail.text + shown.mail.html


def test_a_preview_keeps_nothing_and_hints_at_secret_links() -> None:
    book()
    before = len(list(db.session.scalars(select(Message))))
    shown = mail_previews.of_words("payment_link", wordings.starting("payment_link"), "", ADMIN)
    assert shown.mail is not None and HIDDEN_LINK in shown.mail.text
    assert db.session.scalar(text("SELECT count(*) FROM payment_links")) == 0
    assert len(list(db.session.scalars(select(Message)))) == before and items() == []


def test_no_reader_without_the_right_is_shown_a_booking() -> None:
    book(name=("Secret", "Person"))
    shown = mail_previews.of_words("booking_confirmed", WORDS, "", factories.actor("instructor"))
    assert shown.mail is not None and "Secret" not in shown.mail.text


def test_a_domain_error_of_words_has_a_field() -> None:
    with pytest.raises(DomainError) as refused:
        save(Typed("x", "{{ nope }}"))
    assert refused.value.status == 422 and refused.value.field == "body"
