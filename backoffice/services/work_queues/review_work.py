"""Reviews that nobody has looked at yet."""

from typing import Any

from sqlalchemy import Select, String, cast, func

from backoffice.models import Course, Review
from backoffice.services.work_queues.kinds import Day, line


def reviews(day: Day) -> Select[Any]:
    """The longest wait first."""
    return (
        line(
            "review",
            Review.id,
            title=Course.title,
            what=func.concat(cast(Review.rating, String), " of 5"),
            who=Review.shown_as,
            at=Review.created_at,
            status=Review.status,
        )
        .join(Course, Course.id == Review.course_id)
        .where(Review.status == "waiting")
        .order_by(Review.created_at, Review.id)
    )
