"""A saved report is mailed once each week or month, to people of the provider who may read it, with its file."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import Forbidden, Invalid
from backoffice.models import Message, SavedReport, Tenant
from backoffice.services import letters, saved_reports
from backoffice.services.reports import periods
from backoffice.work import commit_once
from tests import factories
from tests.services.reports import ledger

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)  # a Tuesday
WISH = {"name": "Takings", "basis": "paid", "period": "last_month", "frequency": "monthly", "file": "pdf"}


def save(recipients: list[str], **more: str) -> SavedReport:
    manager = factories.make_user(
        "manager", email=f"owner{len(recipients)}{factories.new_id().hex}@x.example"
    )
    actor = factories.actor("manager", manager)
    return commit_once(lambda: saved_reports.save("revenue-by-month", WISH | more, recipients, actor, NOW))


def mails() -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.template == "report").order_by(Message.id)))


def queue(now: datetime) -> int:
    return commit_once(lambda: saved_reports.queue_due(now))


@pytest.mark.parametrize("file", ["pdf", "csv"])
def test_it_is_mailed_once_on_its_day_with_its_file(tenant: Tenant, file: str) -> None:
    ledger.fill(bookings=10)
    reader = factories.make_user("manager")
    saved = save([str(reader.id)], file=file)
    assert saved.next_on == date(2026, 4, 1)
    assert queue(datetime(2026, 3, 31, 22, 30, tzinfo=UTC)) == 0
    assert queue(datetime(2026, 3, 31, 23, 30, tzinfo=UTC)) == 1  # half past midnight in London
    assert queue(datetime(2026, 4, 1, 9, tzinfo=UTC)) == 0
    (mail,) = mails()
    written = letters.write(mail.id)
    assert written is not None
    (attached,) = written.letter.attachments
    assert attached.name == f"revenue-by-month-2026-03-01-2026-03-31.{file}"
    assert attached.content.startswith(b"%PDF" if file == "pdf" else b"\xef\xbb\xbf")
    assert "Sun 1 Mar 2026 to Tue 31 Mar 2026" in written.letter.text
    assert written.letter.recipient[1] == reader.email


def test_only_people_who_may_read_reports_can_be_chosen(tenant: Tenant) -> None:
    for role in ("office", "instructor", "customer"):
        with pytest.raises(Invalid) as refused:
            save([str(factories.make_user(role).id)])
        assert refused.value.field == "recipients"
    for wrong in (["x"], [], ["00000000-0000-0000-0000-000000000000"]):
        with pytest.raises(Invalid):
            save(wrong)
    with pytest.raises(Forbidden):
        saved_reports.save("refunds", WISH, [], factories.actor("office"), NOW)


def test_who_may_no_longer_read_gets_nothing(tenant: Tenant) -> None:
    kept, demoted, queued_for = (factories.make_user("manager") for _ in range(3))
    save([str(each.id) for each in (kept, demoted, queued_for)])
    demoted.role = "office"
    db.session.commit()
    assert queue(datetime(2026, 4, 1, 9, tzinfo=UTC)) == 1
    assert {mail.recipient for mail in mails()} == {kept.email, queued_for.email}
    queued_for.is_active = False
    db.session.commit()
    (late,) = [mail for mail in mails() if mail.recipient == queued_for.email]
    with pytest.raises(Exception, match="may not read"):
        letters.write(late.id)


def test_an_ended_one_is_mailed_no_more(tenant: Tenant) -> None:
    saved = save([str(factories.make_user("admin").id)], frequency="weekly")
    assert saved.next_on == date(2026, 3, 16)
    commit_once(lambda: saved_reports.end(saved.id, factories.actor("manager")))
    assert queue(datetime(2026, 3, 16, 9, tzinfo=UTC)) == 0
    assert saved_reports.list_saved() == []


def test_a_form_without_sense_is_refused_by_its_field(tenant: Tenant) -> None:
    reader = str(factories.make_user("manager").id)
    for field in ("name", "period", "frequency", "file"):
        with pytest.raises(Invalid) as refused:
            save([reader], **{field: ""})
        assert field in {refused.value.field, *refused.value.fields}


@pytest.mark.parametrize(
    ("name", "country", "first", "last"),
    [
        ("this_month", "GB", date(2024, 2, 1), date(2024, 2, 29)),
        ("last_month", "GB", date(2024, 1, 1), date(2024, 1, 31)),
        ("this_year", "GB", date(2024, 1, 1), date(2024, 12, 31)),
        ("tax_year", "GB", date(2023, 4, 6), date(2024, 4, 5)),
        ("tax_year", "KE", date(2024, 1, 1), date(2024, 12, 31)),
        ("last_12_months", "GB", date(2023, 3, 1), date(2024, 2, 29)),
    ],
)
def test_a_preset_means_these_days(name: str, country: str, first: date, last: date) -> None:
    assert periods.preset(name, date(2024, 2, 29), country) == periods.Period(first, last)


def test_the_year_before_keeps_the_end_of_a_month() -> None:
    leap = periods.Period(date(2024, 2, 1), date(2024, 2, 29))
    assert leap.a_year_before() == periods.Period(date(2023, 2, 1), date(2023, 2, 28))
    plain = periods.Period(date(2025, 2, 1), date(2025, 2, 28))
    assert plain.a_year_before() == periods.Period(date(2024, 2, 1), date(2024, 2, 29))
