"""Looking at reviews before the public does; the instructor's rating follows what is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, update

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, NotFound
from backoffice.models import Instructor, Review
from backoffice.services import audit


def show(review_id: UUID, actor: Actor, version: int) -> Review:
    """Let the public read it, as it was in this version. Raises Forbidden, NotFound, Changed."""
    return _decide(review_id, "shown", actor, version)


def hide(review_id: UUID, actor: Actor, version: int) -> Review:
    """Keep it from the public. Raises Forbidden, NotFound, Changed."""
    return _decide(review_id, "hidden", actor, version)


def _decide(review_id: UUID, status: str, actor: Actor, version: int) -> Review:
    actor.require("review.moderate")
    review = lock_row(Review, Review.id == review_id)
    if review is None:
        raise NotFound("This review does not exist.")
    if review.version != version:
        raise Changed()  # whoever wrote it may change it until now: nobody has read these words
    if review.status == status:
        return review
    old = review.status
    review.status, review.decided_at, review.decided_by_id = status, datetime.now(UTC), actor.user_id
    db.session.flush()
    audit.record(actor, f"review:{status}", review, old={"status": old}, new={"status": status})
    if review.instructor_id and review.instructor_rating and "shown" in (old, status):
        _rate(review.instructor_id)
    return review


def _rate(instructor_id: UUID) -> None:
    """The average of what is shown; none when the last one was hidden."""
    lock_row(Instructor, Instructor.id == instructor_id)
    average = db.session.scalar(
        select(func.avg(Review.instructor_rating)).where(
            Review.instructor_id == instructor_id, Review.status == "shown"
        )
    )
    rating = None if average is None else Decimal(average).quantize(Decimal("0.01"))
    changed = update(Instructor).where(Instructor.id == instructor_id).values(rating=rating)
    db.session.execute(changed, execution_options={"synchronize_session": False})
