"""What bookers of the demonstration agree to, what they bring, and the rule for those who come again (off at first)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import exists, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import Course, DiscountRule, TermsText
from backoffice.services import catalogue, courses, discounts, terms
from backoffice.services.terms import Typed

ACTOR = Actor("system", role="admin", name="Demonstration")

TITLE: Final = "Terms of booking"
FIRST: Final = """{name} sells places on dated courses. These terms apply to every place that you book with us.

# Your booking

Your places are held while you pay. They are yours once we have your payment, or our written confirmation.

# Paying

Prices include VAT where it is due. Pay when you book, unless we have agreed account terms with your company.

# If you cannot come

- Somebody else may take your place: tell us the name before the course begins.
- Write to us as early as you can if nobody can. What you get back depends on how early that is.

# If we cannot teach

We may have to call a date off. You then choose another date or all of your money back."""
CHANGES: Final = (
    ("Your places are held while you pay.", "Your places are held for 15 minutes while you pay."),
    (
        "- Write to us as early as you can if nobody can. What you get back depends on how early that is.",
        "- You can move or cancel a booking yourself on the page “My bookings”. It shows what you get back before you "
        "decide.\n- Whoever does not come and has not told us before has no claim to a refund.",
    ),
)
PRIVACY: Final = """

# What we keep about you

We use your details to run the course, to write your certificate and to keep the records that the law asks for. Health \
and access needs are read by the instructor and the office only."""
WAIVER: Final = """Some exercises of this course are done kneeling on the floor and with physical effort.

- I tell the instructor before the course about any injury or condition that matters for it.
- I may sit out any exercise. I can still pass the course where its rules allow it.
- I follow the instructor’s directions on safety."""
# Short name of a course -> what people bring or hold, and whether they sign the waiver.
ASKED: Final = {
    "first-aid-at-work": ("Comfortable clothes: some of it is done kneeling on the floor.", True),
    "first-aid-at-work-requalification": (
        "- A First Aid at Work certificate that is valid on the first day\n- Comfortable clothes",
        True,
    ),
    "python-data": ("A laptop on which you may install software.", False),
}


def ensure() -> bool:
    """Publish the terms of the provider of this scope, once; False when there are some already."""
    if db.session.scalar(select(exists().select_from(TermsText))):
        return False
    now = datetime.now(UTC)
    first = FIRST.format(name=catalogue.current_tenant().name)
    _publish("terms", TITLE, first, now - timedelta(days=400))
    for old, new in CHANGES:
        first = first.replace(old, new)
    _publish("terms", TITLE, first + PRIVACY, now - timedelta(days=60))
    _publish("waiver", "Taking part in practical exercises", WAIVER, now - timedelta(days=60))
    _ask_of_courses()
    _reward_loyalty()
    return True


def _publish(kind: str, title: str, body: str, at: datetime) -> None:
    draft = terms.save(kind, Typed(title, body), ACTOR, version=0)
    terms.publish(kind, ACTOR, version=draft.version, now=at)


def _ask_of_courses() -> None:
    found = select(Course).where(Course.slug.in_(ASKED), Course.prerequisites.is_(None))
    for course in db.session.scalars(found).all():
        prerequisites, needs_waiver = ASKED[course.slug]
        courses.update(course.id, {"prerequisites": prerequisites, "needs_waiver": needs_waiver}, ACTOR)


def _reward_loyalty() -> None:
    """Ready to be switched on."""
    if db.session.scalar(select(exists().where(DiscountRule.minimum_past_courses.is_not(None)))):
        return
    discounts.create_rule(
        {"title": "Fifth course", "minimum_places": 1, "basis_points": 1000, "minimum_past_courses": 4}, ACTOR
    )
