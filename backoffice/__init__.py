"""The one place that wires the parts together."""

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool

import backoffice.models  # noqa: F401 - registers the tables
from backoffice import commands, logs, views
from backoffice.config import PROJECT, Settings, check_database_login
from backoffice.database import db
from backoffice.gateways import mail
from backoffice.jobs import doorbell
from backoffice.pool import ping_after_idling
from backoffice.sealing import Keyring

MIGRATIONS = str(PROJECT / "migrations")
IMPLICIT_TLS = 465  # the mail port that is encrypted from the first byte; others ask for it (STARTTLS)
LARGEST_REQUEST = 16 * 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """The whole back office. Raises ConfigError when a setting is missing or unsafe."""
    settings = settings or Settings.from_environment()
    app = Flask(
        __name__,
        template_folder=str(PROJECT / "templates"),
        static_folder=str(PROJECT / "backoffice" / "static"),
    )
    app.config.update(flask_settings(settings))
    app.extensions["settings"] = settings
    app.extensions["keyring"] = Keyring(settings.encryption_keys)
    logs.set_up(app)
    db.init_app(app)
    commands.register(app)
    Migrate(app, db, directory=MIGRATIONS)
    with app.app_context():
        refuse_privileged_logins()
        ping_after_idling(db.engine)
    doorbell.wire(app)
    mail.wire(app)
    views.register(app)
    return app


def flask_settings(settings: Settings) -> dict[str, object]:
    """Our settings in the words of Flask and its extensions."""
    secure = settings.public_base_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 10, "max_overflow": 5},
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "MAX_FORM_PARTS": 2000,
        "SESSION_COOKIE_NAME": "__Host-backoffice" if secure else "backoffice",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: calls are long
        "MAIL_SERVER": settings.smtp_host,
        "MAIL_PORT": settings.smtp_port,
        "MAIL_USERNAME": settings.smtp_user,
        "MAIL_PASSWORD": settings.smtp_pass,
        "MAIL_USE_SSL": settings.smtp_port == IMPLICIT_TLS,
        "MAIL_USE_TLS": bool(settings.smtp_user) and settings.smtp_port != IMPLICIT_TLS,
        "MAIL_TIMEOUT": 10,  # a try ends before the claim on its message does
    }


def refuse_privileged_logins() -> None:
    """A login that row level security does not bind never gets as far as a query."""

    apart = create_engine(db.engine.url, poolclass=NullPool)

    @event.listens_for(db.engine, "first_connect")
    def _check(dbapi_connection: object, record: object) -> None:
        with apart.connect() as connection:
            check_database_login(connection)
