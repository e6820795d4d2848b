"""What is taught."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy import update as update_rows

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.domain.money import MAX_MINOR
from backoffice.domain.text import clean_email, clean_line
from backoffice.models import Course, CourseInstructor, Instructor, WhitelistEntry
from backoffice.models.course import AUDIENCES, PRICING
from backoffice.services import audit, catalogue, cleaning

PRICE_MAXIMUM = MAX_MINOR // 10
WHITELIST_MAXIMUM = 2000

CLEANERS: dict[str, cleaning.Cleaner] = {
    "slug": catalogue.slug_of,
    "title": cleaning.line(200, nullable=False),
    "course_type_id": cleaning.row_id,
    "audience": cleaning.one_of(AUDIENCES),
    "category": cleaning.line(60),
    "description": cleaning.block(10_000),
    "outcomes": cleaning.lines(300),
    "syllabus": cleaning.lines(300),
    "duration_minutes": cleaning.whole(1, 100_000),
    "day_count": cleaning.whole(1, 60),
    "duration_weeks": cleaning.whole(1, 200),
    "pricing": cleaning.one_of(PRICING),
    "price_minor": cleaning.whole(0, PRICE_MAXIMUM),
    "vat_rate_bp": cleaning.whole(0, 10_000),
    "capacity": cleaning.whole(1, 1000),
    "learners_per_instructor": cleaning.whole(1, 1000),
    "gives_certificate": cleaning.yes_no,
    "certificate_years": cleaning.whole(1, 50),
    "runs_from_old_expiry": cleaning.yes_no,
    "minimum_age": cleaning.whole(0, 120),
    "prerequisites": cleaning.block(2000),
    "needs_waiver": cleaning.yes_no,
    "requalifies_course_id": cleaning.row_id,
    "has_whitelist": cleaning.yes_no,
    "refund_window_hours": cleaning.whole(0, 8760),
    "refund_fee_bp": cleaning.whole(0, 10_000),
    "is_published": cleaning.yes_no,
}
# Columns that have a default and may not be emptied.
NEVER_EMPTY = (
    "title", "course_type_id", "audience", "duration_minutes", "day_count", "pricing", "vat_rate_bp",
    "capacity", "learners_per_instructor", "refund_fee_bp",
)  # fmt: skip


def create(values: Mapping[str, Any], actor: Actor) -> Course:
    """A new course; `title`, `course_type_id` and `duration_minutes` are needed, the short name is made up.

    Prices are minor units, rates basis points. The VAT rate is the tenant's unless given. Raises Invalid.
    """
    actor.require("catalogue.edit")
    needed = ("title", "course_type_id", "duration_minutes")
    cleaned = cleaning.clean_all(dict.fromkeys(needed) | {**values}, CLEANERS, needed)
    cleaned = {name: value for name, value in cleaned.items() if value is not None}
    cleaned.setdefault("vat_rate_bp", catalogue.current_tenant().vat_rate_bp)
    cleaned |= _price(cleaned.get("pricing", "priced"), cleaned.get("price_minor"))
    cleaned["slug"] = cleaned.get("slug") or catalogue.free_slug(Course, cleaned["title"])
    return catalogue.insert(Course(**cleaned), "course", actor)


def update(course_id: UUID, values: Mapping[str, Any], actor: Actor, *, version: int | None = None) -> Course:
    """Change what is given; planned dates keep their own price and capacity. Raises Invalid, Changed."""
    actor.require("catalogue.edit")
    row = catalogue.get(Course, course_id, version)
    cleaned = cleaning.clean_all(values, CLEANERS, [name for name in NEVER_EMPTY if name in values])
    if "slug" in cleaned and cleaned["slug"] is None:
        del cleaned["slug"]
    if "pricing" in cleaned or "price_minor" in cleaned:
        cleaned |= _price(cleaned.get("pricing", row.pricing), cleaned.get("price_minor", row.price_minor))
    catalogue.change(row, cleaned, "course", actor)
    return row


def archive(course_id: UUID, actor: Actor) -> Course:
    """Offer the course no more; its dates stay."""
    return catalogue.archive(Course, course_id, "course", actor)


def restore(course_id: UUID, actor: Actor) -> Course:
    """Offer the course again."""
    return catalogue.restore(Course, course_id, "course", actor)


def default_instructor_id(course_id: UUID) -> UUID | None:
    """Who is copied to a new date of the course, or None."""
    return db.session.scalar(
        select(CourseInstructor.instructor_id).where(
            CourseInstructor.course_id == course_id, CourseInstructor.is_default
        )
    )


def set_instructors(
    course_id: UUID, instructor_ids: Iterable[UUID], default_id: UUID | None, actor: Actor
) -> bool:
    """Say who may teach a course and who usually does, who is always among them. False: no change."""
    actor.require("catalogue.edit")
    wanted = list(dict.fromkeys([*instructor_ids, *([default_id] if default_id else [])]))
    listed = select(CourseInstructor).where(CourseInstructor.course_id == course_id)
    known = {row.instructor_id: row.is_default for row in db.session.scalars(listed)}
    if known == {each: each == default_id for each in wanted}:
        return False
    _write_instructors(course_id, known, wanted, default_id)
    course = catalogue.get(Course, course_id)
    db.session.expire(course, ["instructors"])
    names = _names([*known, *wanted])
    usual = next((names[each] for each, is_default in known.items() if is_default), None)
    audit.record(
        actor,
        "course:instructors",
        course,
        old={"instructors": sorted(names[each] for each in known), "usual_instructor": usual},
        new={
            "instructors": sorted(names[each] for each in wanted),
            "usual_instructor": names[default_id] if default_id else None,
        },
    )
    return True


def _names(instructor_ids: Iterable[UUID]) -> dict[UUID, str]:
    found = select(Instructor.id, Instructor.name).where(Instructor.id.in_(instructor_ids))
    return {row.id: row.name for row in db.session.execute(found)}


def _write_instructors(
    course_id: UUID, known: Mapping[UUID, bool], wanted: Sequence[UUID], default_id: UUID | None
) -> None:
    of_course = CourseInstructor.course_id == course_id
    db.session.execute(
        delete(CourseInstructor).where(of_course, CourseInstructor.instructor_id.not_in(wanted))
    )
    # One default at a time is an index: take it off the old one before the new one gets it.
    db.session.execute(update_rows(CourseInstructor).where(of_course).values(is_default=False))
    for each in wanted:
        if each not in known:
            db.session.add(CourseInstructor(course_id=course_id, instructor_id=each))
    db.session.flush()
    chosen = CourseInstructor.instructor_id == default_id
    db.session.execute(update_rows(CourseInstructor).where(of_course, chosen).values(is_default=True))


def whitelist_patterns(text: str) -> list[str]:
    """The addresses and "@domains" of a text, one to a line, in lower case. Invalid names the line."""
    found = dict.fromkeys(_pattern(line) for line in text.splitlines() if line.strip())
    if len(found) > WHITELIST_MAXIMUM:
        raise Invalid(
            "too_long", f"Enter at most {WHITELIST_MAXIMUM:,} addresses and domains.", field="whitelist"
        )
    return list(found)


def _pattern(text: str) -> str:
    typed = clean_line(text, field="whitelist", maximum=254).lower()
    probe = f"anybody{typed}" if typed.startswith("@") else typed
    try:
        address = clean_email(probe, field="whitelist", required=True) or ""
    except Invalid as error:
        raise Invalid(
            "pattern", f"“{typed[:60]}” is neither an e-mail address nor a domain like @example.com.",
            field="whitelist",
        ) from error  # fmt: skip
    return address.removeprefix("anybody") if typed.startswith("@") else address


def set_whitelist(course_id: UUID, text: str, actor: Actor) -> bool:
    """Replace who may book the course: an address or "@domain" on each line. False: no change."""
    actor.require("catalogue.edit")
    wanted = whitelist_patterns(text)
    of_course = WhitelistEntry.course_id == course_id
    known = set(db.session.scalars(select(WhitelistEntry.pattern).where(of_course)))
    if known == set(wanted):
        return False
    db.session.execute(delete(WhitelistEntry).where(of_course, WhitelistEntry.pattern.not_in(wanted)))
    new = [each for each in wanted if each not in known]
    db.session.add_all(
        WhitelistEntry(course_id=course_id, pattern=each, added_by_id=actor.user_id) for each in new
    )
    db.session.flush()
    gone = sorted(known.difference(wanted))
    course = catalogue.get(Course, course_id)
    db.session.expire(course, ["whitelist"])
    audit.record(actor, "course:whitelist", course, old={"removed": gone}, new={"added": new})
    return True


def _price(pricing: str, price_minor: int | None) -> dict[str, Any]:
    """A priced course needs a price; a free one, or one on request, has none."""
    if pricing != "priced":
        return {"pricing": pricing, "price_minor": None}
    if price_minor is None:
        raise Invalid("price", "Enter a price, or choose free or on request.", field="price_minor")
    return {"pricing": pricing, "price_minor": price_minor}
