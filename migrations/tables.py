"""What every table's migration says the same way: row level security, and the rights of the program's login."""

from collections.abc import Iterable

from alembic import context, op
from sqlalchemy import text

# After a transaction-local setting the variable is '' on that connection, hence NULLIF.
CURRENT_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::uuid"


def program_login() -> str:
    """The login that the running program uses, quoted; it owns nothing and bypasses nothing."""
    name = context.config.attributes["program_login"]
    return op.get_bind().dialect.identifier_preparer.quote(name)


def isolate(table: str, *, tenant_column: str = "tenant_id") -> None:
    """Row level security for everybody; a second policy lets the owner, and only it, see all."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant_isolation ON {table} USING ({tenant_column} = {CURRENT_TENANT}) "
        f"WITH CHECK ({tenant_column} = {CURRENT_TENANT})"
    )
    op.execute(f"CREATE POLICY owner_sees_all ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def allow(table: str, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Give the program's login these rights on a table."""
    op.execute(f"GRANT {rights} ON {table} TO {program_login()}")


def allow_all_but(table: str, guarded: Iterable[str]) -> None:
    """Let the program write every column but those that triggers keep: a direct write is refused."""
    kept = set(guarded)
    rows = op.get_bind().execute(
        text(
            "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) "
            "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
        ),
        {"table": table},
    )
    columns = ", ".join(f'"{row.attname}"' for row in rows if row.attname not in kept)
    op.execute(f"GRANT SELECT, DELETE ON {table} TO {program_login()}")
    op.execute(f"GRANT INSERT ({columns}), UPDATE ({columns}) ON {table} TO {program_login()}")


# The temporary schema is named last: unnamed, it comes first, and a temporary table takes the place of ours.
SAFE_PATH = "pg_catalog, public, pg_temp"


def definer(
    name: str,
    body: str,
    *,
    arguments: str = "",
    returns: str = "trigger",
    path: str = "pg_catalog, public",
) -> None:
    """A function that runs as the owner: a fixed search_path, and nobody may call it who was not told to.

    From 202611210468 on pass `path=SAFE_PATH`; the older ones got it there.
    """
    op.execute(
        f"CREATE FUNCTION {name}({arguments}) RETURNS {returns} LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = {path} AS $body$ {body} $body$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
