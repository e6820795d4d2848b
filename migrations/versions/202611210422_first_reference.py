"""Let the first bookings of a year come together: each made the sequence, and all but one of them failed."""

from alembic import op

revision = "202611210422"
down_revision = "202611210421"
branch_labels = None
depends_on = None

NEXT = """
CREATE OR REPLACE FUNCTION next_reference_number(kind text, year integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $body$
DECLARE
    sequence_name text := reference_sequence(kind, year);
BEGIN
    IF sequence_name IS NULL OR kind !~ '^[a-z]{1,12}$' OR year NOT BETWEEN 1900 AND 9999 THEN
        RAISE EXCEPTION 'no tenant, kind or year for a reference' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN nextval(format('public.%I', sequence_name)::regclass);
EXCEPTION WHEN undefined_table THEN
    {wait}EXECUTE format('CREATE SEQUENCE IF NOT EXISTS public.%I', sequence_name);
    RETURN nextval(format('public.%I', sequence_name)::regclass);
END $body$
"""

# IF NOT EXISTS does not see a sequence that another transaction is making; its maker holds this lock until its commit.
WAIT = """PERFORM pg_advisory_xact_lock(hashtextextended(sequence_name, 0));
    """


def upgrade() -> None:
    op.execute(NEXT.replace("{wait}", WAIT))


def downgrade() -> None:
    op.execute(NEXT.replace("{wait}", ""))
