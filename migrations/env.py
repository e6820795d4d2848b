"""Runs the migrations as the owner of the tables; the program's own login only gets what they grant."""

import sys
from pathlib import Path

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

sys.path.insert(0, str(Path(__file__).parent))

LOCK_TIMEOUT = "10s"
ONE_AT_A_TIME = 7_215_001  # an advisory lock's number: two deployments do not migrate together

settings = current_app.extensions["settings"]
metadata = current_app.extensions["migrate"].db.metadata
context.config.attributes["program_login"] = make_url(settings.database_url).username


def migrate() -> None:
    """Everything in one transaction: a failed migration leaves nothing behind."""
    if not settings.database_owner_url:
        raise SystemExit("Set DATABASE_OWNER_URL: migrations need the login that owns the tables.")
    engine = create_engine(settings.database_owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT set_config('lock_timeout', :limit, false)"), {"limit": LOCK_TIMEOUT})
        connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": ONE_AT_A_TIME})
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, compare_server_default=False)
        with context.begin_transaction():
            context.run_migrations()


migrate()
