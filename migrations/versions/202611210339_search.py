"""Search people and companies through one line of text each, kept by trigger and read past row level security.

Row level security keeps PostgreSQL from using a trigram index (the operator is not leakproof), so the function runs as the owner
and filters on the tenant itself.
"""

from alembic import op
from tables import program_login

revision = "202611210339"
down_revision = "202611210338"
branch_labels = None
depends_on = None

USER_WORDS = """
CREATE FUNCTION write_user_words() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $body$
BEGIN
    INSERT INTO search_entries (tenant_id, subject_type, subject_id, words)
    SELECT NEW.tenant_id, 'user', NEW.id, left(' ' || lower(unaccent(concat_ws(' ', NEW.first_name,
           NEW.last_name, NEW.email, regexp_replace(NEW.phone, '[^0-9]', '', 'g'), c.name))), 1200)
      FROM (SELECT 1) one
      LEFT JOIN companies c ON c.tenant_id = NEW.tenant_id AND c.id = NEW.company_id
    ON CONFLICT (tenant_id, subject_type, subject_id) DO UPDATE SET words = EXCLUDED.words;
    RETURN NULL;
END $body$
"""

COMPANY_WORDS = """
CREATE FUNCTION write_company_words() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $body$
BEGIN
    INSERT INTO search_entries (tenant_id, subject_type, subject_id, words)
    VALUES (NEW.tenant_id, 'company', NEW.id, left(' ' || lower(unaccent(concat_ws(' ', NEW.name,
            NEW.billing_email, regexp_replace(NEW.phone, '[^0-9]', '', 'g')))), 1200))
    ON CONFLICT (tenant_id, subject_type, subject_id) DO UPDATE SET words = EXCLUDED.words;
    IF TG_OP = 'UPDATE' AND OLD.name <> NEW.name THEN
        UPDATE users SET company_id = company_id WHERE tenant_id = NEW.tenant_id AND company_id = NEW.id;
    END IF;
    RETURN NULL;
END $body$
"""

# Every word must occur; a telephone number counts as one word of digits without its leading zeros. Where nothing has every
# word as written, the nearest by trigrams are offered: a slip of the finger still finds the caller.
SEARCH = """
CREATE FUNCTION search_subjects(wanted text, kind text, at_most integer)
RETURNS TABLE (subject_type varchar, subject_id uuid, is_near boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
SET pg_trgm.word_similarity_threshold = 0.45 AS $body$
DECLARE
    me uuid := NULLIF(current_setting('app.tenant_id', true), '')::uuid;
    plain text := lower(unaccent(wanted));
    digits text := ltrim(regexp_replace(wanted, '[^0-9]', '', 'g'), '0');
    patterns text[];
BEGIN
    IF length(digits) >= 4 AND wanted ~ '^[0-9 +()./-]+$' THEN
        patterns := ARRAY['%' || digits || '%'];
    ELSE
        SELECT array_agg('%' || CASE WHEN length(word) < 3 THEN ' ' ELSE '' END
                         || replace(replace(replace(word, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%')
          INTO patterns
          FROM unnest(regexp_split_to_array(trim(plain), '\\s+')) AS word WHERE word <> '';
    END IF;
    IF patterns IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT e.subject_type, e.subject_id, false FROM search_entries e
         WHERE e.tenant_id = me AND e.words LIKE ALL (patterns)
           AND (kind IS NULL OR e.subject_type = kind)
         LIMIT at_most;
    IF NOT FOUND AND length(plain) >= 4 THEN
        RETURN QUERY
            SELECT e.subject_type, e.subject_id, true FROM search_entries e
             WHERE e.tenant_id = me AND plain <% e.words AND (kind IS NULL OR e.subject_type = kind)
             ORDER BY plain <<-> e.words LIMIT at_most;
    END IF;
END $body$
"""


def upgrade() -> None:
    op.execute(USER_WORDS)
    op.execute(COMPANY_WORDS)
    op.execute("SELECT show_limit()")  # loads pg_trgm: before that its settings are a superuser's
    op.execute(SEARCH)
    op.execute("REVOKE ALL ON FUNCTION write_user_words, write_company_words, search_subjects FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION search_subjects TO {program_login()}")
    op.execute(
        "CREATE TRIGGER write_words AFTER INSERT OR UPDATE OF first_name, last_name, email, phone, company_id "
        "ON users FOR EACH ROW EXECUTE FUNCTION write_user_words()"
    )
    op.execute(
        "CREATE TRIGGER write_words AFTER INSERT OR UPDATE OF name, billing_email, phone "
        "ON companies FOR EACH ROW EXECUTE FUNCTION write_company_words()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER write_words ON companies")
    op.execute("DROP TRIGGER write_words ON users")
    op.execute("DROP FUNCTION search_subjects")
    op.execute("DROP FUNCTION write_company_words")
    op.execute("DROP FUNCTION write_user_words")
