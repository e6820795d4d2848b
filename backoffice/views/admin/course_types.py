"""Course types."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.durations import say_duration
from backoffice.models import Course, CourseType
from backoffice.services import course_types
from backoffice.views.admin.catalogue import CatalogueView, archived_filter
from backoffice.views.admin.fields import block, line
from backoffice.views.admin.forms import ScreenForm
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import record_link


class CourseTypeForm(ScreenForm):
    code = line("Code", 40, "Short, as reports and discount codes use it: EFAW.", required=True)
    title = line("Title", 200, required=True)
    certificate_wording = block(
        "Wording on certificates",
        2000,
        "What the law or an awarding body wants each certificate to say. Certificates issued already keep theirs.",
    )


class CourseTypeScreen(CatalogueView):
    singular = "Course type"
    plural = "Course types"
    subject = "course_type"
    service = course_types
    form = CourseTypeForm
    empty_hint = "Courses belong to a type, such as EFAW or Paediatric. Discounts and reports go by it."
    column_list = ("code", "title")
    column_details_list = ("code", "title", "certificate_wording", "created_at")
    column_labels = {"created_at": "Made", "certificate_wording": "Wording on certificates"}
    list_sorts = {"code": CourseType.code}
    list_order = ("code", False)
    list_filters = (archived_filter(CourseType),)
    search_columns = (CourseType.code, CourseType.title)
    search_hint = "Code or title"

    def details_tables(self, model: CourseType) -> list[RelatedTable]:
        courses = db.session.scalars(
            select(Course).where(Course.course_type_id == model.id).order_by(Course.title)
        )
        rows: list[Any] = [
            [record_link("courses", each.id, each), say_duration(each.duration_minutes)] for each in courses
        ]
        return [
            RelatedTable("Courses of this type", ["Course", "Length"], rows, "No course of this type yet.")
        ]
