"""Find certificates by the holder's name, as people are found: any part of it, without accents, past a slip of the finger.

A search without a kind stays one for people and companies.
"""

from alembic import op
from tables import SAFE_PATH, definer

revision = "202611210618"
down_revision = "202611210615"
branch_labels = None
depends_on = None

WORDS = """
BEGIN
    INSERT INTO search_entries (tenant_id, subject_type, subject_id, words)
    VALUES (NEW.tenant_id, 'certificate', NEW.id, search_lexemes(NEW.tenant_id,
            concat_ws(' ', NEW.holder_first_name, NEW.holder_last_name), NULL, NULL))
    ON CONFLICT (tenant_id, subject_type, subject_id) DO UPDATE SET words = EXCLUDED.words;
    RETURN NULL;
END
"""

ENTRIES = """
INSERT INTO search_entries (tenant_id, subject_type, subject_id, words)
SELECT tenant_id, 'certificate', id,
       search_lexemes(tenant_id, concat_ws(' ', holder_first_name, holder_last_name), NULL, NULL)
  FROM certificates
"""

# As in 202611210400, but for `@kind@`.
SEARCH = f"""
CREATE OR REPLACE FUNCTION search_subjects(wanted text, kind text, at_most integer)
RETURNS TABLE (subject_type varchar, subject_id uuid, is_near boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {SAFE_PATH}
SET enable_seqscan = off AS $body$
DECLARE
    me uuid := NULLIF(current_setting('app.tenant_id', true), '')::uuid;
    reading text;
    sought tsquery;
    found_ids uuid[] := '{{}}';
BEGIN
    FOREACH reading IN ARRAY ARRAY['whole', 'beginning', 'slip'] LOOP
        sought := search_query(me, wanted, reading);
        CONTINUE WHEN sought IS NULL;
        EXIT WHEN cardinality(found_ids) >= at_most OR (reading = 'slip' AND cardinality(found_ids) > 0);
        FOR subject_type, subject_id, is_near IN
            SELECT e.subject_type, e.subject_id, reading = 'slip' FROM search_entries e
             WHERE e.words @@ sought AND e.tenant_id IS NOT DISTINCT FROM me AND @kind@
               AND e.subject_id <> ALL (found_ids)
             LIMIT at_most - cardinality(found_ids)
        LOOP
            found_ids := found_ids || subject_id;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $body$
"""
ANY_KIND = "(kind IS NULL OR e.subject_type = kind)"
PEOPLE_UNLESS_SAID = "(e.subject_type = kind OR (kind IS NULL AND e.subject_type IN ('user', 'company')))"


def upgrade() -> None:
    op.execute(SEARCH.replace("@kind@", PEOPLE_UNLESS_SAID))
    definer("write_certificate_words", WORDS, path=SAFE_PATH)
    op.execute(
        "CREATE TRIGGER write_words AFTER INSERT OR UPDATE OF holder_first_name, holder_last_name "
        "ON certificates FOR EACH ROW EXECUTE FUNCTION write_certificate_words()"
    )
    op.execute(ENTRIES)


def downgrade() -> None:
    op.execute("DROP TRIGGER write_words ON certificates")
    op.execute("DROP FUNCTION write_certificate_words")
    op.execute("DELETE FROM search_entries WHERE subject_type = 'certificate'")
    op.execute(SEARCH.replace("@kind@", ANY_KIND))
