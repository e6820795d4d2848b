"""What the five kinds of import share: a row's verdict, and the stages that lead to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Table, bindparam, insert, update

from backoffice.database import Base, db
from backoffice.domain.actor import Actor
from backoffice.models import AuditEvent, Tenant
from backoffice.services import audit
from backoffice.services.imports.cells import Cells

NEW, SAME, CHANGED, REFUSED = "new", "same", "changed", "refused"
OUTCOMES = (NEW, SAME, CHANGED, REFUSED)
ROWS_PER_STATEMENT = 500


@dataclass
class Verdict:
    """What becomes of one row: its outcome with the reason, and what will be written."""

    line: int
    cells: dict[str, str]
    key: str = ""
    outcome: str = NEW
    reason: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    row_id: UUID | None = None
    old: dict[str, Any] = field(default_factory=dict)

    @property
    def is_wanted(self) -> bool:
        return self.outcome in (NEW, CHANGED)

    def refuse(self, reason: str) -> None:
        self.outcome, self.reason = REFUSED, reason


class Kind:
    """One kind of table. `judge` runs parse, load, compare and settle; writing runs write, then finish."""

    name: ClassVar[str]
    noun: ClassVar[str]
    key: ClassVar[str]
    required: ClassVar[tuple[str, ...]]
    optional: ClassVar[tuple[str, ...]] = ()

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def parse(self, cells: Cells) -> dict[str, Any]:
        """The values of a row; faults go to `cells.problems`. Looks at nothing but the row."""
        raise NotImplementedError

    def load(self, drafts: list[Verdict]) -> None:
        """Read what the rows will be compared with."""
        raise NotImplementedError

    def compare(self, draft: Verdict) -> None:
        """Decide between new, same, changed and refused."""
        raise NotImplementedError

    def settle(self, verdicts: list[Verdict]) -> None:
        """A last look over all rows together, for references among them."""

    def write(self, batch: list[Verdict], actor: Actor) -> None:
        """Write the new and the changed rows of one batch."""
        raise NotImplementedError

    def finish(self, verdicts: list[Verdict], actor: Actor) -> None:
        """What can only be written once all rows are there."""

    def audit(self, batch: Iterable[Verdict], actor: Actor, table: str) -> None:
        """One entry per row, in bulk."""
        action = f"{self.noun}:import"
        insert_all(
            AuditEvent,
            [
                audit.entry(actor, action, table, _known(row.row_id), row.key, row.old, _told(row))
                for row in batch
            ],
        )


def _known(row_id: UUID | None) -> UUID:
    if row_id is None:
        raise ValueError("a row is audited after it was given its id")
    return row_id


def _told(row: Verdict) -> dict[str, Any]:
    """All that is new of a new row; of a changed one only what differs."""
    if row.outcome == CHANGED:
        return {name: row.values[name] for name in row.old}
    return row.values


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that write many rows at once."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model} has no table of its own")
    return table


def insert_all(model: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert rows of the same columns, some hundred to a statement: RETURNING makes SQLAlchemy batch them."""
    if not rows:
        return
    table = table_of(model)
    db.session.execute(
        insert(table).returning(*table.primary_key.columns),
        rows,
        execution_options={"insertmanyvalues_page_size": ROWS_PER_STATEMENT},
    ).close()


def update_all(model: type[Base], rows: list[dict[str, Any]]) -> None:
    """Update rows of the same columns by their `id`; the version tells a form that is open on one of them."""
    if not rows:
        return
    table = table_of(model)
    columns = [name for name in rows[0] if name != "id"]
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
    if "version" in table.c:
        values["version"] = table.c.version + 1
    db.session.execute(
        update(table).where(table.c.id == bindparam("row_id")).values(values),
        [{"row_id": row["id"], **{f"new_{name}": row[name] for name in columns}} for row in rows],
    )
