"""Kinds that are one row of one table: compared with the record of the same key, column by column."""

from typing import Any, ClassVar
from uuid import UUID

from backoffice.database import Base, new_id
from backoffice.domain.actor import Actor
from backoffice.services.audit import differences
from backoffice.services.imports.kind import (
    CHANGED,
    NEW,
    SAME,
    Kind,
    Verdict,
    insert_all,
    update_all,
)


class RecordKind(Kind):
    """`stored` holds the records by key, in the same words as the values of a row."""

    model: ClassVar[type[Base]]
    stored: dict[str, tuple[UUID, dict[str, Any]]]

    def load(self, drafts: list[Verdict]) -> None:
        self.stored = self.find_stored([draft.key for draft in drafts])

    def find_stored(self, keys: list[str]) -> dict[str, tuple[UUID, dict[str, Any]]]:
        raise NotImplementedError

    def compare(self, draft: Verdict) -> None:
        found = self.stored.get(draft.key)
        if found is None:
            draft.row_id = new_id()
            return
        draft.row_id, record = found
        draft.old, new = differences(record, draft.values)
        draft.outcome = CHANGED if new else SAME
        draft.reason = "Changes: " + ", ".join(new) + "." if new else ""

    def columns(self, draft: Verdict) -> dict[str, Any]:
        """The row's values as columns of the table."""
        return dict(draft.values)

    def write(self, batch: list[Verdict], actor: Actor) -> None:
        made = [row for row in batch if row.outcome == NEW]
        changed = [row for row in batch if row.outcome == CHANGED]
        insert_all(self.model, [{"id": row.row_id, **self.columns(row)} for row in made])
        update_all(self.model, [{"id": row.row_id, **self.columns(row)} for row in changed])
        self.audit(batch, actor, self.model.__tablename__)
