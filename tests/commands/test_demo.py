"""`flask demo`: two tenants that hold together, whatever the day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from backoffice import create_app
from backoffice.database import db
from backoffice.services import demo, demo_nairobi, passwords, sign_in, tenants
from backoffice.tenancy import tenant_scope
from tests.servers import MakeDatabase, settings_for
from tests.services.imported import digest, value

PASSWORD = "correct horse 7"


@pytest.fixture(scope="module")
def shop(make_database: MakeDatabase, redis_url: str, server_folder: Path) -> Flask:
    """The demonstration in a database of its own: it claims host names that exist once."""
    settings = settings_for(make_database(), server_folder, redis_url, DEMO_PASSWORD=PASSWORD)
    app = create_app(settings)
    result = app.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 0, result.output
    return app


def ask(shop: Flask, slug: str, sql: str) -> object:
    with shop.app_context():
        tenant = tenants.find_by_slug(slug)
        assert tenant is not None
        db.session.remove()
        with tenant_scope(tenant.id):
            found = value(sql)
            db.session.remove()
            return found


def test_a_second_time_changes_nothing(shop: Flask):
    def prints() -> list[dict[str, str]]:
        with shop.app_context():
            ids = [tenant.id for tenant in tenants.list_all()]
            db.session.remove()
            return [_digest_of(tenant_id) for tenant_id in ids]

    before = prints()
    result = shop.test_cli_runner().invoke(args=["demo"])
    assert (result.exit_code, result.output) == (0, "")
    assert prints() == before


def _digest_of(tenant_id: object) -> dict[str, str]:
    with tenant_scope(tenant_id):  # type: ignore[arg-type]
        found = digest()
        db.session.remove()
        return found


@pytest.mark.parametrize("slug", ["rft", "nairobi"])
def test_every_role_has_a_login_that_opens(shop: Flask, slug: str):
    with shop.app_context():
        tenant = tenants.find_by_slug(slug)
        assert tenant is not None
        tenant_id = tenant.id
        db.session.remove()
        with tenant_scope(tenant_id):
            for role in ("admin", "office", "manager", "instructor", "customer"):
                user = sign_in.find_by_email(f"{role}@{slug}.example")
                assert user is not None and user.role == role
                assert passwords.fits(PASSWORD, user.password_hash)
            db.session.remove()


@pytest.mark.parametrize("slug", ["rft", "nairobi"])
def test_the_tenants_hold_together(shop: Flask, slug: str):
    assert (
        ask(shop, slug, "SELECT count(*) FROM schedules WHERE status = 'completed' AND ends_at > now()") == 0
    )
    assert ask(shop, slug, "SELECT count(*) FROM bookings WHERE booked_at > now() + interval '1 day'") == 0
    assert ask(shop, slug, "SELECT count(*) FROM schedules WHERE status = 'published' AND starts_at > now()")
    assert ask(shop, slug, "SELECT count(*) FROM discount_rules WHERE is_active") == 1
    assert ask(shop, slug, "SELECT max(number) FROM terms_texts WHERE kind = 'terms'") == 2
    assert (
        ask(shop, slug, "SELECT string_agg(kind, ' ' ORDER BY kind) FROM discount_codes")
        == "fixed percentage"
    )
    assert ask(shop, slug, "SELECT count(*) FROM companies WHERE has_terms") == 2
    linked = "SELECT i.name FROM instructors i JOIN users u ON u.id = i.user_id WHERE u.role = 'instructor'"
    assert ask(shop, slug, linked) == ("Aisha Rahman" if slug == "rft" else "Samuel Mwangi")
    of_customer = "FROM bookings b JOIN users u ON u.id = b.customer_id WHERE u.email = 'customer@%s.example'"
    assert ask(shop, slug, "SELECT count(*) " + of_customer % slug)
    no_default = "SELECT id FROM courses EXCEPT SELECT course_id FROM course_instructors WHERE is_default"
    assert ask(shop, slug, no_default) is None


def test_nairobi_pays_in_whole_shillings(shop: Flask):
    assert ask(shop, "nairobi", "SELECT count(*) FROM bookings WHERE total_minor % 100 <> 0") == 0
    assert ask(shop, "nairobi", "SELECT count(*) FROM bookings WHERE currency <> 'KES'") == 0


def test_another_password_opens_the_logins_from_the_next_start_on(shop: Flask):
    with shop.app_context():
        tenant = tenants.find_by_slug("rft")
        assert tenant is not None
        place, tenant_id = demo.PLACES[0], tenant.id
        db.session.remove()
        with tenant_scope(tenant_id):
            assert demo.open_logins(place, "another horse 8")
            user = sign_in.find_by_email("office@rft.example")
            assert user is not None and passwords.fits("another horse 8", user.password_hash)
            db.session.rollback()
            db.session.remove()


# The files: the newest booking is of 21 November 2026, the last date on 12 April 2027.
BOOKED, LAST = date(2026, 11, 21), date(2027, 4, 12)


@pytest.mark.parametrize(
    ("today", "weeks"),
    [
        (BOOKED, 0),
        (LAST - timedelta(days=60), 0),
        (LAST - timedelta(days=59), 11),
        (date(2028, 1, 1), 58),
        (date(2026, 11, 20), -1),  # a clock before the files: "completed" must not lie ahead
        (date(2026, 1, 1), -47),
    ],
)
def test_the_dates_move_by_whole_weeks_when_too_little_is_left_to_sell(today: date, weeks: int):
    assert demo.weeks_to_shift([LAST], [BOOKED], today) == weeks
    assert timedelta(0) <= today - (BOOKED + timedelta(weeks=weeks)) or weeks == 0
    assert LAST + timedelta(weeks=weeks) >= today + timedelta(days=60)


@pytest.mark.parametrize("today", [date(2025, 6, 1), BOOKED, date(2027, 3, 1), date(2030, 2, 28)])
def test_what_the_files_call_completed_lies_in_the_past_on_any_day(today: date):
    tables = demo.files(today)
    ends = {row["code"]: date.fromisoformat(row["days"][-10:]) for _, row in tables["schedules"].rows}
    done = [row["code"] for _, row in tables["schedules"].rows if row["status"] == "completed"]
    assert max(ends[code] for code in done) <= today
    assert max(ends.values()) >= today + timedelta(days=60)
    assert all(date.fromisoformat(row["booked_on"]) <= today for _, row in tables["bookings"].rows)
    assert tables["bookings"].rows[0][1]["reference"] == "RFT-2025-0004"


@pytest.mark.parametrize("day", range(7))
def test_the_made_up_dates_are_past_or_ahead_on_every_day_of_the_week(day: int):
    today = datetime.now(UTC).date() + timedelta(days=day)
    tables = demo_nairobi.tables(today)
    last_days = {
        row["code"]: date.fromisoformat(row["days"].split(";")[-1]) for _, row in tables["schedules"].rows
    }
    for _, row in tables["schedules"].rows:
        assert (last_days[row["code"]] < today) == (row["status"] == "completed")
    assert all(date.fromisoformat(row["booked_on"]) <= today for _, row in tables["bookings"].rows)


@pytest.mark.parametrize("slug", ["rft", "nairobi"])
def test_the_instructor_taught_yesterday_and_has_not_marked_it(shop: Flask, slug: str):
    of_yesterday = (
        "FROM schedules s JOIN schedule_days d ON d.schedule_id = s.id "
        "JOIN schedule_day_instructors i ON i.schedule_day_id = d.id "
        "JOIN instructors p ON p.id = i.instructor_id JOIN users u ON u.id = p.user_id "
        f"JOIN bookings b ON b.schedule_id = s.id WHERE u.email = 'instructor@{slug}.example' "
        "AND (s.starts_at AT TIME ZONE s.time_zone)::date = (now() AT TIME ZONE s.time_zone)::date - 1 "
        "AND s.status = 'published' AND b.status = 'confirmed' AND b.payment_status = 'paid'"
    )
    assert ask(shop, slug, f"SELECT sum(b.seats) {of_yesterday}") >= 4  # type: ignore[operator]
    assert ask(shop, slug, "SELECT count(*) FROM attendances") == 0
