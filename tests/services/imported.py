"""Small tables for the tests of imports, and what a tenant's tables hold."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from backoffice.config import PROJECT
from backoffice.database import Base, db
from backoffice.domain.actor import Actor
from backoffice.services import imports
from backoffice.services.imports import Judged
from backoffice.work import commit_once

DEMO = PROJECT / "demo"
ACTOR = Actor("import", name="Test")
Row = Mapping[str, Any]

COURSE = {
    "slug": "first-aid",
    "title": "First Aid",
    "course_type": "FA",
    "audience": "Adults",
    "duration_minutes": "360",
    "days": "1",
    "price": "£75.00",
    "certificate_years": "3",
    "min_age": "16",
    "requalifies": "",
}
VENUE = {
    "slug": "leeds",
    "name": "Wharf Rooms",
    "address_line1": "1 Wharf St",
    "city": "Leeds",
    "capacity": "16",
}
INSTRUCTOR = {"name": "Siân Pryce", "email": "sian@example.org", "years_of_experience": "15"}
SCHEDULE = {
    "code": "S1",
    "course": "first-aid",
    "venue": "leeds",
    "instructor_email": "sian@example.org",
    "days": "2027-03-02",
    "start_time": "09:00",
    "end_time": "16:00",
    "capacity": "12",
    "status": "published",
}
BOOKING = {
    "reference": "TST-2026-0007",
    "booked_on": "03/11/2026",
    "schedule_code": "S1",
    "first_name": "Grace",
    "last_name": "O’Neill",
    "email": "Grace@Example.org",
    "phone": "07700 900311",
    "company": "Lee, Stokes and Lawrence",
    "seats": "2",
    "attendees": "Grace O’Neill; José de la Cruz",
    "status": "confirmed",
    "payment_status": "paid",
    "payment_method": "card",
    "discount": "0.00",
    "total": "£150.00",
    "notes": "Vegetarian lunch",
}
BASE = {"courses": COURSE, "venues": VENUE, "instructors": INSTRUCTOR, "schedules": SCHEDULE}


def table(*rows: Row, delimiter: str = ",") -> bytes:
    """Rows as a CSV file; the first row's columns are the header."""
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def look(kind: str, data: bytes) -> Judged:
    """Judge a file and change nothing."""
    return imports.judge(kind, imports.read(kind, data, f"{kind}.csv"))


def bring(kind: str, *rows: Row) -> Judged:
    """Import rows and commit."""
    return bring_file(kind, table(*rows))


def bring_file(kind: str, data: bytes) -> Judged:
    def work() -> Judged:
        judged = look(kind, data)
        imports.write(judged, ACTOR)
        return judged

    return commit_once(work)


def bring_base() -> None:
    """A course, a venue, an instructor and a date with 12 places."""
    for kind, row in BASE.items():
        assert not bring(kind, row).refused


def reason_of(kind: str, *rows: Row) -> str:
    """Why the last of the rows is refused; "" when it is not."""
    verdict = look(kind, table(*rows)).verdicts[-1]
    return verdict.reason if verdict.outcome == "refused" else ""


def value(sql: str, **values: Any) -> Any:
    return db.session.execute(text(sql), values).scalar()


def digest() -> dict[str, str]:
    """A fingerprint of everything this tenant's tables hold."""
    names = [table.name for table in Base.metadata.sorted_tables]
    return {
        name: value(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t") or ""  # noqa: S608
        for name in names
    }
