"""What PostgreSQL's own catalogue says of the migrated database, each rule as a query for what breaks it.

Every function takes the owner's connection and returns names: an empty list is what the tests want to see.
"""

from collections.abc import Mapping

import psycopg

Connection = psycopg.Connection[tuple]

SCOPE = "(NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid"

# Tables that belong to the installation. `tenants` and its hosts are read before any scope exists; the moves of a
# status are the same for everybody; periodic work is the installation's; the first one is the migrations' own.
NO_TENANT = ("alembic_version", "periodic_runs", "status_transitions", "tenant_domains", "tenants")

# Unique ways to a row that need no tenant in front: the installation's own tables, and nothing of a tenant's.
TENANTLESS_UNIQUE = (
    "pk_periodic_runs",
    "pk_status_transitions",
    "pk_tenant_domains",
    "pk_tenants",
    "uq_tenants_slug",
    "uq_gateway_accounts_path",
    "alembic_version_pkc",
)

# Rows that the program's login only adds and reads.
APPEND_ONLY = ("audit_events", "audit_seals", "credit_entries", "payment_events")

# What triggers keep: the program has no right to write these columns.
KEPT_BY_TRIGGER: dict[str, frozenset[str]] = {
    "attendees": frozenset({"holds_place", "schedule_id"}),
    "bookings": frozenset(
        {"seats", "unnamed_places", "total_minor", "discount_minor", "paid_minor", "refunded_minor"}
        | {"has_failed_payment", "starts_at"}
    ),
    "discount_codes": frozenset({"times_used"}),
    "payments": frozenset({"allocated_minor", "refunded_minor"}),
    "schedules": frozenset({"seats_taken"}),
    # Written once; a person who is forgotten is taken out.
    "consents": frozenset(
        {"tenant_id", "id", "booking_id", "terms_text_id", "accepted_at", "channel", "recorded_by_id"}
    ),
    # Never changed: another picture is another row.
    "pictures": frozenset(
        {"tenant_id", "id", "large", "small", "sha256", "small_sha256", "width", "height", "small_width"}
        | {"created_at"}
    ),
}


def _names(connection: Connection, query: str, **values: object) -> list[str]:
    return [row[0] for row in connection.execute(query, values)]


def tables(connection: Connection) -> list[str]:
    """The tables of the tenants."""
    return _names(
        connection,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND relname <> ALL (%(known)s) ORDER BY 1",
        known=list(NO_TENANT),
    )


def without_tenant(connection: Connection) -> list[str]:
    """Tables whose rows may lack a tenant, or whose key does not begin with it."""
    return _names(
        connection,
        """
        SELECT c.relname FROM pg_class c
          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
          LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
         WHERE c.relname = ANY (%(tables)s) AND c.relkind = 'r'
           AND (a.attnotnull IS NOT TRUE OR i.indkey[0] IS DISTINCT FROM a.attnum)
         ORDER BY 1""",
        tables=tables(connection),
    )


def open_tables(connection: Connection) -> list[str]:
    """Tables on which row level security is not both enabled and forced."""
    return _names(
        connection,
        "SELECT relname FROM pg_class WHERE relname = ANY (%(tables)s) AND relkind = 'r' "
        "AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY 1",
        tables=tables(connection),
    )


def wrong_policies(connection: Connection) -> list[str]:
    """Tables whose policies are not exactly these two: the tenant's rows for all, every row for the owner."""
    owner = connection.info.user
    expected = {
        (
            "tenant_isolation",
            "PERMISSIVE",
            "public",
            "ALL",
            f"(tenant_id = {SCOPE})",
            f"(tenant_id = {SCOPE})",
        ),
        ("owner_sees_all", "PERMISSIVE", owner, "ALL", "true", "true"),
    }
    found: dict[str, set[tuple]] = {table: set() for table in tables(connection)}
    for table, *policy in connection.execute(
        "SELECT tablename, policyname, permissive, array_to_string(roles, ','), cmd, qual, with_check "
        "FROM pg_policies WHERE schemaname = 'public'"
    ):
        if table in found:
            found[table].add(tuple(policy))
    return sorted(table for table, policies in found.items() if policies != expected)


def crossing_foreign_keys(connection: Connection) -> list[str]:
    """Foreign keys between tenants' tables that could point into another tenant."""
    return _names(
        connection,
        """
        SELECT k.conname FROM pg_constraint k
          JOIN pg_class target ON target.oid = k.confrelid
          JOIN pg_class source ON source.oid = k.conrelid
         WHERE k.contype = 'f' AND target.relname = ANY (%(tables)s)
           AND (SELECT attname FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = k.conkey[1])
               || (SELECT attname FROM pg_attribute WHERE attrelid = k.confrelid AND attnum = k.confkey[1])
               IS DISTINCT FROM 'tenant_idtenant_id'
         ORDER BY 1""",
        tables=tables(connection),
    )


def loose_foreign_keys(connection: Connection) -> list[str]:
    """Foreign keys that would delete or empty rows: history is archived, never swept along."""
    return _names(
        connection,
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND (confdeltype, confupdtype) <> ('r', 'a') ORDER BY 1",
    )


def rows_of_no_tenant(connection: Connection) -> list[str]:
    """Tables whose tenant_id is no foreign key to tenants."""
    return _names(
        connection,
        """
        SELECT c.relname FROM pg_class c
         WHERE c.relname = ANY (%(tables)s) AND c.relkind = 'r' AND NOT EXISTS (
               SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f'
                  AND k.confrelid = 'tenants'::regclass)
         ORDER BY 1""",
        tables=tables(connection),
    )


def tenantless_unique(connection: Connection) -> list[str]:
    """Unique indexes whose first column is not the tenant: one tenant's row would refuse another's."""
    return _names(
        connection,
        """
        SELECT i.indexrelid::regclass::text FROM pg_index i
          JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
         WHERE i.indisunique AND a.attname IS DISTINCT FROM 'tenant_id'
           AND i.indexrelid::regclass::text <> ALL (%(known)s)
         ORDER BY 1""",
        known=list(TENANTLESS_UNIQUE),
    )


def foreign_keys_without_index(connection: Connection) -> list[str]:
    """Foreign keys that no index's leading columns cover; the tenant's own is covered by every one."""
    return _names(
        connection,
        """
        SELECT k.conname FROM pg_constraint k
         WHERE k.contype = 'f' AND NOT EXISTS (
               SELECT FROM pg_index i
                WHERE i.indrelid = k.conrelid AND i.indpred IS NULL
                  AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
         ORDER BY 1""",
    )


def definers_at_risk(connection: Connection) -> list[str]:
    """Functions that run as their owner and could be led astray by a caller's search_path or temporary tables,
    or called by anybody."""
    return _names(
        connection,
        """
        SELECT p.proname FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
           AND (NOT EXISTS (SELECT FROM unnest(p.proconfig) setting
                             WHERE setting = 'search_path=pg_catalog, public, pg_temp')
                OR has_function_privilege('public', p.oid, 'EXECUTE'))
         ORDER BY 1""",
    )


def callable_by(connection: Connection, login: str) -> list[str]:
    """The functions running as their owner that a login may call."""
    return _names(
        connection,
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
        "AND has_function_privilege(%(login)s, oid, 'EXECUTE') ORDER BY 1",
        login=login,
    )


def leaking_views(connection: Connection) -> list[str]:
    """Views that read as their owner, past the policies; a materialised one always does."""
    return _names(
        connection,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND (relkind = 'm' OR relkind = 'v' "
        "AND NOT COALESCE(reloptions @> ARRAY['security_invoker=true'], false)) ORDER BY 1",
    )


def powers_of(connection: Connection, login: str) -> list[str]:
    """What a login could get past row level security with."""
    role = connection.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = %s",
        (login,),
    ).fetchone()
    named = zip(("superuser", "bypassrls", "createrole", "createdb", "replication"), role or (), strict=True)
    powers = [name for name, has in named if has]
    powers += [f"owns {name}" for name in _names(connection, _OWNED, login=login)]
    return powers + [f"may become {name}" for name in _names(connection, _MEMBER, login=login)]


_OWNED = """
    SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %(login)s
    UNION SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) = %(login)s
    UNION SELECT nspname FROM pg_namespace WHERE pg_get_userbyid(nspowner) = %(login)s
    UNION SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = %(login)s"""
_MEMBER = "SELECT rolname FROM pg_roles WHERE rolname <> %(login)s AND pg_has_role(%(login)s, oid, 'MEMBER')"


def unwritable_columns(connection: Connection, login: str) -> Mapping[str, frozenset[str]]:
    """The columns that a login may not UPDATE, on tables where it may update any."""
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(
        """
        SELECT c.relname, a.attname FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attgenerated = ''
           AND has_any_column_privilege(%(login)s, c.oid, 'UPDATE')
           AND NOT has_column_privilege(%(login)s, c.oid, a.attnum, 'UPDATE')""",
        {"login": login},
    ):
        found.setdefault(table, set()).add(column)
    return {table: frozenset(columns) for table, columns in found.items()}


def changeable_history(connection: Connection, login: str) -> list[str]:
    """Append-only tables that a login could change."""
    return _names(
        connection,
        """
        SELECT c.relname || ' ' || lower(wanted) FROM pg_class c, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) wanted
         WHERE c.relname = ANY (%(tables)s) AND has_table_privilege(%(login)s, c.oid, wanted)
            OR c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND wanted = 'TRUNCATE'
               AND has_table_privilege(%(login)s, c.oid, wanted)
         ORDER BY 1""",
        tables=list(APPEND_ONLY),
        login=login,
    )


def indexes(connection: Connection) -> set[tuple[str, str, str]]:
    """(table, columns or expressions in order, condition) of every index."""
    return {
        tuple(row)
        for row in connection.execute(
            """
            SELECT c.relname,
                   (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n)
                      FROM generate_series(1, i.indnkeyatts) n),
                   COALESCE(pg_get_expr(i.indpred, i.indrelid, true), '')
              FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
             WHERE c.relnamespace = 'public'::regnamespace AND i.indisvalid"""
        )
    }
