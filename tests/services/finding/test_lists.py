"""Which courses and dates the public finds, and with which places."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backoffice.database import db
from backoffice.models import Course, Tenant
from backoffice.services.finding import choices, courses, dates, months
from backoffice.services.finding.filters import Filters
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.services.booked import placed

NOW = datetime.now(UTC)


def found_dates(**wanted: Any) -> list[UUID]:
    return [each.id for each in dates.list_dates(Filters(**wanted), NOW).dates]


def found_courses(**wanted: Any) -> list[str]:
    return [each.title for each in courses.list_courses(Filters(**wanted), "GBP", NOW).cards]


def test_only_what_is_on_sale_to_everybody_shows(tenant: Tenant) -> None:
    shown = factories.make_schedule()
    factories.make_schedule(status="draft")
    factories.make_schedule(starts_at=NOW - timedelta(hours=1))
    factories.make_schedule(is_private=True)
    factories.make_schedule(course=factories.make_course(is_published=False))
    factories.make_schedule(course=factories.make_course(archived_at=NOW))
    assert found_dates() == [shown.id]
    listed = courses.list_courses(Filters(), "GBP", NOW)
    assert sum(each.date_count for each in listed.cards) == 1
    assert months.get_month(shown.starts_at.date().replace(day=1), Filters(), NOW).count == 1
    assert dates.find_date(shown.id, NOW) is not None


def test_a_private_date_leaves_no_town_behind(tenant: Tenant) -> None:
    factories.make_schedule(is_private=True, venue=factories.make_venue(city="Secret Town"))
    assert choices.list_choices(NOW).towns == ()
    assert found_courses(town="Secret Town") == []


def test_another_provider_s_dates_are_not_found(tenant: Tenant) -> None:
    own = factories.make_schedule()
    own_id, tenant_id = own.id, tenant.id
    db.session.remove()
    other = factories.make_provider()
    with tenant_scope(other.id):
        theirs = factories.make_schedule(course=factories.make_course(title="Theirs", description="zebra")).id
        assert found_dates() == [theirs]
        assert found_courses(words="zebra") == ["Theirs"]
        db.session.remove()
    with tenant_scope(tenant_id):
        assert found_dates() == [own_id]
        assert found_courses(words="zebra") == []
        assert dates.find_date(theirs, NOW) is None


def test_filters_narrow_courses_and_dates_alike(tenant: Tenant) -> None:
    kind = factories.make_course_type(code="FAW")
    aid = factories.make_course(title="First Aid", course_type_id=kind.id, audience="kids", slug="aid")
    lift = factories.make_course(title="Lifting", pricing="free", price_minor=None)
    leeds = factories.make_schedule(course=aid, venue=factories.make_venue(city="Leeds"), price_minor=9000)
    york = factories.make_schedule(
        course=lift, venue=factories.make_venue(city="York"), pricing="free", price_minor=None,
        starts_at=NOW + timedelta(days=40),
    )  # fmt: skip
    online = factories.make_schedule(
        course=lift, venue=factories.make_venue(city=None, kind="online"), pricing="on_request", price_minor=None,
        starts_at=NOW + timedelta(days=50),
    )  # fmt: skip
    for wanted, ids, titles in (
        ({"town": "Leeds"}, [leeds], ["First Aid"]),
        ({"town": "online"}, [online], ["Lifting"]),
        ({"type_code": "FAW"}, [leeds], ["First Aid"]),
        ({"audience": "kids"}, [leeds], ["First Aid"]),
        ({"course": "aid"}, [leeds], ["First Aid"]),
        ({"most_minor": 5000}, [york], ["Lifting"]),
        ({"most_minor": 9000}, [leeds, york], ["First Aid", "Lifting"]),
        ({"from_day": (NOW + timedelta(days=30)).date()}, [york, online], ["Lifting"]),
        ({"until_day": (NOW + timedelta(days=30)).date()}, [leeds], ["First Aid"]),
        ({"town": "Hull"}, [], []),
    ):
        assert found_dates(**wanted) == [each.id for each in ids], wanted
        assert found_courses(**wanted) == titles, wanted


def test_a_day_is_that_of_the_date_s_own_clock(tenant: Tenant) -> None:
    late = datetime(2031, 7, 1, 23, 30, tzinfo=UTC)  # 00:30 on the 2nd in London
    date = factories.make_schedule(starts_at=late)
    second = datetime(2031, 7, 2, tzinfo=UTC).date()
    first = second - timedelta(days=1)
    assert found_dates(from_day=second, until_day=second) == [date.id]
    assert found_dates(from_day=first, until_day=first) == []
    shown = months.get_month(first.replace(day=1), Filters(), NOW)
    assert [each.day for each in shown.days] == [second]


@pytest.mark.parametrize(
    "typed",
    [
        "first aid",
        "FIRST AID",
        "aid frist",
        "paedatric",
        "a course in first aid",
        "defibrilator",
        "siezures",
        "pædiatric",
    ],
)
def test_words_are_found_in_titles_and_texts_past_a_slip(tenant: Tenant, typed: str) -> None:
    factories.make_course(
        title="Paediatric First Aid", description="Use a defibrillator.\nRecognise seizures."
    )
    factories.make_course(title="Manual Handling", description="Lift safely.")
    assert found_courses(words=typed) == ["Paediatric First Aid"]


@pytest.mark.parametrize(
    "typed", ["'; DROP TABLE courses --", "%", "_", "\\", ":*&|!()<->", "zzzzqqq", "@", "077"]
)
def test_words_that_are_none_find_nothing_and_break_nothing(tenant: Tenant, typed: str) -> None:
    factories.make_course(title="First Aid")
    assert found_courses(words=typed) == []


def test_a_course_is_found_by_its_new_words_and_no_more_by_its_old(tenant: Tenant) -> None:
    course = factories.make_course(title="Old name")
    course.title, course.outcomes = "Other", ["Tie a tourniquet"]
    db.session.commit()
    assert found_courses(words="tourniquet") == ["Other"]
    assert found_courses(words="old") == []


def test_titles_come_before_texts(tenant: Tenant) -> None:
    factories.make_schedule(
        course=factories.make_course(title="Manual Handling", description="After first aid.")
    )
    factories.make_schedule(
        course=factories.make_course(title="First Aid"), starts_at=NOW + timedelta(days=200)
    )
    assert found_courses(words="first aid") == ["First Aid", "Manual Handling"]


def test_the_pages_of_a_list_follow_on_each_other(tenant: Tenant) -> None:
    course, venue = factories.make_course(), factories.make_venue()
    start = NOW.replace(microsecond=0) + timedelta(days=3)
    made = [
        factories.make_schedule(course=course, venue=venue, starts_at=start + timedelta(days=n)).id
        for n in range(5)
    ]
    seen: list[UUID] = []
    after = None
    for _ in range(3):
        page = dates.list_dates(Filters(), NOW, after=after, at_most=2)
        seen, after = seen + [each.id for each in page.dates], page.after
        assert page.count == 5
    assert seen == made
    assert after is None


def test_a_remembered_list_shows_the_places_of_now(tenant: Tenant) -> None:
    date = factories.make_schedule(capacity=3)
    assert dates.list_dates(Filters(), NOW).dates[0].seats_left == 3
    placed(date, 2)
    assert dates.list_dates(Filters(), NOW).dates[0].seats_left == 1
    card = courses.list_courses(Filters(), "GBP", NOW).cards[0]
    assert card.next_dates[0].seats_left == 1


def test_the_lowest_price_and_the_towns_are_those_of_the_dates(tenant: Tenant) -> None:
    course = factories.make_course(price_minor=9900)
    for price, city in ((8000, "York"), (7500, "Leeds"), (7500, None)):
        factories.make_schedule(course=course, price_minor=price, venue=factories.make_venue(city=city))
    card = courses.list_courses(Filters(), "GBP", NOW).cards[0]
    assert (card.lowest_minor, card.has_many_prices, card.towns, card.date_count) == (
        7500,
        True,
        ("Leeds", "York"),
        3,
    )


def test_a_course_without_dates_stands_in_the_list_at_its_own_price(tenant: Tenant) -> None:
    factories.make_course(title="Waiting", price_minor=4000)
    card = courses.list_courses(Filters(), "GBP", NOW).cards[0]
    assert (card.title, card.lowest_minor, card.next_dates) == ("Waiting", 4000, ())
    assert found_courses(most_minor=3000) == []


def test_an_empty_month_leads_to_the_next_with_dates(tenant: Tenant) -> None:
    date = factories.make_schedule(starts_at=datetime(2031, 5, 6, 9, tzinfo=UTC))
    shown = months.get_month(datetime(2031, 1, 1, tzinfo=UTC).date(), Filters(), NOW)
    assert (shown.days, shown.next_day) == ((), date.starts_at.date())


def test_only_a_published_course_has_a_page(tenant: Tenant) -> None:
    factories.make_course(slug="open", outcomes=["One"], syllabus=["First", "Second"])
    factories.make_course(slug="closed", is_published=False)
    page = courses.find_course("open")
    assert page is not None and page.syllabus == ("First", "Second")
    assert courses.find_course("closed") is None
    assert courses.find_course("nowhere") is None


def test_requalifications_lead_to_each_other(tenant: Tenant) -> None:
    full = factories.make_course(slug="full", title="Full")
    factories.make_course(slug="short", title="Short", requalifies_course_id=full.id)
    full_page, short_page = courses.find_course("full"), courses.find_course("short")
    assert full_page and full_page.requalified_by == ("short", "Short")
    assert short_page and short_page.requalifies == ("full", "Full")


def test_many_words_of_a_long_text_are_kept(tenant: Tenant) -> None:
    text = " ".join(f"word{number}x" for number in range(1500))[:10_000]
    course = factories.make_course(title="Long", description=text)
    assert db.session.get_one(Course, course.id).title == "Long"
    assert found_courses(words="word700x") == ["Long"]
