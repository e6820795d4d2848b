"""The second tenant's tables, made around a day: courses, rooms, people, dates and bookings of a school in Nairobi."""

from datetime import date, timedelta

from backoffice.documents.spreadsheet_in import Table

Row = dict[str, str]

COURSES = (
    ("web-basics", "Web Development Basics", "Coding", "960", "2", "18000"),
    ("python-data", "Python for Data", "Coding", "1440", "3", "27500"),
    ("cyber-safety", "Cyber Safety at Work", "Security", "240", "1", "6500"),
    ("design-sprint", "Design Sprint", "Design", "480", "1", "9000"),
)
VENUES = (
    ("ngong-lab", "Ngong Road Lab", "Ngong Road", "Nairobi", "16"),
    ("westlands", "Westlands Studio", "Waiyaki Way", "Nairobi", "12"),
)
INSTRUCTORS = (
    ("Samuel Mwangi", "samuel.mwangi@example.org", "8"),
    ("Amina Hassan", "amina.hassan@example.org", "5"),
)
# Weeks from now, course, venue, teacher, number of days.
DATES = (
    (-6, "cyber-safety", "westlands", 1, 1),
    (-4, "web-basics", "ngong-lab", 0, 2),
    (-2, "design-sprint", "westlands", 1, 1),
    (2, "cyber-safety", "westlands", 1, 1),
    (3, "web-basics", "ngong-lab", 0, 2),
    (5, "python-data", "ngong-lab", 0, 3),
    (8, "design-sprint", "westlands", 1, 1),
    (11, "python-data", "ngong-lab", 0, 3),
)
PEOPLE = (
    ("Faith", "Achieng", "0712 000101", "Savanna Foods"),
    ("Kevin", "Kiprotich", "0712 000102", ""),
    ("Mercy", "Wambui", "0712 000103", "Rift Logistics"),
    ("Hassan", "Abdi", "0712 000104", ""),
    ("Njoki", "Kariuki", "0712 000105", "Savanna Foods"),
)


def tables(today: date) -> dict[str, Table]:
    """The five tables, in the order in which they build on each other."""
    monday = today - timedelta(days=today.weekday())
    schedules = [_schedule(number, monday) for number in range(len(DATES))]
    return {
        "courses": _table(
            [
                dict(
                    zip(
                        ("slug", "title", "course_type", "duration_minutes", "days", "price"),
                        row,
                        strict=True,
                    )
                )
                | {"audience": "Corporate", "certificate_years": "2"}
                for row in COURSES
            ]
        ),
        "venues": _table(
            [
                dict(zip(("slug", "name", "address_line1", "city", "capacity"), row, strict=True))
                for row in VENUES
            ]
        ),
        "instructors": _table(
            [dict(zip(("name", "email", "years_of_experience"), row, strict=True)) for row in INSTRUCTORS]
        ),
        "schedules": _table(schedules),
        "bookings": _table(_bookings(today, monday)),
    }


def _schedule(number: int, monday: date) -> Row:
    weeks, course, venue, teacher, count = DATES[number]
    first = monday + timedelta(weeks=weeks, days=1)
    days = [first + timedelta(days=day) for day in range(count)]
    return {
        "code": f"N{number + 1:03}",
        "course": course,
        "venue": venue,
        "instructor_email": INSTRUCTORS[teacher][1],
        "days": ";".join(day.isoformat() for day in days),
        "start_time": "09:00",
        "end_time": "13:00" if course == "cyber-safety" else "17:00",
        "capacity": "12",
        "status": "completed" if weeks < 0 else "published",
    }


def _bookings(today: date, monday: date) -> list[Row]:
    """Each person books every date whose number they share, so that some come back."""
    rows: list[Row] = []
    for number, (weeks, course, *_) in enumerate(DATES):
        booked_on = min(monday + timedelta(weeks=weeks, days=-20), today - timedelta(days=number + 1))
        for who in (number % 2, 2 + number % 3):
            rows.append(_booking(len(rows) + 1, number, who, booked_on) | _state(weeks, who))
            rows[-1]["total"] = _price(course)
    return rows


def _price(course: str) -> str:
    return next(row[5] for row in COURSES if row[0] == course)


def _state(weeks: int, who: int) -> Row:
    if weeks < 0:
        return {"status": "completed", "payment_status": "paid"}
    if who == 3:
        return {"status": "pending", "payment_status": "pending"}
    return {"status": "confirmed", "payment_status": "paid"}


def _booking(number: int, schedule: int, who: int, booked_on: date) -> Row:
    first, last, phone, company = PEOPLE[who]
    return {
        "reference": f"NTS-{booked_on.year}-{number:04}",
        "booked_on": booked_on.isoformat(),
        "schedule_code": f"N{schedule + 1:03}",
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}@example.org".lower(),
        "phone": phone,
        "company": company,
        "seats": "1",
        "attendees": f"{first} {last}",
        "payment_method": "bank_transfer" if who % 2 else "cash",
    }


def _table(rows: list[Row]) -> Table:
    return Table(list(rows[0]), list(enumerate(rows, start=2)))
