"""Number bookings, payments and refunds per tenant and year from sequences: no lock, no row, gaps allowed."""

from alembic import op
from tables import program_login

revision = "202611210340"
down_revision = "202611210339"
branch_labels = None
depends_on = None

NAME = """
CREATE FUNCTION reference_sequence(kind text, year integer) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public AS $body$
    SELECT format('ref_%s_%s_%s', replace(NULLIF(current_setting('app.tenant_id', true), ''), '-', ''),
                  kind, year)
$body$
"""

# A sequence is made on its first use; it outlives a rolled back transaction only when it existed before, so the first
# booking of a year may wait for another first one, and no other ever does.
NEXT = """
CREATE FUNCTION next_reference_number(kind text, year integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $body$
DECLARE
    sequence_name text := reference_sequence(kind, year);
BEGIN
    IF sequence_name IS NULL OR kind !~ '^[a-z]{1,12}$' OR year NOT BETWEEN 1900 AND 9999 THEN
        RAISE EXCEPTION 'no tenant, kind or year for a reference' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN nextval(format('public.%I', sequence_name)::regclass);
EXCEPTION WHEN undefined_table THEN
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS public.%I', sequence_name);
    RETURN nextval(format('public.%I', sequence_name)::regclass);
END $body$
"""

# The whole reference in one expression, so that an INSERT can name its own: "RFT-2026-0001", growing past 9999.
WHOLE = """
CREATE FUNCTION next_reference(kind text, prefix text, year integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $body$
DECLARE
    number text := next_reference_number(kind, year)::text;
BEGIN
    RETURN prefix || '-' || year || '-' || lpad(number, GREATEST(4, length(number)), '0');
END $body$
"""

# An import raises the number past the highest that it brought.
RAISE_PAST = """
CREATE FUNCTION raise_reference_number(kind text, year integer, highest bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $body$
DECLARE
    reached bigint := next_reference_number(kind, year);
BEGIN
    PERFORM setval(format('public.%I', reference_sequence(kind, year))::regclass,
                   GREATEST(highest, reached - 1, 1), GREATEST(highest, reached - 1) >= 1);
END $body$
"""

# Rows that are there already, after a downgrade, keep their numbers: the sequences go on past the highest.
RESUME = """
DO $body$
DECLARE
    used record;
    name text;
BEGIN
    FOR used IN
        SELECT tenant_id, kind, parts[1] AS year, max(parts[2]::bigint) AS highest
          FROM (SELECT tenant_id, 'booking' AS kind, reference FROM bookings
                UNION ALL SELECT tenant_id, 'payment', reference FROM payments
                UNION ALL SELECT tenant_id, 'refund', reference FROM refunds
                UNION ALL SELECT tenant_id, 'group', reference FROM booking_groups) written,
               regexp_match(reference, '-([0-9]{4})-([0-9]{4,15})$') AS parts
         WHERE parts IS NOT NULL
         GROUP BY 1, 2, 3
    LOOP
        name := format('ref_%s_%s_%s', replace(used.tenant_id::text, '-', ''), used.kind, used.year);
        EXECUTE format('CREATE SEQUENCE public.%I', name);
        PERFORM setval(format('public.%I', name)::regclass, used.highest);
    END LOOP;
END $body$
"""


def upgrade() -> None:
    for statement in (NAME, NEXT, WHOLE, RAISE_PAST, RESUME):
        op.execute(statement)
    op.execute(
        "REVOKE ALL ON FUNCTION reference_sequence, next_reference_number, next_reference, raise_reference_number "
        "FROM PUBLIC"
    )
    op.execute(
        f"GRANT EXECUTE ON FUNCTION next_reference_number, next_reference, raise_reference_number TO {program_login()}"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION raise_reference_number")
    op.execute("DROP FUNCTION next_reference")
    op.execute("DROP FUNCTION next_reference_number")
    op.execute("DROP FUNCTION reference_sequence")
    op.execute(
        r"""DO $body$ DECLARE name text; BEGIN
            FOR name IN SELECT relname FROM pg_class WHERE relkind = 'S' AND relname ~ '^ref_[0-9a-f]{32}_' LOOP
                EXECUTE format('DROP SEQUENCE public.%I', name);
            END LOOP;
        END $body$"""
    )
