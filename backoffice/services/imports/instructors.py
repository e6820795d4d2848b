"""Instructors: the key is the e-mail address."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.models import Instructor
from backoffice.services.imports.cells import Cells
from backoffice.services.imports.records import RecordKind

LISTS = ("specializations", "certifications")


class Instructors(RecordKind):
    name, noun, key = "instructors", "instructor", "email"
    required = ("name", "email")
    optional = ("phone", "years_of_experience", "bio", *LISTS)
    model = Instructor

    def parse(self, cells: Cells) -> dict[str, Any]:
        values: dict[str, Any] = {
            "name": cells.line("name", required=True),
            "email": cells.email("email", required=True),
        }
        if cells.has("phone"):
            values["phone"] = cells.phone("phone")
        if cells.has("years_of_experience"):
            values["years_of_experience"] = cells.whole_or_none("years_of_experience", 0, 80)
        if cells.has("bio"):
            values["bio"] = cells.block("bio", 5000) or None
        return values | {name: cells.lines(name) for name in LISTS if cells.has(name)}

    def find_stored(self, keys: list[str]) -> dict[str, tuple[UUID, dict[str, Any]]]:
        rows = db.session.scalars(select(Instructor).where(func.lower(Instructor.email).in_(keys)))
        names = (*self.required, *self.optional)
        return {
            (row.email or "").lower(): (row.id, {name: getattr(row, name) for name in names}) for row in rows
        }
