"""Whether anything at all was written: a digest of every table."""

from typing import Any

import psycopg

from tests.servers import DatabaseUrls

# Kept by the program's own clockwork while nobody touches anything.
RESTLESS = {"web_sessions"}


def digests(urls: DatabaseUrls) -> dict[str, Any]:
    """A digest over every row of every table, as the owner sees them."""
    with psycopg.connect(urls.owner) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
        found = {}
        for (name,) in names:
            if name not in RESTLESS:
                query = f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t"  # noqa: S608
                found[name] = connection.execute(query).fetchone()
    return found
