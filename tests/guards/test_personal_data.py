"""Every column is classified, sealed where it must be, and the registry names no column that is not there."""

import sqlalchemy as sa

from backoffice.database import db
from backoffice.domain import personal_data
from backoffice.domain.personal_data import EVERYWHERE, OPERATIONAL, SECRET, SENSITIVE
from backoffice.services.audit import SECRET_COLUMNS

TABLES: dict[str, set[str]] = {
    table.name: {column.name for column in table.columns} for table in db.Model.metadata.tables.values()
}
# What a column is called that holds what must not be read from a stolen database.
TELLING = ("birth", "health", "medical", "requirement", "disabil", "password", "secret", "token", "api_key")


def unclassified(tables: dict[str, set[str]]) -> list[str]:
    return sorted(
        f"{table}.{column}"
        for table, columns in tables.items()
        for column in columns
        if personal_data.class_of(table, column) is None
    )


def badly_kept(tables: dict[str, set[str]]) -> list[str]:
    """Columns whose name tells that they need sealing or hashing, and whose class says otherwise."""
    return sorted(
        f"{table}.{column}"
        for table, columns in tables.items()
        for column in columns
        if any(word in column for word in TELLING)
        and personal_data.class_of(table, column) not in (SENSITIVE, SECRET)
    )


def test_every_column_is_classified() -> None:
    assert unclassified(TABLES) == []


def test_a_new_column_is_found() -> None:
    assert unclassified({"users": {"id", "shoe_size"}, "pets": {"name"}}) == ["pets.name", "users.shoe_size"]


def test_the_registry_names_only_what_is_there() -> None:
    gone = {
        f"{table}.{column}"
        for table, columns in personal_data.COLUMNS.items()
        for column in columns.keys() - EVERYWHERE.keys()
        if column not in TABLES.get(table, ())
    }
    assert gone == set()


def test_every_class_is_one_of_the_list() -> None:
    classes = {name for columns in personal_data.COLUMNS.values() for name in columns.values()}
    assert classes <= set(personal_data.CLASSES)


def test_sensitive_columns_are_sealed_and_sealed_columns_sensitive() -> None:
    sealed = {
        (table, column)
        for table, columns in TABLES.items()
        for column in columns
        if column.endswith("_sealed")
    }
    secret = {column for column in personal_data.columns_of(SECRET) if column[1].endswith("_sealed")}
    assert set(personal_data.columns_of(SENSITIVE)) | secret == sealed


def test_what_is_called_a_secret_is_kept_as_one() -> None:
    assert badly_kept(TABLES) == []
    assert badly_kept({"users": {"birth_date", "first_name"}}) == ["users.birth_date"]


def test_the_audit_hides_every_secret() -> None:
    secret = {column for _, column in personal_data.columns_of(SECRET) if not column.endswith("_sealed")}
    assert secret <= set(SECRET_COLUMNS)


def test_what_is_operational_holds_no_free_text() -> None:
    """An unbounded text without a class of its own would be where names hide."""
    loose = [
        f"{table.name}.{column.name}"
        for table in db.Model.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.Text) and personal_data.class_of(table.name, column.name) == OPERATIONAL
    ]
    assert loose == []
