"""Courses: the key is the slug. A new type is made; a course may requalify one further down the file."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.models import Course, CourseType
from backoffice.models.course import AUDIENCES
from backoffice.services.imports.cells import Cells
from backoffice.services.imports.kind import NEW, Verdict, insert_all, update_all
from backoffice.services.imports.records import RecordKind

# Columns of the file under another name than the table's.
COLUMN_OF = {"days": "day_count", "min_age": "minimum_age", "weeks": "duration_weeks"}
# The price columns and those that point to other rows are written by `columns` and `finish`.
PLAIN = (
    *("title", "audience", "duration_minutes", "days", "certificate_years"),
    *("min_age", "category", "description", "capacity", "weeks"),
)


class Courses(RecordKind):
    name, noun, key = "courses", "course", "slug"
    required = ("slug", "title", "course_type", "duration_minutes", "price")
    optional = (
        *("audience", "days", "certificate_years", "min_age", "requalifies"),
        *("category", "description", "capacity", "weeks"),
    )
    model = Course

    def parse(self, cells: Cells) -> dict[str, Any]:
        readers = {
            "audience": lambda: cells.choice("audience", {"": "adults"} | {word: word for word in AUDIENCES}),
            "days": lambda: cells.whole_or_none("days", 1, 60) or 1,
            "certificate_years": lambda: cells.whole_or_none("certificate_years", 1, 50),
            "min_age": lambda: cells.whole_or_none("min_age", 0, 120),
            "requalifies": lambda: cells.slug("requalifies", required=False),
            "category": lambda: cells.line("category", 60) or None,
            "description": lambda: cells.block("description", 10_000) or None,
            "capacity": lambda: cells.whole_or_none("capacity", 1, 1000) or 12,
            "weeks": lambda: cells.whole_or_none("weeks", 1, 200),
        }
        values = {
            "slug": cells.slug("slug"),
            "title": cells.line("title", required=True),
            "course_type": cells.line("course_type", 40, required=True),
            "duration_minutes": cells.whole("duration_minutes", 1, 100_000),
            "price": _price(cells),
        }
        values |= {name: read() for name, read in readers.items() if cells.has(name)}
        if values.get("requalifies") and values["requalifies"] == values["slug"]:
            cells.refuse("requalifies", "A course cannot requalify itself.")
        return values

    def find_stored(self, keys: list[str]) -> dict[str, tuple[UUID, dict[str, Any]]]:
        self.types = dict(db.session.execute(select(CourseType.code, CourseType.id)).all())
        self.ids = dict(db.session.execute(select(Course.slug, Course.id)).all())
        first = aliased(Course)
        rows = db.session.execute(
            select(Course, CourseType.code, first.slug)
            .join(CourseType, CourseType.id == Course.course_type_id)
            .outerjoin(first, first.id == Course.requalifies_course_id)
            .where(Course.slug.in_(keys))
        )
        return {course.slug: (course.id, _words(course, code, slug)) for course, code, slug in rows}

    def settle(self, verdicts: list[Verdict]) -> None:
        """Refusing a row may take away the course that another row points to: look until nothing changes."""
        while True:
            coming = {row.key for row in verdicts if row.outcome == NEW}
            lost = [row for row in verdicts if row.is_wanted and not self._can_requalify(row, coming)]
            if not lost:
                return
            for row in lost:
                row.refuse(
                    f"requalifies: there is no course “{row.values['requalifies']}”. Import it as well."
                )

    def _can_requalify(self, row: Verdict, coming: set[str]) -> bool:
        slug = row.values.get("requalifies")
        return not slug or slug in coming or slug in self.ids

    def columns(self, draft: Verdict) -> dict[str, Any]:
        values = draft.values
        price = values["price"]
        pricing = {None: "on_request", 0: "free"}.get(price, "priced")
        columns = {COLUMN_OF.get(name, name): values[name] for name in PLAIN if name in values}
        columns |= {"slug": values["slug"], "course_type_id": self.types[values["course_type"]]}
        columns |= {"pricing": pricing, "price_minor": price if pricing == "priced" else None}
        if draft.outcome == NEW:
            columns |= {"is_published": True, "vat_rate_bp": self.tenant.vat_rate_bp}
        return columns

    def write(self, batch: list[Verdict], actor: Actor) -> None:
        codes = {row.values["course_type"] for row in batch} - set(self.types)
        made = {code: new_id() for code in sorted(codes)}
        insert_all(CourseType, [{"id": made[code], "code": code, "title": code} for code in made])
        self.types |= made
        self.ids |= {row.key: row.row_id for row in batch if row.row_id}
        super().write(batch, actor)

    def finish(self, verdicts: list[Verdict], actor: Actor) -> None:
        update_all(
            Course,
            [
                {"id": row.row_id, "requalifies_course_id": self.ids.get(row.values["requalifies"])}
                for row in verdicts
                if row.is_wanted and _moves_requalification(row)
            ],
        )


def _moves_requalification(row: Verdict) -> bool:
    if row.outcome == NEW:
        return bool(row.values.get("requalifies"))
    return "requalifies" in row.old


def _price(cells: Cells) -> int | None:
    """Minor units; 0 is free, and an empty cell a price on request."""
    word = cells.text("price").strip().lower()
    if word in ("", "on request"):
        return None
    return 0 if word == "free" else cells.money("price")


def _words(course: Course, type_code: str, requalifies: str | None) -> dict[str, Any]:
    """A stored course in the words of the file."""
    words = {name: getattr(course, COLUMN_OF.get(name, name)) for name in PLAIN}
    price = 0 if course.pricing == "free" else course.price_minor
    return words | {
        "slug": course.slug,
        "course_type": type_code,
        "price": price,
        "requalifies": requalifies or "",
    }
