"""Who teaches, as the public sees it: those whose profile was published, without e-mail and phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, select

from backoffice.database import db
from backoffice.domain.text import fold
from backoffice.models import Course, CourseInstructor, Instructor, Schedule, ScheduleDay
from backoffice.services import pictures
from backoffice.services.finding import on_sale
from backoffice.services.finding.filters import Filters
from backoffice.services.finding.on_sale import PublicDate
from backoffice.services.pictures import Shown

MOST_DATES = 8


@dataclass(frozen=True)
class Profile:
    """What a page shows of an instructor; `rating` is from 0 to 5, of learners."""

    id: UUID
    name: str
    photo: Shown | None
    biography: str
    specialisations: tuple[str, ...]
    qualifications: tuple[str, ...]
    years: int | None
    rating: Decimal | None

    @property
    def slug(self) -> str:
        """How the page is addressed: the id, and the name for people."""
        words = re.sub(r"[^a-z0-9]+", "-", fold(self.name)).strip("-")
        return f"{self.id}-{words}" if words else str(self.id)

    @property
    def initials(self) -> str:
        """The first letters of the first and the last name, where there is no photo."""
        names = self.name.split()
        return "".join(each[0] for each in (names[0], names[-1])[: len(names)]).upper() if names else ""


def find(instructor_id: UUID) -> Profile | None:
    """The published profile, or None."""
    found = _profiles(_published().where(Instructor.id == instructor_id))
    return found[0] if found else None


def of_course(course_id: UUID) -> list[Profile]:
    """The published profiles of who may teach a course, the usual one first."""
    teaching = (
        _published()
        .join(CourseInstructor, CourseInstructor.instructor_id == Instructor.id)
        .where(CourseInstructor.course_id == course_id)
        .order_by(CourseInstructor.is_default.desc(), Instructor.name, Instructor.id)
    )
    return _profiles(teaching)


def list_courses(instructor_id: UUID) -> Sequence[tuple[str, str]]:
    """(short name, title) of the published courses that an instructor may teach."""
    rows = db.session.execute(
        select(Course.slug, Course.title)
        .join(CourseInstructor, CourseInstructor.course_id == Course.id)
        .where(CourseInstructor.instructor_id == instructor_id, *on_sale.of_courses())
        .order_by(Course.title)
    )
    return [(row.slug, row.title) for row in rows]


def list_dates(instructor_id: UUID, now: datetime) -> list[PublicDate]:
    """The next dates that everybody may see and that the instructor teaches on any day of (`now` in UTC)."""
    teaches = Schedule.days.any(ScheduleDay.instructors.any(instructor_id=instructor_id))
    wanted = on_sale.query(Filters(), now).where(teaches).limit(MOST_DATES)
    return [on_sale.as_date(row) for row in db.session.execute(wanted)]


def _published() -> Select[Instructor]:
    return select(Instructor).where(Instructor.is_published, Instructor.archived_at.is_(None))


def _profiles(statement: Select[Instructor]) -> list[Profile]:
    rows = list(db.session.scalars(statement))
    photos = pictures.shown_of(row.picture_id for row in rows)
    return [_profile(row, photos.get(row.picture_id) if row.picture_id else None) for row in rows]


def _profile(row: Instructor, photo: Shown | None) -> Profile:
    return Profile(
        id=row.id,
        name=row.name,
        photo=photo,
        biography=row.bio or "",
        specialisations=tuple(row.specializations),
        qualifications=tuple(row.certifications),
        years=row.years_of_experience,
        rating=row.rating,
    )
