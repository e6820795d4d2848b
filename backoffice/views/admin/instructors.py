"""Instructors; an instructor's page is their diary."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload
from wtforms import fields, validators

from backoffice.database import db
from backoffice.models import Course, CourseInstructor, Instructor, InstructorLeave, User
from backoffice.services import instructors
from backoffice.views.admin import formats
from backoffice.views.admin.catalogue import (
    CatalogueView,
    archived_filter,
    coming_dates,
    one_per_line,
    phone,
    taught_by,
)
from backoffice.views.admin.fields import IdField, block, email_address, line, phone_number, whole
from backoffice.views.admin.forms import LinesField, ScreenForm, finite
from backoffice.views.admin.instructor_hours import HoursPages, hours_table, leave_table
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pictured import Pictured
from backoffice.views.admin.pieces import record_link

NOT_STAFF = ("customer", "operator")


def logins(kept: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Staff who can sign in, and whoever it is now."""
    able = User.is_active & User.archived_at.is_(None) & User.role.not_in(NOT_STAFF)
    found = db.session.scalars(
        select(User).where(or_(able, User.id.in_(kept))).order_by(User.last_name, User.first_name, User.id)
    )
    return [(user.id, f"{user.name} ({user.email})") for user in found]


class InstructorForm(ScreenForm):
    name = line("Name", 200, required=True)
    email = fields.StringField("E-mail", [email_address])
    phone = fields.StringField("Phone", [phone_number])
    user_id = IdField(
        "Login",
        logins,
        blank="None",
        description="With a login the instructor sees the own dates and registers.",
    )
    is_published = fields.BooleanField(
        "On the public site",
        description="With photo, text, specialities and qualifications; never e-mail or phone.",
    )
    bio = block("About", 5000)
    specializations = LinesField("Specialities", description="One to a line.")
    certifications = LinesField("Qualifications", description="One to a line, with the year.")
    years_of_experience = whole("Years of experience", 0, 80)
    rating = fields.DecimalField(
        "Rating",
        [validators.Optional(), finite, validators.NumberRange(0, 5, "Enter a rating from 0 to 5.")],
        description="0 to 5, as learners gave it.",
    )


class InstructorScreen(Pictured, HoursPages, CatalogueView):
    singular = "Instructor"
    plural = "Instructors"
    subject = "instructor"
    service = instructors
    form = InstructorForm
    empty_hint = "Add who teaches, so that nobody is planned in two places at once."
    form_groups = (
        ("The person", ("name", "email", "phone", "user_id")),
        (
            "The profile",
            ("is_published", "bio", "specializations", "certifications", "years_of_experience", "rating"),
        ),
    )
    form_widget_args = {"name": {"autofocus": True}}
    picture_title = "Photo on the public site"
    picture_hint = "Shown beside the courses taught, once the profile is on the public site."
    picture_blank = "No photo yet."
    column_list = ("name", "email", "phone", "specializations", "years_of_experience")
    column_labels = {
        "email": "E-mail",
        "user": "Login",
        "bio": "About",
        "specializations": "Specialities",
        "certifications": "Qualifications",
        "is_published": "On the public site",
    }
    column_formatters = {
        "years_of_experience": formats.number,
        "specializations": one_per_line,
        "certifications": one_per_line,
        "phone": phone,
        "user": lambda view, context, model, name: model.user.name if model.user else formats.nothing(),
    }
    column_details_list = (
        "email", "phone", "user", "is_published", "years_of_experience", "rating", "specializations", "certifications", "bio",
    )  # fmt: skip
    details_load = (joinedload(Instructor.user),)
    list_sorts = {"name": Instructor.name}
    list_order = ("name", False)
    list_filters = (archived_filter(Instructor),)
    search_columns = (Instructor.name, Instructor.email, Instructor.phone)
    search_hint = "Name, e-mail or phone"

    def details_context(self, model: Instructor) -> dict[str, Any]:
        return super().details_context(model) | self.picture_context(model)

    def details_tables(self, model: Instructor) -> list[RelatedTable]:
        return [
            leave_table(model, self.get_url(".leave", id=model.id), self._end_button),
            hours_table(model, self.get_url(".hours", id=model.id)),
            coming_dates(taught_by(model.id), instructor_id=model.id),
            _courses_of(model),
        ]

    def _end_button(self, leave: InstructorLeave) -> Markup:
        url = self.get_url(".end_leave")
        return Markup(render_template("admin/instructors/end_leave.html", leave=leave, url=url))  # noqa: S704 - escaped


def _courses_of(instructor: Instructor) -> RelatedTable:
    found = db.session.execute(
        select(Course, CourseInstructor.is_default)
        .join(CourseInstructor, CourseInstructor.course_id == Course.id)
        .where(CourseInstructor.instructor_id == instructor.id)
        .order_by(Course.title)
    )
    rows: list[Any] = [
        [record_link("courses", course.id, course), "Usually" if usual else "At times"]
        for course, usual in found
    ]
    return RelatedTable("Courses", ["Course", "Teaches it"], rows, "Not listed for a course yet.")
