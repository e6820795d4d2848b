"""The Jobs screen: whose rows it shows to whom, what its keys do, and what it says when a part is silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select, update

from backoffice import create_app
from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.jobs import pulse
from backoffice.jobs.queues import SEND_ROUND, connect, queue
from backoffice.jobs.schedule import PERIODIC
from backoffice.models import AuditEvent, Message, OutboxRow, PeriodicRun
from backoffice.services import messages, outbox
from backoffice.views.admin import jobs_words
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.views.admin.money_desk import inside, said
from tests.web_client import Visitor, signed_in

PAGE = "/admin/jobs/"
REASON = "An unexpected error (KeyError). The log has the details."


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def stopped(topic: str = "import.write", **values: object) -> UUID:
    row_id = commit_once(lambda: outbox.promise(topic, run_id="0"))
    dead = {"attempts": 5, "dead_at": datetime.now(UTC), "last_error": REASON} | values
    commit_once(lambda: db.session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**dead)))
    return row_id


def row_of(row_id: UUID) -> OutboxRow:
    db.session.rollback()
    return db.session.get_one(OutboxRow, row_id)


def test_a_quiet_house_says_so(admin: Visitor) -> None:
    page = said(admin.get(PAGE))
    assert "None: every job was done." in page and "None: every mail went out." in page


def test_a_stopped_job_is_shown_with_its_reason_and_tried_again(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        row_id = stopped()
    page = said(admin.get(PAGE))
    assert "Import an upload" in page and REASON in page
    answer = admin.post(f"{PAGE}{row_id}/retry", data={"csrf_token": admin.kept_token()})
    assert answer.status_code == 303
    with inside(app, provider):
        row = row_of(row_id)
        assert (row.dead_at, row.attempts) == (None, 0) and row.next_attempt_at <= datetime.now(UTC)
        entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "outbox:retry")).one()
        assert entry.subject_id == row_id
    assert "It is being tried again." in said(admin.get(f"{PAGE}{row_id}/"))


def test_a_job_that_is_not_stopped_is_not_tried_again(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        row_id = stopped(dead_at=None, done_at=datetime.now(UTC))
    admin.post(f"{PAGE}{row_id}/retry", data={"csrf_token": admin.kept_token()})
    assert "not stopped any more" in said(admin.get(f"{PAGE}{row_id}/"))
    with inside(app, provider):
        assert row_of(row_id).done_at is not None


def test_setting_aside_asks_for_a_reason_and_ends_it(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        row_id = stopped()
    form = {"csrf_token": admin.kept_token()}
    refused = admin.post(f"{PAGE}{row_id}/set-aside", data=form | {"reason": " "})
    assert refused.status_code == 422 and 'id="reason-error"' in refused.get_data(as_text=True)
    assert admin.post(f"{PAGE}{row_id}/set-aside", data=form | {"reason": "Done by hand"}).status_code == 303
    with inside(app, provider):
        row = row_of(row_id)
        assert row.dead_at is None and row.done_at is not None
    assert "Stopped jobs" in (page := said(admin.get(PAGE))) and REASON not in page


def test_the_work_queue_leads_to_the_job(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        row_id = stopped()
    assert f"{PAGE}{row_id}/" in admin.get("/admin/work/dead").get_data(as_text=True)


def test_a_failed_mail_is_listed_with_its_reason(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        message_id = failed_mail("jane@x.example")
    page = admin.get(PAGE).get_data(as_text=True)
    assert "jane@x.example" in page and "550 no such user" in page and str(message_id) in page


def failed_mail(recipient: str) -> UUID:
    user = factories.make_user(email=recipient)
    message_id = messages.queue("report", recipient=recipient, user_id=user.id, actor=SYSTEM)
    assert message_id is not None
    values = {"status": "failed", "last_error": "The mail server said: 550 no such user"}
    commit_once(lambda: db.session.execute(update(Message).where(Message.id == message_id).values(**values)))
    return message_id


def test_what_is_due_is_counted_with_its_age(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        commit_once(lambda: [outbox.promise(topic, run_id="0") for topic in ("import.check", "import.write")])
    page = admin.get(PAGE).get_data(as_text=True)
    jobs = page.partition('<th scope="row">Jobs</th>')[2][:80]
    assert '<td data-label="Waiting" class="num">2</td>' in jobs


def test_nobody_sees_or_moves_anothers_jobs(app: Flask, provider: Provider, admin: Visitor) -> None:
    with app.app_context():
        other = factories.make_provider()
    with inside(app, other):
        row_id = stopped("secret.topic")
        failed_mail("theirs@x.example")
    page = admin.get(PAGE).get_data(as_text=True)
    assert "ecret: topic" not in page and "theirs@x.example" not in page
    assert admin.get(f"{PAGE}{row_id}/").status_code == 404
    for verb in ("retry", "set-aside"):
        form = {"csrf_token": admin.kept_token(), "reason": "x"}
        assert admin.post(f"{PAGE}{row_id}/{verb}", data=form).status_code == 404
    with inside(app, other):
        assert row_of(row_id).dead_at is not None


@pytest.mark.parametrize(("role", "sees", "retries"), [("manager", 200, 403), ("office", 403, 403)])
def test_who_may_look_and_who_may_act(
    app: Flask, provider: Provider, role: str, sees: int, retries: int
) -> None:
    with inside(app, provider):
        row_id = stopped()
    visitor = signed_in(app, provider, role)
    answer = visitor.get(PAGE)
    assert answer.status_code == sees
    assert "Try again" not in answer.get_data(as_text=True)
    form = {"csrf_token": visitor.kept_token()}
    assert visitor.post(f"{PAGE}{row_id}/retry", data=form).status_code == retries


def test_a_silent_worker_and_a_running_job_are_shown(app: Flask, admin: Visitor) -> None:
    with app.app_context(), seen(connect()) as redis:
        for name in ("worker-mail", "worker-bulk", "scheduler"):
            pulse.beat(redis, name)
        page = said(admin.get(PAGE))
        assert "A part is silent" in page and "Worker for money: what it should do waits" in page
        pulse.beat(redis, "worker-money")
        queue("mail").enqueue(SEND_ROUND, args=("0",))
        page = said(admin.get(PAGE))
        assert "A part is silent" not in page and "just now" in page


@contextmanager
def seen(redis: Redis) -> Iterator[Redis]:
    redis.flushdb()
    yield redis
    redis.flushdb()


def test_without_redis_the_page_says_that_nothing_is_lost(app: Flask, provider: Provider) -> None:
    settings = app.extensions["settings"]
    without = create_app(type(settings)(**{**vars(settings), "redis_url": "redis://127.0.0.1:1"}))
    visitor = signed_in(without, provider, "admin")
    answer = visitor.get(PAGE)
    assert answer.status_code == 200 and "The workers cannot be seen" in answer.get_data(as_text=True)


def kept_run(name: str, **values: object) -> None:
    others = {"slot": 1, "failures": 0, "ended_at": None, "rows": None, "error": None, "failed_at": None}
    commit_once(lambda: db.session.merge(PeriodicRun(name=name, **others | values)))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"began_at": 1.0, "ended_at": 0.5, "rows": 7}, "Done"),
        ({"began_at": 1.0}, "Running"),
        (
            {"began_at": 1.0, "ended_at": 0.5, "failures": 2, "error": REASON, "failed_at": 0.5},
            "Failed 2 times",
        ),
        ({"began_at": 3600.0, "ended_at": 3599.0}, "Late"),
    ],
)
def test_periodic_work_has_a_state(
    app: Flask, provider: Provider, admin: Visitor, values: dict[str, float], words: str
) -> None:
    now = datetime.now(UTC)
    at = {key: now - timedelta(seconds=value) for key, value in values.items() if key.endswith("_at")}
    with inside(app, provider):
        kept_run("sweep-messages", **values | at)
    page = admin.get(PAGE).get_data(as_text=True)
    line = page.partition("Send mails that are due")[2].partition("</tr>")[0]
    assert f">{words}</span>" in line


def test_each_kind_of_periodic_work_is_on_the_page(admin: Visitor) -> None:
    page = said(admin.get(PAGE))
    assert [entry.name for entry in PERIODIC if jobs_words.periodic(entry.name) not in page] == []


@pytest.mark.parametrize(
    ("say", "value", "words"),
    [
        (jobs_words.ago, 1.4, "just now"),
        (jobs_words.ago, 59.0, "59 seconds ago"),
        (jobs_words.ago, 61.0, "1 minute ago"),
        (jobs_words.ago, 7300.0, "2 hours ago"),
        (jobs_words.ago, 200_000.0, "2 days ago"),
        (jobs_words.every, 10, "every 10 seconds"),
        (jobs_words.every, 60, "every minute"),
        (jobs_words.every, 600, "every 10 minutes"),
        (jobs_words.every, 86_400, "every day"),
        (jobs_words.topic, "import.check", "Check an upload"),
        (jobs_words.topic, "no_such.topic", "No such: topic"),
        (jobs_words.function, "backoffice.jobs.mail.send_round", "sending mails"),
    ],
)
def test_times_and_names_are_said_in_words(say: Callable[..., str], value: object, words: str) -> None:
    assert say(value) == words
