"""What no screen, job, import or psql session can break: each rule by a direct statement as the program's own login."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.constraints import CONSTRAINTS
from backoffice.models import DiscountCode, Schedule, Tenant
from backoffice.services import bookings, payments, refunds
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from tests import factories
from tests.races import sums
from tests.servers import DatabaseUrls
from tests.services.booked import ADMIN, OFFICE, done, fresh, payment_of, person, placed


@pytest.fixture
def psql(tenant: Tenant, database_urls: DatabaseUrls) -> Iterator[psycopg.Connection]:
    """A session as somebody at the prompt would have it, with the program's login and this tenant."""
    with psycopg.connect(database_urls.app) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", (str(tenant.id),))
        connection.commit()
        yield connection
        connection.rollback()


def refused(psql: psycopg.Connection, name: str, statement: str, *values: Any) -> None:
    """The statement, or the commit after it, is refused by the constraint of this name, which has its sentence."""
    with pytest.raises(psycopg.errors.IntegrityError) as error:
        psql.execute(statement, values)
        psql.commit()
    psql.rollback()
    assert error.value.diag.constraint_name == name
    assert name in CONSTRAINTS or name.startswith("fk_")


def denied(psql: psycopg.Connection, statement: str, *values: Any) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        psql.execute(statement, values)
    psql.rollback()


# --- Places ---


def test_no_thirteenth_place_by_hand(psql: psycopg.Connection) -> None:
    schedule = factories.make_schedule(capacity=12)
    booking = placed(schedule, 12)
    add = (
        "INSERT INTO attendees (tenant_id, id, booking_id, schedule_id, position, price_minor) "
        "SELECT tenant_id, gen_random_uuid(), booking_id, schedule_id, 13, 0 FROM attendees WHERE booking_id = %s LIMIT 1"
    )
    refused(psql, "ck_schedules_seats_within_capacity", add, booking.id)


def test_the_counter_is_not_written_by_hand(psql: psycopg.Connection) -> None:
    schedule = factories.make_schedule()
    denied(psql, "UPDATE schedules SET seats_taken = 0 WHERE id = %s", schedule.id)
    denied(psql, "INSERT INTO schedules (id, seats_taken) VALUES (%s, 3)", schedule.id)


def test_a_capacity_below_what_is_sold_is_refused(psql: psycopg.Connection) -> None:
    schedule = factories.make_schedule()
    placed(schedule, 3)
    statement = "UPDATE schedules SET capacity = 2 WHERE id = %s"
    refused(psql, "ck_schedules_seats_within_capacity", statement, schedule.id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bookings SET status = 'cancelled' WHERE id = %s",
        "UPDATE attendees SET cancelled_at = now() WHERE booking_id = %s",
        "DELETE FROM attendees WHERE booking_id = %s",
        "UPDATE attendees SET cancelled_at = now() WHERE booking_id = %s AND position = 2",
        "UPDATE attendees SET price_minor = 90_00, adjustment_minor = 5 WHERE booking_id = %s",
        "UPDATE attendees SET first_name = 'Ann' WHERE booking_id = %s",
        "UPDATE attendees SET first_name = '', last_name = '' WHERE booking_id = %s",
        "WITH gone AS (DELETE FROM attendees WHERE booking_id = %s RETURNING booking_id) "
        "SELECT count(*) FROM gone",
    ],
)
def test_the_sums_follow_every_statement(
    psql: psycopg.Connection, database_urls: DatabaseUrls, statement: str
) -> None:
    code = factories.make_code().code
    booking = placed(places=3, discount_code=code)
    psql.execute(statement, (booking.id,))
    psql.commit()
    assert sums.that_differ(database_urls.owner) == []


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("UPDATE attendees SET last_name = 'Lee' WHERE booking_id = %s AND position = 2", 1),
        ("UPDATE attendees SET first_name = '', last_name = '' WHERE booking_id = %s", 3),
        ("UPDATE attendees SET cancelled_at = now() WHERE booking_id = %s AND position = 2", 1),
        ("UPDATE attendees SET cancelled_at = now() WHERE booking_id = %s AND position = 1", 2),
        ("DELETE FROM attendees WHERE booking_id = %s AND position = 3", 1),
        ("UPDATE attendees SET position = position + 5 WHERE booking_id = %s", 2),
    ],
)
def test_a_booking_knows_how_many_names_it_lacks(
    psql: psycopg.Connection, database_urls: DatabaseUrls, statement: str, left: int
) -> None:
    booking = placed(places=3, attendees=(person("Sam Lee"),))
    assert booking.unnamed_places == 2
    psql.execute(statement, (booking.id,))
    psql.commit()
    assert fresh(booking.id).unnamed_places == left
    assert sums.that_differ(database_urls.owner) == []


def test_a_booking_that_is_removed_gives_everything_back(
    psql: psycopg.Connection, database_urls: DatabaseUrls
) -> None:
    code = factories.make_code()
    booking = placed(places=2, discount_code=code.code)
    psql.execute("DELETE FROM attendees WHERE booking_id = %s", (booking.id,))
    psql.execute("DELETE FROM bookings WHERE id = %s", (booking.id,))
    psql.commit()
    assert sums.that_differ(database_urls.owner) == []
    assert db.session.scalar(select(DiscountCode.times_used).where(DiscountCode.id == code.id)) == 0


def test_a_booking_that_changes_dates_takes_its_places_along(
    psql: psycopg.Connection, database_urls: DatabaseUrls
) -> None:
    booking, there = placed(places=2), factories.make_schedule()
    psql.execute("UPDATE bookings SET schedule_id = %s WHERE id = %s", (there.id, booking.id))
    psql.commit()
    assert sums.that_differ(database_urls.owner) == []
    assert db.session.scalar(select(Schedule.seats_taken).where(Schedule.id == there.id)) == 2


def test_copies_are_not_written_by_hand(psql: psycopg.Connection) -> None:
    booking = placed()
    denied(psql, "UPDATE bookings SET starts_at = now() WHERE id = %s", booking.id)
    denied(psql, "UPDATE attendees SET schedule_id = %s", booking.schedule_id)
    denied(psql, "UPDATE attendees SET holds_place = false")


def test_a_date_that_moves_takes_its_bookings_starts_along(
    psql: psycopg.Connection, database_urls: DatabaseUrls
) -> None:
    booking = placed()
    psql.execute(
        "UPDATE schedule_days SET starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day' "
        "WHERE schedule_id = %s",
        (booking.schedule_id,),
    )
    psql.commit()
    assert sums.that_differ(database_urls.owner) == []
    before = booking.starts_at
    assert (fresh(booking.id).starts_at - before).days == 1


# --- Once ---


def test_one_proved_person_has_one_place_on_a_date(psql: psycopg.Connection) -> None:
    schedule = factories.make_schedule()
    me = (person("", is_customer=True),)
    first, second = placed(schedule, attendees=me), placed(schedule)
    claim = "UPDATE attendees SET user_id = %s WHERE booking_id = %s"
    refused(psql, "uq_attendees_person_schedule", claim, first.customer_id, second.id)


@pytest.mark.parametrize("column", ["reference", "idempotency_key"])
def test_a_reference_and_a_key_are_used_once(psql: psycopg.Connection, column: str) -> None:
    first, second = placed(idempotency_key="a"), placed(idempotency_key="b")
    statement = f"UPDATE bookings SET {column} = %s WHERE id = %s"  # noqa: S608 - names of our own
    refused(psql, f"uq_bookings_{column}", statement, getattr(first, column), second.id)


def test_an_address_is_one_person_in_any_case(psql: psycopg.Connection) -> None:
    one, other = factories.make_user(email="ann@x.example"), factories.make_user()
    refused(psql, "uq_users_email", "UPDATE users SET email = %s WHERE id = %s", one.email, other.id)
    with pytest.raises(psycopg.errors.CheckViolation):
        psql.execute("UPDATE users SET email = 'ANN@X.example' WHERE id = %s", (other.id,))


# --- Money ---


def test_what_was_paid_and_given_back_is_not_written_by_hand(psql: psycopg.Connection) -> None:
    placed(method="cash")
    for column in ("paid_minor", "refunded_minor", "total_minor", "discount_minor", "seats"):
        denied(psql, f"UPDATE bookings SET {column} = 0")  # noqa: S608
    for column in ("allocated_minor", "refunded_minor"):
        denied(psql, f"UPDATE payments SET {column} = 0")  # noqa: S608
    denied(psql, "UPDATE discount_codes SET times_used = 0")


def test_a_payment_is_not_made_smaller_than_what_it_pays(psql: psycopg.Connection) -> None:
    payment = payment_of(placed(method="cash"))
    statement = "UPDATE payments SET amount_minor = 74_99 WHERE id = %s"
    refused(psql, "ck_payments_allocated_within_amount", statement, payment.id)
    loose = done(lambda: payments.take(PaymentIn("cash", 5_00, customer_id=factories.make_user().id), OFFICE))
    statement = "UPDATE payments SET amount_minor = 0 WHERE id = %s"
    refused(psql, "ck_payments_amount_positive", statement, loose.id)


def test_money_keeps_its_currency_and_its_sides(psql: psycopg.Connection) -> None:
    booking, other = placed(method="cash"), placed(method="cash")
    payment, another = payment_of(booking), payment_of(other)
    wanted = RefundIn(payment.id, 10_00, "Ill", booking_id=booking.id)
    refund = done(lambda: refunds.request(wanted, OFFICE))
    refused(
        psql, "ck_payments_same_currency", "UPDATE payments SET currency = 'EUR' WHERE id = %s", payment.id
    )
    refused(
        psql, "ck_bookings_same_currency", "UPDATE bookings SET currency = 'EUR' WHERE id = %s", booking.id
    )
    for column, value in (("payment_id", another.id), ("booking_id", other.id), ("currency", "EUR")):
        statement = f"UPDATE refunds SET {column} = %s WHERE id = %s"  # noqa: S608
        refused(psql, "ck_refunds_same_payment", statement, value, refund.id)
    statement = "UPDATE allocations SET booking_id = %s WHERE payment_id = %s"
    refused(psql, "ck_allocations_same_pair", statement, other.id, payment.id)


def test_a_refund_in_another_currency_is_refused(psql: psycopg.Connection) -> None:
    payment = payment_of(placed(method="cash"))
    statement = (
        "INSERT INTO refunds (tenant_id, id, reference, payment_id, amount_minor, currency, status, reason, requested_at) "
        "VALUES (%s, gen_random_uuid(), 'R-1', %s, 1, 'EUR', 'requested', 'x', now())"
    )
    refused(psql, "ck_refunds_same_currency", statement, payment.tenant_id, payment.id)


def test_an_imported_refund_counts_and_stays_within_too(
    psql: psycopg.Connection, database_urls: DatabaseUrls
) -> None:
    """Any status may be inserted; the sums and their bounds are the same."""
    booking = placed(method="cash")
    payment = payment_of(booking)
    statement = (
        "INSERT INTO refunds (tenant_id, id, reference, payment_id, booking_id, amount_minor, currency, status, reason, "
        "requested_at) VALUES (%s, gen_random_uuid(), %s, %s, %s, %s, 'GBP', 'succeeded', 'x', now())"
    )
    psql.execute(statement, (booking.tenant_id, "R-1", payment.id, booking.id, 50_00))
    psql.commit()
    assert sums.that_differ(database_urls.owner) == []
    over = ("R-2", payment.id, booking.id, 25_01)
    refused(psql, "ck_payments_refunded_within_amount", statement, booking.tenant_id, *over)


def test_a_refund_that_is_removed_is_given_back(
    psql: psycopg.Connection, database_urls: DatabaseUrls
) -> None:
    booking = placed(method="cash")
    statement = (
        "INSERT INTO refunds (tenant_id, id, reference, payment_id, booking_id, amount_minor, currency, status, reason, "
        "requested_at) VALUES (%s, gen_random_uuid(), 'R-1', %s, %s, 5000, 'GBP', 'succeeded', 'x', now())"
    )
    psql.execute(statement, (booking.tenant_id, payment_of(booking).id, booking.id))
    psql.execute("DELETE FROM refunds")
    psql.commit()
    assert sums.that_differ(database_urls.owner) == []
    assert fresh(booking.id).payment_status == "paid"


def test_a_failed_payment_pays_nothing_and_one_that_succeeds_later_does(
    psql: psycopg.Connection, database_urls: DatabaseUrls
) -> None:
    booking = placed()
    insert = (
        "INSERT INTO payments (tenant_id, id, reference, customer_id, method, amount_minor, currency, status) "
        "VALUES (%s, gen_random_uuid(), 'P-1', %s, 'cash', 7500, 'GBP', 'failed') RETURNING id"
    )
    row = psql.execute(insert, (booking.tenant_id, booking.customer_id)).fetchone()
    assert row is not None
    psql.execute(
        "INSERT INTO allocations (tenant_id, id, payment_id, booking_id, amount_minor) "
        "VALUES (%s, gen_random_uuid(), %s, %s, 7500)",
        (booking.tenant_id, row[0], booking.id),
    )
    psql.commit()
    assert fresh(booking.id).payment_status == "failed"
    psql.execute("UPDATE payments SET status = 'succeeded' WHERE id = %s", row)
    psql.commit()
    assert fresh(booking.id).payment_status == "paid"
    assert sums.that_differ(database_urls.owner) == []


@pytest.mark.parametrize(
    ("paid", "back", "status"), [(0, 0, "unpaid"), (10, 0, "part_paid"), (75, 0, "paid")]
)
def test_the_payment_status_is_what_the_ledger_says(
    tenant: Tenant, paid: int, back: int, status: str
) -> None:
    booking = placed()
    if paid:
        done(lambda: payments.take(PaymentIn("cash", paid * 100, (booking.id,)), OFFICE))
    assert fresh(booking.id).payment_status == status


# --- Tenants ---


def test_another_tenants_rows_are_not_there(tenant: Tenant, database_urls: DatabaseUrls) -> None:
    booking = placed()
    with psycopg.connect(database_urls.app) as stranger:
        for scope in ("", str(factories.new_id())):
            stranger.execute("SELECT set_config('app.tenant_id', %s, false)", (scope,))
            assert stranger.execute("SELECT count(*) FROM bookings").fetchone() == (0,)
            assert (
                stranger.execute("UPDATE bookings SET notes = 'x' WHERE id = %s", (booking.id,)).rowcount == 0
            )


def test_a_row_is_not_written_into_another_tenant(psql: psycopg.Connection) -> None:
    booking = placed()
    denied(psql, "UPDATE bookings SET tenant_id = gen_random_uuid() WHERE id = %s", booking.id)
    denied(
        psql, "INSERT INTO companies (tenant_id, id, name) VALUES (gen_random_uuid(), gen_random_uuid(), 'x')"
    )


def test_a_row_does_not_point_into_another_tenant(psql: psycopg.Connection) -> None:
    """Also where the id is known: the key names the tenant."""
    booking = placed()
    statement = "UPDATE bookings SET customer_id = gen_random_uuid() WHERE id = %s"
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        psql.execute(statement, (booking.id,))


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE backoffice_owner",
        "SET ROLE postgres",
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE bookings DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "SELECT take_seats()",
        "INSERT INTO status_transitions VALUES ('booking', 'cancelled', 'confirmed')",
        "DELETE FROM alembic_version",
        "ALTER FUNCTION take_seats() SET search_path = public",
    ],
)
def test_the_program_cannot_take_its_own_guards_away(psql: psycopg.Connection, statement: str) -> None:
    denied(psql, statement)


def test_the_program_may_not_read_past_the_policies(psql: psycopg.Connection) -> None:
    psql.execute("SET row_security = off")  # no way round: every query of a policed table then fails
    denied(psql, "SELECT count(*) FROM users")


# --- History ---


@pytest.mark.parametrize("table", ["venues", "courses", "users", "schedules"])
def test_rows_with_history_are_not_deleted(psql: psycopg.Connection, table: str) -> None:
    placed(method="cash")
    with pytest.raises(psycopg.errors.RestrictViolation):
        psql.execute(f"DELETE FROM {table}")


def test_a_status_goes_nowhere_else_by_hand(psql: psycopg.Connection) -> None:
    booking = placed()
    done(lambda: bookings.cancel(booking.id, "Ill", ADMIN))
    statement = "UPDATE bookings SET status = 'confirmed' WHERE id = %s"
    refused(psql, "ck_bookings_status_transition", statement, booking.id)


def test_a_temporary_table_stands_in_for_none_of_ours(psql: psycopg.Connection) -> None:
    """The guards run as their owner: a caller's temporary tables must not be what they read."""
    booking = placed()
    done(lambda: bookings.cancel(booking.id, "Ill", ADMIN))
    psql.execute("CREATE TEMPORARY TABLE status_transitions AS SELECT * FROM public.status_transitions")
    psql.execute("INSERT INTO status_transitions VALUES ('booking', 'cancelled', 'confirmed')")
    psql.execute("GRANT SELECT ON status_transitions TO PUBLIC")
    statement = "UPDATE bookings SET status = 'confirmed' WHERE id = %s"
    refused(psql, "ck_bookings_status_transition", statement, booking.id)
