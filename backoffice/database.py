"""The database handle, and the few things every table shares."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

import uuid_utils.compat as uuids
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ClauseElement,
    ColumnElement,
    DateTime,
    ForeignKeyConstraint,
    Insert,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    column,
    event,
    func,
    insert,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    declared_attr,
    mapped_column,
    registry,
    relationship,
)

from backoffice import tenancy

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every mapped class: its columns are listed in its own file."""

    metadata = MetaData(naming_convention=NAMES)
    registry = registry(
        metadata=metadata,
        type_annotation_map={
            datetime: DateTime(timezone=True),
            str: Text,
            UUID: Uuid,
            dict[str, Any]: JSONB,
            list[str]: JSONB,
        },
    )


class TenantSession(Session):
    """A Session whose transactions tell the database their tenant."""


tenancy.watch(TenantSession)


def at_the_end(name: str, act: Callable[[TenantSession, Any], object]) -> None:
    """Call `act` with what a session has noted in `info[name]`, once its transaction is committed; a rollback forgets it.

    A savepoint is neither: of what it wrote nobody else sees anything yet, and what was noted before it stays true. What
    was noted within one that is undone stays as well: to be told once too often must do no harm.
    """

    @event.listens_for(TenantSession, "after_commit")
    def _after_commit(session: TenantSession) -> None:
        if not session.in_nested_transaction() and (noted := session.info.pop(name, None)):
            act(session, noted)

    @event.listens_for(TenantSession, "after_rollback")
    def _after_rollback(session: TenantSession) -> None:
        if not session.in_nested_transaction():
            session.info.pop(name, None)


db = SQLAlchemy(model_class=Base, session_options={"class_": TenantSession, "autoflush": True})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def new_id() -> UUID:
    """A UUIDv7: in order of time, so that indexes stay compact; made here, so that any PostgreSQL will do."""
    return uuids.uuid7()


class Timestamps:
    """When a row was made and last changed (UTC)."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=900)
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), onupdate=func.now(), sort_order=901
    )


class Versioned:
    """A number that every edit form carries: the second of two people who edit the same row is told."""

    version: Mapped[int] = mapped_column(default=1, server_default="1", sort_order=902)


class TenantOwned:
    """A row of one tenant. The key is (tenant_id, id), the target of every composite foreign key; `id` alone identifies."""

    tenant_id: Mapped[UUID] = mapped_column(
        default=tenancy.current_tenant_id, primary_key=True, sort_order=-2
    )
    id: Mapped[UUID] = mapped_column(default=new_id, primary_key=True, sort_order=-1)

    def __init__(self, **values: Any) -> None:
        # Known before the flush, and set before any other attribute: sealed columns are bound to it.
        super().__init__(**{"id": new_id()} | values)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        args: dict[str, Any] = {"primary_key": ["id"]}
        if issubclass(cls, Versioned):
            args["version_id_col"] = Versioned.version
        return args


def same_tenant_key(column: str, table: str, *, name: str | None = None) -> ForeignKeyConstraint:
    """A foreign key that cannot point into another tenant."""
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], name=name, ondelete="RESTRICT"
    )


def tenant_key() -> ForeignKeyConstraint:
    """The foreign key of `tenant_id` itself."""
    return ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="RESTRICT")


def to_one(target: str, join: str, **options: Any) -> Any:
    """A relationship over a composite key, joined on the id alone: clearing it must not clear tenant_id.

    `join` is written "Booking.customer_id == User.id".
    """
    local, remote = (side.strip() for side in join.split("=="))
    return relationship(target, primaryjoin=f"foreign({local}) == {remote}", **options)


def to_many(target: str, join: str, **options: Any) -> Any:
    """The other side of `to_one`; `join` is written "Booking.id == Attendee.booking_id"."""
    local, remote = (side.strip() for side in join.split("=="))
    return relationship(target, primaryjoin=f"{local} == foreign({remote})", **options)


def among(column: Any, ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Whether a column is one of these ids. They go as one array: hundreds of single values cost more than finding them."""
    found: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(Uuid)))
    return found


def one_of(column: str, values: Mapping[str, Any] | tuple[str, ...], name: str) -> CheckConstraint:
    """A CHECK that holds a column to a few words."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=name)


Row = TypeVar("Row", bound=TenantOwned)


def lock_rows(model: type[Row], *where: ColumnElement[bool]) -> list[Row]:
    """The rows as they are now, kept from every other change until the transaction ends.

    Taken in the order of their ids, as everybody does, so that two who take the same rows wait and never block each
    other. Others may still point at them (FOR NO KEY UPDATE).
    """
    wanted = select(model).where(*where).order_by(model.id).with_for_update(key_share=True)
    return list(db.session.scalars(wanted, execution_options={"populate_existing": True}))


def lock_row(model: type[Row], *where: ColumnElement[bool]) -> Row | None:
    """The one row, taken as `lock_rows` does; None when there is none."""
    return next(iter(lock_rows(model, *where)), None)


Minor = BigInteger
Line = String(200)


@cache
def _insert(table: Table, columns: tuple[str, ...]) -> Insert:
    return insert(table).values({column: bindparam(column) for column in columns})


def add_rows(model: type[Base], *rows: dict[str, Any]) -> None:
    """Insert plain rows of the same columns in one statement, past the ORM: a third of its processor time.

    Defaults of the columns apply; no object is made. The objects of a session that have them loaded already
    do not learn of them.
    """
    table = cast(Table, model.__table__)
    statement = _insert(table, tuple(rows[0]))
    db.session.connection().execute(statement, rows[0] if len(rows) == 1 else list(rows))


# A table and its columns, each with the name of its bound value or with the SQL expression that it is.
Shape = tuple[Table, tuple[tuple[str, str | ClauseElement], ...]]


class Together:
    """Rows of several tables that are inserted by one statement: on a hot path a statement costs more than its row.

    The triggers of all of them fire when the last one is in. None and {} leave a column to the database's default, and
    an id that comes up again is sent once: psycopg keeps what it has read of a statement with up to 50 values.
    """

    def __init__(self) -> None:
        self._shape: list[Shape] = []
        self._parameters: dict[str, Any] = {}
        self._ids: dict[UUID, str] = {}

    def add(self, model: type[Base], row: Mapping[str, Any], **parameters: Any) -> None:
        """One more row. A value may be an SQL expression, always the same; `parameters` are what it is executed with."""
        given = [(name, value) for name, value in row.items() if _is_given(value)]
        columns = tuple((name, self._bind(name, value)) for name, value in given)
        self._shape.append((cast(Table, model.__table__), columns))
        self._parameters |= parameters

    def _bind(self, name: str, value: Any) -> str | ClauseElement:
        if isinstance(value, ClauseElement):
            return value
        bound = f"{name}_{len(self._shape)}"
        if isinstance(value, UUID):
            bound = self._ids.setdefault(value, bound)
        self._parameters[bound] = value
        return bound

    def write(self) -> None:
        """Insert them."""
        db.session.connection().execute(_insert_together(tuple(self._shape)), self._parameters)


def _is_given(value: Any) -> bool:
    return value is not None and (not isinstance(value, dict) or bool(value))


@lru_cache(500)  # as many as the engine keeps compiled
def _insert_together(shape: tuple[Shape, ...]) -> Insert:
    *before, last = [_bare_insert(*each) for each in shape]
    return last.add_cte(*[each.cte(f"row_{number}") for number, each in enumerate(before)])


def _bare_insert(full: Table, columns: tuple[tuple[str, str | ClauseElement], ...]) -> Insert:
    # Without the defaults that the full table has in Python: they are the database's as well.
    bare = table(full.name, *(column(name, full.c[name].type) for name, _ in columns))
    return insert(bare).values(
        {name: bindparam(value) if isinstance(value, str) else value for name, value in columns}
    )
