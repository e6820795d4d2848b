"""Find courses by the words of their title and of what they say, as people are found: by beginnings, past a slip.

The pieces of a name end after 600 characters; a course says more, hence a splitting of its own.
"""

from alembic import op
from tables import SAFE_PATH, definer

revision = "202611210700"
down_revision = "202611210699"
branch_labels = None
depends_on = None

LEXEMES = f"""
CREATE FUNCTION search_course_lexemes(tenant uuid, line text) RETURNS tsvector
LANGUAGE sql STABLE SET search_path = {SAFE_PATH} AS $body$
    WITH words AS (
        SELECT DISTINCT word
          FROM regexp_split_to_table(left(lower(unaccent(line)), 20000), '[^[:alnum:]]+') AS word
         WHERE word <> ''
    )
    SELECT coalesce(array_to_tsvector(array_agg(DISTINCT left(right(tenant::text, 8) || lexeme, 300))), ''::tsvector)
      FROM (SELECT word FROM words
            UNION ALL SELECT slip FROM words, search_slips(word) AS slip) AS parts(lexeme)
$body$
"""
LINE = """concat_ws(' ', {row}.title, {row}.category, {row}.description, {row}.outcomes::text, {row}.syllabus::text)"""

WORDS = f"""
BEGIN
    INSERT INTO search_entries (tenant_id, subject_type, subject_id, words)
    VALUES (NEW.tenant_id, 'course', NEW.id, search_course_lexemes(NEW.tenant_id, {LINE.format(row="NEW")}))
    ON CONFLICT (tenant_id, subject_type, subject_id) DO UPDATE SET words = EXCLUDED.words;
    RETURN NULL;
END
"""
ENTRIES = f"""
INSERT INTO search_entries (tenant_id, subject_type, subject_id, words)
SELECT c.tenant_id, 'course', c.id, search_course_lexemes(c.tenant_id, {LINE.format(row="c")}) FROM courses c
"""  # noqa: S608 - columns of our own


def upgrade() -> None:
    op.execute(LEXEMES)
    op.execute("REVOKE ALL ON FUNCTION search_course_lexemes FROM PUBLIC")
    definer("write_course_words", WORDS, path=SAFE_PATH)
    op.execute(
        "CREATE TRIGGER write_words AFTER INSERT OR UPDATE OF title, category, description, outcomes, syllabus "
        "ON courses FOR EACH ROW EXECUTE FUNCTION write_course_words()"
    )
    op.execute(ENTRIES)


def downgrade() -> None:
    op.execute("DROP TRIGGER write_words ON courses")
    op.execute("DROP FUNCTION write_course_words")
    op.execute("DROP FUNCTION search_course_lexemes")
    op.execute("DELETE FROM search_entries WHERE subject_type = 'course'")
