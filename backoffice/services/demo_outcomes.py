"""What the demonstration's courses say and teach, and the wording of their certificates: the spreadsheets do not say it."""

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Course, CourseType
from backoffice.services.demo_texts import TOLD, TYPE_TITLES

_AT_WORK = "Taught to the content that the Health and Safety (First-Aid) Regulations 1981 ask of employers."
WORDINGS = {"EFAW": _AT_WORK, "FAW": _AT_WORK, "FAW-R": _AT_WORK}


def describe_courses() -> None:
    """Write the texts of the courses that are there, the titles of the types and their wordings."""
    for course in db.session.scalars(select(Course).where(Course.slug.in_(TOLD))):
        told = TOLD[course.slug]
        course.description = told.description
        course.outcomes, course.syllabus = list(told.outcomes), list(told.syllabus)
    for kind in db.session.scalars(select(CourseType).where(CourseType.code.in_(TYPE_TITLES))):
        kind.title = TYPE_TITLES[kind.code]
        kind.certificate_wording = WORDINGS.get(kind.code)
    db.session.flush()
