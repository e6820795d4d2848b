"""Venues: the key is the slug."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Venue
from backoffice.models.venue import KINDS
from backoffice.services.imports.cells import Cells
from backoffice.services.imports.records import RecordKind

LINES = {"address_line1": 255, "address_line2": 255, "city": 100, "postcode": 12}
BLOCKS = {"parking_info": 1000, "directions": 2000}


class Venues(RecordKind):
    name, noun, key = "venues", "venue", "slug"
    required = ("slug", "name", "capacity")
    optional = (*LINES, *BLOCKS, "kind", "facilities")
    model = Venue

    def parse(self, cells: Cells) -> dict[str, Any]:
        values: dict[str, Any] = {
            "slug": cells.slug("slug"),
            "name": cells.line("name", required=True),
            "capacity": cells.whole("capacity", 1, 10_000),
        }
        values |= {name: cells.line(name, size) or None for name, size in LINES.items() if cells.has(name)}
        values |= {name: cells.block(name, size) or None for name, size in BLOCKS.items() if cells.has(name)}
        if cells.has("kind"):
            values["kind"] = cells.choice("kind", {"": "room"} | {kind: kind for kind in KINDS})
        if cells.has("facilities"):
            values["facilities"] = cells.lines("facilities")
        return values

    def find_stored(self, keys: list[str]) -> dict[str, tuple[UUID, dict[str, Any]]]:
        rows = db.session.scalars(select(Venue).where(Venue.slug.in_(keys)))
        names = (*self.required, *self.optional)
        return {row.slug: (row.id, {name: getattr(row, name) for name in names}) for row in rows}
