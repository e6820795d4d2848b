"""The dates that the desk offers."""

from datetime import UTC, datetime, timedelta

from backoffice.database import db
from backoffice.models import Schedule, ScheduleDayInstructor, Tenant
from backoffice.services import dates_on_sale
from backoffice.services.dates_on_sale import Wanted
from tests import factories

MARCH = datetime(2027, 3, 13, 9, 0, tzinfo=UTC)  # a Saturday


def teach(schedule: Schedule, name: str) -> None:
    instructor = factories.make_instructor(name=name)
    db.session.add(ScheduleDayInstructor(schedule_day_id=schedule.days[0].id, instructor_id=instructor.id))
    db.session.commit()


def found(tenant: Tenant, **wanted: object) -> list[object]:
    return [date.id for date in dates_on_sale.list_dates(Wanted(**wanted), tenant)]  # type: ignore[arg-type]


def test_only_published_dates_that_have_not_started_are_offered(tenant: Tenant) -> None:
    now = datetime.now(UTC)
    on_sale = factories.make_schedule()
    factories.make_schedule(status="draft")
    factories.make_schedule(starts_at=now - timedelta(hours=1))
    assert found(tenant) == [on_sale.id]


def test_a_date_is_found_by_any_words_of_its_line(tenant: Tenant) -> None:
    leeds = factories.make_schedule(
        course=factories.make_course(title="Emergency First Aid"),
        venue=factories.make_venue(city="Leeds", name="Town Hall"),
        starts_at=MARCH,
    )
    teach(leeds, "Siân Hughes")
    york = factories.make_schedule(
        course=factories.make_course(title="Manual Handling"),
        venue=factories.make_venue(city="York", name="Mill"),
        starts_at=MARCH + timedelta(days=1),
    )
    for words in (
        "leeds",
        "LEEDS sat",
        "first mar",
        "13 march",
        "13/3",
        "sian",
        "hall emergency",
        "saturday",
    ):
        assert found(tenant, words=words) == [leeds.id], words
    assert found(tenant, words="york sun") == [york.id]
    assert found(tenant, words="york sat") == []
    assert found(tenant, words="% _ \\") == [leeds.id, york.id]


def test_the_filters_narrow_the_list(tenant: Tenant) -> None:
    first = factories.make_schedule(starts_at=MARCH, venue=factories.make_venue(city="Leeds"))
    second = factories.make_schedule(
        starts_at=MARCH + timedelta(days=7), venue=factories.make_venue(city="York")
    )
    assert found(tenant, course_id=second.course_id) == [second.id]
    assert found(tenant, town="Leeds") == [first.id]
    assert found(tenant, from_day=(MARCH + timedelta(days=1)).date()) == [second.id]
    assert found(tenant, from_day=MARCH.date()) == [first.id, second.id]
    courses, towns = dates_on_sale.list_choices(tenant)
    assert {course_id for course_id, _ in courses} == {first.course_id, second.course_id}
    assert towns == ["Leeds", "York"]


def test_a_line_says_what_the_clerk_reads_out(tenant: Tenant) -> None:
    schedule = factories.make_schedule(
        starts_at=MARCH, capacity=7, course=factories.make_course(minimum_age=16)
    )
    teach(schedule, "Ann Teacher")
    teach(schedule, "Bob Teacher")
    date = dates_on_sale.find_date(schedule.id, tenant)
    assert date is not None
    assert (date.when, date.seats_left, date.price_minor) == ("Sat 13 Mar 2027, 09:00–15:00", 7, 7500)
    assert (date.instructors, date.days, date.minimum_age) == ("Ann Teacher, Bob Teacher", 1, 16)
