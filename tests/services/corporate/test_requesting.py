"""A company asks for a course: everything that is wrong is said at once, and a form sent twice asks once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.errors import Forbidden, Invalid
from backoffice.models import CorporateRequest, Message, Tenant
from backoffice.services.corporate import requesting
from tests import factories
from tests.services.booked import MANAGER, OFFICE, done, entries
from tests.services.corporate.world import VISITOR, asked, submitted

pytestmark = pytest.mark.usefixtures("tenant")


def day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def problems(**changes: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        done(lambda: requesting.submit(asked(**changes), VISITOR))
    assert db.session.scalar(select(func.count()).select_from(CorporateRequest)) == 0
    return refused.value.fields


def test_a_request_is_kept_as_it_was_asked(tenant: Tenant) -> None:
    course = factories.make_course(slug="first-aid")
    request = submitted(course="first-aid", headcount="12", preferred_dates=(day(20), "", day(15), day(20)))
    assert request.reference.startswith("TST-Q-")
    assert (request.status, request.source, request.course_id) == ("pending", "web", course.id)
    assert (request.company_name, request.contact_person) == ("Acme Ltd", "Jo Bloggs")
    assert (request.email, request.phone) == ("jo@acme.example", "+447700900123")
    assert request.preferred_dates == [day(20), day(15)]
    assert (request.headcount, request.currency) == (12, "GBP")
    assert [entry.actor_kind for entry in entries("corporate_request:submit")] == ["customer"]


def test_the_company_and_the_provider_are_told() -> None:
    submitted()
    told = db.session.execute(select(Message.template, Message.recipient).order_by(Message.id)).all()
    assert [tuple(row) for row in told] == [
        ("company_request_received", "jo@acme.example"),
        ("company_request_new", "office@provider.example"),
    ]


def test_what_staff_write_down_is_not_mailed_to_themselves() -> None:
    made = done(lambda: requesting.submit(asked(source="phone"), OFFICE))
    assert db.session.get_one(CorporateRequest, made.id).source == "phone"
    assert db.session.scalars(select(Message.template)).all() == ["company_request_received"]
    with pytest.raises(Forbidden):
        requesting.submit(asked(), MANAGER)


def test_a_form_that_is_sent_twice_asks_once() -> None:
    first = done(lambda: requesting.submit(asked(once_key="web:1"), VISITOR))
    again = done(lambda: requesting.submit(asked(once_key="web:1"), VISITOR))
    assert (again.id, again.reference, again.is_repeat) == (first.id, first.reference, True)
    assert len(db.session.scalars(select(Message.id)).all()) == 2
    # The control: another form of the same company is another request.
    other = done(lambda: requesting.submit(asked(once_key="web:2"), VISITOR))
    assert other.id != first.id


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = problems(
        company_name=" ", contact_person="", email="nobody", phone="12", topic="x", headcount="0"
    )
    assert set(found) == {"company_name", "contact_person", "email", "phone", "topic", "headcount"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company_name", "A"),
        ("company_name", "A" * 201),
        ("company_name", "A\x00B"),
        ("company_name", "A\ud800B"),
        ("email", "a@b@c"),
        ("email", "jo@acme.example\nBcc: all@x.example"),
        ("phone", "call me"),
        ("phone", None),
        ("topic", None),
        ("topic", "t" * 501),
        ("topic", "4111 1111 1111 1111"),
        ("course", "no-such-course"),
        ("headcount", "1001"),
        ("headcount", "-3"),
        ("headcount", "NaN"),
        ("headcount", "9" * 70_000),
        ("notes", "n" * 5001),
        ("location", "l" * 301),
        ("preferred_dates", ("soon",)),
        ("preferred_dates", ("2026-02-30",)),
        ("preferred_dates", (day(-1),)),
        ("preferred_dates", (day(2000),)),
        ("preferred_dates", tuple(day(n) for n in range(1, 7))),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_beside_its_field(field: str, value: Any) -> None:
    assert set(problems(**{field: value})) == {field}


def test_a_course_that_is_not_published_cannot_be_asked_for() -> None:
    factories.make_course(slug="secret", is_published=False)
    assert set(problems(course="secret")) == {"course"}
    assert "secret" not in {slug for slug, _ in requesting.list_courses()}
