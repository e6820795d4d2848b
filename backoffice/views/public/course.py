"""The page of one course: what is learned, who teaches, what it costs, and its coming dates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, make_response, render_template

from backoffice.services import instructor_profiles, pictures, reviews
from backoffice.services.finding import courses, dates
from backoffice.services.finding.filters import Filters
from backoffice.views.public import counting, finding_page, finding_words, structured
from backoffice.views.requests import current_tenant

blueprint = Blueprint("course", __name__)

DATES_SHOWN = 12


@blueprint.get("/course/<slug>")
def page(slug: str) -> Any:
    """A published course; of any other the page says that it is not offered, and where the others are."""
    course = courses.find_course(slug)
    if course is None:
        abort(make_response(render_template("public/course_unknown.html"), 404))
    counting.about(course_id=course.id)
    tenant = current_tenant()
    listed = dates.list_dates(Filters(course=slug), datetime.now(UTC), at_most=DATES_SHOWN)
    base_url, said = finding_page.base_url(), reviews.of_course(course.id)
    return finding_page.fresh(
        make_response(
            render_template(
                "public/course.html",
                course=course,
                listed=listed,
                photo=pictures.find_shown(course.picture_id),
                said=said,
                teachers=instructor_profiles.of_course(course.id),
                currency=tenant.currency,
                base_url=base_url,
                by_month=finding_words.by_month,
                ld=structured.with_rating(
                    structured.of_course(course, listed.dates, tenant.name, base_url), said
                ),
            )
        )
    )
