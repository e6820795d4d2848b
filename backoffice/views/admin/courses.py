"""Courses."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import joinedload, selectinload
from wtforms import fields, validators

from backoffice.domain.durations import say_duration
from backoffice.domain.errors import Invalid
from backoffice.domain.money import format_money
from backoffice.models import Course, CourseInstructor, CourseType, Instructor, Schedule
from backoffice.services import courses
from backoffice.views.access import current_actor
from backoffice.views.admin import filters, formats
from backoffice.views.admin.catalogue import (
    CatalogueView,
    archived_filter,
    coming_dates,
    one_per_line,
)
from backoffice.views.admin.fields import (
    DurationField,
    IdField,
    IdsField,
    PercentField,
    block,
    line,
    offered,
    whole,
)
from backoffice.views.admin.formats import page_currency
from backoffice.views.admin.forms import LinesField, MoneyField, ScreenForm
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pictured import Pictured
from backoffice.views.admin.pieces import pill_cell
from backoffice.views.requests import current_tenant

AUDIENCES = {"adults": "Adults", "kids": "Children", "corporate": "Companies"}
PRICING = {"priced": "Priced", "free": "Free", "on_request": "On request"}

TYPES = offered(CourseType, CourseType.title)
COURSES = offered(Course, Course.title)
INSTRUCTORS = offered(Instructor, Instructor.name)


def price_cell(view: Any, context: Any, model: Any, name: str) -> str:
    """The price of a course or a date, right-aligned."""
    return say_price(model)


price_cell.cell_class = "num"  # type: ignore[attr-defined]


class CourseForm(ScreenForm):
    title = line("Title", 200, required=True)
    course_type_id = IdField("Type", TYPES, blank="Choose…", required=True)
    audience = fields.SelectField("For whom", choices=list(AUDIENCES.items()))
    category = line("Category", 60, "Groups courses in the public catalogue.")
    slug = line("Short name", 100, "For web addresses and spreadsheets; made of the title if left empty.")
    is_published = fields.BooleanField("In the catalogue", description="Shown to the public.")
    description = block("Description", 10_000)
    outcomes = LinesField("What people learn", description="One to a line.")
    syllabus = LinesField("Syllabus", description="One to a line.")
    duration_minutes = DurationField(
        "Length",
        [validators.InputRequired("Fill this in.")],
        description="Teaching time in all: 6 h, 1 h 30 min, 90 min.",
    )
    day_count = whole("Days", 1, 60, "On how many days it is taught.", required=True, default=1)
    duration_weeks = whole("Weeks", 1, 200, "For courses that run weekly.")
    pricing = fields.SelectField("Price", choices=list(PRICING.items()))
    price_minor = MoneyField("Amount", description="For each person, VAT included.")
    vat_rate_bp = PercentField("VAT", default=lambda: current_tenant().vat_rate_bp)
    refund_window_hours = whole(
        "Refund until", 0, 8760, "So many hours before the start; empty: house rules."
    )
    refund_fee_bp = PercentField("Kept of a late refund", default=0, description="Of what was paid.")
    capacity = whole("Places", 1, 1000, "Copied to each new date.", required=True, default=12)
    learners_per_instructor = whole(
        "People for each instructor", 1, 1000, "More need a second instructor.", required=True, default=12
    )
    minimum_age = whole("Minimum age", 0, 120)
    prerequisites = block(
        "What people must bring or hold",
        2000,
        "Said on the web site and at the desk; whoever names an attendee confirms it. “- ” begins a point of a list.",
    )
    needs_waiver = fields.BooleanField(
        "Waiver", description="Bookers on the web site accept the waiver of the terms as well."
    )
    gives_certificate = fields.BooleanField(
        "Gives a certificate", default=True, description="To everybody who was there and passed."
    )
    runs_from_old_expiry = fields.BooleanField(
        "Runs from the old expiry",
        description="Taken while the old certificate is valid, the new one begins where that ends.",
    )
    certificate_years = whole("Certificate valid", 1, 50, "In years; empty: without end.")
    requalifies_course_id = IdField("Renews", COURSES, blank="None", description="The course it requalifies.")
    default_instructor_id = IdField(
        "Usually taught by", INSTRUCTORS, blank="Nobody in particular", description="Copied to each new date."
    )
    instructor_ids = IdsField("May be taught by", INSTRUCTORS)
    has_whitelist = fields.BooleanField("Only for a list", description="Only those below may book it.")
    whitelist_text = block(
        "Who may book", 200_000, "One to a line: an e-mail address, or a domain like @example.com."
    )


class CourseScreen(Pictured, CatalogueView):
    singular = "Course"
    plural = "Courses"
    subject = "course"
    service = courses
    form = CourseForm
    apart = frozenset({"default_instructor_id", "instructor_ids", "whitelist_text"})
    can_export = False
    empty_hint = "Add what you teach, with its price and length; then plan dates for it."
    form_groups = (
        ("The course", ("title", "course_type_id", "audience", "category", "slug", "is_published")),
        ("What it is about", ("description", "outcomes", "syllabus")),
        ("Length", ("duration_minutes", "day_count", "duration_weeks")),
        ("Price", ("pricing", "price_minor", "vat_rate_bp", "refund_window_hours", "refund_fee_bp")),
        ("Places", ("capacity", "learners_per_instructor")),
        ("Who may come", ("minimum_age", "prerequisites", "needs_waiver")),
        (
            "Certificate",
            ("gives_certificate", "certificate_years", "requalifies_course_id", "runs_from_old_expiry"),
        ),
        ("Who teaches it", ("default_instructor_id", "instructor_ids")),
        ("Who may book it", ("has_whitelist", "whitelist_text")),
    )
    form_widget_args = {"title": {"autofocus": True}, "whitelist_text": {"spellcheck": "false"}}
    column_list = ("title", "course_type", "duration_minutes", "price_minor", "audience", "is_published")
    column_labels = {
        "course_type": "Type",
        "duration_minutes": "Length",
        "price_minor": "Price",
        "audience": "For whom",
        "is_published": "Catalogue",
        "vat_rate_bp": "VAT",
        "day_count": "Days",
        "duration_weeks": "Weeks",
        "capacity": "Places",
        "learners_per_instructor": "People for each instructor",
        "gives_certificate": "Gives a certificate",
        "certificate_years": "Certificate valid, years",
        "runs_from_old_expiry": "Runs from the old expiry",
        "refund_window_hours": "Full refund until, hours before",
        "refund_fee_bp": "Kept of a late refund",
        "outcomes": "What people learn",
        "requalifies": "Renews",
        "has_whitelist": "Only for a list",
        "prerequisites": "What people must bring or hold",
        "needs_waiver": "Waiver",
        "slug": "Short name",
        "teachers": "Taught by",
        "whitelist_text": "Who may book",
    }
    column_formatters = {
        "duration_minutes": lambda view, context, model, name: say_duration(model.duration_minutes),
        "price_minor": price_cell,
        "audience": formats.choice(AUDIENCES),
        "is_published": lambda view, context, model, name: pill_cell(in_catalogue(model), ""),
        "outcomes": one_per_line,
        "syllabus": one_per_line,
        "has_whitelist": lambda view, context, model, name: (
            "Yes" if model.has_whitelist else formats.nothing()
        ),
        "needs_waiver": lambda view, context, model, name: (
            "Asked for" if model.needs_waiver else formats.nothing()
        ),
        "vat_rate_bp": formats.percent,
        "refund_fee_bp": formats.percent,
        "teachers": lambda view, context, model, name: say_teachers(model),
        "whitelist_text": lambda view, context, model, name: say_whitelist(model),
    }
    details_load = (
        joinedload(Course.course_type),
        joinedload(Course.requalifies),
        selectinload(Course.whitelist),
        selectinload(Course.instructors).joinedload(CourseInstructor.instructor),
    )
    column_details_list = ()
    details_groups = (
        (
            "At a glance",
            (
                "course_type", "audience", "duration_minutes", "day_count", "duration_weeks", "price_minor",
                "vat_rate_bp", "capacity", "learners_per_instructor", "minimum_age", "category", "slug",
            ),
        ),
        ("Certificate and refund", (
            "gives_certificate", "certificate_years", "requalifies", "runs_from_old_expiry",
            "refund_window_hours", "refund_fee_bp",
        )),
        ("Who", ("teachers", "prerequisites", "needs_waiver", "has_whitelist", "whitelist_text")),
        ("What it is about", ("description", "outcomes", "syllabus")),
    )  # fmt: skip
    list_load = (joinedload(Course.course_type),)
    list_sorts = {"title": Course.title}
    list_order = ("title", False)
    list_filters = (
        filters.related(
            "type",
            "Type",
            Course.course_type_id,
            lambda: [(str(row_id), words) for row_id, words in TYPES([])],
        ),
        filters.choice("audience", "For whom", Course.audience, list(AUDIENCES.items())),
        filters.yes_no("published", "In the catalogue", Course.is_published),
        archived_filter(Course),
    )
    search_columns = (Course.title, Course.slug, Course.category)
    search_hint = "Title or category"

    def save_apart(self, row_id: UUID, form: Any) -> None:
        actor = current_actor()
        courses.set_instructors(
            row_id, form.instructor_ids.data or (), form.default_instructor_id.data, actor
        )
        try:
            courses.set_whitelist(row_id, form.whitelist_text.data or "", actor)
        except Invalid as error:
            raise Invalid(error.code, error.message, field="whitelist_text") from error

    def edit_form(self, obj: Any = None) -> Any:
        return super().edit_form(Opened(obj))

    def details_tables(self, model: Course) -> list[RelatedTable]:
        return [coming_dates(Schedule.course_id == model.id, leave_out="Course", course_id=model.id)]

    def details_context(self, model: Course) -> dict[str, Any]:
        context = super().details_context(model)
        pills = [*context["pills"], (in_catalogue(model), None)]
        return context | self.picture_context(model) | {"pills": pills}


class Opened:
    """A course as its form opens it: with what lies in tables of their own."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.instructor_ids = [each.instructor_id for each in course.instructors]
        self.default_instructor_id = next(
            (each.instructor_id for each in course.instructors if each.is_default), None
        )
        self.whitelist_text = say_whitelist(course)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.course, name)


def in_catalogue(course: Course) -> str:
    return "published" if course.is_published else "draft"


def say_price(course: Course) -> str:
    """The price of a course, or why it has none."""
    if course.price_minor is None:
        return PRICING[course.pricing]
    return format_money(course.price_minor, page_currency())


def say_teachers(course: Course) -> Any:
    """Who may teach a course, who usually does first."""
    in_order = sorted(course.instructors, key=lambda each: (not each.is_default, each.instructor.name))
    names = [f"{each.instructor.name}{' (usually)' if each.is_default else ''}" for each in in_order]
    return ", ".join(names) or formats.nothing()


def say_whitelist(course: Course) -> str:
    return "\n".join(sorted(entry.pattern for entry in course.whitelist))
