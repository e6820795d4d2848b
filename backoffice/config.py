"""The settings, read from the environment once. Each missing or unsafe one is named in a sentence."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from backoffice.launch.reader import (
    PROJECT,
    ConfigError,
    Reader,
    app_env_of,
    instance_path_of,
    normalise_database_url,
)

__all__ = [
    "PROJECT",
    "ConfigError",
    "Settings",
    "app_env_of",
    "check_database_login",
    "instance_path_of",
    "normalise_database_url",
]

LOG_LEVELS = ("debug", "info", "warning", "error")
SECRET_LENGTH = 32
# Words of the placeholders that examples and tutorials use for a secret.
PLACEHOLDER = re.compile(
    r"change.?me|example|placeholder|secret.?key|default|dev(elopment)?.?(key|secret)|^(.)\3*$", re.I
)
DURATION = re.compile(r"(\d{1,6})([smhd]?)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
DEFAULT_TOKEN_LIFE = "7d"  # noqa: S105 - a duration
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


@dataclass(frozen=True)
class Settings:
    """What `docs/running.md` lists, checked and in its own type."""

    app_env: str
    instance_path: Path
    port: int
    public_base_url: str
    trusted_proxies: int
    log_level: str
    database_url: str = field(repr=False)
    database_owner_url: str | None = field(repr=False)
    redis_url: str = field(repr=False)
    live_streams: int
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    jwt_secret: str = field(repr=False)
    jwt_expires_in: int
    smtp_host: str
    smtp_port: int
    smtp_user: str | None
    smtp_pass: str | None = field(repr=False)
    stripe_secret_key: str | None = field(repr=False)
    stripe_webhook_secret: str | None = field(repr=False)
    stripe_api_base: str | None
    mpesa_api_base: str | None
    flutterwave_api_base: str | None
    demo_password: str | None = field(repr=False)

    @property
    def is_production(self) -> bool:
        return self.app_env == "production"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check all settings. Raises ConfigError that names every fault, not only the first.

        A demonstration keeps its secrets in INSTANCE_PATH and finds its servers in the run.json there, so
        that `flask --app app …` works beside a running `make run` without any setting.
        """
        reader = Reader(os.environ if environ is None else environ)
        settings = {name: read(reader) for name, read in READERS.items()}
        if reader.faults:
            raise ConfigError("\n".join(reader.faults))
        return cls(**settings)


def _database_url(reader: Reader) -> str:
    hint = "the URL of the program's login, or start `make run` first for a demonstration"
    return reader.needed("DATABASE_URL", reader.database("DATABASE_URL"), hint)


def _redis_url(reader: Reader) -> str:
    value = reader.needed(
        "REDIS_URL", reader.get("REDIS_URL") or reader.run.get("redis_url"), "a redis:// URL"
    )
    if value and not value.startswith(REDIS_SCHEMES):
        reader.fault("REDIS_URL does not begin with redis://, rediss:// or unix://: write it so.")
    return value


def _secret_key(reader: Reader) -> str:
    hint = f"at least {SECRET_LENGTH} random characters (`openssl rand -base64 48`)"
    value = reader.needed("SECRET_KEY", reader.get("SECRET_KEY") or reader.made_up.get("secret_key"), hint)
    return _strong(reader, "SECRET_KEY", value)


def _strong(reader: Reader, name: str, value: str) -> str:
    if value and (len(value) < SECRET_LENGTH or len(set(value)) < 10):
        reader.fault(
            f"{name} is too short or too simple: set it to {SECRET_LENGTH} random characters or more."
        )
    elif PLACEHOLDER.search(value):
        reader.fault(
            f"{name} still holds the value of an example: set it to {SECRET_LENGTH} random characters."
        )
    return value


def _encryption_keys(reader: Reader) -> tuple[str, ...]:
    """The first one encrypts, all decrypt: rotation puts a new one in front."""
    value = reader.get("ENCRYPTION_KEYS") or reader.made_up.get("encryption_keys")
    hint = "one or more keys, separated by commas (`openssl rand -base64 32 | tr +/ -_`)"
    keys = tuple(filter(None, re.split(r"[\s,]+", reader.needed("ENCRYPTION_KEYS", value, hint))))
    for number, key in enumerate(keys, 1):
        if not _is_encryption_key(key):
            reader.fault(
                f"Key {number} of ENCRYPTION_KEYS is not 32 bytes in URL-safe base64: make a new one."
            )
    return keys


def _is_encryption_key(key: str) -> bool:
    try:
        raw = base64.b64decode(key.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == 32 and len(set(raw)) > 1


def _jwt_secret(reader: Reader) -> str:
    """One of its own, so that it can be changed alone; without it one that follows from SECRET_KEY."""
    value = reader.get("JWT_SECRET")
    if value:
        return _strong(reader, "JWT_SECRET", value)
    base = reader.get("SECRET_KEY") or str(reader.made_up.get("secret_key", ""))
    return hashlib.sha256(f"jwt:{base}".encode()).hexdigest()


def _jwt_expires_in(reader: Reader) -> int:
    value = reader.get("JWT_EXPIRES_IN") or DEFAULT_TOKEN_LIFE
    found = DURATION.fullmatch(value)
    if not found or int(found[1]) == 0:
        reader.fault(f"JWT_EXPIRES_IN is {value!r}: set it to a time such as 7d, 12h, 30m or 3600 (seconds).")
        return 0
    return int(found[1]) * SECONDS[found[2]]


def _smtp_host(reader: Reader) -> str:
    running = reader.run.get("smtp", {})
    default = None if reader.app_env == "production" else running.get("host", "127.0.0.1")
    return reader.needed("SMTP_HOST", reader.get("SMTP_HOST") or default, "the name of your mail server")


def _smtp_port(reader: Reader) -> int:
    return reader.whole("SMTP_PORT", int(reader.run.get("smtp", {}).get("port", 25)), 1, 65_535)


def _public_base_url(reader: Reader) -> str:
    default = reader.run.get("url") or f"http://127.0.0.1:{reader.get('PORT') or 5000}"
    given = reader.web_address("PUBLIC_BASE_URL", None if reader.app_env == "production" else default)
    return reader.needed(
        "PUBLIC_BASE_URL", given, "the address that people type, such as https://office.example.org"
    )


# In the order in which people are told of the faults.
READERS: dict[str, Callable[[Reader], Any]] = {
    "app_env": lambda reader: reader.app_env,
    "instance_path": lambda reader: reader.instance_path,
    "port": lambda reader: reader.whole("PORT", 5000, 1, 65_535),
    "public_base_url": _public_base_url,
    "trusted_proxies": lambda reader: reader.whole("TRUSTED_PROXIES", 0, 0, 10),
    "log_level": lambda reader: reader.one_of("LOG_LEVEL", LOG_LEVELS, "info"),
    "database_url": _database_url,
    "database_owner_url": lambda reader: reader.database("DATABASE_OWNER_URL"),
    "redis_url": _redis_url,
    "live_streams": lambda reader: reader.whole("LIVE_STREAMS", 24, 0, 500),
    "secret_key": _secret_key,
    "encryption_keys": _encryption_keys,
    "jwt_secret": _jwt_secret,
    "jwt_expires_in": _jwt_expires_in,
    "smtp_host": _smtp_host,
    "smtp_port": _smtp_port,
    "smtp_user": lambda reader: reader.get("SMTP_USER"),
    "smtp_pass": lambda reader: reader.get("SMTP_PASS"),
    "stripe_secret_key": lambda reader: reader.get("STRIPE_SECRET_KEY"),
    "stripe_webhook_secret": lambda reader: reader.get("STRIPE_WEBHOOK_SECRET"),
    "stripe_api_base": lambda reader: reader.gateway_address("stripe"),
    "mpesa_api_base": lambda reader: reader.gateway_address("mpesa"),
    "flutterwave_api_base": lambda reader: reader.gateway_address("flutterwave"),
    "demo_password": lambda reader: reader.get("DEMO_PASSWORD") or reader.made_up.get("demo_password"),
}

# Membership counts even where it is not inherited: SET ROLE would make use of it.
LOGIN_FAULTS = text("""
    WITH reachable AS (
        SELECT oid, rolname, rolsuper, rolbypassrls, rolcreaterole
        FROM pg_roles WHERE rolname = session_user OR pg_has_role(session_user, oid, 'MEMBER')
    ), owners AS (
        SELECT relowner AS oid FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
        UNION SELECT datdba FROM pg_database WHERE datname = current_database()
    )
    SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, oid IN (SELECT oid FROM owners) AS is_owner
    FROM reachable
    WHERE rolsuper OR rolbypassrls OR rolcreaterole OR oid IN (SELECT oid FROM owners)
    ORDER BY rolname <> session_user, rolname LIMIT 1
""")


def check_database_login(connection: Connection) -> None:
    """Raises ConfigError when row level security does not bind the program's login.

    It does not bind a superuser, a role with BYPASSRLS and the owner of the tables, nor who can become one.
    """
    fault = connection.execute(LOGIN_FAULTS).mappings().first()
    if fault is None:
        return
    reasons = {
        "is a superuser": fault["rolsuper"],
        "bypasses row level security": fault["rolbypassrls"],
        "owns the tables": fault["is_owner"],
        "may change roles": fault["rolcreaterole"],
    }
    reason = next(reason for reason, holds in reasons.items() if holds)
    raise ConfigError(
        f"The login of DATABASE_URL is or can become the role {fault['rolname']}, which {reason}: "
        "give the program a plain login, and keep the owner's for DATABASE_OWNER_URL."
    )
