"""What is over goes after its time, in batches; what the law or a dispute may ask for stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from math import inf
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, update

from backoffice.database import Base, db, new_id
from backoffice.domain.actor import SYSTEM
from backoffice.jobs import retention as job
from backoffice.models import (
    AuditEvent,
    BookingDraft,
    CorporateRequest,
    GatewayEvent,
    ImportRow,
    ImportRun,
    Message,
    OutboxRow,
    Payment,
    Picture,
    Tenant,
    UserToken,
)
from backoffice.services import messages, outbox, pictures, retention, site_look, users, web_bookings
from backoffice.services.retention import RULES, Rule
from backoffice.services.web_bookings import DraftKey, Typed
from backoffice.work import commit_once
from tests import factories
from tests.paying import account_of, started
from tests.services.corporate.world import submitted

NOW = datetime(2032, 5, 1, 12, tzinfo=UTC)
RULE = {rule.name: rule for rule in RULES}

Make = Callable[[datetime], UUID]


def set_values(model: type[Base], row_id: UUID, **values: object) -> UUID:
    commit_once(lambda: db.session.execute(update(model).where(model.id == row_id).values(**values)))  # type: ignore[attr-defined]
    return row_id


def done_job(at: datetime) -> UUID:
    row_id = commit_once(lambda: outbox.promise("import.check", run_id="0"))
    return set_values(OutboxRow, row_id, done_at=at)


def stopped_job(at: datetime) -> UUID:
    row_id = commit_once(lambda: outbox.promise("import.check", run_id="0"))
    return set_values(OutboxRow, row_id, dead_at=at, created_at=at)


def waiting_job(at: datetime) -> UUID:
    row_id = commit_once(lambda: outbox.promise("import.check", run_id="0"))
    return set_values(OutboxRow, row_id, created_at=at, next_attempt_at=at)


def gateway_event(at: datetime, payment_id: UUID | None = None, **values: object) -> UUID:
    event = GatewayEvent(
        gateway_account_id=account_of().id,
        gateway="stripe",
        event_id=f"evt_{time.monotonic_ns()}",
        kind="x",
        payload={},
        payment_id=payment_id,
        **{"processed_at": at, "received_at": at} | values,
    )
    return factories.add(event).id


def event_of_a_payment(at: datetime) -> UUID:
    payment = started()
    return gateway_event(at, payment.id)


def event_given_up(at: datetime) -> UUID:
    return gateway_event(at, processed_at=None, dead_at=at)


def link(at: datetime) -> UUID:
    user = factories.make_user()
    commit_once(lambda: users.make_token(user, "password_reset"))
    token = db.session.scalars(select(UserToken).where(UserToken.user_id == user.id)).one()
    return set_values(UserToken, token.id, expires_at=at)


def booking_draft(at: datetime) -> UUID:
    key = DraftKey(new_id(), factories.make_schedule().id)
    draft_id = commit_once(lambda: web_bookings.save(key, Typed(email="nina@x.example")).id)
    return set_values(BookingDraft, draft_id, updated_at=at)


def loose_picture(at: datetime) -> UUID:
    """One that nothing has shown since."""
    picture_id = commit_once(lambda: pictures.store(drawn()).id)
    return set_values(Picture, picture_id, updated_at=at)


def shown_picture(at: datetime) -> UUID:
    course, admin = factories.make_course(), factories.actor("admin")
    commit_once(lambda: pictures.give(course, drawn(), "course", admin))
    assert course.picture_id is not None
    return set_values(Picture, course.picture_id, updated_at=at)


def hero_picture(at: datetime) -> UUID:
    commit_once(lambda: site_look.set_picture("hero", drawn(), factories.actor("admin")))
    site = site_look.find()
    assert site is not None
    assert site.hero_picture_id is not None
    return set_values(Picture, site.hero_picture_id, updated_at=at)


def drawn() -> bytes:
    written = BytesIO()
    Image.new("RGB", (60, 60)).save(written, "PNG")
    return written.getvalue()


def upload(at: datetime, status: str = "checked") -> UUID:
    run = factories.add(ImportRun(kind="courses", filename="x.csv", content=b"x", status=status))
    factories.add(ImportRow(import_run_id=run.id, line=1, outcome="new", raw={}))
    return set_values(ImportRun, run.id, created_at=at)


def imported(at: datetime) -> UUID:
    return upload(at, "imported")


def sent_mail(at: datetime) -> UUID:
    user = factories.make_user(email=f"jane{time.monotonic_ns()}@x.example")
    message_id = commit_once(
        lambda: messages.queue("report", recipient=user.email, user_id=user.id, actor=SYSTEM)
    )
    assert message_id is not None
    sent = {"status": "sent", "sent_at": at, "subject": "Takings", "body_text": "x", "body_html": "x"}
    return set_values(Message, message_id, created_at=at, **sent)


def rejected_request(at: datetime, status: str = "rejected") -> UUID:
    request_id = submitted().id
    return set_values(CorporateRequest, request_id, status=status, rejection_reason="No.", updated_at=at)


def open_request(at: datetime) -> UUID:
    return rejected_request(at, "pending")


CASES: list[tuple[str, type[Base], Make]] = [
    ("jobs", OutboxRow, done_job),
    ("gateway-events", GatewayEvent, gateway_event),
    ("links", UserToken, link),
    ("booking-drafts", BookingDraft, booking_draft),
    ("uploads", ImportRun, upload),
    ("pictures", Picture, loose_picture),
    ("company-requests", CorporateRequest, rejected_request),
]


def is_there(model: type[Base], row_id: UUID) -> bool:
    db.session.rollback()
    return db.session.get(model, row_id) is not None


@pytest.mark.parametrize(("name", "model", "make"), CASES)
def test_it_goes_after_its_days_and_not_before(
    tenant: Tenant, name: str, model: type[Base], make: Make
) -> None:
    over = NOW - timedelta(days=RULE[name].days)
    gone, kept = make(over - timedelta(minutes=1)), make(over + timedelta(minutes=1))
    assert retention.count(RULE[name], NOW) == 1
    ended = job.end_for_tenant(NOW, inf)
    assert ended[name] == 1
    assert (is_there(model, gone), is_there(model, kept)) == (False, True)


@pytest.mark.parametrize(
    ("model", "make"),
    [
        (OutboxRow, stopped_job),
        (OutboxRow, waiting_job),
        (GatewayEvent, event_of_a_payment),
        (GatewayEvent, event_given_up),
        (Picture, shown_picture),
        (Picture, hero_picture),
        (ImportRun, imported),
        (CorporateRequest, open_request),
    ],
)
def test_what_somebody_may_ask_for_stays(tenant: Tenant, model: type[Base], make: Make) -> None:
    row_id = make(NOW - timedelta(days=3000))
    job.end_for_tenant(NOW, inf)
    assert is_there(model, row_id)


def test_of_a_mail_only_the_text_goes(tenant: Tenant) -> None:
    old, young = sent_mail(NOW - timedelta(days=366)), sent_mail(NOW - timedelta(days=364))
    job.end_for_tenant(NOW, inf)
    db.session.rollback()
    found = db.session.get_one(Message, old)
    assert (found.body_text, found.body_html, found.subject, found.status) == (None, None, "Takings", "sent")
    assert db.session.get_one(Message, young).body_text == "x"


def test_money_and_the_audit_are_in_no_rule() -> None:
    assert not {rule.model for rule in RULES} & {Payment, AuditEvent}


def test_a_heap_goes_in_batches_and_stops_at_its_time(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(job, "AT_ONCE", 2)
    for _ in range(5):
        done_job(NOW - timedelta(days=31))
    assert job.end_for_tenant(NOW, 0.0)["jobs"] == 0  # no time at all
    assert commit_once(lambda: retention.remove(RULE["jobs"], NOW)) == 2
    assert job.end_for_tenant(NOW, inf)["jobs"] == 3


def test_the_command_counts_first_and_removes_then(app: Flask, tenant: Tenant) -> None:
    row_id = done_job(datetime.now(UTC) - timedelta(days=31))
    words = f"{tenant.slug}: 1 {{}}: jobs that were done (after 30 days)."
    slug = tenant.slug
    for more, verb, stays in ((["--dry-run"], "would go", True), ([], "went", False)):
        db.session.remove()
        done = app.test_cli_runner().invoke(args=["retention", "run", "--tenant", slug, *more])
        assert done.exit_code == 0 and words.format(verb) in done.output
        assert is_there(OutboxRow, row_id) is stays


def test_an_unknown_tenant_is_a_sentence(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["retention", "run", "--tenant", "nobody"])
    assert done.exit_code == 1 and "There is no tenant 'nobody'." in done.output


def test_each_rule_says_what_it_ends() -> None:
    assert all(isinstance(rule, Rule) and rule.words and rule.days > 0 for rule in RULES)
