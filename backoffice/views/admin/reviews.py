"""Reviews: what learners say, looked at before the public reads it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape
from sqlalchemy.orm import joinedload

from backoffice.domain.statuses import LABELS
from backoffice.models import Review
from backoffice.services import reviews
from backoffice.views.admin import filters, formats, pieces, timeline
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.certificates.pieces import course_options
from backoffice.views.admin.pieces import record_link
from backoffice.views.admin.verbs import VerbForm, VerbPages
from backoffice.views.requests import current_actor

FULL = 5


def stars(rating: int | None) -> Any:
    """★★★★☆ for the eye, "4 of 5" for the ear."""
    if rating is None:
        return formats.nothing()
    drawn = "★" * rating + "☆" * (FULL - rating)
    return Markup('<span aria-hidden="true">{}</span><span class="sr-only">{} of {}</span>').format(
        drawn, rating, FULL
    )


def _rating(view: Any, context: Any, row: Review, name: str) -> Any:
    return stars(getattr(row, name))


def _words(view: Any, context: Any, row: Review, name: str) -> Any:
    return escape(row.words[:140] + ("…" if len(row.words) > 140 else "")) if row.words else formats.nothing()


def _status(view: Any, context: Any, row: Review, name: str) -> Any:
    return pieces.pill_cell(row.status, "review")


class ReviewScreen(VerbPages, AdminView):
    singular = "Review"
    plural = "Reviews"
    subject = "review"
    form_columns = ()
    details_template = "admin/reviews/details.html"
    empty_hint = (
        "The mail of thanks after a course asks for a review; it waits here until somebody has looked at it."
    )
    column_list = ("created_at", "rating", "words", "shown_as", "course", "status")
    column_labels = {"created_at": "Written", "words": "What they say", "shown_as": "By"}
    column_formatters = {"rating": _rating, "words": _words, "status": _status}
    column_details_list = ()
    list_sorts = {"created_at": Review.created_at}
    list_order = ("created_at", True)
    list_load = (joinedload(Review.course),)
    details_load = (
        joinedload(Review.course),
        joinedload(Review.schedule),
        joinedload(Review.instructor),
        joinedload(Review.attendee),
    )
    list_filters = (
        filters.choice("status", "Status", Review.status, LABELS["review"].items()),
        filters.choice("rating", "Rating", Review.rating, [(str(n), f"{n} of {FULL}") for n in range(1, 6)]),
        filters.related("course", "Course", Review.course_id, course_options),
    )

    def title_of(self, row: Review) -> str:
        return f"Review by {row.shown_as}"

    def facts_of(self, row: Review) -> list[tuple[str, Any]]:
        about = [
            ("Course", record_link("courses", row.course_id, row.course)),
            ("Rating", stars(row.rating)),
            ("Instructor", row.instructor or formats.nothing()),
            ("Rating of the instructor", stars(row.instructor_rating)),
            ("Shown as", row.shown_as),
            ("Booking", record_link("bookings", row.attendee.booking_id, row.attendee.name)),
            ("Date", record_link("schedules", row.schedule_id, "Open the date")),
        ]
        return [("What was said", about)]

    def details_context(self, model: Review) -> dict[str, Any]:
        return {"pills": [(model.status, "review")], "timeline": timeline.of_row(model)}

    @screen_action(
        "Show it",
        right="review.moderate",
        ask="Everybody reads it on the page of the course, and its stars count.",
        form=VerbForm,
        applies=lambda row: row.status != "shown",
    )
    def show(self, row: Review, form: VerbForm) -> str:
        reviews.show(row.id, current_actor(), form.seen_version)
        return "The review is on the page of the course."

    def ask_show(self, row: Review, form: VerbForm) -> dict[str, Any]:
        return _as_written(row)

    @screen_action(
        "Hide it",
        right="review.moderate",
        ask="Nobody reads it but you, and its stars do not count. Hide what names people or insults them, "
        "not what is unwelcome.",
        form=VerbForm,
        applies=lambda row: row.status != "hidden",
    )
    def hide(self, row: Review, form: VerbForm) -> str:
        reviews.hide(row.id, current_actor(), form.seen_version)
        return "The review is hidden."

    def ask_hide(self, row: Review, form: VerbForm) -> dict[str, Any]:
        return _as_written(row)


def _as_written(row: Review) -> dict[str, Any]:
    """The words of the version that is decided about: they may have changed since its page was opened."""
    return {"says": [f"{row.rating} of {FULL}: “{row.words}”" if row.words else f"{row.rating} of {FULL}."]}
