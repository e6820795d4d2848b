"""Writing a review: one for each person who was there, changed by them as long as nobody has looked at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.text import clean_block, refuse_card_number
from backoffice.models import Attendance, Attendee, Booking, Message, Review
from backoffice.models.review import WORDS_LENGTH
from backoffice.services import audit
from backoffice.services.reviews import links
from backoffice.services.schedules import rules

THANKS: Final = "thanks"
WAS_THERE: Final = ("present", "late", "left_early")
NAMELESS: Final = "A learner"


@dataclass(frozen=True)
class Opinion:
    """What somebody says: ratings from 1 to 5, 0 for none. `by_name`: with their first name and an initial."""

    rating: int
    words: str = ""
    instructor_rating: int = 0
    by_name: bool = True


def find_by_attendee(attendee_id: UUID) -> Review | None:
    """What they said before, or None."""
    return db.session.scalar(select(Review).where(Review.attendee_id == attendee_id))


def opinion_of(review: Review) -> Opinion:
    """What somebody said, as they said it: whoever changes it later stays without a name unless they wish otherwise."""
    return Opinion(review.rating, review.words, review.instructor_rating or 0, review.shown_as != NAMELESS)


def why_closed(attendee: Attendee) -> str:
    """Why no review is taken of this attendee, in a sentence; "" where one is."""
    if attendee.cancelled_at or attendee.booking.status != "completed" or not _was_there(attendee.id):
        return "Whoever was on the course can say what they think of it, once it is over."
    known = find_by_attendee(attendee.id)
    return "" if known is None or known.status == "waiting" else "Thank you: your review has arrived."


def _was_there(attendee_id: UUID) -> bool:
    days = select(Attendance.id).where(
        Attendance.attendee_id == attendee_id, Attendance.status.in_(WAS_THERE)
    )
    return db.session.scalar(days.limit(1)) is not None


def give(attendee_id: UUID, opinion: Opinion, actor: Actor) -> Review:
    """Keep what somebody says; said again before anybody looked, it takes the place of the first.

    Raises NotFound; Refused (closed); Invalid on rating, instructor_rating and words.
    """
    attendee = lock_row(Attendee, Attendee.id == attendee_id)
    if attendee is None:
        raise NotFound("This place does not exist.")
    closed = why_closed(attendee)
    if closed:
        raise Refused("closed", closed)
    cleaned = _clean(opinion)
    review = find_by_attendee(attendee_id) or _new(attendee)
    review.rating, review.words = opinion.rating, cleaned
    review.instructor_rating = opinion.instructor_rating or None
    review.shown_as = _shown_as(attendee) if opinion.by_name else NAMELESS
    db.session.add(review)
    db.session.flush()
    audit.record(actor, "review:give", review, new={"rating": review.rating})
    return review


def _new(attendee: Attendee) -> Review:
    schedule = attendee.booking.schedule
    teachers = rules.instructors_of(schedule)
    return Review(
        attendee_id=attendee.id,
        course_id=schedule.course_id,
        schedule_id=schedule.id,
        instructor_id=teachers[0].id if teachers else None,
    )


def _clean(opinion: Opinion) -> str:
    problems = {}
    if not 1 <= opinion.rating <= 5:
        problems["rating"] = "Choose from one to five."
    if not 0 <= opinion.instructor_rating <= 5:
        problems["instructor_rating"] = "Choose from one to five."
    if problems:
        raise Invalid.of(problems)
    words = clean_block(opinion.words, field="words", maximum=WORDS_LENGTH)
    refuse_card_number(words, field="words")
    return words


def _shown_as(attendee: Attendee) -> str:
    """The first name and the first letter of the last: enough for a reader, and no more."""
    initial = f" {attendee.last_name[:1]}." if attendee.last_name else ""
    return f"{attendee.first_name}{initial}".strip() or NAMELESS


def url_for_message(message: Message) -> str:
    """The link that the mail of thanks carries; "" for any other mail, and for a booker who did not come."""
    if message.template != THANKS or message.booking_id is None:
        return ""
    attendee = _who(message)
    return links.url_of(attendee) if attendee and not why_closed(attendee) else ""


def _who(message: Message) -> Attendee | None:
    booking = db.session.get(Booking, message.booking_id)
    places = booking.active_attendees if booking else []
    named = message.data.get("attendee_id")
    if named is not None:
        return next((place for place in places if str(place.id) == str(named)), None)
    return next((place for place in places if _is_booker(place, booking)), None)


def _is_booker(place: Attendee, booking: Booking | None) -> bool:
    """Whether who booked came in this place themselves."""
    if booking is None:
        return False
    return place.user_id == booking.customer_id or bool(place.email and place.email == booking.contact_email)
